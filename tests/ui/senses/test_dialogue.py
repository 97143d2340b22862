"""The view Dialogue without a browser: its answers, its addresses, and untrusted events."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from seq2seq.analysis import dialogue as engine
from seq2seq.analysis.inside.language_model import NATS_TO_BITS
from seq2seq.decoding.strategies import Beam
from seq2seq.decoding.translator import Translator
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples
from seq2seq.ui.senses.dialogue import Dialogue, DialogueRequest, payload

TEXT = "I see the key."


@pytest.fixture(scope="module")
def talking(small: Translator) -> Services:
    """Services with a translation model that only claims to answer."""
    return Services({"small": replace(small.info, source_language="English", subject="dialogue")}, lambda _: small)


def test_the_payload_has_the_answers_of_each_search_and_the_bits_of_the_chosen_one(talking: Services) -> None:
    data = json.loads(payload(talking, DialogueRequest(TEXT, "small", seed=4, answer=1, other=2)))
    assert data["opening"].startswith("This model is no assistant. It was trained on ")
    assert [answer["how"] for answer in data["answers"]][:3] == ["greedy", "beam 5", "drawn, seed 4"]
    translator = talking.translator("small")
    chosen = translator.translate(TEXT, Beam(5)).text
    assert data["answers"][1]["text"] == chosen
    assert [row["question"] for row in data["swap"]["rows"]] == [TEXT, engine.OTHERS[2]]
    own = translator.score(TEXT, chosen)
    assert data["swap"]["rows"][0]["mean"] == pytest.approx(-own.log_prob * NATS_TO_BITS / len(own.steps))
    assert data["varieties"] is None and data["answers"][-1]["how"] == "reranked (MMI)"


def test_an_address_opens_the_same_request_and_a_wrong_number_is_explained(talking: Services) -> None:
    view = Dialogue(talking)
    request = DialogueRequest(TEXT, "small", seed=7, answer=2, other=3)
    opened, _, problems = view.read(dict(view.link(request)))
    assert (opened, problems) == (request, [])
    with pytest.raises(ValueError, match="there is no such answer"):
        payload(talking, replace(request, answer=50))
    assert replace(request, answer=0, other=0) in view.attempts(request)


def test_events_draw_choose_and_swap(talking: Services) -> None:
    events, before = Dialogue(talking).events(), DialogueRequest(TEXT, "small", answer=2)
    given: Any = SimpleNamespace(index=1, answer=3)
    assert events["draw"](before, given) == (replace(before, seed=4, answer=0), {})
    assert events["choose"](before, given) == (replace(before, answer=3), {})
    assert events["swap"](replace(before, other=len(engine.OTHERS) - 1), given) == (before, {})
    assert events["example"](before, given) == (replace(before, text=examples.of(talking.info("small"))[1], answer=0), {})
    for name, wrong in (("choose", {"answer": "1"}), ("choose", {"answer": -1}), ("example", {"index": 99}), ("example", {})):
        with pytest.raises(ValueError, match="could not be read"):
            events[name](before, SimpleNamespace(**wrong))  # type: ignore[arg-type]
