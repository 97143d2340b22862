"""How much a host allows to train."""

from __future__ import annotations

from pathlib import Path

import pytest

from seq2seq.ui.host.limits import UNLIMITED, Limits


def test_a_space_is_limited_and_the_environment_decides() -> None:
    assert Limits.of({}).minutes == UNLIMITED and Limits.of({"SPACE_ID": "a/b"}).minutes == 5
    chosen = Limits.of({"SEQ2SEQ_TRAIN_MINUTES": "0", "SEQ2SEQ_TRAIN_RUNS": "3", "SEQ2SEQ_DATA": "/elsewhere"})
    assert chosen == Limits(0, 3, Path("/elsewhere"))
    for wrong in ("x", "-1", "nan", "inf"):
        with pytest.raises(ValueError, match="SEQ2SEQ_TRAIN_MINUTES must be a number from 0"):
            Limits.of({"SEQ2SEQ_TRAIN_MINUTES": wrong})
