"""Score a translation, without a browser: its sheets, its sentences, its addresses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.small import make_info

from seq2seq.decoding.translator import Translator
from seq2seq.ui.forcing import score
from seq2seq.ui.forcing.score import Score, ScoreRequest
from seq2seq.ui.host.services import Services

SOURCE = "I am hungry."


@pytest.fixture(scope="module")
def services() -> Services:
    translator = Translator.load("en-fr-additive")
    return Services({translator.name: translator.info}, lambda _: translator)


def scored(services: Services, *values: str) -> dict[str, Any]:
    first, *other = values
    return json.loads(score.score(services, ScoreRequest(SOURCE, first, "en-fr-additive", *other)))


def said(payload: dict[str, Any]) -> list[str]:
    return ["".join(span["text"] for span in spans) for spans in payload["verdicts"]]


def test_sheets_have_the_scores_of_both_translations(services: Services) -> None:
    payload = scored(services, "J'ai faim.", "J'ai froid.")
    translator = services.translator("en-fr-additive")
    for sheet, text in zip(payload["sheets"], ("J'ai faim.", "J'ai froid."), strict=True):
        trace = translator.score(SOURCE, text)
        assert sheet["text"] == text and sheet["log_prob"] == trace.log_prob
        assert [word["text"] for word in sheet["words"]] == [*text.split(), "end"]
        assert sum(word["log_prob"] for word in sheet["words"]) == pytest.approx(trace.log_prob, abs=1e-4)
        assert [p["log_prob"] for word in sheet["words"] for p in word["pieces"]] == [step.log_prob for step in trace.steps]
    beam, difference = said(payload)
    gap = payload["sheets"][1]["log_prob"] - payload["sheets"][0]["log_prob"]
    assert beam == "A beam of 5 finds this translation and ranks it first."
    assert f"less probable than yours, by \u2212{-gap:.2f}" in difference and "“froid” in place of “faim”" in difference


def test_without_a_second_translation_the_beams_best_is_shown(services: Services) -> None:
    payload = scored(services, "Je suis très fatigué ce soir.")
    best = payload["sheets"][1]
    assert best["title"] == "What the beam found" and best["text"] == "J'ai faim."
    beam, difference = said(payload)
    assert beam.startswith("A beam of 5 drops this translation at step ") and "the lowest one kept is \u2212" in beam
    assert "what the beam found is more probable than yours, by +" in difference


def test_own_translation_equal_to_the_beams_best_has_no_difference(services: Services) -> None:
    assert len(said(scored(services, "J'ai faim."))) == 1


@pytest.mark.parametrize("asked", [ScoreRequest("a & b", "c = d", "m"), ScoreRequest("a", "b", "m", "# e")])
def test_address_restores_the_whole_request(asked: ScoreRequest) -> None:
    asking = Score(Services({"m": make_info("m")}))
    request, _, problems = asking.read(dict(asking.link(asked)))
    assert (request, problems) == (asked, [])


def test_address_of_a_missing_model_is_reported() -> None:
    asked, _, problems = Score(Services({"m": make_info("m")})).read({"model": "gone", "text": "t"})
    assert asked == ScoreRequest("t", "", "m") and len(problems) == 1 and "no model “gone”" in problems[0]
