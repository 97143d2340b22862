"""`replies`: a table of the variety of replies, the worth of a question, and both saved for the page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.shell import run

from seq2seq.__main__ import main
from seq2seq.runs import reports


def test_the_variety_of_replies_is_printed_and_saved(
    model: str, data: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(shutil.copytree(model, tmp_path / "copy"))
    call = ["replies", "--model", folder, "--data", data[1], "--count", "6", "--reranked", "2"]
    found = json.loads(run(capsys, *call, "--json", "--card"))
    names = [each["how"] for each in found["varieties"]]
    assert names == ["people", "greedy", "beam 5", "sampling, top-p 0.95, seeds from 1", "beam 5", "reranked (MMI)"]
    assert [each["replies"] for each in found["varieties"]] == [6, 6, 6, 6, 2, 2]
    kept = reports.read_replies(Path(folder))
    assert kept and kept["varieties"] == found["varieties"] and "--count 6" in kept["command"]
    table = run(capsys, *call)
    assert f"the turn is worth {found['question']['worth']:.3f}" in table and "reranked (MMI)" in table
    assert main([*call, "--count", "0"]) == 2 and "--count needs at least one turn" in capsys.readouterr().err
