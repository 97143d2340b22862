"""python -m seq2seq bench: measure speed on this machine; compare with a plain loop and with bare matrix products."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from seq2seq.analysis.speed.report import Report, measure
from seq2seq.commands.kit.options import add_columns, add_model, pairs_of, text_model_of

HELP = "measure training, decoding, the cost of the trace, and the cold start on this machine"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument(
        "--data", metavar="FILE", help="pairs; their sources are decoded in batches (default: built-in sentences)"
    )
    add_columns(parser)
    parser.add_argument("--device", default="auto", help="device for training: auto, cpu, cuda or mps")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    sentences = []
    if options.data:
        sentences = [source for source, _ in pairs_of(options.data, options)]
    report = measure(text_model_of(options, "bench"), sentences, options.device)
    if options.json:
        print(json.dumps(asdict(report), ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(report)))
    return 0


def _lines(report: Report) -> list[str]:
    gemm = ", ".join(f"{speed:,.0f} GFLOP/s in {precision}" for precision, speed in report.gemm_gflops.items())
    rows = [["what", "figure", "plain loop", "times faster", "in CPU time", "of the roofline"]]
    for m in report.measures:
        loop, ratio, cpu = ("" if value is None else f"{value:,.4g}" for value in (m.loop, m.to_loop, m.cpu_to_loop))
        rows.append([m.what, f"{m.value:,.4g} {m.unit}", loop, ratio, cpu, "" if m.roofline is None else f"{m.roofline:.0%}"])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        f"{report.model} on {report.machine}, PyTorch {report.torch}",
        f"one large product: {gemm}; peak memory {report.peak_memory_mb:,.0f} MB",
        *("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows),
    ]
