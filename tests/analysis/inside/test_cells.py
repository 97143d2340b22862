"""The inside of recurrent models: equal to the packed model's translation, for every architecture, and gates that are held."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.small import KINDS, make_checkpoint, make_model, small_config
from torch.nn import functional as F

from seq2seq.analysis.inside.cells import Hold, look_inside
from seq2seq.decoding.translator import Translator
from seq2seq.models import recurrent
from seq2seq.models.recurrent import CELLS
from seq2seq.sources.text import Tokenizer
from seq2seq.trace import SUMMARY_GROUPS

OTHER_ENCODERS = ("transformer", "pointwise", "language-model")
RECURRENT = {name: config for name, config in KINDS.items() if config.architecture not in OTHER_ENCODERS}
RECURRENT |= {cell: small_config(cell=cell, encoder_layers=2) for cell in CELLS}
TEXT = "the old man likes two apples"


def translator_of(config, tokenizer: Tokenizer) -> Translator:
    return Translator(make_checkpoint(make_model(config), tokenizer))


@pytest.mark.parametrize("config", RECURRENT.values(), ids=RECURRENT.keys())
def test_the_layers_give_the_translation_of_the_model(config, tokenizer: Tokenizer) -> None:
    translator = translator_of(config, tokenizer)
    trace, layers = look_inside(translator, TEXT)
    plain, packed = translator.with_model(translator.model).translate(TEXT), translator.translate(TEXT)
    for other, rounding in ((plain, 1e-4), (packed, 1e-2)):  # packing rounds these weights to fp16
        assert trace.text == other.text
        np.testing.assert_allclose([s.log_prob for s in trace.steps], [s.log_prob for s in other.steps], atol=rounding)
    directions = 2 if config.bidirectional else 1
    assert [layer.part for layer in layers] == ["encoder"] * directions * config.encoder_layers + [
        "decoder"
    ] * config.decoder_layers
    assert len({layer.name for layer in layers}) == len(layers)
    for layer in layers:
        assert layer.steps == len(trace.source if layer.part == "encoder" else trace.steps)
    top = [layer for layer in layers if layer.number == config.encoder_layers and layer.part == "encoder"]
    for number, layer in enumerate(top):  # the trace summarises the top layer by the means of 8 slices
        means = F.adaptive_avg_pool1d(torch.from_numpy(layer.hidden)[:, None], SUMMARY_GROUPS)[:, 0].numpy()
        np.testing.assert_allclose(means, [position.states[number] for position in trace.source], atol=1e-3)


def test_a_held_gate_has_its_value_at_its_step_alone(tokenizer: Tokenizer) -> None:
    translator = translator_of(small_config(), tokenizer)
    _, free = look_inside(translator, TEXT)
    for name in ("encoder-1-forward", "encoder-1-backward", "decoder-2"):
        _, layers = look_inside(translator, TEXT, Hold(name, 1, "update", 0.25))
        (held,), (before,) = ([layer for layer in found if layer.name == name] for found in (layers, free))
        assert (held.gates["update"][1] == 0.25).all()
        first = 2 if held.direction == "backward" else 0  # a step that is read before the held one
        np.testing.assert_array_equal(held.hidden[first], before.hidden[first])
        assert np.abs(held.hidden[1] - before.hidden[1]).max() > 1e-3


@pytest.mark.parametrize(
    ("hold", "message"),
    [
        (Hold("encoder-9", 0, "update", 0.5), "There are: encoder-1-forward"),
        (Hold("decoder-1", 0, "forget", 0.5), "There are: update, reset"),
        (Hold("decoder-1", 0, "candidate", 0.5), "There are: update, reset"),
        (Hold("decoder-1", 0, "update", 1.5), "from 0 to 1"),
        (Hold("decoder-1", 0, "update", float("nan")), "from 0 to 1"),
        (Hold("decoder-1", 500, "update", 0.5), "no step 501"),
        (Hold("decoder-1", -1, "update", 0.5), "no step 0"),
    ],
)
def test_an_impossible_hold_gets_a_message(tokenizer: Tokenizer, hold: Hold, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        look_inside(translator_of(small_config(), tokenizer), TEXT, hold)


def test_a_model_without_a_cell_that_can_be_explained_gets_a_message(tokenizer: Tokenizer, monkeypatch) -> None:
    with pytest.raises(ValueError, match="no recurrent cell"):
        look_inside(translator_of(small_config("transformer"), tokenizer), TEXT)
    monkeypatch.setitem(recurrent.CELLS, "gru", replace(CELLS["gru"], explanation=None))
    with pytest.raises(ValueError, match="cannot be taken apart"):
        look_inside(translator_of(small_config(), tokenizer), TEXT)


def test_units_are_ordered_by_the_gate_that_keeps(tokenizer: Tokenizer) -> None:
    _, layers = look_inside(translator_of(small_config(), tokenizer), TEXT)
    lives, means = layers[0].half_lives(), layers[0].gates["update"].mean(0)
    assert lives is not None and (np.argsort(lives) == np.argsort(means)).all()
    half = layers[0].units // 2
    assert abs(means[half] ** lives[half] - 0.5) < 1e-5
