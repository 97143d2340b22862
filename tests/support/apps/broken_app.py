"""Serve the app with five models, three of them unusable: two fail at the start, one when it is first used."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported
sys.path.insert(0, str(Path(__file__).parents[3]))

from safetensors.torch import load_file, save_file

from seq2seq.models.saved import checkpoint
from seq2seq.ui.app import create_app, launch_settings
from seq2seq.ui.host.services import PREFERRED

SOUND = (PREFERRED, "fr-en-additive")
TRUNCATED, NO_JSON, NO_NUMBERS = "en-fr-plain", "en-es-additive", "en-zh-additive"

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in (*SOUND, TRUNCATED, NO_JSON, NO_NUMBERS):
            shutil.copytree(checkpoint.ROOT / name, root / name)
        os.truncate(root / TRUNCATED / checkpoint.WEIGHTS, 50_000)
        (root / NO_JSON / checkpoint.CONFIG).write_text(json.dumps({"format": "unknown"}))
        state = load_file(root / NO_NUMBERS / checkpoint.WEIGHTS)
        broken = {name: t * float("nan") if t.is_floating_point() else t for name, t in state.items()}
        save_file(broken, root / NO_NUMBERS / checkpoint.WEIGHTS)
        checkpoint.ROOT = root
        checkpoint.available.__defaults__ = (root,)
        create_app().launch(**launch_settings())
