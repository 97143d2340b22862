"""Tests of training with two processes under torchrun, over Gloo on this machine, compared with one process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from support.two_processes import CUT, DATA, cut_off, fresh, run

from seq2seq.__main__ import main
from seq2seq.training.distributed import ALONE, World, join

ROOT = Path(__file__).resolve().parents[2]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which two processes continued a run that one process started."""
    folder = tmp_path_factory.mktemp("world")
    cut_off(str(folder / "one.safetensors"))
    script = ROOT / "tests" / "support" / "two_processes.py"
    subprocess.run([*TORCHRUN, str(script), str(folder)], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def seen(folder: Path) -> list[dict[str, Any]]:
    return [json.loads((folder / f"seen-{rank}.json").read_text(encoding="utf-8")) for rank in range(2)]


@pytest.fixture(scope="module")
def alone() -> dict[str, Any]:
    return run(fresh())


def assert_same(run: dict[str, Any], expected: dict[str, Any], begun: int = 0) -> None:
    """Check that runs are equal except for the order of sums in fp64; `run` may have started after some updates."""
    weights = [torch.tensor(one["weights"], dtype=torch.float64) for one in (run, expected)]
    assert torch.allclose(*weights, rtol=0, atol=1e-9)
    assert torch.allclose(torch.tensor(run["steps"]), torch.tensor(expected["steps"][begun:]), rtol=0, atol=1e-6)
    assert run["validated"] == pytest.approx(expected["validated"], abs=1e-9)


@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_shares_cover_a_batch_without_overlap(size: int) -> None:
    for count in range(12):
        shares = [World(rank, size).share(range(count)) for rank in range(size)]
        assert sorted(row for share in shares for row in share) == list(range(count))


def test_two_processes_train_the_same_model_as_one(seen: list[dict[str, Any]], alone: dict[str, Any]) -> None:
    assert min(len(pairs) for pairs in map(DATA.epoch(0).__getitem__, range(len(DATA.epoch(0))))) == 1
    for process in seen:
        assert_same(process["whole"], alone)
    assert seen[0]["whole"]["weights"] == seen[1]["whole"]["weights"]


def test_only_the_first_process_keeps_models_and_saves_states(
    folder: Path, seen: list[dict[str, Any]], alone: dict[str, Any]
) -> None:
    assert [process["whole"]["kept"] for process in seen] == [alone["kept"], 0]
    assert sorted(path.name for path in folder.glob("*.safetensors")) == ["one.safetensors", "two-0.safetensors"]


def test_run_continues_with_another_number_of_processes(
    folder: Path, seen: list[dict[str, Any]], alone: dict[str, Any]
) -> None:
    for process in seen:
        assert_same(process["resumed"], alone, CUT)
    assert_same(run(fresh(seed=5), state_file=str(folder / "two-0.safetensors")), alone, CUT)


def test_dropout_is_repeatable_and_differs_between_processes(seen: list[dict[str, Any]]) -> None:
    for process in seen:
        first, second = process["dropout"]
        assert first["steps"] == second["steps"] and first["weights"] == second["weights"]
    assert seen[0]["random"] != seen[1]["random"]


def test_error_on_one_process_is_raised_on_all(seen: list[dict[str, Any]]) -> None:
    for process in seen:
        assert process["diverged"] == seen[0]["diverged"] and process["diverged"].startswith("training diverged")
        assert process["together"] == process["from first"] == "this process has failed"
        assert process["settings"] == "the processes of this run were given different settings or training pairs"
        assert process["sum"] == [2.0, 1.0]


def test_train_under_torchrun_makes_one_folder_and_one_report(
    tmp_path: Path, pairs: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pairs.tsv").write_text("".join(f"{s}\t{t}\n" for s, t in pairs), encoding="utf-8")
    data = str(tmp_path / "pairs.tsv")
    call = ["train", "--data", data, "--valid", data, "--vocabulary-size", "310", "--epochs", "2", "--batch-tokens", "150"]
    call += ["--embedding-size", "16", "--encoder-size", "8", "--decoder-size", "8", "--dropout", "0"]
    call += ["--no-bf16", "--device", "cpu"]
    two = subprocess.run(
        [*TORCHRUN, "-m", "seq2seq", *call, "--out", str(tmp_path / "two")], capture_output=True, text=True, cwd=ROOT
    )
    assert two.returncode == 0, two.stderr
    assert main([*call, "--out", str(tmp_path / "one")]) == 0
    assert two.stdout.count("\n") == capsys.readouterr().out.count("\n") and "2 processes, each on cpu" in two.stdout
    names = [sorted(path.name for path in (tmp_path / run).iterdir()) for run in ("one", "two")]
    assert names[0] == names[1]
    one_model, two_model = (load_file(tmp_path / run / "model.safetensors") for run in ("one", "two"))
    for name, weight in one_model.items():
        assert torch.allclose(weight, two_model[name], rtol=0, atol=1e-3), name
    assert "torchrun --nproc_per_node 2 -m seq2seq train" in (tmp_path / "two" / "README.md").read_text(encoding="utf-8")


def test_join_checks_the_variables_of_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    with join(torch.device("cpu")) as world:
        assert world == ALONE
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1000")
    with pytest.raises(ValueError, match="too few for process 1001: start one process per GPU"), join(torch.device("cuda")):
        pass
    with pytest.raises(ValueError, match="train on cuda or cpu, not on mps"), join(torch.device("mps")):
        pass
