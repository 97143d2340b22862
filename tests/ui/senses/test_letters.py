"""The view Sounds of letters offers models of letters alone, on the stage of the tab Translate."""

from __future__ import annotations

import json

import pytest

from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples
from seq2seq.ui.senses.letters import Letters, models
from seq2seq.ui.translate.visit import TranslateRequest


@pytest.fixture(scope="module")
def view() -> Letters:
    return Letters(Services.load())


def test_only_models_of_letters_are_offered(view: Letters) -> None:
    assert {info.source for info in models(view.services).values()} == {"letters"}
    assert view.example("en-fr-additive").model in models(view.services)


def test_an_address_opens_the_same_word(view: Letters) -> None:
    request = TranslateRequest("phoenix", "letters-en")
    opened, _, problems = view.read(dict(view.link(request)))
    assert (opened, problems) == (request, [])


def test_the_word_is_named_by_what_the_model_has_learned(view: Letters) -> None:
    assert view.fill(TranslateRequest("Maria", "names-ja"))["text"]["label"] == "A name in Latin letters"
    assert view.fill(TranslateRequest("knight", "letters-en"))["text"]["label"] == "A word or a name in English letters"


def test_with_another_model_an_example_is_replaced_and_an_own_name_stays(view: Letters) -> None:
    opened, _ = view.with_model({"text": "knight", "model": "names-ja"}, None)
    kept, _ = view.with_model({"text": "Anna", "model": "names-ja"}, None)
    assert (opened.text, kept.text) == ("Maria", "Anna")


def test_the_examples_come_out_as_in_the_dictionary(view: Letters) -> None:
    info = view.services.info("letters-en")
    written = [view.services.translate("letters-en", word).text for word in examples.of(info)]
    right = [examples.reference(word, info) for word in examples.of(info)]
    assert sum(map(str.__eq__, written, right)) >= len(right) - 1, dict(zip(right, written, strict=True))


def test_the_stage_has_a_letter_for_each_piece(view: Letters) -> None:
    data = json.loads(view.show(view.answer(TranslateRequest("Knight", "letters-en"))))
    assert [piece["text"] for piece in data["views"]["pieces"]["source"]] == [*"knight", "end"]
    assert data["trace"]["kind"] == "letters"


def test_katakana_is_written_without_spaces_and_each_character_is_a_piece(view: Letters) -> None:
    answer = view.answer(TranslateRequest("François", "names-ja"))
    data = json.loads(view.show(answer))
    assert [piece["text"] for piece in data["views"]["pieces"]["source"]] == [*"françois", "end"]
    assert [piece["text"] for piece in data["views"]["pieces"]["target"]] == [*answer.trace.text, "end"]


@pytest.mark.parametrize("word", ["", "good morning", "ночь", "a" * 10_000, "night7"])
def test_what_is_no_english_word_gets_one_sentence(view: Letters, word: str) -> None:
    with pytest.raises(ValueError, match=r"please|does not know"):
        view.answer(TranslateRequest(word, "letters-en"))
