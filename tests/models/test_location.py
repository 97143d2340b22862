"""Attention that remembers where it looked: an edit of one step moves the next one."""

import numpy as np
import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.decoding.strategies import Beam
from seq2seq.decoding.translator import Translator
from seq2seq.sources.text import Tokenizer

TEXT = "the old man likes two apples"


@pytest.mark.parametrize(("attention", "remembers"), [("location", True), ("additive", False)])
def test_an_edited_step_changes_where_a_decoder_that_remembers_looks_next(
    attention: str, remembers: bool, tokenizer: Tokenizer
) -> None:
    translator = Translator(make_checkpoint(make_model(small_config(attention=attention)).double(), tokenizer))
    free = translator.translate(TEXT)
    tokens = [step.token for step in free.steps[:3]]
    weights = [0.0] * (len(free.source) - 1) + [1.0]
    edited = translator.translate(TEXT, prefix=tokens, edits={1: weights})
    assert edited.steps[1].attention == pytest.approx(weights)
    before, after = (np.array(trace.steps[2].attention) for trace in (free, edited))
    # The query of a step does not read the context vectors, so only the memory of the weights can move it.
    assert (np.abs(before - after).max() > 1e-3) == remembers


def test_a_beam_keeps_the_memory_of_each_hypothesis(tokenizer: Tokenizer) -> None:
    translator = Translator(make_checkpoint(make_model(small_config(attention="location")).double(), tokenizer))
    best = translator.translate(TEXT, Beam(4))
    again = translator.translate(TEXT, prefix=[step.token for step in best.steps])
    for one, other in zip(best.steps, again.steps, strict=False):
        assert one.attention == pytest.approx(other.attention, abs=1e-9)
