"""Extensions: each test adds one entry to a registry and then builds, uses and draws it like the others."""

from __future__ import annotations

import json
import random
from typing import Any, ClassVar

import pytest
import torch
from support.small import CONFIGS, make_checkpoint, make_model, small_config
from torch import Tensor, nn

from seq2seq import schedules
from seq2seq.analysis.probes import Probes
from seq2seq.config import ModelConfig, TrainConfig
from seq2seq.data import synthetic
from seq2seq.data.synthetic import Example, Task
from seq2seq.decoding.strategies import STRATEGIES
from seq2seq.decoding.translator import Translator
from seq2seq.models import architectures, attention, recurrent
from seq2seq.models.architectures import Architecture
from seq2seq.models.attention import RecurrentMemory, Score
from seq2seq.models.recurrent import Cell, RecurrentDecoder
from seq2seq.models.saved import packed
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.schedules import Schedule, teacher_forcing_ratio
from seq2seq.sources.text import Tokenizer
from seq2seq.training.events import SampleDecoded
from seq2seq.training.plan import Plan
from seq2seq.views import payload
from seq2seq.views.forcing import cure
from seq2seq.views.train import run

SENTENCE = "the old man likes two apples."


def drawn(config: ModelConfig, tokenizer: Tokenizer, strategy: Any = None) -> dict[str, Any]:
    """Return the stage payload of one sentence, translated by an untrained model."""
    translator = Translator(make_checkpoint(make_model(config), tokenizer))
    trace = translator.translate(SENTENCE, strategy or STRATEGIES["greedy"]())
    data: dict[str, Any] = json.loads(payload(trace))
    assert len(data["views"]["sentences"]) == len(trace.steps) + 1
    assert len(data["trace"]["source"]) == len(data["views"]["pieces"]["source"])
    for position in data["trace"]["source"]:
        assert len(position["states"]) == len(data["trace"]["reading"]["order"])
    return data


@pytest.mark.parametrize("name", CONFIGS)
def test_every_architecture_can_be_drawn(name: str, tokenizer: Tokenizer) -> None:
    drawn(CONFIGS[name], tokenizer)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("architecture", architectures.ARCHITECTURES)
def test_every_strategy_can_be_drawn(strategy: str, architecture: str, tokenizer: Tokenizer) -> None:
    assert drawn(small_config(architecture), tokenizer, STRATEGIES[strategy]())["trace"]["strategy"]["name"] == strategy


# --- a score function with a size of its own ---


class LowRankScore(Score):
    """(W query) . (U state), both in `attention_size` units."""

    reads: ClassVar[frozenset[str]] = frozenset({"attention_size"})

    def __init__(self, query_size: int, memory_size: int, config: ModelConfig):
        super().__init__(query_size, memory_size, config)
        self.query = nn.Linear(query_size, config.attention_size, bias=False)
        self.memory = nn.Linear(memory_size, config.attention_size, bias=False)

    def keys(self, states: Tensor) -> Tensor:
        return self.memory(states)

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        return self.query(query) @ keys.transpose(1, 2)


def test_new_score_function_with_its_own_size_works(monkeypatch: pytest.MonkeyPatch, tokenizer: Tokenizer) -> None:
    monkeypatch.setitem(attention.SCORES, "low-rank", LowRankScore)
    config = small_config(attention="low-rank", attention_size=5)
    assert make_model(config).decoder.context.score.query.weight.shape[0] == 5
    assert drawn(config, tokenizer)["views"]["heatmap"] is not None
    model = Plan("reverse", model={"attention": "low-rank"}).outline()
    assert model.config.attention_size != ModelConfig.attention_size  # a plan scales it with the model
    with pytest.raises(ValueError, match="attention 'dot' does not read attention_size"):
        Seq2Seq(small_config(attention="dot", attention_size=5))


# --- a cell that cannot be packed ---


class MinimalGatedUnit(nn.Module):
    """One gate f: h' = (1 - f) h + f tanh(W x + U (f h)) (Zhou et al. 2016, equations 9 to 11)."""

    def __init__(self, input_size: int, size: int, batch_first: bool):
        super().__init__()
        assert batch_first
        self.gate, self.candidate = nn.Linear(input_size + size, size), nn.Linear(input_size + size, size)

    def forward(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs [R, T, input_size], state [1, R, size] -> outputs [R, T, size], last state [1, R, size]."""
        hidden, outputs = state[0], []
        for position in inputs.unbind(1):
            f = torch.sigmoid(self.gate(torch.cat([position, hidden], -1)))
            new = torch.tanh(self.candidate(torch.cat([position, f * hidden], -1)))
            hidden = (1 - f) * hidden + f * new
            outputs.append(hidden)
        return torch.stack(outputs, 1), hidden[None]


def test_new_cell_that_cannot_be_packed_works(monkeypatch: pytest.MonkeyPatch, tokenizer: Tokenizer) -> None:
    monkeypatch.setitem(recurrent.CELLS, "mgu", Cell("MGU", MinimalGatedUnit))
    config = small_config(cell="mgu")
    data = drawn(config, tokenizer)
    assert data["trace"]["architecture"] == "MGU encoder-decoder, additive attention"
    plain = Translator(make_checkpoint(make_model(config), tokenizer)).translate(SENTENCE)
    assert data["trace"]["text"] == plain.text
    monkeypatch.setattr(packed, "SMALL", 0)
    model = make_model(config)
    decoder = packed.pack(model).decoder  # everything but the cell is packed
    assert decoder is not model.decoder and isinstance(decoder.first.cell, MinimalGatedUnit)
    assert isinstance(decoder.readout, packed.PackedLinear)


# --- an encoder that is neither recurrent nor a Transformer ---


class ConvolutionEncoder(nn.Module):
    """A window of three positions."""

    names = ("window of three",)
    order = ("parallel",)

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.memory_size = config.encoder_size
        self.window = nn.Conv1d(config.embedding_size, config.encoder_size, 3, padding=1)

    def forward(self, embedded: Tensor, lengths: Tensor) -> RecurrentMemory:
        mask = torch.arange(embedded.shape[1], device=embedded.device) < lengths[:, None]
        states = torch.tanh(self.window((embedded * mask[..., None]).transpose(1, 2))).transpose(1, 2) * mask[..., None]
        mean = states.sum(1) / lengths[:, None]
        return RecurrentMemory(states=states, mask=mask, summary=mean, last=(mean,))


def test_new_architecture_with_a_convolution_encoder_works(monkeypatch: pytest.MonkeyPatch, tokenizer: Tokenizer) -> None:
    own = frozenset({"cell", "encoder_size", "decoder_size", "attention"})
    entry = Architecture(
        *("convolution", ConvolutionEncoder, RecurrentDecoder, own),
        usual={"bidirectional": ModelConfig.bidirectional},
        summary=lambda title, config: f"{title} of {config.encoder_size} units",
    )
    monkeypatch.setitem(architectures.ARCHITECTURES, "convolution", entry)
    data = drawn(small_config("convolution"), tokenizer)
    assert data["trace"]["architecture"] == "convolution of 12 units"
    assert data["views"]["sentences"][0][0]["text"].startswith("The encoder has read all ")
    assert "at once (window of three): one state per piece." in data["views"]["sentences"][0][0]["text"]
    assert data["views"]["heatmap"] is not None and not data["trace"]["reading"]["averaged"]
    lone, batch = (Translator(make_checkpoint(make_model(small_config("convolution")).double(), tokenizer)) for _ in range(2))
    lines = [SENTENCE, "two apples."]  # the shorter one is padded; padding must have no effect
    alone = {i: " ".join(lone.translate(line).text.split()) for i, line in enumerate(lines)}
    assert dict(batch.translate_lines(lines)) == alone


# --- a task whose text has no letters ---


def brackets(numbers: random.Random) -> Example:
    """Brackets, and as many pairs of brackets as there are opening ones."""
    sides = [numbers.choice("()") for _ in range(numbers.randint(4, 16))]
    opening = sides.count("(") + 1
    target = [(" ( )" if i else "( )", ()) for i in range(opening)]
    return Example.of([(f" {side}" if i else side, ()) for i, side in enumerate(["(", *sides])], target)


@pytest.fixture
def bracket_task(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(synthetic, "SPLITS", {"test": 20, "valid": 20, "train": 200})
    monkeypatch.setitem(synthetic.TASKS, "brackets", Task("brackets", "Brackets", "brackets", "brackets", brackets, 264, False))
    return "brackets"


def test_new_task_without_letters_works(bracket_task: str) -> None:
    plan = Plan(bracket_task)
    train_pairs, held_out = plan.pairs()
    tokenizer = plan.tokenizer(train_pairs, seed=1)
    assert not tokenizer.source.has_letters
    config = small_config(source_vocabulary=len(tokenizer.source), target_vocabulary=len(tokenizer.target))
    model = make_model(config)
    pairs = list(held_out)[:4]

    def use(model: Seq2Seq) -> Translator:
        return Translator(make_checkpoint(model, tokenizer))

    probes = Probes(use, ["( ( ) )"], pairs)
    probes.check(model)
    sample = next(event for event in probes(model, 0) if isinstance(event, SampleDecoded))
    assert sample.source == "( ( ) )" and run.event_payload([sample])["samples"]
    assert json.loads(payload(use(model).translate("( ( ) )")))["trace"]["source_text"] == "( ( ) )"


# --- a schedule ---


def test_new_schedule_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(schedules.SCHEDULES, "late", Schedule(lambda last, i: last if i > 900 else 1.0))
    assert teacher_forcing_ratio("late", 0.25, 0.5) == 1 and teacher_forcing_ratio("late", 0.25, 1) == 0.25
    TrainConfig(teacher_forcing_schedule="late", teacher_forcing_ratio=0.25)
    (figure,) = json.loads(cure.payload(None))["figures"]
    assert [line["name"] for line in figure["figure"]["data"]] == [name.replace("-", " ") for name in schedules.SCHEDULES]
