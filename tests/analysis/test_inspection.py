"""What lies beyond a trace: every head, states that change, attribution, attention by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from captum.attr import InputXGradient, IntegratedGradients
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.analysis.attribution import attribute, by_word, deletions, rank_correlation
from seq2seq.analysis.inspection import heads, state_changes
from seq2seq.data.batches import pad
from seq2seq.decoding.edited_attention import Edited
from seq2seq.decoding.strategies import Beam
from seq2seq.decoding.translator import Translator
from seq2seq.models.seq2seq import CROSS, DECODER, ENCODER, Seq2Seq
from seq2seq.trace import DecodingTrace

TEXT = "the cat likes a red boat."
STEP = 2


@pytest.fixture
def trace(translator: Translator) -> DecodingTrace:
    return translator.translate(TEXT)


def has_heads(translator: Translator) -> bool:
    return translator.model.architecture.has_heads


# --- heads and states ---


def test_the_heads_of_the_last_layer_make_the_attention_of_the_trace(translator: Translator, trace: DecodingTrace) -> None:
    found = heads(translator, trace)
    assert bool(found) == has_heads(translator)
    if not found:
        return
    config, (source, target) = translator.model.config, (len(trace.source), len(trace.steps))
    assert found.keys() == {ENCODER, CROSS, DECODER}
    for kind, layers, shape in (
        (ENCODER, config.encoder_layers, (source, source)),
        (CROSS, config.decoder_layers, (target, source)),
        (DECODER, config.decoder_layers, (target, target)),
    ):
        assert [tuple(layer.shape) for layer in found[kind]] == [(config.heads, *shape)] * layers
        assert all(torch.allclose(layer.sum(-1), torch.ones(())) for layer in found[kind])
    assert all(layer.triu(1).count_nonzero() == 0 for layer in found[DECODER])  # nobody looks ahead
    attention = torch.tensor([step.attention for step in trace.steps])
    torch.testing.assert_close(found[CROSS][-1].mean(0), attention, atol=1e-5, rtol=0)


def test_state_changes_say_how_far_the_encoder_moved(translator: Translator, trace: DecodingTrace) -> None:
    if has_heads(translator):
        return
    found = state_changes(translator, trace)
    assert tuple(found) == trace.reading.names
    source, lengths = pad([[position.token for position in trace.source]])
    states = translator.model.encode(source, lengths)[0].states[0].chunk(len(trace.reading.names), -1)
    for lane, changes in found.items():
        read = states[trace.reading.names.index(lane)]
        first, last = (-1, 0) if lane == "backward" else (0, -1)  # it starts from a state of zeros
        assert len(changes) == len(trace.source) and all(0 <= change <= 2 for change in changes)
        assert changes[first] == pytest.approx(float(read[first].abs().mean()), abs=1e-6)
        neighbour = read[last + 1 if lane == "backward" else last - 1]
        assert changes[last] == pytest.approx(float((read[last] - neighbour).abs().mean()), abs=1e-6)


# --- attribution ---


def moved(model: Seq2Seq, trace: DecodingTrace, embedded: torch.Tensor) -> float:
    """The log-probability of the piece at STEP where the source is `embedded` [1, S, E]."""
    written = torch.tensor([[step.token for step in trace.steps[: STEP + 1]]])
    lengths = torch.tensor([embedded.shape[1]])
    return float(model.next_from_embedded(embedded, lengths, written)[0, written[0, -1]])


def test_gradients_are_those_of_finite_differences(translator: Translator, trace: DecodingTrace) -> None:
    found, model = attribute(translator, trace, STEP), translator.model
    embedded = model.embed_source(torch.tensor([[position.token for position in trace.source]]))
    for position in range(0, len(trace.source), 3):
        direction = torch.zeros_like(embedded)
        direction[0, position] = embedded[0, position]
        up, down = (moved(model, trace, embedded + sign * 1e-5 * direction) for sign in (1, -1))
        assert found.gradient[position] == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-6)


def test_integrated_gradients_account_for_the_whole_difference(translator: Translator, trace: DecodingTrace) -> None:
    found, model = attribute(translator, trace, STEP), translator.model
    embedded = model.embed_source(torch.tensor([[position.token for position in trace.source]]))
    assert found.log_prob == pytest.approx(trace.steps[STEP].log_prob, abs=1e-4)
    assert found.log_prob_of_nothing == pytest.approx(moved(model, trace, 0 * embedded), abs=1e-9)
    difference = found.log_prob - found.log_prob_of_nothing
    # Layer normalisation is steep near zero: there a sum over so many points is coarser.
    assert sum(found.integrated) == pytest.approx(difference, abs=0.05 + 0.15 * abs(difference) * has_heads(translator))


def test_integrated_gradients_are_those_of_captum(small: Translator) -> None:
    trace = small.translate(TEXT)
    found, model = attribute(small, trace, STEP), small.model
    embedded = model.embed_source(torch.tensor([[position.token for position in trace.source]]))
    written = torch.tensor([[step.token for step in trace.steps[: STEP + 1]]])

    def function(batch: torch.Tensor) -> torch.Tensor:
        lengths = torch.full((len(batch),), batch.shape[1])
        return model.next_from_embedded(batch, lengths, written.expand(len(batch), -1))[:, written[0, -1]]

    with torch.enable_grad():
        integrated = IntegratedGradients(function).attribute(embedded, n_steps=200).sum(-1)[0]
        gradient = InputXGradient(function).attribute(embedded.clone().requires_grad_()).sum(-1)[0]
    assert found.integrated == pytest.approx(integrated.tolist(), abs=2e-3)
    assert found.gradient == pytest.approx(gradient.tolist(), abs=1e-5)


def test_a_deleted_word_is_a_sentence_without_it(translator: Translator, trace: DecodingTrace) -> None:
    found = attribute(translator, trace, STEP)
    written = torch.tensor([[step.token for step in trace.steps[: STEP + 1]]])
    tokens = [position.token for position in trace.source]
    assert len(found.words) == len(found.deletion) == len(TEXT.split())
    assert [i for word in found.words for i in word] == list(range(len(tokens) - 1))
    for word, change in zip(found.words, found.deletion, strict=True):
        source, lengths = pad([[token for i, token in enumerate(tokens) if i not in word]])
        alone = translator.model(source, lengths, written)[0, -1, written[0, -1]]
        assert change == pytest.approx(found.log_prob - float(alone), abs=1e-6)


def test_deletions_of_all_steps_at_once_are_those_of_each(translator: Translator, trace: DecodingTrace) -> None:
    found = deletions(translator, trace)
    assert len(found) == len(trace.steps)
    assert found[STEP] == pytest.approx(attribute(translator, trace, STEP).deletion, abs=1e-6)


def test_a_sentence_of_one_word_can_lose_it(small: Translator) -> None:
    found = attribute(small, small.translate("cat"), 0)
    assert len(found.deletion) == 1 and math.isfinite(found.deletion[0])


@pytest.mark.parametrize("step", [-1, 500])
def test_a_step_that_is_not_there_is_refused(small: Translator, step: int) -> None:
    with pytest.raises(ValueError, match="there is no step"):
        attribute(small, small.translate(TEXT), step)


def test_what_is_kept_of_words_and_ranks() -> None:
    assert by_word([0.1, 0.2, 0.3, 0.4], [[0, 1], [3]]) == pytest.approx([0.3, 0.4])
    assert rank_correlation([1, 2, 3, 4], [10, 20, 30, 40]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3], [9, 5, 1]) == pytest.approx(-1)
    assert rank_correlation([1, 2, 2, 4], [1, 3, 2, 4]) == pytest.approx(np.corrcoef([1, 2.5, 2.5, 4], [1, 3, 2, 4])[0, 1])
    assert rank_correlation([1, 2], [1, 2]) is None and rank_correlation([1, 1, 1], [1, 2, 3]) is None


# --- attention by hand ---


def test_an_edit_that_gives_the_model_its_own_attention_changes_nothing(translator: Translator, trace: DecodingTrace) -> None:
    if trace.steps[0].attention is None:
        with pytest.raises(ValueError, match="no attention that could be edited"):
            translator.translate(TEXT, edits={0: [1.0] * len(trace.source)})
        return
    own = {step.position: step.attention for step in trace.steps}
    again = translator.translate(TEXT, edits=own)
    assert [step.token for step in again.steps] == [step.token for step in trace.steps]
    assert [step.log_prob for step in again.steps] == pytest.approx([step.log_prob for step in trace.steps], abs=1e-5)
    beam, edited = (translator.translate(TEXT, Beam(3), edits=edits) for edits in ({}, {0: own[0]}))
    assert edited.text == beam.text and edited.score == pytest.approx(beam.score, abs=1e-5)


def test_an_edit_is_what_the_decoder_reads_at_its_step_and_nowhere_before(translator: Translator, trace: DecodingTrace) -> None:
    if trace.steps[0].attention is None:
        return
    weights = [0.0] * len(trace.source)
    weights[1] = 5.0  # only shares count
    edited = translator.translate(TEXT, edits={STEP: weights})
    assert edited.steps[STEP].attention == pytest.approx([float(i == 1) for i in range(len(weights))])
    for before, after in zip(trace.steps[:STEP], edited.steps[:STEP], strict=True):
        assert (before.token, before.attention) == (after.token, pytest.approx(after.attention))
    assert edited.steps[STEP].log_prob != pytest.approx(trace.steps[STEP].log_prob, abs=1e-6)
    if len(edited.steps) > STEP + 1:
        assert max(edited.steps[STEP + 1].attention) < 1


@given(st.lists(st.floats(0, 1e6), min_size=7, max_size=7).filter(any))
def test_any_weights_are_scaled_to_shares(weights: list[float]) -> None:
    total = math.fsum(weights)
    assert _given(weights) == pytest.approx([weight / total for weight in weights])


def _given(weights: list[float]) -> list[float]:
    class Model:
        class config:
            attention = "additive"

        device = torch.device("cpu")

    return Edited(Model(), {0: weights}, 7)._given[0].tolist()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("weights", "why"),
    [
        ([1.0], "is given 1 weights, but the source has"),
        ([0.0] * 40, "all 0: leave at least one word"),
        ([float("nan")] * 40, "numbers from 0 on"),
        ([-1.0] * 40, "numbers from 0 on"),
        ([float("inf")] * 40, "numbers from 0 on"),
    ],
)
def test_weights_that_are_none_are_refused(small: Translator, weights: list[float], why: str) -> None:
    positions = len(small.translate(TEXT).source)
    with pytest.raises(ValueError, match=why):
        small.translate(TEXT, edits={1: weights[:positions] if len(weights) > 1 else weights})


def test_an_edit_is_for_one_decode(small: Translator) -> None:
    trace = small.translate(TEXT)
    small.translate(TEXT, edits={0: [1.0] + [0.0] * (len(trace.source) - 1)})
    assert small.translate(TEXT) == trace
