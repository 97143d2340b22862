"""Run a command of the project in this process."""

from __future__ import annotations

import pytest

from seq2seq.__main__ import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out
