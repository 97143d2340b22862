"""python -m seq2seq bench: speed on this machine, as ratios within one run."""

from __future__ import annotations

import argparse
import json

from .. import bench
from .options import add_model

HELP = "measure decoding, the cost of the trace, and the cold start on this machine"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    result = bench.as_dict(bench.measure(options.model))
    if options.json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        print("\n".join(f"{name.replace('_', ' '):>24}  {value}" for name, value in result.items()))
    return 0
