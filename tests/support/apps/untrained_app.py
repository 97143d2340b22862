"""Serve the real page with untrained models, one of each kind: `python tests/support/apps/untrained_app.py`.

Their translations make no sense, but their decoding is shown like that of any other model.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported
sys.path[:0] = [str(Path(__file__).parents[3]), str(Path(__file__).parents[2])]

from dataclasses import replace  # noqa: E402

from seq2seq.decoding.model_info import ModelInfo  # noqa: E402
from seq2seq.decoding.translator import Translator  # noqa: E402
from seq2seq.models.saved.checkpoint import Origin  # noqa: E402
from seq2seq.sources.text import Tokenizer  # noqa: E402
from seq2seq.trace import DecodingTrace  # noqa: E402
from seq2seq.ui.app import create_app, launch_settings  # noqa: E402
from seq2seq.ui.host.services import Services  # noqa: E402
from support.small import grammar_pairs, make_checkpoint, make_model, small_config  # noqa: E402

ENGLISH = Origin(source_language="English")
GERMAN = Origin(source_language="German", target_language="English", subject="captions")
MODELS = {
    "two-lanes": (small_config("recurrent"), ENGLISH),
    "forward": (small_config("luong"), ENGLISH),
    "context": (small_config("cho"), ENGLISH),
    "handover": (small_config("sutskever"), ENGLISH),
    "transformer": (small_config("transformer"), ENGLISH),
    "captions-german": (small_config("bahdanau"), GERMAN),
    "slow": (small_config("recurrent"), ENGLISH),
    "damaged": (small_config("recurrent", cell="lstm"), ENGLISH),
}


class Slow(Translator):
    """A model that answers only after the file `go` appears in the data folder."""

    def translate(self, *request: Any, **settings: Any) -> DecodingTrace:
        while not Path(os.environ["SEQ2SEQ_DATA"], "go").exists():
            time.sleep(0.05)
        return super().translate(*request, **settings)


def services() -> Services:
    tokenizer = Tokenizer.train(grammar_pairs(), 310, shared=True)
    checkpoints = {
        name: replace(make_checkpoint(make_model(config), tokenizer), name=name, origin=origin)
        for name, (config, origin) in MODELS.items()
    }

    def load(name: str) -> Translator:
        if name == "damaged":
            raise ValueError("checkpoint 'damaged' cannot be used: model.safetensors is truncated")
        return (Slow if name == "slow" else Translator)(checkpoints[name])

    return Services({name: ModelInfo.of(loaded) for name, loaded in checkpoints.items()}, load)


if __name__ == "__main__":
    create_app(services()).launch(**launch_settings())
