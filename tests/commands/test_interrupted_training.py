"""Stop `python -m seq2seq train` in the middle, and resume it: real processes, real signals."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from seq2seq.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--embedding-size", "16", "--encoder-size", "8", "--decoder-size", "8", "--device", "cpu", "--threads", "1"]
FEW = ["--vocabulary-size", "310", "--batch-tokens", "100", *SMALL]
COMMON = ["train", "--epochs", "6", *FEW]


@pytest.fixture(scope="module")
def files(data: tuple[str, str]) -> list[str]:
    return ["--data", data[0], "--valid", data[1]]


@pytest.fixture(scope="module")
def whole(files: list[str], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the weights of a run that nothing interrupts."""
    out = tmp_path_factory.mktemp("whole") / "model"
    assert main([*COMMON, *files, "--out", str(out)]) == 0
    return (out / "model.safetensors").read_bytes()


def interrupted(arguments: list[str], out: Path, number: int) -> subprocess.CompletedProcess[str]:
    """Send the signal `number` to a training process in its second epoch, and return what it printed afterwards."""
    call = [sys.executable, "-m", "seq2seq", *arguments, "--out", str(out)]
    run = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT)
    assert run.stdout is not None
    while "epoch 2" not in run.stdout.readline():
        assert run.poll() is None
    run.send_signal(number)
    printed, errors = run.communicate()
    return subprocess.CompletedProcess(call, run.returncode, printed, errors)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_interrupted_run_is_resumed_with_its_own_options_alone_to_the_same_model(
    files: list[str], whole: bytes, tmp_path: Path, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    stopped = tmp_path / "stopped"
    ended = interrupted([*COMMON, *files], stopped, number)
    if number != signal.SIGKILL:
        assert ended.returncode == 128 + number
        assert "stopped at update " in ended.stderr
        assert f"python -m seq2seq train --out {stopped} --resume goes on" in ended.stderr
        assert "Traceback" not in ended.stderr and "\r" not in ended.stderr
    resume = ["train", "--resume", "--out", str(stopped)]
    for options, expected in (
        (["--learning-rate", "0.001"], "has no --learning-rate, not --learning-rate 0.001: leave out --learning-rate"),
        (["--decoder-size", "12"], "has --decoder-size 8, not --decoder-size 12: leave out --decoder-size"),
        (["--no-bf16"], "has no --bf16, not --no-bf16"),
    ):
        assert main([*resume, *options]) == 2
        assert expected in capsys.readouterr().err
    same = [*COMMON[1:], *files] if number == signal.SIGTERM else []  # they may be given again
    assert main([*resume, *same]) == 0
    assert (stopped / "model.safetensors").read_bytes() == whole
    command = json.loads((stopped / "results.json").read_text(encoding="utf-8"))["training"]["command"]
    assert "--vocabulary-size 310" in command and "--data pairs.tsv" in command


def test_resumed_run_of_minutes_keeps_its_number_of_updates(files: list[str], tmp_path: Path) -> None:
    out = tmp_path / "run"
    call = [sys.executable, "-m", "seq2seq", "train", "--minutes", "60", *FEW, *files, "--out", str(out)]
    killed = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT)
    assert killed.stdout is not None
    while b"epoch 2" not in (line := killed.stdout.readline()):
        assert killed.poll() is None
        if b" updates on " in line:
            updates = int(line.split(b" pairs, ")[1].split()[0].replace(b",", b""))
    killed.kill()
    killed.wait()
    resumed = subprocess.Popen([*call, "--resume"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT)
    assert resumed.stdout is not None
    line = resumed.stdout.readline()
    resumed.kill()
    resumed.wait()
    assert f"{updates:,} updates on cpu".encode() in line and b", from update " in line
