"""A run's folder, its archive, and a place for what is unpacked."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.models.saved import checkpoint
from seq2seq.runs.archive import pack
from seq2seq.sources.text import Tokenizer
from seq2seq.training import event_log
from seq2seq.training.events import Finished

EVENT = event_log.to_json(Finished(update=9, epochs=1.0, best_loss=2.0, seconds=3.0)) + "\n"


@pytest.fixture
def folder(tmp_path: Path, tokenizer: Tokenizer) -> Path:
    """Return a run's folder with the model, its texts, and private files that must not be packed."""
    folder = tmp_path / "made" / "small"
    checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), folder)
    (folder / "README.md").write_text("# A café\n", encoding="utf-8")
    (folder / "results.json").write_text('{"training": {}, "evaluations": []}')
    (folder / "exposure.json").write_text("{}")
    (folder / "alignment.json").write_text("{}")
    (folder / "replies.json").write_text("{}")
    (folder / "events.jsonl").write_text(EVENT)
    for other in ("training.safetensors", "source.model", ".config.json.partial", "notes.txt"):
        (folder / other).write_text("a secret")
    (folder / "sub").mkdir()
    (folder / "sub" / "config.json").write_text("a secret")
    return folder


@pytest.fixture
def file(folder: Path, tmp_path: Path) -> Path:
    pack(folder, tmp_path / "small.zip")
    return tmp_path / "small.zip"


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    """Return the folder for the unpacked model; its parent is empty before, and after a failure."""
    (tmp_path / "loaded").mkdir()
    return tmp_path / "loaded" / "theirs"
