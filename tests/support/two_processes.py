"""The script of each process in test_distributed.py, under torchrun: some short runs; the results go into one file each."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

sys.path.extend(str(Path(__file__).resolve().parents[n]) for n in (1, 2))

from seq2seq.config import TrainConfig
from seq2seq.data.batches import TrainingData, fixed_batches
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.text import Tokenizer
from seq2seq.training import loop
from seq2seq.training.distributed import ALONE, World, join
from seq2seq.training.events import StepDone, Validated
from support.small import grammar_pairs, small_config

# Few positions per batch, so that some batches have a single pair and one of the two processes has none.
CONFIG = TrainConfig(
    epochs=2, batch_tokens=36, warmup_updates=5, average_decay=0.9, subword_sampling=0.5, device="cpu", bf16=False
)
CUT = 7  # updates after which a run is interrupted
TOKENIZER = Tokenizer.train(grammar_pairs(), 310, shared=True)
DATA = TrainingData(grammar_pairs()[:40], TOKENIZER, CONFIG)
VALIDATION = fixed_batches(grammar_pairs()[80:], TOKENIZER, 60)


def fresh(dropout: float = 0.0, seed: int = 1) -> Seq2Seq:
    """Return a model in fp64, so that the order of a sum changes far less than a wrong sum would."""
    torch.manual_seed(seed)
    return Seq2Seq(small_config(dropout=dropout)).double()


def run(model: Seq2Seq, world: World = ALONE, config: TrainConfig = CONFIG, state_file: str | None = None) -> dict[str, Any]:
    kept: list[Seq2Seq] = []
    events = list(loop.train(model, DATA, VALIDATION, config, keep=kept.append, state_file=state_file, world=world))
    steps = [(e.update, e.loss, e.gradient_norm, e.tokens) for e in events if isinstance(e, StepDone)]
    validated = [e.loss for e in events if isinstance(e, Validated)]
    weights = torch.cat([p.detach().flatten() for p in model.parameters()]).tolist()
    return {"weights": weights, "steps": steps, "validated": validated, "kept": len(kept)}


def cut_off(state_file: str, world: World = ALONE) -> None:
    """Train a run that leaves the state after `CUT` updates."""
    loop.SNAPSHOT_SECONDS = -1  # after each update
    events = loop.train(fresh(), DATA, VALIDATION, CONFIG, state_file=state_file, world=world)
    for event in events:
        if isinstance(event, StepDone) and event.update == CUT + 1:
            break
    events.close()  # type: ignore[attr-defined]


def message(act: Callable[[], object]) -> str:
    try:
        act()
    except ValueError as error:
        return str(error)
    return "no error"


def fail() -> None:
    raise ValueError("this process has failed")


def diverging(world: World) -> Seq2Seq:
    """Return a model whose loss is NaN at its third batch, on the second process only."""
    model, loss, calls = fresh(), Seq2Seq.loss, []

    def watched(*arguments: Any) -> torch.Tensor:
        calls.append(None)
        return loss(model, *arguments) * (float("nan") if len(calls) == 3 and world.rank == 1 else 1.0)

    model.loss = watched  # type: ignore[method-assign]
    return model


def main(folder: Path) -> None:
    with join(torch.device("cpu")) as world:
        seen: dict[str, Any] = {"whole": run(fresh(seed=1 + world.rank), world)}  # all use the first process's weights
        seen["resumed"] = run(fresh(seed=5), world, state_file=str(folder / "one.safetensors"))
        cut_off(str(folder / f"two-{world.rank}.safetensors"), world)
        short = dataclasses.replace(CONFIG, epochs=1)
        seen["dropout"] = [run(fresh(dropout=0.3), world, short) for _ in range(2)]
        seen["random"] = torch.initial_seed()
        seen["diverged"] = message(lambda: run(diverging(world), world))
        seen["together"] = message(lambda: world.together(lambda: fail() if world.rank == 1 else None))
        seen["from first"] = message(lambda: world.from_first(fail))
        other = dataclasses.replace(CONFIG, learning_rate=0.001 * (1 + world.rank))
        seen["settings"] = message(lambda: run(fresh(), world, other))
        seen["sum"] = world.sum((1.0, world.rank))
        (folder / f"seen-{world.rank}.json").write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
