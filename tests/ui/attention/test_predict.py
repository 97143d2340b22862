"""Predict, then reveal, without a browser: no attention before the reveal, and then the numbers of the engine."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from support.small import make_checkpoint, make_info, make_model, small_config

from seq2seq.analysis import alignment
from seq2seq.analysis.alignment import Links
from seq2seq.decoding.translator import Translator
from seq2seq.sources.text import Tokenizer
from seq2seq.sources.words import split
from seq2seq.ui.attention import predict
from seq2seq.ui.attention.predict import Predict, PredictAnswer, PredictRequest
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import gold

TEXT, TRANSLATION = "We were waiting for you in the garden.", "Nous t'attendions dans le jardin."
DRAWN: Links = frozenset({(0, 0), (3, 1), (1, 2), (5, 3), (6, 4), (7, 5), (8, 6)})


@pytest.fixture(scope="module")
def services() -> Services:
    translator = Translator.load("en-fr-additive")
    return Services({translator.name: translator.info}, lambda _: translator)


def shown(services: Services, asked: PredictRequest) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(predict.payload(services, predict.compute(services, asked)))
    return payload


def said(spans: list[dict[str, str]]) -> str:
    return "".join(span["text"] for span in spans)


def test_payload_before_the_reveal_has_no_attention_and_no_gold(services: Services) -> None:
    asked = PredictRequest(TEXT, TRANSLATION, "en-fr-additive", DRAWN)
    assert predict.compute(services, asked).weights is None
    payload = shown(services, asked)
    assert payload["revealed"] is None and payload["links"] == sorted(map(list, DRAWN))
    assert payload["source"] == ["We", "were", "waiting", "for", "you", "in", "the", "garden", "."]
    assert payload["target"] == ["Nous", "t'", "attendions", "dans", "le", "jardin", "."]
    revealed = shown(services, replace(asked, revealed=True))
    assert payload.keys() == revealed.keys()
    told = {key for key in payload if payload[key] != revealed[key]}
    assert told == {"revealed", "link", "serial"}  # the link only has "revealed"
    assert dict(revealed["link"]) == {**dict(payload["link"]), "revealed": "1"}


def test_revealed_numbers_are_those_of_the_engine(services: Services) -> None:
    revealed = shown(services, PredictRequest(TEXT, TRANSLATION, "en-fr-additive", DRAWN, True))["revealed"]
    source, target = split(TEXT, "English"), split(TRANSLATION, "French")
    weights = alignment.attention(services.translator("en-fr-additive"), source, target)
    assert np.allclose(revealed["weights"], weights, atol=1e-4)
    assert np.allclose(revealed["end"], 1 - weights.sum(1), atol=1e-4)
    known = gold.find(TEXT, TRANSLATION, services.info("en-fr-additive"))
    assert known and revealed["gold"]["sure"] == sorted(map(list, known.sure))
    assert revealed["gold"]["possible"] == sorted(map(list, known.possible - known.sure))
    own, most = alignment.score(DRAWN, known), alignment.score(alignment.largest(weights), known)
    straight = alignment.score(alignment.diagonal(9, 7), known)
    assert [row[0] for row in revealed["rows"]] == ["your links", "attention", "diagonal"]
    assert [row[3] for row in revealed["rows"]] == [f"{counts.error_rate:.3f}" for counts in (own, most, straight)]
    assert revealed["rows"][1][2] == "7 of 7" and revealed["rows"][0][2] == f"{len(alignment.agreeing(DRAWN, weights))} of 7"
    assert "you linked “for”" in said(revealed["verdict"]) or "you linked “were”" in said(revealed["verdict"])
    assert f"your error rate is {own.error_rate:.2f}, that of the attention {most.error_rate:.2f}" in said(revealed["verdict"])


def test_typed_pair_has_no_manual_alignment(services: Services) -> None:
    payload = shown(services, PredictRequest("I am hungry.", "", "en-fr-additive", frozenset({(0, 0)}), True))
    assert payload["own"] and payload["target"] == ["J'", "ai", "faim", "."]
    assert "There is no manual alignment of this pair" in payload["hint"]
    assert payload["revealed"]["gold"] is None and [row[3:] for row in payload["revealed"]["rows"]] == [[None] * 3] * 3
    assert "error rate" not in said(payload["revealed"]["verdict"])


def test_model_without_attention_still_has_the_manual_alignment(tokenizer: Tokenizer) -> None:
    plain = Translator(make_checkpoint(make_model(small_config(attention="none")), tokenizer))
    services = Services({"plain": replace(plain.info, subject="everyday")}, lambda _: plain)
    payload = shown(services, PredictRequest(TEXT, TRANSLATION, "plain", DRAWN, True))
    assert "This model has no attention" in payload["hint"] and payload["revealed"]["weights"] is None
    assert [row[0] for row in payload["revealed"]["rows"]] == ["your links", "diagonal"]
    assert "largest weight" not in said(payload["revealed"]["verdict"])


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (PredictRequest("", "x", "en-fr-additive"), "nothing to translate"),
        (PredictRequest("x" * 10_000, "x", "en-fr-additive"), "10,000 characters"),
        (PredictRequest("😀", "", "en-fr-additive"), "no words in this text"),
        (PredictRequest("a " * 41, "x", "en-fr-additive"), "the sentence has 41 words and marks; at most 40 fit here"),
        (PredictRequest("I am", "a " * 41, "en-fr-additive"), "the translation has 41 words"),
        (
            PredictRequest("I am", "je suis", "en-fr-additive", frozenset({(2, 0)})),
            "there is no source word 2, they are 0 to 1",
        ),
    ],
)
def test_impossible_request_gets_a_message(services: Services, asked: PredictRequest, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        predict.compute(services, asked)


def test_control_characters_and_other_scripts_are_words(services: Services) -> None:
    now = predict.compute(services, PredictRequest("I\x00 am\u200b <b>", "伞😀 ?", "en-fr-additive", revealed=True))
    assert list(now.source) == ["I", "am", "<b>"] and list(now.target) == ["伞", "😀", "?"]
    assert now.weights is not None and now.weights.shape == (3, 3)


# --- addresses, and what a browser sends ---


@pytest.mark.parametrize(
    "asked",
    [
        PredictRequest("a & b", "c = d", "m", DRAWN, True),
        PredictRequest("a", "", "m"),
        PredictRequest("a", "b # c", "m", frozenset({(199, 0)})),
    ],
)
def test_address_restores_the_whole_request(asked: PredictRequest) -> None:
    asking = Predict(Services({"m": make_info("m")}))
    request, _, problems = asking.read(dict(asking.link(asked)))
    assert (request, problems) == (asked, [])


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"links": "0-0.x"}, "“links” should be like 0-0.1-2, and “x” is not a link"),
        ({"links": "0-٣"}, "“0-٣” is not a link"),
        ({"links": "1--2"}, "“1--2” is not a link"),
        ({"links": ".".join(["0-0"] * 201)}, "has 201 links; at most 200"),
        ({"revealed": "yes"}, "“revealed” should be 0 or 1, not “yes”"),
        ({"model": "gone"}, "no model “gone”"),
    ],
)
def test_invalid_parameter_is_reported_and_the_others_are_used(query: dict[str, str], message: str) -> None:
    asked, _, problems = Predict(Services({"m": make_info("m")})).read({"text": "t", "reference": "r", **query})
    assert asked == PredictRequest("t", "r", "m") and len(problems) == 1 and message in problems[0]


def event(**data: Any) -> gr.EventData:
    return SimpleNamespace(**data)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def seen(services: Services) -> PredictAnswer:
    return predict.compute(services, PredictRequest(TEXT, TRANSLATION, "en-fr-additive"))


def test_drawn_links_are_accepted(seen: PredictAnswer) -> None:
    assert predict.chosen_links(seen, event(id=seen.id, links=[[0, 0], [8, 6], [0, 0]])) == {(0, 0), (8, 6)}
    assert predict.chosen_links(seen, event(id=seen.id, links=[])) == frozenset()


@pytest.mark.parametrize(
    "links",
    [None, "0-0", {"0": 0}, [[0]], [[0, 0, 0]], [[0, 0.0]], [[True, 0]], [["0", 0]], [[9, 0]], [[0, -1]], [[0, 0]] * 201, [0]],
)
def test_invalid_links_are_refused(seen: PredictAnswer, links: Any) -> None:
    with pytest.raises(ValueError, match=r"Please draw again|there is no"):
        predict.chosen_links(seen, event(id=seen.id, links=links))


def test_links_of_another_picture_are_refused(seen: PredictAnswer) -> None:
    for data in (event(id="x", links=[]), event(links=[]), event(id=seen.id)):
        with pytest.raises(ValueError, match="draw again"):
            predict.chosen_links(seen, data)


def test_another_model_keeps_the_links_of_the_same_words(services: Services, seen: PredictAnswer) -> None:
    drawn = replace(seen, request=replace(seen.request, links=DRAWN, revealed=True))

    def chosen(text: str, reference: str) -> tuple[PredictRequest, dict[str, Any]]:
        values = {"text": text, "reference": reference, "model": "en-fr-additive"}
        return Predict(services).with_model(values, drawn)

    assert chosen(TEXT, TRANSLATION) == (drawn.request, {"keep": True})
    assert chosen(TEXT, "") == (PredictRequest(TEXT, "", "en-fr-additive"), {})
    assert chosen("Mine.", "À moi.") == (PredictRequest("Mine.", "À moi.", "en-fr-additive"), {})
