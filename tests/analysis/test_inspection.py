"""Tests of inspection beyond the trace: heads, state changes, attribution, and edited attention."""

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
    if not translator.info.reads_source:
        pytest.skip("a language model has no source whose part in a step could be measured")
    return translator.translate(TEXT)


def has_heads(translator: Translator) -> bool:
    return translator.model.architecture.has_heads


# --- heads and states ---


def test_heads_of_the_last_layer_average_to_the_attention_of_the_trace(translator: Translator, trace: DecodingTrace) -> None:
    weights = heads(translator, trace)
    assert bool(weights) == has_heads(translator)
    if not weights:
        return
    config, (source, target) = translator.model.config, (len(trace.source), len(trace.steps))
    assert weights.keys() == {ENCODER, CROSS, DECODER}
    for kind, layers, shape in (
        (ENCODER, config.encoder_layers, (source, source)),
        (CROSS, config.decoder_layers, (target, source)),
        (DECODER, config.decoder_layers, (target, target)),
    ):
        assert [tuple(layer.shape) for layer in weights[kind]] == [(config.heads, *shape)] * layers
        assert all(torch.allclose(layer.sum(-1), torch.ones(())) for layer in weights[kind])
    assert all(layer.triu(1).count_nonzero() == 0 for layer in weights[DECODER])  # no position attends to later ones
    attention = torch.tensor([step.attention for step in trace.steps])
    torch.testing.assert_close(weights[CROSS][max(0, config.decoder_layers - 2)].mean(0), attention, atol=1e-5, rtol=0)


def test_state_changes_equal_the_differences_of_encoder_states(translator: Translator, trace: DecodingTrace) -> None:
    if has_heads(translator):
        return
    changes_of = state_changes(translator, trace)
    assert tuple(changes_of) == trace.reading.names
    source, lengths = pad([[position.token for position in trace.source]])
    states = translator.model.encode(source, lengths)[0].states[0].chunk(len(trace.reading.names), -1)
    for lane, changes in changes_of.items():
        read = states[trace.reading.names.index(lane)]
        first, last = (-1, 0) if lane == "backward" else (0, -1)  # the first state is compared with zeros
        assert len(changes) == len(trace.source) and min(changes) >= 0
        assert max(changes) <= 2 or translator.model.config.architecture == "pointwise"  # its states are vectors without limits
        assert changes[first] == pytest.approx(float(read[first].abs().mean()), abs=1e-6)
        neighbour = read[last + 1 if lane == "backward" else last - 1]
        assert changes[last] == pytest.approx(float((read[last] - neighbour).abs().mean()), abs=1e-6)


# --- attribution ---


def moved(model: Seq2Seq, trace: DecodingTrace, embedded: torch.Tensor) -> float:
    """Return the log-probability of the piece at STEP if the source is `embedded` [1, S, E]."""
    written = torch.tensor([[step.token for step in trace.steps[: STEP + 1]]])
    lengths = torch.tensor([embedded.shape[1]])
    return float(model.next_from_embedded(embedded, lengths, written)[0, written[0, -1]])


def test_gradients_equal_finite_differences(translator: Translator, trace: DecodingTrace) -> None:
    attribution, model = attribute(translator, trace, STEP), translator.model
    embedded = model.embed_source(torch.tensor([[position.token for position in trace.source]]))
    for position in range(0, len(trace.source), 3):
        direction = torch.zeros_like(embedded)
        direction[0, position] = embedded[0, position]
        up, down = (moved(model, trace, embedded + sign * 1e-5 * direction) for sign in (1, -1))
        assert attribution.gradient[position] == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-6)


def test_integrated_gradients_sum_to_the_difference_from_nothing(translator: Translator, trace: DecodingTrace) -> None:
    attribution, model = attribute(translator, trace, STEP), translator.model
    embedded = model.embed_source(torch.tensor([[position.token for position in trace.source]]))
    assert attribution.log_prob == pytest.approx(trace.steps[STEP].log_prob, abs=1e-4)
    assert attribution.log_prob_of_nothing == pytest.approx(moved(model, trace, 0 * embedded), abs=1e-9)
    difference = attribution.log_prob - attribution.log_prob_of_nothing
    # Layer normalisation is steep near zero, so the sum over these points is less exact there.
    assert sum(attribution.integrated) == pytest.approx(difference, abs=0.05 + 0.15 * abs(difference) * has_heads(translator))


def test_gradients_equal_those_of_captum(small: Translator) -> None:
    trace = small.translate(TEXT)
    attribution, model = attribute(small, trace, STEP), small.model
    embedded = model.embed_source(torch.tensor([[position.token for position in trace.source]]))
    written = torch.tensor([[step.token for step in trace.steps[: STEP + 1]]])

    def function(batch: torch.Tensor) -> torch.Tensor:
        lengths = torch.full((len(batch),), batch.shape[1])
        return model.next_from_embedded(batch, lengths, written.expand(len(batch), -1))[:, written[0, -1]]

    with torch.enable_grad():
        integrated = IntegratedGradients(function).attribute(embedded, n_steps=200).sum(-1)[0]
        gradient = InputXGradient(function).attribute(embedded.clone().requires_grad_()).sum(-1)[0]
    assert attribution.integrated == pytest.approx(integrated.tolist(), abs=2e-3)
    assert attribution.gradient == pytest.approx(gradient.tolist(), abs=1e-5)


def test_deletion_equals_decoding_without_the_word(translator: Translator, trace: DecodingTrace) -> None:
    attribution = attribute(translator, trace, STEP)
    written = torch.tensor([[step.token for step in trace.steps[: STEP + 1]]])
    tokens = [position.token for position in trace.source]
    assert len(attribution.words) == len(attribution.deletion) == len(TEXT.split())
    assert [i for word in attribution.words for i in word] == list(range(len(tokens) - 1))
    for word, change in zip(attribution.words, attribution.deletion, strict=True):
        source, lengths = pad([[token for i, token in enumerate(tokens) if i not in word]])
        alone = translator.model(source, lengths, written)[0, -1, written[0, -1]]
        assert change == pytest.approx(attribution.log_prob - float(alone), abs=1e-6)


def test_deletions_of_all_steps_equal_those_of_each_step(translator: Translator, trace: DecodingTrace) -> None:
    losses = deletions(translator, trace)
    assert len(losses) == len(trace.steps)
    assert losses[STEP] == pytest.approx(attribute(translator, trace, STEP).deletion, abs=1e-6)


def test_deletion_works_for_a_sentence_of_one_word(small: Translator) -> None:
    attribution = attribute(small, small.translate("cat"), 0)
    assert len(attribution.deletion) == 1 and math.isfinite(attribution.deletion[0])


@pytest.mark.parametrize("step", [-1, 500])
def test_attribute_refuses_a_missing_step(small: Translator, step: int) -> None:
    with pytest.raises(ValueError, match="there is no step"):
        attribute(small, small.translate(TEXT), step)


def test_by_word_sums_and_rank_correlation_is_spearmans() -> None:
    assert by_word([0.1, 0.2, 0.3, 0.4], [[0, 1], [3]]) == pytest.approx([0.3, 0.4])
    assert rank_correlation([1, 2, 3, 4], [10, 20, 30, 40]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3], [9, 5, 1]) == pytest.approx(-1)
    assert rank_correlation([1, 2, 2, 4], [1, 3, 2, 4]) == pytest.approx(np.corrcoef([1, 2.5, 2.5, 4], [1, 3, 2, 4])[0, 1])
    assert rank_correlation([1, 2], [1, 2]) is None and rank_correlation([1, 1, 1], [1, 2, 3]) is None


# --- edited attention ---


def test_edit_with_the_models_own_attention_changes_nothing(translator: Translator, trace: DecodingTrace) -> None:
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


def test_edit_replaces_the_attention_of_its_step_but_not_earlier(translator: Translator, trace: DecodingTrace) -> None:
    if trace.steps[0].attention is None:
        return
    weights = [0.0] * len(trace.source)
    weights[1] = 5.0  # weights are scaled to sum to 1
    edited = translator.translate(TEXT, edits={STEP: weights})
    assert edited.steps[STEP].attention == pytest.approx([float(i == 1) for i in range(len(weights))])
    for before, after in zip(trace.steps[:STEP], edited.steps[:STEP], strict=True):
        assert (before.token, before.attention) == (after.token, pytest.approx(after.attention))
    assert edited.steps[STEP].log_prob != pytest.approx(trace.steps[STEP].log_prob, abs=1e-6)
    if len(edited.steps) > STEP + 1:
        assert max(edited.steps[STEP + 1].attention) < 1


@given(st.lists(st.floats(0, 1e6), min_size=7, max_size=7).filter(any))
def test_edited_weights_are_scaled_to_sum_to_1(weights: list[float]) -> None:
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
        ([0.0] * 40, "all 0: at least one must be larger"),
        ([float("nan")] * 40, "numbers from 0 on"),
        ([-1.0] * 40, "numbers from 0 on"),
        ([float("inf")] * 40, "numbers from 0 on"),
    ],
)
def test_invalid_edited_weights_are_refused(small: Translator, weights: list[float], why: str) -> None:
    positions = len(small.translate(TEXT).source)
    with pytest.raises(ValueError, match=why):
        small.translate(TEXT, edits={1: weights[:positions] if len(weights) > 1 else weights})


def test_edit_affects_only_one_decode(small: Translator) -> None:
    trace = small.translate(TEXT)
    small.translate(TEXT, edits={0: [1.0] + [0.0] * (len(trace.source) - 1)})
    assert small.translate(TEXT) == trace
