"""Follow a run elsewhere: send its figures to TensorBoard or Trackio. Their packages are imported only on demand."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from seq2seq.config import choose
from seq2seq.training.events import Event, Measured, Reached, SampleDecoded, StepDone, Validated

EVERY = 10  # updates between two reports of a batch; validations are all reported
PROJECT = "seq2seq-unrolled"


class Sink(Protocol):
    """A place that takes figures and texts by name."""

    def figures(self, values: Mapping[str, float], update: int) -> None: ...

    def text(self, name: str, text: str, update: int) -> None: ...

    def close(self) -> None: ...


class _TensorBoard:
    def __init__(self, out: Path, settings: Mapping[str, Any]):
        self._writer = importlib.import_module("torch.utils.tensorboard").SummaryWriter(str(out / "tensorboard"))
        self._writer.add_text("settings", "\n".join(f"    {name}: {value}" for name, value in settings.items()))

    def figures(self, values: Mapping[str, float], update: int) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, update)

    def text(self, name: str, text: str, update: int) -> None:
        self._writer.add_text(name, text, update)

    def close(self) -> None:
        self._writer.close()


class _Trackio:
    def __init__(self, out: Path, settings: Mapping[str, Any]):
        self._trackio = importlib.import_module("trackio")
        self._trackio.init(project=PROJECT, name=out.resolve().name, config=dict(settings))

    def figures(self, values: Mapping[str, float], update: int) -> None:
        self._trackio.log(dict(values), step=update)

    def text(self, name: str, text: str, update: int) -> None:
        self._trackio.log({name: text}, step=update)

    def close(self) -> None:
        self._trackio.finish()


@dataclass(frozen=True)
class Kind:
    """`package` is what pip installs and Python imports; `show` is the command that shows the figures."""

    package: str
    sink: Callable[[Path, Mapping[str, Any]], Sink]
    show: str


KINDS = {
    "tensorboard": Kind("tensorboard", _TensorBoard, "tensorboard --logdir {out}"),
    "trackio": Kind("trackio", _Trackio, f"trackio show --project {PROJECT}"),
}


def check(name: str) -> Kind:
    """Return the kind. Raises ValueError for an unknown one, and with what to install if its package is missing."""
    kind: Kind = choose("log", name, KINDS)
    if not _is_installed(kind.package):
        raise ValueError(f"--log {name} needs a package that is not installed: pip install {kind.package}")
    return kind


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def followed(events: Iterable[Event], sink: Sink) -> Iterator[Event]:
    """Yield the same events; send their figures to `sink`, which is closed at the end. Every name says mode and unit."""
    try:
        for event in events:
            match event:
                case StepDone() if event.update % EVERY == 0:
                    figures = {
                        "training/loss, nats per piece": event.loss,
                        "training/learning rate": event.learning_rate,
                        "training/share fed the reference": event.teacher_forcing,
                        "training/gradient norm": event.gradient_norm,
                    }
                    sink.figures(figures, event.update)
                case Validated() if event.averaged == 1:
                    sink.figures({"held out/loss, teacher-forced, nats per piece": event.loss}, event.update)
                case Measured():
                    figures = {
                        "held out/BLEU, free-running": event.bleu,
                        "held out/exact, free-running, %": event.exact,
                        "held out/pieces right, teacher-forced": event.accuracy_forced,
                        "held out/pieces right, free-running": event.accuracy_free,
                    }
                    sink.figures(figures, event.update)
                case Reached():
                    name = "held out/reach from {} pieces back, teacher-forced, relative to a mean piece"
                    found = zip(event.distances, event.relative, strict=True)
                    sink.figures({name.format(distance): value for distance, value in found}, event.update)
                case SampleDecoded():
                    sink.text(f"free-running/{event.source}", event.hypothesis, event.update)
            yield event
    finally:
        sink.close()
