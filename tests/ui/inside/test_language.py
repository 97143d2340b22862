"""A language model is offered in its own view only; the view reads addresses and events with distrust."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.decoding.strategies import Greedy, Sample
from seq2seq.decoding.translator import Translator
from seq2seq.sources.text import Tokenizer
from seq2seq.ui.app import create_app
from seq2seq.ui.host.services import Services
from seq2seq.ui.inside.language import LanguageRequest, LanguageView, payload
from seq2seq.ui.kit.form import menu
from seq2seq.views.inside.language import PAIRS


@pytest.fixture(scope="module")
def with_writer(small: Translator, tokenizer: Tokenizer) -> Services:
    """Services with a translation model and a language model of the same pieces."""
    writer = Translator(make_checkpoint(make_model(small_config("language-model")), tokenizer))
    return Services({"small": small.info, "writer": writer.info}, lambda name: writer if name == "writer" else small)


@pytest.fixture(scope="module")
def language(with_writer: Services) -> LanguageView:
    return LanguageView(with_writer)


def test_a_language_model_is_in_no_menu_of_translation_models(with_writer: Services) -> None:
    assert list(with_writer.infos) == ["small"] and list(with_writer.language_models) == ["writer"]
    assert [name for _, name in with_writer.offered("small")] == ["small"]
    assert menu.labels(with_writer.language_models) == [("French: GRU language model, 2 layers of 24 units", "writer")]
    for use in (with_writer.info, with_writer.translator, lambda name: with_writer.translate(name, "hello")):
        with pytest.raises(ValueError, match="is a language model and reads no source: open it in Inside, The decoder alone"):
            use("writer")
    with pytest.raises(ValueError, match=r"There is no language model “small”\. There are: writer\."):
        with_writer.language_model("small")


def test_the_payload_has_the_numbers_of_the_engine(with_writer: Services, language: LanguageView) -> None:
    request = LanguageRequest("I see the key.", "I see the garden.", "writer", "I see", Sample(top_k=2, seed=3))
    data = json.loads(payload(with_writer, request, step=2, play=False))
    writer = with_writer.language_model("writer")
    assert [lane["log_prob"] for lane in data["lanes"]] == [
        pytest.approx(writer.score("", text).log_prob) for text in (request.text, request.second)
    ]
    assert data["start"] == {"step": 2, "play": False, "writing": False}
    assert data["worth"]["translator"]["name"] == "small" and len(data["worth"]["rows"]) == 3
    assert all(step["kept"] == 2 for step in data["written"]["steps"])
    assert json.loads(payload(with_writer, LanguageRequest("I see.", "", "writer")))["shared"] is None


def test_an_address_opens_the_same_request(language: LanguageView) -> None:
    request = LanguageRequest("a", "b", "writer", "", Sample(0.5, 7, 0.9, 11, no_repeat=0), "t", "s", "u")
    opened, _, problems = language.read(dict(language.link(request)))
    assert (opened, problems) == (request, [])
    greedy = LanguageRequest("a", "", "writer", "c", Greedy())
    assert language.read(dict(language.link(greedy)))[0] == greedy
    opened, _, problems = language.read({"writer": "small", "how": "beam", "temperature": "99", "text": "a"})
    assert opened.writer == "writer" and opened.text == "a" and len(problems) == 3


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("pair", {"index": 99}),
        ("pair", {"index": "0"}),
        ("write", {"start": 5, "search": "sample"}),
        ("write", {"start": "a", "search": "beam"}),
        ("write", {"start": "a", "search": "sample", "temperature": "hot", "top_k": 0, "top_p": 1, "seed": 1}),
        ("source", {"target": "a", "source": None, "stranger": "b"}),
    ],
)
def test_an_event_of_another_kind_is_refused(language: LanguageView, name: str, event: dict[str, Any]) -> None:
    given: Any = SimpleNamespace(**event)
    with pytest.raises(ValueError, match=r"could not be read|Temperature is a number"):
        language.events()[name](language.example(""), given)


def test_events_change_only_their_part(language: LanguageView) -> None:
    before = language.example("")
    settings = {"temperature": "0.5", "top_k": "3", "top_p": "0.9", "seed": "8"}
    after, start = language.events()["write"](before, SimpleNamespace(start="we", search="sample", **settings))  # type: ignore
    assert (after.text, after.start, after.strategy) == (before.text, "we", Sample(0.5, 3, 0.9, 8))
    assert start == {"step": None, "play": False, "writing": True}
    after, _ = language.events()["pair"](before, SimpleNamespace(index=1))  # type: ignore[misc, arg-type]
    assert after.text.startswith("Les clés") and after.strategy == before.strategy


def test_a_page_without_a_language_model_says_how_to_get_one(services: Services) -> None:
    parts = create_app(services).get_config_file()["components"]
    texts = [str(part["props"].get("value")) for part in parts if part["type"] == "markdown"]
    assert any("No language model is installed" in text for text in texts)


def test_another_language_has_its_own_pairs_and_the_visitors_sentences_stay(small: Translator, tokenizer: Tokenizer) -> None:
    writer = Translator(make_checkpoint(make_model(small_config("language-model")), tokenizer))
    infos = {name: replace(writer.info, name=name, target_language=name.title()) for name in ("english", "french")}
    bilingual = LanguageView(Services({"small": small.info, **infos}, lambda name: small if name == "small" else writer))
    english, french = (bilingual.example(name) for name in ("english", "french"))
    assert (english.text, french.text) == (PAIRS["English"][0].first, PAIRS["French"][0].first)
    assert english.start != french.start
    form = {"text": english.text, "second": english.second, "model": "french"}
    assert bilingual.with_model(form, english)[0] == french
    own, _ = bilingual.with_model({**form, "text": "the old man"}, english)
    assert (own.text, own.second, own.writer, own.start) == ("the old man", english.second, "french", french.start)
    chosen, _ = bilingual.events()["pair"](french, SimpleNamespace(index=4)) or (None, None)  # type: ignore[arg-type]
    assert chosen and chosen.text == PAIRS["French"][4].first
