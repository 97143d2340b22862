"""Models and heads side by side: addresses and payloads."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace

import numpy as np
import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.analysis import inspection
from seq2seq.decoding.translator import Translator
from seq2seq.sources.text import Tokenizer
from seq2seq.trace import DecodingTrace, Reading
from seq2seq.ui.attention import attribution as attribution_ui
from seq2seq.ui.attention import edit as editing_ui
from seq2seq.ui.attention import panels
from seq2seq.ui.attention.panels import Head, Panel, PanelsRequest
from seq2seq.ui.attention.side_by_side import SideBySide
from seq2seq.ui.host.services import Services
from seq2seq.views.attention import attribution, edit
from seq2seq.views.pieces import label

TEXT = "the cat likes a red boat."


@pytest.fixture(scope="module")
def three(tokenizer: Tokenizer) -> Services:
    """Return services with a model with attention, one without, and a Transformer."""
    configs = {
        "additive": small_config(),
        "plain": small_config(attention="none"),
        "transformer": small_config("transformer", encoder_layers=2, decoder_layers=2),
    }
    known = {}
    for name, config in configs.items():
        checkpoint = make_checkpoint(make_model(config), tokenizer)
        known[name] = Translator(type(checkpoint)(name, *list(vars(checkpoint).values())[1:]))
    return Services({name: translator.info for name, translator in known.items()}, known.__getitem__)


def drawn(services: Services, asked: PanelsRequest) -> dict:
    return json.loads(panels.payload(services, asked, panels.compute(services, asked)))


def test_companions_are_one_model_of_each_other_kind(three: Services) -> None:
    assert [panel.model for panel in panels.opening(three, "additive").panels] == ["additive", "plain", "transformer"]
    assert [panel.model for panel in panels.opening(three, "plain").panels] == ["plain", "additive", "transformer"]


def test_a_panel_says_how_well_the_attention_of_its_model_aligns(three: Services, monkeypatch) -> None:
    rates = {
        "attention": {"error_rate": 0.214, "linked_precision": 0.853},
        "diagonal": {"error_rate": 0.38, "linked_precision": 0.67},
    }
    saved = {"additive": {"sentences": 2000, **rates}, "transformer": {"sentences": 10, **rates}}
    monkeypatch.setattr(panels.reports, "read_alignment", lambda folder: saved.get(folder.name))
    asked = PanelsRequest(TEXT, panels.panels_of("additive,plain,transformer:cross.1", three))
    additive, plain, head = (panel["measured"] for panel in drawn(three, asked)["panels"])
    assert "2,000 held-out pairs (teacher-forced): of the words" in additive
    assert "85% have their largest weight on the same source word; on a plain diagonal, 67%." in additive
    assert additive.endswith("Alignment error rate 0.21, diagonal 0.38.")
    assert plain == head == ""  # a report is about the weights of the trace, not about those of one layer


def test_panels_have_the_weights_of_the_model(three: Services) -> None:
    asked = PanelsRequest(TEXT, panels.panels_of("additive,transformer,transformer:cross.1.2,transformer:encoder.2", three))
    first, mean, head, encoder = drawn(three, asked)["panels"]
    trace = three.translator("additive").translate(TEXT)
    assert np.allclose(first["grid"]["pieces"]["weights"], [step.attention for step in trace.steps], atol=1e-4)
    translator = three.translator("transformer")
    trace = translator.translate(TEXT)
    heads = inspection.heads(translator, trace)
    assert np.allclose(mean["grid"]["pieces"]["weights"], heads["cross"][-2].mean(0), atol=1e-4)
    assert np.allclose(head["grid"]["pieces"]["weights"], heads["cross"][0][1], atol=1e-4)
    assert np.allclose(encoder["grid"]["pieces"]["weights"], heads["encoder"][1].mean(0), atol=1e-4)
    assert head["result"]["text"] == trace.text and head["result"]["log_prob"] == trace.log_prob
    assert len(head["result"]["entropy"]) == len(trace.steps)
    small = encoder["heads"][1]["heads"][1]
    shares = np.frombuffer(base64.b64decode(small["bytes"]), np.uint8).reshape(small["rows"], small["columns"]) / 255
    assert np.allclose(shares, heads["encoder"][1][0], atol=1 / 255)
    assert [len(layer["heads"]) for layer in head["heads"]] == [translator.model.config.heads + 1] * 6


def test_without_attention_the_changes_of_the_states_are_shown(three: Services) -> None:
    (panel,) = drawn(three, PanelsRequest(TEXT, (Panel("plain"),)))["panels"]
    translator = three.translator("plain")
    changes = inspection.state_changes(translator, translator.translate(TEXT))
    assert panel["grid"] is None and [part["name"] for part in panel["changes"]["parts"]] == list(changes)
    for lane in panel["changes"]["parts"]:
        assert lane["values"] == pytest.approx(changes[lane["name"]], abs=1e-4)


@pytest.mark.parametrize("unit", ["pieces", "words"])
@pytest.mark.parametrize("head", ["", ":encoder.1.1", ":decoder.2.2", ":cross.1"])
def test_rows_sum_to_one_and_have_a_sentence(three: Services, unit: str, head: str) -> None:
    (panel,) = drawn(three, PanelsRequest(TEXT, panels.panels_of(f"transformer{head}", three)))["panels"]
    matrix = panel["grid"][unit]
    assert np.array(matrix["weights"]).shape == (len(matrix["rows"]), len(matrix["columns"]))
    assert np.allclose(np.sum(matrix["weights"], 1), 1, atol=2e-3)
    for row, said, weights in zip(matrix["rows"], matrix["says"], matrix["weights"], strict=True):
        best = matrix["columns"][int(np.argmax(weights))]
        named = {"end": "no word (the end mark)", "start": "the start mark"}.get(best["kind"], f"“{best['text']}”")
        assert said.startswith(f"“{row['text']}” looks at {named} ")


def test_fed_axis_is_the_target_shifted_by_one(three: Services) -> None:
    (panel,) = drawn(three, PanelsRequest(TEXT, panels.panels_of("transformer:decoder.1", three)))["panels"]
    matrix = panel["grid"]["pieces"]
    texts = [entry["text"] for entry in matrix["rows"]]
    assert [entry["text"] for entry in matrix["columns"]] == ["start", *texts[:-1]]
    assert all(weight == 0 for y, row in enumerate(matrix["weights"]) for weight in row[y + 1 :])


@pytest.mark.parametrize(
    "text", ["additive", "transformer:cross.2.1", "transformer:encoder.1,plain", "plain,additive,plain,additive"]
)
def test_address_restores_the_whole_request(three: Services, text: str) -> None:
    asked = PanelsRequest("Où ? & = #", panels.panels_of(text, three), "pieces")
    asking = SideBySide(three)
    request, values, problems = asking.read({**dict(asking.link(asked)), "step": "3"})
    assert (request, values["step"], problems) == (asked, 3, [])


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"panels": "nobody"}, "There is no model “nobody”"),
        (
            {"panels": "additive,additive,additive,additive,additive"},
            "The page shows one to 4 models or heads side by side, not 5",
        ),
        ({"panels": "transformer:cross"}, "A head has the form kind.layer.head"),
        ({"panels": "transformer:cross.x"}, "A head has the form kind.layer.head"),
        ({"panels": "transformer:elbow.1"}, "where kind is one of cross, encoder, decoder"),
        ({"unit": "letters"}, "should be one of words, pieces, not “letters”"),
        ({"step": "two"}, "“step” should be a whole number"),
    ],
)
def test_invalid_address_is_reported(three: Services, query: dict[str, str], why: str) -> None:
    asking = SideBySide(three)
    asked, _, (problem,) = asking.read(query)
    assert why in problem and asked == asking.example(three.first)


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("transformer:cross.3.1", "it has 2 layers with 2 heads each"),
        ("transformer:cross.0.1", "There is no decoder to source, layer 0, head 1"),
        ("transformer:encoder.1.9", "head 9"),
        ("additive:cross.1.1", "has no heads: only Transformers have heads"),
    ],
)
def test_missing_head_is_reported(three: Services, head: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        panels.compute(three, PanelsRequest(TEXT, panels.panels_of(head, three)))


def test_models_of_different_source_languages_are_refused(three: Services) -> None:
    infos = {
        **three.infos,
        "german": type(three.infos["plain"])(**{**vars(three.infos["plain"]), "name": "german", "source_language": "German"}),
    }
    with pytest.raises(ValueError, match="must read the same language, not English and German"):
        panels.panels_of("additive,german", Services(infos))


@pytest.mark.parametrize(
    "told", [{}, {"panels": 3, "unit": "words"}, {"panels": "plain", "unit": None}, {"panels": "a" * 2000, "unit": "words"}]
)
def test_invalid_choice_is_refused(three: Services, told: dict) -> None:
    with pytest.raises(ValueError, match="could not be read"):
        panels.chosen(panels.opening(three, "plain"), SimpleNamespace(**told), three)


def test_head_name_has_kind_layer_and_number() -> None:
    assert str(Panel("m", Head("cross", 3, 2))) == "m:cross.3.2" and str(Panel("m", Head("encoder", 1))) == "m:encoder.1"
    assert Head("decoder", 1).name == "decoder to its inputs, layer 1, mean of the heads"


# --- does it explain? ---


def test_attribution_payload_has_the_numbers_of_the_engine(three: Services) -> None:
    shown = json.loads(attribution_ui.payload(three, attribution_ui.AttributionRequest(TEXT, "additive", 2)))
    translator = three.translator("additive")
    trace = translator.translate(TEXT)
    found = attribution_ui.engine.attribute(translator, trace, 1)
    assert [row["name"] for row in shown["rows"]] == [
        "Attention",
        "Gradient × input",
        "Integrated gradients",
        "Without the word",
    ]
    assert shown["rows"][3]["values"] == [*found.deletion, None]
    assert sum(shown["rows"][2]["values"]) == pytest.approx(sum(found.integrated))
    assert sum(shown["rows"][0]["values"]) == pytest.approx(1, abs=1e-5)
    assert len(shown["agreements"]) == 6 and len(shown["steps"]) == len(trace.steps)
    by_hand = attribution_ui.engine.rank_correlation(
        shown["rows"][0]["values"][:-1], [abs(change) for change in found.deletion]
    )
    assert shown["agreements"][2]["value"] == pytest.approx(by_hand)
    assert shown["steps"][1]["agreement"] == pytest.approx(by_hand, abs=1e-6)


def test_attribution_opens_at_the_step_of_least_agreement(three: Services) -> None:
    shown = json.loads(attribution_ui.payload(three, attribution_ui.AttributionRequest(TEXT, "additive")))
    known = [step["agreement"] for step in shown["steps"]]
    assert known[shown["step"] - 1] == min(value for value in known if value is not None)


def test_attribution_without_attention_has_the_other_methods(three: Services) -> None:
    shown = json.loads(attribution_ui.payload(three, attribution_ui.AttributionRequest(TEXT, "plain", 1)))
    assert len(shown["rows"]) == 3 and shown["says"].startswith("This model has no attention.")


def told(shares: list[float], deletion: tuple[float, ...]) -> str:
    """Return the verdict for attention `shares` (the last one is the end mark's) and the cost of each `deletion` in nats."""
    positions = [SimpleNamespace(piece=f"▁{word}", word=i) for i, word in enumerate("abc")]
    source = [*positions, SimpleNamespace(piece="</s>", word=3)]
    step = SimpleNamespace(piece="▁x", attention=shares)
    trace = SimpleNamespace(source=source, steps=[step], reading=Reading(("forward",), ("forward",)))
    found = attribution_ui.engine.Attribution(0, -0.1, (0,) * 4, (0,) * 4, -5, ((0,), (1,), (2,)), deletion)
    table = attribution.rows(found, trace, attribution_ui.engine.by_word)  # type: ignore[arg-type]
    pairs = attribution.agreements(table, attribution_ui.engine.rank_correlation)
    return attribution.verdict(trace, found, table, pairs)  # type: ignore[arg-type]


def test_verdict_names_disagreement_and_agreement() -> None:
    assert told([0.7, 0.2, 0.1, 0], (0.01, 3.0, 0.2)) == (
        "Of all words, “a” has the largest attention weight (70%). But without that word, the probability of “x” only goes "
        "from 0.90 to 0.90; without “b” (weight 20%), it goes to 0.05. Here the attention weights alone are misleading."
    )
    assert told([0.7, 0.2, 0.1, 0], (3.0, 1.0, 0.2)).endswith(
        "(70%), and deletion agrees: without “a”, the probability of “x” goes from 0.90 to 0.05."
    )
    assert "(the end mark gets 60%, but it cannot be deleted)" in told([0.2, 0.1, 0.1, 0.6], (3.0, 1.0, 0.2))


# --- edit it ---


def test_edit_payload_has_both_translations(three: Services) -> None:
    translator = three.translator("additive")
    before = translator.translate(TEXT)
    weights = [0] * len(before.source)
    weights[0] = 1000
    shown = json.loads(editing_ui.payload(three, editing_ui.EditRequest(TEXT, "additive", 2, tuple(weights))))
    after = translator.translate(TEXT, edits={1: weights})
    assert shown["before"]["result"]["text"] == before.text and shown["after"]["result"]["text"] == after.text
    assert shown["after"]["grid"]["weights"][1] == [1.0] + [0.0] * (len(weights) - 1)
    assert shown["shared"] == edit.common_prefix(before, after) and shown["says"].startswith("At step 2 the decoder ")
    assert dict(shown["link"])["weights"] == "1000" + "-0" * (len(weights) - 1)


def traces_with(small: Translator, tokens: list[int]) -> DecodingTrace:
    return small.translate(TEXT, prefix=tokens)


def test_edit_verdict_describes_the_change(small: Translator) -> None:
    before = small.translate(TEXT)
    first = before.steps[0].token
    other = traces_with(small, [before.steps[0].candidates[1].token])
    later = traces_with(small, [first, before.steps[1].candidates[1].token])
    assert "The translation stays the same; the probability of" in edit.verdict(before, before, 0)
    assert f" instead of “{label(before.steps[0].piece).text}”" in edit.verdict(before, other, 0)
    assert "But its hidden state has changed: from step 2 on the translation differs." in edit.verdict(before, later, 0)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (editing_ui.EditRequest(TEXT, "plain"), "has no attention that could be edited"),
        (editing_ui.EditRequest(TEXT, "additive", 99), "There is no step 99"),
        (editing_ui.EditRequest(TEXT, "additive", 1, (1, 2)), "is given 2 weights, but the source has"),
        (editing_ui.EditRequest("", "additive"), "there is nothing to translate"),
        (attribution_ui.AttributionRequest(TEXT, "additive", 99), "there is no step 99"),
    ],
)
def test_impossible_edit_or_attribution_gets_a_message(three: Services, asked: object, why: str) -> None:
    payload = editing_ui.payload if isinstance(asked, editing_ui.EditRequest) else attribution_ui.payload
    with pytest.raises(ValueError, match=why):
        payload(three, asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "why"), [("1-x", "whole number"), ("-".join("0" * 300), "no sentence has so many"), ("1--2", "whole number")]
)
def test_weights_of_an_address_are_bounded(text: str, why: str) -> None:
    read = editing_ui.WEIGHTS.read
    with pytest.raises(ValueError, match=why):
        read(text, Services({}))
    assert read("", Services({})) == () and read("0-1000", Services({})) == (0, 1000)
