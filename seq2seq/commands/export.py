"""python -m seq2seq export: write a model as ONNX graphs, check them, and add a program that translates with them."""

from __future__ import annotations

import argparse
import random
import shutil
from pathlib import Path

from seq2seq.commands.kit.options import add_model, text_model_of
from seq2seq.config import EOS
from seq2seq.models.saved import checkpoint
from seq2seq.models.saved.onnx_export import ENCODER, STEP, difference, export

HELP = "write a model as ONNX graphs, with a program that translates without this project"
PROGRAM = Path(__file__).resolve().parents[2] / "assets" / "docs" / "onnx" / "translate.py"
SENTENCES, LONGEST = 100, 30  # of the check: random pieces


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the graphs and the program")


def run(options: argparse.Namespace) -> int:
    loaded = checkpoint.load(text_model_of(options, "export"))
    export(loaded.model, options.out)
    for file, content in loaded.tokenizer.files().items():
        (options.out / file).write_bytes(content)
    shutil.copyfile(PROGRAM, options.out / PROGRAM.name)
    draw = random.Random(1)
    pieces = range(EOS + 2, loaded.model.config.source_vocabulary)  # without the marks
    sentences = [[*draw.choices(pieces, k=draw.randint(1, LONGEST)), EOS] for _ in range(SENTENCES)]
    worst = difference(loaded.model, options.out, sentences)
    print(
        f"{ENCODER} and {STEP} give the log-probabilities of PyTorch: the largest difference is {worst:.1e} nats, in "
        f"{SENTENCES} sentences of random pieces (seed 1), each decoded greedily for 20 pieces."
    )
    print(f'Translate: python {options.out / PROGRAM.name} "A sentence."')
    return 0
