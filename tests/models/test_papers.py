"""Differences between the papers' decoders: which inputs they read, and when."""

from dataclasses import replace

import pytest
import torch
from support.small import make_model, small_config
from torch import Tensor

from seq2seq.config import BOS, EOS
from seq2seq.models.attention import Memory
from seq2seq.models.seq2seq import Seq2Seq, StepOutput
from seq2seq.models.state import State

SOURCE, LENGTHS = torch.tensor([[5, 9, 7, 300, 41, EOS]]), torch.tensor([6])


def begin(architecture: str, **changes: object) -> tuple[Seq2Seq, Memory, State]:
    model = make_model(small_config(architecture, **changes))
    return (model, *model.encode(SOURCE, LENGTHS))


def step(model: Seq2Seq, memory: Memory, state: State, token: int = BOS) -> StepOutput:
    return model.step(torch.tensor([token]), state, memory)


def other(memory: Memory) -> Memory:
    """Return the memory of the same sentence with other states."""
    return replace(memory, states=torch.randn_like(memory.states))


def differ(a: Tensor, b: Tensor) -> bool:
    return not torch.allclose(a, b, atol=1e-4)


@pytest.mark.parametrize(("architecture", "asks_before"), [("bahdanau", True), ("luong", False), ("recurrent", False)])
def test_bahdanau_queries_with_the_state_before_the_step_and_others_after(architecture: str, asks_before: bool) -> None:
    started = begin(architecture)
    first, second = (step(*started, token).attention for token in (12, 31))
    assert first is not None and second is not None
    assert differ(first, second) != asks_before


def test_sutskever_decoder_gets_only_its_start_state() -> None:
    model, memory, state = begin("sutskever")
    output = step(model, memory, state)
    assert torch.equal(output.log_probs, step(model, other(memory), state).log_probs)
    assert output.attention is None and memory.context is None
    assert torch.equal(state.hidden, memory.last[-1][:, : model.config.encoder_size])  # type: ignore[attr-defined]


def test_chos_decoder_reads_one_context_vector_at_every_step() -> None:
    model, memory, state = begin("cho")
    assert memory.context is not None
    for token in (BOS, 12):
        output = step(model, memory, state, token)
        changed = replace(memory, context=torch.zeros_like(memory.context))
        assert differ(output.log_probs, step(model, changed, state, token).log_probs)
        assert torch.equal(output.log_probs, step(model, other(memory), state, token).log_probs)
        state = output.state


def test_input_feeding_passes_the_attentional_vector_to_the_next_step() -> None:
    model, memory, state = begin("luong", input_feeding=True)
    after = step(model, memory, state).state
    forgetful = replace(after, fed=torch.zeros_like(after.fed))  # type: ignore[attr-defined, type-var]
    assert differ(step(model, memory, after, 12).log_probs, step(model, memory, forgetful, 12).log_probs)
    assert begin("luong", input_feeding=False)[2].fed is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(("reverse", "last_read"), [(False, -1), (True, 0)])
def test_encoder_of_one_direction_ends_at_the_right_piece(reverse: bool, last_read: int) -> None:
    _, memory, _ = begin("sutskever", reverse_source=reverse)
    assert torch.equal(memory.summary, memory.states[:, last_read])  # type: ignore[attr-defined]


def test_transformer_caches_keys_and_values() -> None:
    model, memory, state = begin("transformer")
    for count, token in enumerate((BOS, 12, 31), start=1):
        before = state.written  # type: ignore[attr-defined]
        state = step(model, memory, state, token).state
        for (old, _), (new, _) in zip(before, state.written, strict=True):  # type: ignore[attr-defined]
            assert new.shape[2] == count and torch.equal(new[:, :, :-1], old)
