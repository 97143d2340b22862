"""Tests of recipes: differing settings are named, invalid differences are refused, all differences use the same sentences."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.analysis.bootstrap import RESAMPLES, Bootstrap
from seq2seq.analysis.forcing.exposure import Row, measure
from seq2seq.analysis.forcing.exposure_report import Report
from seq2seq.analysis.recipes import Member, compare, member, settings
from seq2seq.config import TrainConfig
from seq2seq.decoding.evaluation import evaluate
from seq2seq.decoding.translator import Translator
from seq2seq.models.saved import checkpoint
from seq2seq.models.saved.checkpoint import Checkpoint
from seq2seq.runs import card, reports
from seq2seq.schedules import SCHEDULES
from seq2seq.sources.text import Tokenizer
from seq2seq.training.events import Finished
from seq2seq.ui.forcing import cure
from seq2seq.ui.host.services import Services
from seq2seq.views import curves
from seq2seq.views.forcing import cure as view

Pairs = list[tuple[str, str]]
FORCED, CURED = "teacher forcing", "scheduled sampling"


def save(folder: Path, tokenizer: Tokenizer, training: TrainConfig, **changes: Any) -> str:
    """Save an untrained model in a folder, with the results of a training."""
    saved = make_checkpoint(make_model(small_config(**changes)), tokenizer)
    checkpoint.save(replace(saved, name=folder.name, training=training), folder)
    card.add_training(folder, "python -m seq2seq train", Finished(7, training.epochs, 5.0, 1.0), "valid.tsv")
    return str(folder)


@pytest.fixture(scope="module")
def recipes(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    root = tmp_path_factory.mktemp("recipes")
    sampled = {"teacher_forcing_ratio": 0.5, "teacher_forcing_schedule": "linear"}
    return {
        FORCED: [save(root / f"forced-{seed}", tokenizer, TrainConfig(seed=seed)) for seed in (1, 2)],
        CURED: [save(root / f"cured-{seed}", tokenizer, TrainConfig(seed=seed, **sampled)) for seed in (1, 2)],
    }


def loaded(recipes: dict[str, list[str]]) -> dict[str, list[Checkpoint]]:
    return {name: [checkpoint.load(folder) for folder in folders] for name, folders in recipes.items()}


@pytest.fixture(scope="module")
def measured(recipes: dict[str, list[str]], pairs: Pairs) -> dict[str, list[Member]]:
    return {name: [member(run, 7, pairs[:40], pairs[40:60]) for run in runs] for name, runs in loaded(recipes).items()}


@pytest.fixture(scope="module")
def comparison(recipes: dict[str, list[str]], measured: dict[str, list[Member]]) -> dict[str, Any]:
    about = {"data": "valid.tsv", "test": "test.tsv", "seed": 1, "settings": settings(loaded(recipes))}
    return json.loads(json.dumps({**about, **compare(measured)}, allow_nan=False))


def with_accuracy(rows: list[Row], right: bool) -> list[Row]:
    return [replace(row, right={lane: (right,) * len(values) for lane, values in row.right.items()}) for row in rows]


@pytest.fixture(scope="module")
def rows(small: Translator, pairs: Pairs) -> list[Row]:
    return [row for batch in measure(small, pairs[:40]) for row in batch]


def test_settings_names_the_differing_settings_without_the_seed(recipes: dict[str, list[str]]) -> None:
    assert settings(loaded(recipes)) == {
        FORCED: {"teacher_forcing_ratio": 1.0, "teacher_forcing_schedule": "constant"},
        CURED: {"teacher_forcing_ratio": 0.5, "teacher_forcing_schedule": "linear"},
    }


def test_settings_refuses_runs_of_a_recipe_with_different_settings(
    recipes: dict[str, list[str]], tokenizer: Tokenizer, tmp_path: Path
) -> None:
    longer = save(tmp_path / "longer", tokenizer, TrainConfig(epochs=11))
    with pytest.raises(ValueError, match="longer and forced-1, both of 'teacher forcing', differ in epochs"):
        settings(loaded({FORCED: [recipes[FORCED][0], longer], CURED: recipes[CURED]}))


def test_settings_refuses_models_with_different_vocabularies(
    recipes: dict[str, list[str]], pairs: Pairs, tmp_path: Path
) -> None:
    other = Tokenizer.train(pairs[:60], 310, shared=True)
    stranger = save(tmp_path / "stranger", other, TrainConfig())
    with pytest.raises(ValueError, match="stranger and forced-1 have different vocabularies"):
        settings(loaded({FORCED: recipes[FORCED], CURED: [stranger]}))


def test_member_holds_the_engines_results(
    measured: dict[str, list[Member]], recipes: dict[str, list[str]], pairs: Pairs
) -> None:
    run, translator = measured[FORCED][0], Translator.load(recipes[FORCED][0])
    assert (run.name, run.seed, run.updates) == ("forced-1", 1, 7)
    assert run.rows == tuple(row for batch in measure(translator, pairs[:40]) for row in batch)
    assert run.quality[0]["bleu"] == evaluate(translator, pairs[40:60]).bleu


def test_two_equal_runs_give_the_means_and_bands_of_one(rows: list[Row]) -> None:
    one, two = Report.of(rows), Report.of(rows, rows)
    assert two.summary == pytest.approx(one.summary)
    np.testing.assert_allclose(one.by_position, two.by_position)


def test_runs_that_disagree_widen_the_band(rows: list[Row]) -> None:
    all_right, none_right = with_accuracy(rows, True), with_accuracy(rows, False)
    s = Report.of(all_right, none_right).summary
    assert (s["accuracy_free_low"], s["accuracy_free"], s["accuracy_free_high"]) == (0, 0.5, 1)


def test_recipe_does_not_differ_from_itself(measured: dict[str, list[Member]]) -> None:
    alone = {FORCED: measured[FORCED][:1], CURED: measured[FORCED][:1]}
    (difference,) = compare(alone)["differences"]
    assert all(value == 0 for value in difference["summary"].values())


def test_difference_is_resampled_on_the_same_sentences(rows: list[Row]) -> None:
    # Every sentence loses all that it had, so the difference is minus the mean, and its band that of the mean.
    better, worse = (Bootstrap(len(rows)).overall([grid]) for grid in _grids(rows))
    both, mean = worse.minus(better).figure("x"), better.figure("x")
    assert [both[k] for k in ("x", "x_low", "x_high")] == [-mean[k] for k in ("x", "x_high", "x_low")]
    assert better.drawn.shape == (RESAMPLES, 1)


def _grids(rows: list[Row]) -> list[np.ndarray]:
    longest = max(len(row.right["forced"]) for row in rows)
    better = np.full((len(rows), longest), np.nan)
    for line, row in zip(better, rows, strict=True):
        line[: len(row.right["forced"])] = row.loss["forced"]
    return [better, better * 0]


def test_figures_and_table_show_the_comparisons_numbers(comparison: dict[str, Any]) -> None:
    drawn = json.loads(view.payload(comparison))
    figures = {entry["name"]: entry["figure"]["data"] for entry in drawn["figures"]}
    for name, key in (("free", "accuracy_free"), ("forced", "accuracy_forced")):
        lines = {trace["meta"]["of"]: trace for trace in figures[name] if trace["meta"]["part"] == "line"}
        for recipe in comparison["recipes"]:
            enough = [line for line in recipe["report"]["by_position"] if line["sentences"] >= curves.FEWEST]
            assert lines[recipe["name"]]["y"] == [line[key] for line in enough]
        assert len({trace["line"]["dash"] for trace in lines.values()}) == 2  # colour is not the only difference
    first, second, difference = drawn["recipes"]["rows"]
    summaries = [recipe["report"]["summary"] for recipe in comparison["recipes"]]
    assert first[2]["value"] == f"{100 * summaries[0]['accuracy_free']:.1f}"
    assert second[2]["value"] == f"{100 * summaries[1]['accuracy_free']:.1f}"
    gap = 100 * (summaries[1]["accuracy_free"] - summaries[0]["accuracy_free"])
    assert difference[2]["value"].replace("−", "-") == f"{gap:+.1f}"
    assert "seeds 1, 2" in first[0]["hint"] and "7 updates" in first[0]["hint"]
    bleus = [run["quality"][1]["bleu"] for run in comparison["recipes"][0]["runs"]]
    assert first[8] == {"value": f"{np.mean(bleus):.1f}", "band": f"runs {bleus[0]:.1f}, {bleus[1]:.1f}"}


def test_every_schedule_is_drawn_and_the_recipes_own_is_coloured(comparison: dict[str, Any]) -> None:
    (schedules,) = [entry for entry in json.loads(view.payload(comparison))["figures"] if entry["name"] == "schedule"]
    lines = {trace["meta"]["of"]: trace for trace in schedules["figure"]["data"]}
    assert lines.keys() == SCHEDULES.keys()
    assert [name for name, trace in lines.items() if trace["meta"]["colour"] == "target"] == ["linear"]
    assert lines["linear"]["y"][0] == 1 and lines["linear"]["y"][-1] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.01, 0.02, "these data show no difference (−1.0 to +2.0)"),
        (0.01, 0.03, "2.0 more of 100 pieces are right (+1.0 to +3.0)"),
        (-0.03, -0.01, "2.0 fewer of 100 pieces are right (−3.0 to −1.0)"),
    ],
)
def test_verdict_says_more_fewer_or_no_difference(comparison: dict[str, Any], low: float, high: float, expected: str) -> None:
    summary = {f"accuracy_{mode}{end}": v for mode in ("free", "forced") for end, v in (("_low", low), ("_high", high))}
    summary |= dict.fromkeys(("accuracy_free", "accuracy_forced"), round((low + high) / 2, 3))
    summary |= {"lost_free": -1.0, "lost_free_low": -1.5, "lost_free_high": -0.5}
    accuracy, cost = view.verdict({**comparison, "differences": [{"name": CURED, "from": FORCED, "summary": summary}]})
    assert accuracy == f"Scheduled sampling minus teacher forcing: free-running, {expected}; teacher-forced, {expected}."
    lost = [recipe["report"]["summary"]["lost_free"] for recipe in comparison["recipes"]]
    assert f"on average, {lost[0]:.1f} nats (teacher forcing), {lost[1]:.1f} nats (scheduled sampling)" in cost
    assert cost.endswith(": a difference of −1.0 (−1.5 to −0.5).")


def test_cost_with_zero_in_its_band_shows_no_difference(comparison: dict[str, Any]) -> None:
    (change,) = comparison["differences"]
    summary = {**change["summary"], "lost_free": 0.1, "lost_free_low": -0.1, "lost_free_high": 0.3}
    cost = view.verdict({**comparison, "differences": [{**change, "summary": summary}]})[-1]
    assert cost.endswith(": these data show no difference (−0.1 to +0.3).")


def test_table_by_position_has_every_recipe_and_the_difference(comparison: dict[str, Any]) -> None:
    table = json.loads(view.payload(comparison))["table"]
    rows = list(csv.DictReader(io.StringIO(table["csv"])))
    change = comparison["differences"][0]["by_position"]
    for name, lines in ((FORCED, comparison["recipes"][0]["report"]["by_position"]), (f"{CURED} minus {FORCED}", change)):
        for end in ("", "_low", "_high"):
            assert [float(row[f"{name}, accuracy_free{end}"]) for row in rows] == [
                line[f"accuracy_free{end}"] for line in lines
            ]
    assert len(table["rows"]) == len(change) and table["columns"][-1] == f"{CURED} minus {FORCED}, accuracy_free"


def test_cure_shows_only_comparisons_of_schedules(
    comparison: dict[str, Any], services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "ROOT", tmp_path)
    (tmp_path / "small").mkdir()
    reports.add_comparison(tmp_path / "small", "python -m seq2seq compare", comparison)
    assert json.loads(cure.stored(services))["verdict"] == view.verdict(comparison)
    other = {FORCED: {"dropout": 0.1}, CURED: {"dropout": 0.2}}
    reports.add_comparison(tmp_path / "small", "python -m seq2seq compare", {**comparison, "settings": other})
    assert json.loads(cure.stored(services))["verdict"] == []


def test_saved_comparison_is_read_back_and_a_damaged_one_is_ignored(comparison: dict[str, Any], tmp_path: Path) -> None:
    assert reports.read_comparison(tmp_path) is None
    reports.add_comparison(tmp_path, "python -m seq2seq compare", comparison)
    assert reports.read_comparison(tmp_path) == {"command": "python -m seq2seq compare", **comparison}
    (tmp_path / reports.COMPARISON).write_text("[]")
    assert reports.read_comparison(tmp_path) is None


def test_cure_without_a_comparison_shows_the_papers_figures_and_the_command(services: Services) -> None:
    drawn = json.loads(cure.stored(services))
    assert "python -m seq2seq compare" in drawn["about"] and drawn["table"] is None
    assert drawn["published"]["rows"][0][2:] == ["28.8", "30.6", "11.2"]
    assert [entry["name"] for entry in drawn["figures"]] == ["schedule"]
