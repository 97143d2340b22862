"""Which weights a run keeps: by loss, BLEU or chrF, and the mean of the last validations. And batches in parts, and lengths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support.small import small_config

from seq2seq.config import TrainConfig
from seq2seq.data.batches import TrainingData, fixed_batches
from seq2seq.errors import SettingError
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.text import Tokenizer
from seq2seq.training.events import Event, Finished, Measured, StepDone, Validated
from seq2seq.training.loop import train
from seq2seq.training.resume import Progress
from seq2seq.training.validation import judge

CONFIG = TrainConfig(epochs=4, batch_tokens=300, learning_rate=0.01, warmup_updates=5, average_decay=0.5, device="cpu")
BLEU, CHRF = [1.0, 9.0, 9.0, 3.0], [40.0, 30.0, 45.0, 45.0]  # after each epoch
Kept = list[dict[str, torch.Tensor]]
Run = Callable[..., tuple[list[Event], Kept, Kept]]


@pytest.fixture
def run(pairs: list[tuple[str, str]], tokenizer: Tokenizer) -> Run:
    def run(state: str | None = None, until: int = 10**9, **changes: object) -> tuple[list[Event], Kept, Kept]:
        """Return the events, the weights that were kept, and the weights at each validation."""
        torch.manual_seed(1)
        config = TrainConfig(**{**CONFIG.to_dict(), **changes})
        data = TrainingData(pairs[:80], tokenizer, config)
        events: list[Event] = []
        kept: Kept = []
        seen: Kept = []

        def probe(model: Seq2Seq, update: int) -> list[Event]:
            epoch = sum(isinstance(event, Validated) for event in events) % 4
            if update:
                seen.append({name: weight.clone() for name, weight in model.named_parameters()})
            return [Measured(update, 8, BLEU[epoch], 0.0, 0.5, 0.5, chrf=CHRF[epoch])]

        for event in train(
            Seq2Seq(small_config(dropout=0.0)),
            data,
            fixed_batches(pairs[80:], tokenizer, 300),
            config,
            keep=lambda model: kept.append({name: weight.clone() for name, weight in model.named_parameters()}),
            probe=probe,
            state_file=state,
        ):
            events.append(event)
            if isinstance(event, StepDone) and event.update == until:
                break
        return events, kept, seen

    return run


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    ("best_by", "best", "score"), [("bleu", [True, True, False, False], 9.0), ("chrf", [True, False, True, False], 45.0)]
)
def test_a_score_decides_and_of_equal_ones_the_first(run: Run, best_by: str, best: list[bool], score: float) -> None:
    events, kept, seen = run(best_by=best_by)
    validated = [event for event in events if isinstance(event, Validated)]
    assert [event.best for event in validated] == best and len(kept) == 2
    chosen = len(best) - 1 - best[::-1].index(True)
    assert same(kept[-1], seen[chosen])
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert (finished.best_score, finished.best_loss) == (score, validated[chosen].loss)


def test_the_last_weights_are_kept_if_no_validation_decides(run: Run) -> None:
    events, kept, seen = run(best_by="last", learning_rate=1.0)  # so that the loss rises
    losses = [event.loss for event in events if isinstance(event, Validated)]
    assert losses[-1] > min(losses)
    assert same(kept[-1], seen[-1])
    finished = events[-1]
    assert isinstance(finished, Finished) and (finished.best_loss, finished.best_score) == (losses[-1], None)
    with pytest.raises(SettingError, match="patience needs a best validation: set best_by to loss, bleu or chrf, not to last"):
        TrainConfig(best_by="last", patience=3)


def test_a_score_needs_measured_sentences_and_a_known_name() -> None:
    with pytest.raises(SettingError, match="best_by must be one of loss, bleu, chrf, last, not 'comet'"):
        TrainConfig(best_by="comet")
    with pytest.raises(ValueError, match="the best validation by BLEU needs measured sentences"):
        judge(Progress(), TrainConfig(best_by="bleu"), 1.0, ())


def test_the_mean_of_the_last_validations_is_validated_at_the_end(run: Run, tmp_path: Path) -> None:
    events, kept, seen = run(average=3)
    validated = [event for event in events if isinstance(event, Validated)]
    assert [event.averaged for event in validated] == [1, 1, 1, 1, 3]
    assert all(torch.allclose(seen[4][n], sum(s[n] for s in seen[1:4]) / 3, atol=1e-6) for n in seen[0])
    assert validated[4].best == (validated[4].loss < min(event.loss for event in validated[:4]))
    assert same(kept[-1], seen[min(range(5), key=lambda i: validated[i].loss)])


def test_an_interrupted_run_averages_the_same_weights(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seq2seq.training.loop.SNAPSHOT_SECONDS", -1)
    _, _, seen = run(average=3)
    state = str(tmp_path / "state.safetensors")
    run(state=state, until=14, average=3)
    resumed = run(state=state, average=3)[2]
    assert same(resumed[-1], seen[-1])
    longer = run(state=state, average=3, epochs=5)[0]  # from the weights of the last update, not from the mean
    assert longer[-1].epochs == 5 and [event.averaged for event in longer if isinstance(event, Validated)] == [1, 3]


def test_a_batch_in_parts_gives_the_same_updates(run: Run) -> None:
    whole, parts = (run(accumulate=accumulate)[0] for accumulate in (1, 3))
    losses = [[event.loss for event in events if isinstance(event, StepDone)] for events in (whole, parts)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_longer_training_pairs_are_left_out(pairs: list[tuple[str, str]], tokenizer: Tokenizer) -> None:
    whole = TrainingData(pairs, tokenizer, CONFIG)
    limit = sorted(max(len(s), len(t)) for batch in whole.epoch(0) for s, t in batch)[len(pairs) // 2]
    config = TrainConfig(**{**CONFIG.to_dict(), "max_length": limit, "subword_sampling": 1.0})
    short = TrainingData(pairs, tokenizer, config)
    assert 0 < short.left_out < len(pairs) and len(short) + short.left_out == len(pairs)
    assert all(max(len(s), len(t)) <= limit for batch in short.epoch(0) for s, t in batch)
    with pytest.raises(ValueError, match="every training pair is longer than 2 pieces"):
        TrainingData(pairs, tokenizer, TrainConfig(max_length=2))
