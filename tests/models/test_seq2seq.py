"""The interface encode, step, forward, loss, for every entry of every registry."""

from dataclasses import replace

import pytest
import torch
from support.small import KINDS, make_model, small_config
from torch import nn
from torch.nn import functional as F

from seq2seq.analysis.speed.plain_loop import PerStepLoop
from seq2seq.config import BOS, EOS, PAD, ModelConfig
from seq2seq.data.batches import pad
from seq2seq.decoding.loop import decode
from seq2seq.decoding.strategies import Greedy
from seq2seq.models.cells.gru_scan import gru_scan
from seq2seq.models.layers import CHUNK, Dropout, LockedDropout, linear_cross_entropy
from seq2seq.models.saved import packed
from seq2seq.models.saved.packed import pack
from seq2seq.models.seq2seq import Seq2Seq, count_parameters

SOURCES = [[5, 9, 7, 300, 41, EOS], [8, 11, EOS], [6, EOS]]
TARGETS = [[12, 5, EOS], [9, 31, 309, 77, 14, EOS], [20, EOS]]


def test_forward_equals_step_by_step(model: Seq2Seq) -> None:
    source, lengths = pad(SOURCES)
    target, _ = pad(TARGETS)
    log_probs = model(source, lengths, target)
    memory, state = model.encode(source, lengths)
    token = torch.full((3,), BOS)
    for t in range(target.shape[1]):
        output = model.step(token, state, memory)
        torch.testing.assert_close(output.log_probs, log_probs[:, t], atol=1e-5, rtol=1e-5)
        token, state = target[:, t], output.state


def test_a_distribution_sums_to_one_and_attention_ignores_padding(model: Seq2Seq) -> None:
    source, lengths = pad(SOURCES)
    memory, state = model.encode(source, lengths)
    output = model.step(torch.full((3,), BOS), state, memory)
    torch.testing.assert_close(output.log_probs.exp().sum(-1), torch.ones(3, dtype=torch.float64))
    if output.attention is not None:
        torch.testing.assert_close(output.attention.sum(-1), torch.ones(3, dtype=torch.float64))
        assert (output.attention[~memory.mask] == 0).all()


def test_a_padded_row_equals_the_sentence_alone(model: Seq2Seq) -> None:
    target, _ = pad(TARGETS)
    together = model(*pad(SOURCES), target)
    for i, (source, own) in enumerate(zip(SOURCES, TARGETS, strict=True)):
        alone = model(*pad([source]), torch.tensor([own]))
        torch.testing.assert_close(together[i, : len(own)], alone[0], atol=1e-5, rtol=1e-5)


def test_padding_ids_have_no_effect(model: Seq2Seq) -> None:
    source, lengths = pad(SOURCES)
    target, _ = pad(TARGETS)
    other = source.clone()
    other[source == PAD] = 123
    assert torch.equal(model(source, lengths, target), model(other, lengths, target))


def test_the_loss_is_the_sum_of_forward_over_real_positions(model: Seq2Seq) -> None:
    source, lengths = pad(SOURCES)
    target, _ = pad(TARGETS)
    chosen = model(source, lengths, target).gather(-1, target[..., None])[..., 0]
    torch.testing.assert_close(model.loss(source, lengths, target), -chosen[target != PAD].sum())


def test_selected_states_and_memory_continue_as_their_rows(model: Seq2Seq) -> None:
    source, lengths = pad(SOURCES)
    memory, state = model.encode(source, lengths)
    first = model.step(torch.tensor([5, 6, 7]), state, memory)
    rows = torch.tensor([2, 0, 0])
    picked = model.step(torch.tensor([9, 9, 8]), first.state.select(rows), memory.select(rows))
    for place, (row, token) in enumerate([(2, 9), (0, 9), (0, 8)]):
        tokens = torch.full((3,), token)
        expected = model.step(tokens, first.state, memory).log_probs[row]
        torch.testing.assert_close(picked.log_probs[place], expected, atol=1e-5, rtol=1e-5)


def test_gradients_reach_every_parameter(model: Seq2Seq) -> None:
    model.requires_grad_(True).train()
    model.loss(*pad(SOURCES), pad(TARGETS)[0]).backward()
    idle = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum()]
    # With one row or one step, an LSTM's or GRU's recurrent weights would have no effect; here all must have one.
    assert not idle


def test_the_gradient_of_training_equals_that_of_pytorchs_own_cell() -> None:
    torch.manual_seed(0)
    cell = nn.GRU(6, 4, batch_first=True)
    inputs, start = torch.randn(3, 7, 6, requires_grad=True), torch.randn(3, 4, requires_grad=True)
    weight = torch.randn(3, 7, 4)
    given = [inputs, start, *cell.parameters()]
    ours, theirs = gru_scan(cell, inputs, start), cell(inputs, start[None])[0]
    torch.testing.assert_close(ours, theirs)
    for a, b in zip(
        torch.autograd.grad((ours * weight).sum(), given), torch.autograd.grad((theirs * weight).sum(), given), strict=True
    ):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("missing", ["linear_prepack_fp16", "quantized_gru_cell_dynamic"])
def test_a_model_stays_unpacked_if_pytorch_lacks_an_operator(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    operator = packed._operator

    def lacking(name: str) -> object:
        return getattr(torch.ops.quantized, "no_such_operator") if name == missing else operator(name)  # noqa: B009

    monkeypatch.setattr(packed, "_operator", lacking)
    monkeypatch.setattr(packed, "SMALL", 0)
    model = make_model(small_config())
    assert pack(model) is model


def test_a_packed_model_computes_the_same(model: Seq2Seq) -> None:
    model.half().float()  # the precision of a checkpoint
    copy = pack(model)
    assert copy is not model
    source, lengths = pad(SOURCES)
    states = [model.encode(source, lengths), copy.encode(source, lengths)]
    for token in ([BOS] * 3, [12, 9, 20], [5, 31, 77]):
        outputs = [m.step(torch.tensor(token), state, memory) for m, (memory, state) in zip((model, copy), states, strict=True)]
        torch.testing.assert_close(outputs[0].log_probs, outputs[1].log_probs, atol=2e-4, rtol=2e-4)
        states = [(memory, output.state) for (memory, _), output in zip(states, outputs, strict=True)]


def test_the_plain_loop_that_the_bench_measures_against_computes_the_same() -> None:
    model = make_model(small_config())
    loop = PerStepLoop(model)
    source, lengths = pad(SOURCES)
    target, _ = pad(TARGETS)
    for smoothing in (0.0, 0.1):
        ours = model.loss(source, lengths, target, smoothing)
        torch.testing.assert_close(loop.loss(source, lengths, target, smoothing), ours, atol=1e-3, rtol=1e-5)
    memory, state = model.encode(*pad(SOURCES[:1]))
    frames = decode(model, memory, state, Greedy(), torch.tensor([9]))
    assert loop.translate(SOURCES[0], 9) == [int(frame.lineage.choice.tokens[0]) for frame in frames]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_in_parts_equals_cross_entropy(smoothing: float) -> None:
    torch.manual_seed(0)
    n = CHUNK + 10
    x, weight = torch.randn(n, 8, requires_grad=True), torch.randn(30, 8, requires_grad=True)
    bias, target = torch.randn(30, requires_grad=True), torch.randint(0, 30, (n,))
    ours = linear_cross_entropy(x, weight, bias, target, smoothing)
    theirs = F.cross_entropy(F.linear(x, weight, bias), target, reduction="sum", label_smoothing=smoothing)
    torch.testing.assert_close(ours, theirs)
    for a, b in zip(torch.autograd.grad(ours, (x, weight, bias)), torch.autograd.grad(theirs, (x, weight, bias)), strict=True):
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)


def test_locked_dropout_keeps_its_mask_over_positions_and_its_mean() -> None:
    torch.manual_seed(0)
    dropped = LockedDropout(0.4).train()(torch.ones(200, 5, 50))
    assert (dropped == dropped[:, :1]).all()
    assert abs(dropped.mean() - 1) < 0.02


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.3])
def test_dropout_drops_units_independently_and_keeps_the_mean(rate: float) -> None:
    torch.manual_seed(0)
    dropped = Dropout(rate).train()(torch.ones(201, 5, 51))  # not a multiple of eight
    kept = dropped != 0
    assert abs(dropped.mean() - 1) < 0.02
    assert abs(1 - kept.float().mean() - rate) < 0.01
    # A unit is independent of its neighbours in every direction and at every place within a draw of eight.
    for step in (1, 2, 7, 8, 51):
        together = (kept.flatten()[step:] & kept.flatten()[:-step]).float().mean()
        assert abs(together - (1 - rate) ** 2) < 0.01
    assert torch.equal(Dropout(rate).eval()(dropped), dropped)


def test_number_of_matrices_follows_from_tying_and_sharing() -> None:
    tied = count_parameters(make_model(small_config()))
    untied = count_parameters(make_model(small_config(tied_embeddings=False)))
    apart = count_parameters(make_model(small_config(shared_vocabulary=False)))
    table = 310 * 16
    assert (untied - tied, apart - tied) == (2 * table, table)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attention": "telepathy"}, "attention must be one of additive, dot, general, location, none, not 'telepathy'"),
        ({"cell": "qrnn"}, "cell must be one of rnn, gru, lstm, not 'qrnn'"),
        (
            {"architecture": "cnn"},
            "architecture must be one of recurrent, sutskever, cho, bahdanau, luong, ",
        ),
        ({"heads": 2}, "architecture 'recurrent' does not read heads"),
        ({"attention": "dot", "attention_size": 9}, "attention 'dot' does not read attention_size"),
        ({"architecture": "transformer", "cell": "lstm"}, "architecture 'transformer' does not read cell"),
        (
            {"architecture": "transformer", "attention": "general"},
            "architecture 'transformer' needs attention 'dot'",
        ),
        ({"architecture": "transformer", "heads": 3}, "embedding_size must be a multiple of twice the 3 heads, not 16"),
        ({"architecture": "sutskever", "attention": "dot"}, "architecture 'sutskever' needs attention 'none', not 'dot'"),
        ({"architecture": "luong", "decoder_size": 16}, "encoder_size 12 and decoder_size 16 must be equal"),
        ({"architecture": "luong", "decoder_layers": 3}, "encoder_layers 2 and decoder_layers 3 must be equal"),
        ({"attention": "dot", "decoder_size": 20}, "decoder_size must be 24"),
        ({"reverse_source": True}, "reverse_source needs bidirectional off"),
        ({"dropout": 1.5}, "dropout must be between 0.0 and 0.9, not 1.5"),
        ({"dropout": float("nan")}, "dropout must be between"),
        ({"encoder_layers": "2"}, "encoder_layers must be of type int, not '2'"),
        ({"target_vocabulary": 500}, "shared_vocabulary needs source_vocabulary and target_vocabulary to be equal"),
    ],
)
def test_impossible_settings_name_value_and_limit(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Seq2Seq(small_config(**changes))


def test_config_survives_json_and_unknown_settings_are_refused() -> None:
    assert ModelConfig.from_dict(small_config().to_dict()) == small_config()
    with pytest.raises(ValueError, match="unknown setting 'wings'"):
        ModelConfig.from_dict({"wings": 2})


@pytest.mark.parametrize(("start", "same"), [("encoder", False), ("learned", True)])
def test_only_a_learned_start_is_the_same_for_all_sentences(start: str, same: bool) -> None:
    model = make_model(small_config(start=start))
    _, state = model.encode(*pad([[5, 9, EOS], [8, 7, 6, EOS]]))
    assert all(torch.equal(layer[0], layer[1]) == same for layer in state.layers)
    assert all(bool(layer.abs().max() > 0) for layer in state.layers)


@pytest.mark.parametrize(("start", "primed"), [("encoder", True), ("learned", False)])
def test_only_a_start_made_from_the_source_is_called_primed(start: str, primed: bool) -> None:
    assert make_model(replace(small_config(), start=start)).reading.primed == primed
    assert not make_model(KINDS["transformer-usual"]).reading.primed
