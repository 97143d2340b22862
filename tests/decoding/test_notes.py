import dataclasses
import json

import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.config import TrainConfig
from seq2seq.data.corpora import Pair
from seq2seq.decoding.translator import Translator
from seq2seq.models.saved.checkpoint import Checkpoint
from seq2seq.sources.text import Tokenizer
from seq2seq.trace import DecodingTrace


@pytest.fixture
def plain(tokenizer: Tokenizer) -> Translator:
    return Translator(make_checkpoint(make_model(small_config()), tokenizer))


@pytest.mark.parametrize(("text", "named"), [("I see the key Ж.", ["Ж"]), ("the 漢 cat æ likes 漢", ["漢", "æ"])])
def test_unknown_characters_are_named_once(plain: Translator, text: str, named: list[str]) -> None:
    assert plain.source_vocabulary.unknown(text) == named
    (note,) = plain.translate(text).notes
    assert all(f"“{character}”" in note for character in named) and "as bytes" in note


def test_many_unknown_characters_are_counted(plain: Translator) -> None:
    (note,) = plain.translate("I see the cat and the key and ÀÈÌÒÙÂÊ").notes
    assert "“Ò”" in note and "and 2 other characters" in note and "“Â”" not in note


def test_capitals_get_a_note_only_from_models_that_were_not_trained_on_them(pairs: list[Pair]) -> None:
    both = [*pairs, *((source.upper(), target.upper()) for source, target in pairs)]
    tokenizer = Tokenizer.train(both, 320, shared=True)
    model = make_model(small_config(source_vocabulary=320, target_vocabulary=320))
    plain = make_checkpoint(model, tokenizer)
    trained = dataclasses.replace(plain, training=TrainConfig(augment="form=0.2,names"))

    def notes(text: str, of: Checkpoint = plain) -> tuple[str, ...]:
        return Translator(of).translate(text).notes

    assert any("in capitals" in note for note in notes("THE CAT"))
    assert not notes("THE CAT", trained)
    assert not any("in capitals" in note for text in ("The cat", "I", "the cat") for note in notes(text))


def test_notes_are_part_of_the_trace_file(plain: Translator) -> None:
    trace = plain.translate("the Ж")
    assert trace.notes and DecodingTrace.from_json(trace.to_json()) == trace
    data = trace.to_dict()
    del data["notes"]  # a file of an earlier version
    assert DecodingTrace.from_json(json.dumps(data)).notes == ()
