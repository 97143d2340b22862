"""`train --log`: figures for TensorBoard or Trackio, whose packages nothing else imports. Stand-ins take the calls."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from seq2seq.__main__ import main
from seq2seq.commands.training import follow
from seq2seq.commands.training.follow import KINDS

SIZES = ["--embedding-size", "16", "--encoder-size", "8", "--decoder-size", "8", "--vocabulary-size", "310"]


@pytest.fixture
def call(data: tuple[str, str], tmp_path: Path) -> list[str]:
    train = ["train", "--data", data[0], "--valid", data[1], *SIZES, "--updates", "20", "--measure", "4", "--probe", "the key"]
    return [*train, "--device", "cpu", "--out", str(tmp_path / "run"), "--log"]


@pytest.mark.parametrize("name", KINDS)
def test_a_missing_package_is_named_before_any_work(
    name: str, call: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(follow, "_is_installed", lambda package: False)
    assert main([*call, name]) == 2
    assert f"--log {name} needs a package that is not installed: pip install {name}" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    assert main([*call, "paper"]) == 2
    assert "--log must be one of tensorboard, trackio, not 'paper'" in capsys.readouterr().err


def test_nothing_is_imported_without_the_option() -> None:
    code = "import sys, seq2seq.__main__; print({'tensorboard', 'trackio'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize("name", KINDS)
def test_the_figures_arrive_with_mode_and_unit(name: str, call: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, Any, int]] = []
    closed: list[str] = []

    class Writer:
        def __init__(self, folder: str):
            assert folder.endswith("tensorboard")

        def add_scalar(self, tag: str, value: float, update: int) -> None:
            seen.append((tag, value, update))

        def add_text(self, tag: str, value: str, update: int = 0) -> None:
            seen.append((tag, value, update))

        def close(self) -> None:
            closed.append(name)

    stand_in = ModuleType(name)
    stand_in.SummaryWriter = Writer  # type: ignore[attr-defined]
    stand_in.init = lambda project, name, config: None  # type: ignore[attr-defined]
    stand_in.log = lambda values, step: seen.extend((k, v, step) for k, v in values.items())  # type: ignore[attr-defined]
    stand_in.finish = lambda: closed.append(name)  # type: ignore[attr-defined]
    monkeypatch.setattr(follow, "_is_installed", lambda package: True)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard" if name == "tensorboard" else name, stand_in)
    assert main([*call, name]) == 0
    updates = {tag: [update for other, _, update in seen if other == tag] for tag, _, _ in seen}
    assert updates["training/loss, nats per piece"] == [10, 20] and closed == [name]
    assert updates["held out/loss, teacher-forced, nats per piece"][-1] == 20
    reach = updates["held out/reach from 0 pieces back, teacher-forced, relative to a mean piece"]
    assert (reach[0], reach[-1]) == (0, 20)
    assert updates["held out/BLEU, free-running"][0] == 0 and "free-running/the key" in updates
