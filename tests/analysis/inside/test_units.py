"""What units do: a unit that follows a feature is found, and noise is not called readable."""

from __future__ import annotations

import numpy as np
import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.analysis.inside import units
from seq2seq.decoding.translator import Translator
from seq2seq.sources.text import Tokenizer


def test_the_unit_that_follows_a_feature_is_found_and_noise_is_not() -> None:
    draw = np.random.default_rng(3)
    feature = draw.integers(0, 2, 400).astype(float)
    states = draw.normal(size=(400, 6))
    states[:, 4] = -3 * feature + 0.1 * draw.normal(size=400)
    (found,), readable = units._follow(states, {"a feature": feature}, ("encoder-1-forward", "encoder-1-backward"), 3)
    assert (found.layer, found.unit, readable) == ("encoder-1-backward", 1, 1)
    assert found.correlation < -0.95 and found.chance < 0.3
    assert units._follow(states, {"rare": np.zeros(400)}, ("encoder-1-forward",), 6) == ((), 0)


def test_features_of_a_sentence() -> None:
    words = ["Tom", "isn't", "here", "?", ""]
    found = units._features(words, "en")
    assert found["a word of negation"].tolist() == [0, 1, 0, 0, 0]
    assert found["after a word of negation"].tolist() == [0, 1, 1, 1, 1]
    assert found["a sentence with a question mark"].tolist() == [1] * 5
    assert found["a capital letter"].tolist() == [1, 0, 0, 0, 0]
    assert found["a punctuation mark"].tolist() == [0, 0, 0, 1, 0]
    assert found["the number of pieces that follow"].tolist() == [4, 3, 2, 1, 0]


def test_the_words_of_a_unit_are_those_at_which_it_moves_most(tokenizer: Tokenizer) -> None:
    translator = Translator(make_checkpoint(make_model(small_config()), tokenizer))
    found = units.examine(translator)
    assert found is not None and found.layers == ("encoder-1-forward", "encoder-1-backward")
    moved = found.moved_by(found.layers[1], 2, count=3)
    column = found.moves[:, found.size + 2]
    word, change = moved[0]
    values = [value for value, each in zip(column, found.words, strict=True) if each == word]
    assert change == pytest.approx(np.mean(values)) and len(values) > 1
    assert abs(moved[0][1]) >= abs(moved[1][1]) >= abs(moved[2][1])


def test_models_without_a_recurrent_encoder_or_a_phrasebook(tokenizer: Tokenizer) -> None:
    with pytest.raises(ValueError, match="no recurrent encoder"):
        units.examine(Translator(make_checkpoint(make_model(small_config("transformer")), tokenizer)))
