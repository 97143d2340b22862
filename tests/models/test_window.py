"""A window on the attention: no weight far from where the decoder looked last."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.decoding.strategies import Beam, Greedy, Sample, describe
from seq2seq.decoding.translator import Translator
from seq2seq.errors import SettingError
from seq2seq.sources.text import Tokenizer

TEXT = "the old man likes two apples and the old woman likes the garden"
WINDOW = (1, 2)


def translator_of(tokenizer: Tokenizer, **settings: Any) -> Translator:
    return Translator(make_checkpoint(make_model(small_config(**settings)).double(), tokenizer))


@pytest.mark.parametrize("architecture", ["recurrent", "bahdanau", "luong"])
@pytest.mark.parametrize("attention", ["additive", "location"])
@pytest.mark.parametrize("strategy", [Greedy(window=WINDOW), Beam(3, window=WINDOW), Sample(seed=2, window=WINDOW)])
def test_only_positions_near_the_last_heaviest_one_have_weight(
    architecture: str, attention: str, strategy: Any, tokenizer: Tokenizer
) -> None:
    trace = translator_of(tokenizer, architecture=architecture, attention=attention).translate(TEXT, strategy)
    last = 0
    for step in trace.steps:
        weights = np.array(step.attention)
        (places,) = np.nonzero(weights)
        assert last - WINDOW[0] <= places.min() and places.max() <= last + WINDOW[1]
        assert weights.sum() == pytest.approx(1)
        last = int(weights.argmax())
    assert trace.strategy["window"] == list(WINDOW)


def test_a_window_over_everything_changes_nothing(tokenizer: Tokenizer) -> None:
    translator = translator_of(tokenizer)
    free, windowed = (translator.translate(TEXT, strategy) for strategy in (Greedy(), Greedy(window=(1000, 1000))))
    assert free.steps == windowed.steps and "window" not in free.strategy


def test_a_batch_with_a_window_equals_its_sentences_one_by_one(tokenizer: Tokenizer) -> None:
    translator, chosen = translator_of(tokenizer, attention="location"), Beam(3, window=WINDOW)
    texts = [TEXT, "the man", "we see the old garden"]
    alone = {i: translator.translate(text, chosen).text for i, text in enumerate(texts)}
    assert dict(translator.translate_lines(texts, chosen)) == alone


def test_models_that_cannot_have_a_window_and_wrong_windows_are_refused(tokenizer: Tokenizer) -> None:
    for settings in ({"attention": "none"}, {"architecture": "transformer", "attention": "dot"}):
        with pytest.raises(ValueError, match="a window needs a recurrent decoder with attention"):
            translator_of(tokenizer, **settings).translate(TEXT, Greedy(window=WINDOW))
    for window, message in (((1, 2, 3), "two numbers"), ((-1, 2), "between 0 and 1000"), ((1.5, 2), "whole number")):
        with pytest.raises(SettingError, match=message):
            Greedy(window=window)  # type: ignore[arg-type]
    assert describe(Greedy()) == {"name": "greedy"}
