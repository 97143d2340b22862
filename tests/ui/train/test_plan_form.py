"""The form of the Train tab: its fields become a plan, or a message."""

from __future__ import annotations

import re
from typing import Any

import pytest

from seq2seq.data.synthetic import TASKS
from seq2seq.models.saved import checkpoint
from seq2seq.training.files import Files
from seq2seq.training.plan import Plan
from seq2seq.ui.train import plan_form
from seq2seq.ui.views import VIEWS


def chosen(architecture: str = "recurrent", **changes: Any) -> dict[str, Any]:
    base = {} if architecture == "recurrent" else {"architecture": architecture}
    return {**plan_form.defaults("reverse", base), "architecture": architecture, **changes}


@pytest.mark.parametrize("architecture", plan_form.TRANSLATING)
@pytest.mark.parametrize("task", TASKS)
def test_defaults_make_a_plan_without_explicit_settings(task: str, architecture: str) -> None:
    base = {} if architecture == plan_form.usual_architecture(task) else {"architecture": architecture}
    plan = plan_form.plan_of(task, {**plan_form.defaults(task, base), "architecture": architecture})
    assert plan == Plan(task, model=base)
    assert "parameters" in plan_form.about(plan)


def test_plan_has_only_changed_settings() -> None:
    plan = plan_form.plan_of("reverse", chosen(dropout=0.3, seed=7, attention="dot"), updates=500)
    assert plan.model == {"attention": "dot", "dropout": 0.3} and plan.training == {"seed": 7, "updates": 500}
    assert plan_form.plan_of("reverse", chosen("cho", attention="dot")).model == {"architecture": "cho"}


def test_only_a_task_can_be_solved() -> None:
    plan = plan_form.plan_of("reverse", chosen(patience=5, stop_when_solved=True))
    assert plan.training == {"patience": 5, "stop_when_solved": True}
    own = Files("train.tsv", "valid.tsv")
    assert plan_form.shown_settings("recurrent", "reverse") - plan_form.shown_settings("recurrent", own) == {"stop_when_solved"}


def test_dependent_sizes_are_used_as_shown() -> None:
    plan = plan_form.plan_of("reverse", chosen(bidirectional=False))
    assert plan.model == {"bidirectional": False, "encoder_size": 64}  # the default is twice as many


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (chosen(attention="dot", decoder_size=64), "dot attention multiplies .*: “Decoder” must be"),
        (
            chosen(teacher_forcing_ratio=1.0, teacher_forcing_schedule="linear"),
            "“Teacher-forcing schedule” 'linear' falls to “Teacher-forcing ratio”",
        ),
        (
            chosen(embedding_size=512, encoder_size=512, decoder_size=512, encoder_layers=4, decoder_layers=4),
            "keep to 20,000,000",
        ),
        (chosen(decoder_size=None), "Decoder cannot be 'None'"),
        (chosen(decoder_size=16.5), "Decoder cannot be '16.5'"),
        (chosen(seed=-1), "“Seed” must be between"),
        (chosen(augment="form"), "“Changes to the pairs” changes sentences"),
        (chosen(augment="colour"), "“Changes to the pairs” must be one of"),
        (chosen(bidirectional=1), "Bidirectional cannot be '1'"),
        (chosen(cell="qrnn"), "“Cell” must be one of"),
        ({**chosen(), "architecture": "<b>"}, "There is no architecture “<b>”"),
    ],
)
def test_impossible_settings_get_a_message(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plan_form.plan_of("reverse", values)


def test_menu_includes_its_current_value() -> None:
    assert 20 in plan_form.offered("decoder_size", 20) and list(plan_form.offered("heads", 4)) == [1, 2, 4, 8]


def test_the_explanation_of_a_setting_links_to_views_that_exist() -> None:
    linked = [name for setting in plan_form.SETTINGS.values() for name in re.findall(r"\(\?tab=([\w-]+)\)", setting.info)]
    assert linked
    assert set(linked) <= {view.name for view in VIEWS}


def test_a_model_to_start_from_fixes_the_shape_and_learns_in_smaller_steps() -> None:
    start = "en-fr-additive"
    values = {**chosen(), **plan_form.defaults("reverse", {}, start)}
    assert values["dropout"] == checkpoint.outline(start).model.config.dropout
    plan = plan_form.plan_of("reverse", {**values, "dropout": 0.4}, updates=5, vocabulary_size=500, start=start)
    assert plan == Plan("reverse", {"dropout": 0.4}, {"learning_rate": values["learning_rate"], "updates": 5}, start_from=start)
    assert values["learning_rate"] < plan_form.defaults("reverse", {})["learning_rate"]
    assert "dropout" in plan_form.open_settings("recurrent", start)
    assert "decoder_size" not in plan_form.open_settings("recurrent", start)
