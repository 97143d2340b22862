"""Side by side: one sentence, and what several models, or heads of one, looked at."""

from __future__ import annotations

from seq2seq.ui.services import Services


def build(services: Services) -> None:
    pass
