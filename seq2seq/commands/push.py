"""python -m seq2seq push: upload a model to the Hugging Face Hub."""

from __future__ import annotations

import argparse

from seq2seq.models.saved import checkpoint

HELP = "upload a model to the Hugging Face Hub, with a model card; it can be loaded again as hf:USER/NAME"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="NAME_OR_DIR", help="a checkpoint folder or a bundled model's name")
    parser.add_argument("repository", metavar="USER/NAME", help="repository on the Hub; it is created if it does not exist")
    parser.add_argument("--private", action="store_true", help="create a private repository (default: everybody can read it)")
    parser.add_argument("--license", default="", metavar="ID", help="licence for the card (default: the model's own)")
    parser.add_argument(
        "--dataset",
        action="append",
        default=[],
        metavar="NAME",
        help="data set for the card, may be repeated (default: those that the model names)",
    )


def run(options: argparse.Namespace) -> int:
    from seq2seq.runs import hub  # slow to import

    folder = checkpoint.find(options.model)
    url, commit = hub.push(folder, options.repository, options.private, options.license, tuple(options.dataset))
    print(f"{url} has the model now. Use it: --model {checkpoint.HUB}{options.repository}@{commit}")
    return 0
