"""Tests of scheduled sampling: the shapes of schedules, the distribution of fed pieces, and resuming a killed run."""

from itertools import pairwise

import pytest
import torch
from support.small import small_config

from seq2seq.config import EOS, PAD, TrainConfig
from seq2seq.data.batches import Batch, TrainingData, collate, fixed_batches
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.schedules import SCHEDULES, teacher_forcing_ratio
from seq2seq.sources.text import Tokenizer
from seq2seq.training.events import StepDone
from seq2seq.training.loop import train
from seq2seq.training.scheduled_sampling import fed_pieces

Pairs = list[tuple[str, str]]
FALLING = [name for name in SCHEDULES if name != "constant"]
BATCH = collate([([5, 6, 7, EOS], [8, 9, EOS]), ([7, EOS], [10, 11, 12, 13, EOS]), ([9, 9, EOS], [14, EOS])])
CONFIG = TrainConfig(
    epochs=2,
    batch_tokens=150,
    warmup_updates=5,
    learning_rate=0.01,
    device="cpu",
    teacher_forcing_ratio=0.3,
    teacher_forcing_schedule="linear",
)


@pytest.mark.parametrize("last", [0.001, 0.05, 0.25, 0.5, 0.99])
@pytest.mark.parametrize("schedule", FALLING)
def test_schedule_falls_from_one_to_its_final_ratio(schedule: str, last: float) -> None:
    ratios = [teacher_forcing_ratio(schedule, last, done / 50) for done in range(51)]
    assert ratios[0] > 0.98 and ratios[-1] == pytest.approx(last)
    assert all(a > b for a, b in pairwise(ratios))


def test_schedules_differ_in_the_middle_of_a_run() -> None:
    middle = {name: teacher_forcing_ratio(name, 0.25, 0.5) for name in SCHEDULES}
    assert middle["constant"] == 0.25 and middle["linear"] == 0.625 and middle["exponential"] == pytest.approx(0.5)
    assert middle["inverse-sigmoid"] > 0.8  # it stays high for long, then drops


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"teacher_forcing_schedule": "cosine"}, "must be one of constant, linear, exponential, inverse-sigmoid, not 'cosine'"),
        ({"teacher_forcing_schedule": "linear"}, "set that below 1, not to 1"),
        ({"teacher_forcing_schedule": "exponential", "teacher_forcing_ratio": 0.0}, "never reaches 0"),
        ({"teacher_forcing_ratio": 1.2}, "between 0.0 and 1.0, not 1.2"),
    ],
)
def test_impossible_schedule_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainConfig(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0])
def test_fed_pieces_are_the_models_or_the_references(model: Seq2Seq, ratio: float) -> None:
    fed = fed_pieces(model, BATCH, ratio, seed=1)
    real = BATCH.target != PAD
    assert fed.shape == BATCH.target.shape and bool((fed[~real] == PAD).all())
    same = (fed == BATCH.target)[real]
    assert bool(same.all()) if ratio == 1 else not bool(same.all())
    assert torch.equal(fed, fed_pieces(model, BATCH, ratio, seed=1))


def many(model: Seq2Seq, ratio: float) -> torch.Tensor:
    """Return [4000, 2]: the fed pieces of one pair, drawn 4,000 times."""
    return fed_pieces(model, collate([([5, 6, EOS], [8, EOS])] * 4000), ratio, seed=2)


def test_own_pieces_follow_the_models_distribution_and_ratio() -> None:
    torch.manual_seed(5)
    model = Seq2Seq(small_config())
    model.train()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    pair = collate([([5, 6, EOS], [8, EOS])])
    own = many(model, 0.0)[:, 0]
    assert model.training  # drawing turned dropout off and restored the mode
    expected = model.eval()(pair.source, pair.lengths, pair.target)[0, 0].exp().detach()
    drawn = torch.bincount(own, minlength=len(expected)) / len(own)
    assert float((drawn - expected).abs().max()) < 0.02 < float(expected.max())
    mixed = many(model, 0.4)[:, 0]
    share = 0.4 + 0.6 * float(expected[8])
    assert float((mixed == 8).float().mean()) == pytest.approx(share, abs=0.03)


def test_second_piece_is_drawn_after_the_fed_first_piece() -> None:
    torch.manual_seed(5)
    model = Seq2Seq(small_config())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    fed = many(model.eval(), 0.0)
    first = int(fed[:, 0].mode().values)
    after = fed[fed[:, 0] == first, 1]
    pair = collate([([5, 6, EOS], [first, EOS])])
    expected = model(pair.source, pair.lengths, pair.target)[0, 1].exp().detach()
    drawn = torch.bincount(after, minlength=len(expected)) / len(after)
    assert float((drawn - expected).abs().max()) < 4 * len(after) ** -0.5


def test_loss_uses_the_reference_whatever_was_fed(model: Seq2Seq) -> None:
    fed = torch.where(BATCH.target == PAD, PAD, (BATCH.target + 7) % 50 + 4)
    log_probs = model(BATCH.source, BATCH.lengths, fed)
    real = BATCH.target != PAD
    expected = -log_probs.gather(-1, BATCH.target[..., None])[..., 0][real].sum()
    loss = model.loss(BATCH.source, BATCH.lengths, BATCH.target, fed=fed)
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)
    assert float(loss) != float(model.loss(BATCH.source, BATCH.lengths, BATCH.target))  # the fed pieces were used


def run(pairs: Pairs, tokenizer: Tokenizer, state_file: str | None = None, stop: int = 0) -> list[StepDone]:
    torch.manual_seed(1)
    model = Seq2Seq(small_config(dropout=0.2))
    held_out: list[Batch] = fixed_batches(pairs[80:], tokenizer, 300)
    steps = []
    for event in train(model, TrainingData(pairs[:80], tokenizer, CONFIG), held_out, CONFIG, state_file=state_file):
        if isinstance(event, StepDone):
            steps.append(event)
            if event.update == stop:
                break
    return steps


def test_resumed_run_is_fed_the_same_pieces(
    pairs: Pairs, tokenizer: Tokenizer, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seq2seq.training.loop.SNAPSHOT_SECONDS", -1)
    whole = run(pairs, tokenizer)
    state_file = f"{tmp_path}/state.safetensors"
    cut = run(pairs, tokenizer, state_file, stop=len(whole) // 2)
    rest = run(pairs, tokenizer, state_file)
    assert [s.loss for s in rest] == [s.loss for s in whole[len(cut) - 1 :]]
    ratios = [s.teacher_forcing for s in whole]
    assert ratios[0] == 1.0 and 0.3 < ratios[-1] < 0.5 and ratios == sorted(ratios, reverse=True)
