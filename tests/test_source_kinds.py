"""Every kind of source keeps the contracts of text; a new kind is one entry with a reader and a front."""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.small import make_model
from torch import Tensor, nn

from seq2seq.__main__ import main
from seq2seq.analysis import attribution
from seq2seq.config import ModelConfig, TrainConfig
from seq2seq.data.batches import TrainingData, fixed_batches, pad
from seq2seq.data.corpora import Pair
from seq2seq.decoding.strategies import Beam, Greedy
from seq2seq.decoding.translator import Translator
from seq2seq.models.saved import checkpoint
from seq2seq.models.saved.checkpoint import Checkpoint, Origin
from seq2seq.runs import archive
from seq2seq.sources import kinds
from seq2seq.sources.kinds import Kind
from seq2seq.sources.reader import NO_TOKEN, Place
from seq2seq.sources.text import Tokenizer
from seq2seq.trace import DecodingTrace
from seq2seq.training.events import StepDone
from seq2seq.training.loop import train
from seq2seq.views import payload


class WalkReader:
    """A walk on a plane: "3 4, 5 6" is an array [points, 2]."""

    def read(self, given: str | bytes, readable: bool = False) -> np.ndarray:
        try:
            points = [[float(x) for x in point.split()] for point in str(given).split(",")]
            return np.array(points, dtype=np.float32).reshape(-1, 2)
        except ValueError:
            raise ValueError("a walk is written as '3 4, 5 6'") from None

    def places(self, source: Any) -> Sequence[Place]:
        return [Place(NO_TOKEN, f"point {i + 1}", i) for i in range(len(source))]

    def media(self, given: str | bytes, source: Any) -> None:
        return None

    def regions(self, source: Any) -> list[list[int]]:
        return [[i] for i in range(len(source))]

    def without(self, source: Any, positions: Collection[int]) -> np.ndarray:
        return np.where(np.isin(np.arange(len(source)), list(positions))[:, None], source.mean(0), source)


class WalkFront(nn.Module):
    def __init__(self, config: ModelConfig):
        super().__init__()
        self.map = nn.Linear(2, config.embedding_size)

    def forward(self, points: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        return torch.tanh(self.map(points.to(self.map.weight.dtype))), lengths


SOURCES = {
    "text": ("the old man", "we see the garden"),
    "letters": ("knight", "a"),
    "picture": ("light; small blue circle 20 14", "dark; large red star 30 30; small green ring 8 8"),
    "sound": ("amy; four 0; pause 200; nine 1", "ben; pause 90; one 2; noise 20"),
    "walk": ("0.1 0.2, 0.3 0.1", "0.5 0.5, 0.1 0.9, 0.4 0.4"),
}
TARGETS = ("a small circle", "a star and a ring")


@pytest.fixture(autouse=True)
def walk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kinds.KINDS, "walk", Kind("a walk", WalkFront, lambda *_: WalkReader(), example="0 0, 1 1"))


def test_every_kind_is_tested() -> None:
    assert set(SOURCES) == set(kinds.KINDS)


@pytest.fixture(params=SOURCES)
def translator(request: pytest.FixtureRequest) -> Translator:
    """Return an untrained model of each kind."""
    kind = request.param
    prepare = kinds.KINDS[kind].prepare
    sources = [prepare(text) for text in SOURCES[kind]] if kinds.KINDS[kind].is_text else [""]
    tokenizer = Tokenizer.train([(text, target) for text in sources for target in TARGETS], 1000, shared=True, kind="word")
    sizes = {"embedding_size": 16, "encoder_size": 12, "decoder_size": 24, "attention_size": 8}
    vocabulary = {"source_vocabulary": len(tokenizer.source), "target_vocabulary": len(tokenizer.target)}
    model = make_model(ModelConfig(source_kind=kind, **sizes, **vocabulary)).double()
    return Translator(Checkpoint("small", model, tokenizer, TrainConfig(), Origin()))


def given(translator: Translator) -> tuple[str, str]:
    return SOURCES[translator.info.source]


def test_a_padded_row_equals_the_source_alone(translator: Translator) -> None:
    inputs = [translator.source_ids(each) for each in given(translator)]
    together, _ = translator.model.encode(*pad(inputs))
    for row, alone in enumerate(inputs):
        memory, _ = translator.model.encode(*pad([alone]))
        length = int(memory.mask.sum())
        assert int(together.mask[row].sum()) == length == len(translator.places(alone))
        torch.testing.assert_close(together.states[row, :length], memory.states[0])


def test_a_trace_has_a_place_for_each_weight_and_can_be_drawn_and_read_again(translator: Translator) -> None:
    trace = translator.translate(given(translator)[0])
    assert trace.kind == translator.info.source
    assert all(len(step.attention or ()) == len(trace.source) for step in trace.steps)
    assert len(json.loads(payload(trace))["views"]["pieces"]["source"]) == len(trace.source)
    assert DecodingTrace.from_json(trace.to_json()) == trace


def test_deletion_equals_the_loss_of_each_region_hidden_alone(translator: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    text = given(translator)[1]
    source, trace = translator.source_ids(text), translator.translate(text)
    regions, before = translator.regions(source), np.array(source)
    monkeypatch.setattr(attribution, "_MOST_NUMBERS", 3 * np.size(source))  # several batches, the last one not full
    losses = attribution.deletions(translator, trace, source)
    assert len(losses) == len(trace.steps) and all(len(row) == len(regions) for row in losses)
    # Every position is in a region; only the end mark of a text always stays.
    places = range(len(translator.places(source)) - translator.info.kind.is_text)
    assert {position for region in regions for position in region} == set(places)
    written = torch.tensor([[step.token for step in trace.steps]])
    for number, region in enumerate(regions):
        alone = translator.model(*pad([translator.without(source, region)]), written)[0]
        for step, row, log_probs in zip(trace.steps, losses, alone, strict=True):
            assert row[number] == pytest.approx(step.log_prob - float(log_probs[step.token]), abs=1e-9)
    assert np.array_equal(source, before)  # hiding changes copies


def test_beam_of_one_equals_greedy_and_forcing_repeats_the_score(translator: Translator) -> None:
    for each in given(translator):
        greedy = translator.translate(each, Greedy())
        assert translator.translate(each, Beam(1, length_penalty=0.0)).text == greedy.text
        forced = translator.translate(each, prefix=[step.token for step in greedy.steps])
        assert forced.steps[len(greedy.steps) - 1].total == pytest.approx(greedy.log_prob)


def test_a_batch_equals_its_sources_one_by_one(translator: Translator) -> None:
    together = dict(translator.translate_lines(given(translator)))
    assert [together[i] for i in range(2)] == [" ".join(translator.translate(each).text.split()) for each in given(translator)]


def test_a_checkpoint_names_its_kind_and_gives_the_same_output(translator: Translator, tmp_path: Path) -> None:
    loaded = translator._checkpoint
    checkpoint.save(replace(loaded, model=loaded.model.float()), tmp_path / "small")
    first, second = (Translator.load(tmp_path / "small") for _ in range(2))
    assert first.info.source == translator.info.source
    assert first.translate(given(first)[1]).to_json() == second.translate(given(first)[1]).to_json()


def test_an_archive_of_every_kind_is_checked_by_using_its_model(translator: Translator, tmp_path: Path) -> None:
    loaded = translator._checkpoint
    archive._check_use(replace(loaded, model=loaded.model.float()), tmp_path)
    broken = copy.deepcopy(loaded.model).float()
    broken.output.bias.data[:] = float("nan")
    with pytest.raises(ValueError, match="weights are damaged"):
        archive._check_use(replace(loaded, model=broken), tmp_path)


@pytest.mark.parametrize("command", ["export", "bench"])
@pytest.mark.parametrize(("model", "reads"), [("lm-en", "no source"), ("letters-en", "the letters"), ("scenes", "a picture")])
def test_commands_for_text_alone_say_so(command: str, model: str, reads: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", "nowhere"] if command == "export" else []
    assert main([command, "--model", model, *out]) == 2
    assert f"{command} is for models that read text, but {model} reads {reads}" in capsys.readouterr().err


def test_other_sources_or_targets_are_other_training_data(translator: Translator) -> None:
    kind, tokenizer = translator.info.kind, translator._checkpoint.tokenizer
    reader = None if kind.is_text else kind.reader(tokenizer.source, "", True)
    first, second = (kind.prepare(source) for source in given(translator))

    def digest(*pairs: Pair) -> str:
        return TrainingData(pairs, tokenizer, TrainConfig(), reader=reader).digest

    pairs = [(first, TARGETS[0]), (second, TARGETS[0]), (first, TARGETS[1])]
    assert digest(pairs[0]) == digest(pairs[0])
    assert len({*map(digest, pairs), digest(*pairs)}) == 4


def test_every_kind_is_trained_and_resumed_to_the_same_weights(translator: Translator, tmp_path: Path) -> None:
    kind, tokenizer = translator.info.kind, translator._checkpoint.tokenizer
    pairs = [(kind.prepare(source), target) for source, target in zip(given(translator), TARGETS, strict=True)] * 8
    config = TrainConfig(updates=6, batch_tokens=40, bf16=False, subword_sampling=0.5, device="cpu")
    reader = None if kind.is_text else kind.reader(tokenizer.source, "", True)

    def run(state: str, stop: int = 6) -> list[Tensor]:
        model = make_model(replace(translator.model.config, dropout=0.2)).requires_grad_(True)
        data, held_out = TrainingData(pairs, tokenizer, config, reader=reader), fixed_batches(pairs, tokenizer, 40, reader)
        for event in train(model, data, held_out, config, state_file=str(tmp_path / state), save_now=lambda: True):
            if isinstance(event, StepDone) and event.update == stop < 6:
                break
        return list(model.parameters())

    whole = run("whole")
    run("cut", stop=3)
    assert all(map(torch.equal, run("cut"), whole))
