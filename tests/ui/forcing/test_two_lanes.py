"""The Teacher forcing tab without a browser: its payload, its addresses, and untrusted choices."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import gradio as gr
import pytest
from support.small import make_info

from seq2seq.analysis.forcing import two_lanes
from seq2seq.decoding.translator import Translator
from seq2seq.ui.forcing import lanes
from seq2seq.ui.forcing.lanes import LanesAnswer, LanesRequest
from seq2seq.ui.forcing.two_lanes import TwoLanes
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples
from seq2seq.views.forcing import two_lanes as view
from seq2seq.views.stage.sentences import doubts, plain

ASKED = LanesRequest("my sister likes the garden.", "ma sœur aime le jardin.", "small")


@pytest.fixture(scope="module")
def seen(services: Services) -> LanesAnswer:
    return lanes.compute(services, ASKED)


def event(seen: LanesAnswer, **data: Any) -> gr.EventData:
    return gr.EventData(None, {"id": view.identity(seen.lanes), **data})


# --- the picture ---


def test_lanes_payload_has_the_numbers_of_the_traces(services: Services, seen: LanesAnswer) -> None:
    drawn = json.loads(lanes.payload(services, seen))
    forced, free = seen.lanes.forced, seen.lanes.free
    for lane, trace in ((drawn["lanes"]["forced"], forced), (drawn["lanes"]["free"], free)):
        assert lane["totals"] == [step.total for step in trace.steps]
        assert [[c["log_prob"] for c in step] for step in lane["candidates"]] == [
            [c.log_prob for c in step.candidates] for step in trace.steps
        ]
        assert lane["fed"][0]["text"] == "start" and len(lane["fed"]) == len(trace.steps)
        assert lane["attention"] == [list(step.attention) for step in trace.steps]
    assert [g["log_prob"] for g in drawn["lanes"]["forced"]["gold"]] == [step.log_prob for step in forced.steps]
    assert drawn["lanes"]["forced"]["right"] == [step.rank == 1 for step in forced.steps]
    assert drawn["lanes"]["divergence"] == seen.lanes.divergence
    assert len(drawn["lanes"]["sentences"]) == max(len(forced.steps), len(free.steps)) + 1
    assert drawn["words"]["forced"] == ["ma", "sœur", "aime", "le", "jardin"]
    assert len(drawn["expected_words"]) == len(free.steps) and set(drawn["expected_words"]) <= set(range(5))


def test_every_step_of_a_real_model_has_a_sentence() -> None:
    translator = Translator.load("en-fr-additive")
    source = "We were waiting for you in the garden."
    found = two_lanes.compare(translator, source, "Nous t'attendions dans le jardin.")
    at = found.divergence
    assert at is not None
    told = [plain(view.step_sentence(found, number)) for number in range(len(found.forced.steps) + 1)]
    assert "nothing is written yet" in told[0]
    assert all("both lanes have the same input" in sentence for sentence in told[1 : at + 1])
    assert "first mistake" in told[at + 1] and f"rank {found.forced.steps[at].rank})" in told[at + 1]
    assert all("Fed its own output" in sentence or "The free lane has ended" in sentence for sentence in told[at + 2 :])
    same = two_lanes.compare(translator, source, found.free.text)
    assert same.divergence is None
    assert "the lanes never differ" in plain(view.step_sentence(same, len(same.free.steps)))


@pytest.mark.parametrize(("step", "word"), [(1, 1), (2, 3)])
def test_rescue_payload_has_the_measured_recovery(
    services: Services, small: Translator, seen: LanesAnswer, step: int, word: int
) -> None:
    found = lanes.compute(services, LanesRequest(ASKED.text, ASKED.reference, "small", rescue=(step, word))).third
    measured = two_lanes.rescue(small, seen.lanes, step - 1, word - 1)
    assert found is not None and found["kind"] == "rescue"
    assert found["at"] == [measured.word.start, measured.word.end]
    assert found["lane"]["totals"] == [s.total for s in measured.trace.steps]
    says = "".join(span["text"] for span in found["says"])
    assert ["ma", "sœur", "aime"][word - 1] in says
    assert ("does not return" in says) == (measured.recovery.after is None)


@pytest.mark.parametrize("lane", ["forced", "free"])
def test_wrong_word_payload_has_the_measured_loss(services: Services, seen: LanesAnswer, lane: str) -> None:
    found = lanes.compute(services, LanesRequest(ASKED.text, ASKED.reference, "small", inject=(lane, 1, "clé"))).third
    assert found is not None and found["of"] == lane
    start, end = found["at"]
    spelled = "".join(label["text"].removeprefix("·") for label in found["lane"]["fed"][start + 1 : end + 1])
    assert spelled == "clé"
    assert "“clé” in place of “" in "".join(span["text"] for span in found["says"])


def test_replacing_every_word_equals_replacing_each_word_separately(services: Services) -> None:
    table = lanes.compute(services, LanesRequest(ASKED.text, ASKED.reference, "small", every="forced")).every
    assert table is not None and table["lane"] == "forced"
    assert [row["right"] for row in table["rows"]] == ["ma", "sœur", "aime", "le", "jardin"]
    for number, row in enumerate(table["rows"], start=1):
        single = lanes.compute(
            services, LanesRequest(ASKED.text, ASKED.reference, "small", inject=("forced", number, "~1"))
        ).third
        assert single is not None and f"{row['lost']:.2f}" in "".join(span["text"] for span in single["says"])


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("Nous t'attendions dans le jardin.", []),
        ("We were waiting for you in the garden.", ["is it French, and a translation of this sentence?"]),
        ("Мы ждали тебя в саду.", ["are single bytes", "is it French"]),
    ],
)
def test_reference_in_the_wrong_language_or_script_gets_a_warning(reference: str, said: list[str]) -> None:
    translator = Translator.load("en-fr-additive")
    forced = translator.score("We were waiting for you in the garden.", reference)
    found = doubts(forced, len(translator.target_vocabulary), "French")
    assert len(found) == len(said) and all(part in doubt for part, doubt in zip(said, found, strict=True))


# --- addresses ---


def read(services: Services, **query: str) -> tuple[LanesRequest, int, list[str]]:
    request, values, problems = TwoLanes(services).read(query)
    return request, values.get("step", 0), problems


@pytest.mark.parametrize(
    "more", [{}, {"rescue": (3, 2)}, {"inject": ("free", 2, "a-b")}, {"inject": ("forced", 1, "~17"), "every": "free"}]
)
def test_address_restores_the_whole_request(services: Services, more: dict[str, Any]) -> None:
    asked = LanesRequest("Où ? & = #", "ré-fé", "small", **more)
    written = dict(TwoLanes(services).link(asked))
    assert read(services, **written, step="4") == (asked, 4, [])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"model": "gone"}, "no model “gone”"),
        ({"rescue": "one-2"}, "“rescue” should be a whole number"),
        ({"rescue": "3"}, "“rescue” should be a whole number"),
        ({"inject": "forced-x-y"}, "“inject” should be a whole number"),
        ({"every": "third"}, "no lane “third”"),
        ({"step": "-1"}, "“step” should be a whole number"),
    ],
)
def test_bad_parameter_is_reported(services: Services, query: dict[str, str], said: str) -> None:
    asked, _, problems = read(services, text="t", reference="r", **query)
    assert len(problems) == 1 and said in problems[0] and asked == LanesRequest("t", "r", "small")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (LanesRequest("my key", " ", "small"), "A reference is needed: please type a correct translation in French"),
        (LanesRequest("", "la clé", "small"), "nothing to translate"),
        (LanesRequest("my key", "la clé", "small", rescue=(99, 1)), "there is no step 99"),
        (LanesRequest("my key", "la clé", "small", rescue=(1, 0)), "there is no word 0"),
        (LanesRequest("my key", "la clé", "small", inject=("forced", 9, "x")), "no word 9 in this lane"),
        (LanesRequest("my key", "la clé", "small", inject=("sideways", 1, "x")), "no lane “sideways”"),
        (LanesRequest("my key", "la clé", "small", inject=("forced", 1, "two words")), "one word"),
        (LanesRequest("my key", "la clé", "small", inject=("forced", 1, "~x")), "should be a whole number"),
    ],
)
def test_impossible_request_is_explained(services: Services, asked: LanesRequest, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        lanes.compute(services, asked)


# --- choices in the picture ---


def test_choices_become_requests(seen: LanesAnswer) -> None:
    assert lanes.chosen_rescue(seen, event(seen, step=2, word=0)).rescue == (3, 1)
    assert lanes.chosen_wrong_word(seen, event(seen, lane="free", word=1, text=" chat ")).inject == ("free", 2, "chat")
    drawn = lanes.chosen_wrong_word(seen, event(seen, lane="free", word=1, text=""))
    assert drawn.inject == ("free", 2, "~1")
    again = lanes.chosen_wrong_word(LanesAnswer(drawn, seen.lanes), event(seen, lane="free", word=1, text=""))
    assert again.inject == ("free", 2, "~2")
    assert lanes.chosen_lane(seen, event(seen, lane="forced")).every == "forced"


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"id": "another"},
        {"step": "1", "word": 1},
        {"step": True, "word": 1},
        {"step": 1},
        {"lane": "free", "word": 1.0, "text": "x"},
        {"lane": {}, "word": 1, "text": "x"},
    ],
)
def test_invalid_choice_is_refused(seen: LanesAnswer, data: dict[str, Any] | None) -> None:
    sent = event(seen, **data) if data else gr.EventData(None, data)
    for choose in (lanes.chosen_rescue, lanes.chosen_wrong_word):
        with pytest.raises(ValueError, match=r"choose again|no lane"):
            choose(seen, sent)


def test_choice_in_an_outdated_picture_is_refused(seen: LanesAnswer) -> None:
    stale = gr.EventData(None, {"id": "another", "step": 1, "word": 0, "lane": "free", "text": "x"})
    for choose in (lanes.chosen_rescue, lanes.chosen_wrong_word, lanes.chosen_lane):
        with pytest.raises(ValueError, match="The picture has changed"):
            choose(seen, stale)


# --- examples ---


def test_every_reference_belongs_to_an_example() -> None:
    for (source, target, subject), references in examples.REFERENCES.items():
        info = replace(make_info("x", source, target), subject=subject)
        assert [examples.reference(text, info) for text in examples.of(info)] == list(references)
    assert examples.reference("no example", make_info("x")) == "" and not examples.is_reference("no example")
