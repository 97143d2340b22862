"""python -m seq2seq forcing: compare teacher forcing with free running over a file of pairs."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from tqdm import tqdm

from seq2seq.analysis.forcing.exposure import LANES, Row, measure
from seq2seq.analysis.forcing.exposure_report import Report
from seq2seq.commands.kit.options import PAIRS, add_columns, add_model, file_names, pairs_of, translator_of, write_text
from seq2seq.models.saved import checkpoint
from seq2seq.runs import card, reports

if TYPE_CHECKING:
    import pandas as pd

HELP = "accuracy and loss of the next piece, fed the reference or its own output, by position and after a mistake"
SHOWN = 12  # lines of a printed table; --json and --csv have all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("--data", nargs="+", required=True, metavar="FILE", help=f"pairs: {PAIRS}")
    add_columns(parser)
    parser.add_argument("--seed", type=int, default=1, help="seed of the wrong words and of the bands (default 1)")
    parser.add_argument("--csv", metavar="FILE", help="write the table by position; - is standard output")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--card", action="store_true", help="save the report in the checkpoint's folder, for the app")


def run(options: argparse.Namespace) -> int:
    if not 0 <= options.seed < 2**31:
        raise ValueError(f"seed must be between 0 and {2**31 - 1}, not {options.seed}")
    pairs = pairs_of(options.data, options)
    translator = translator_of(options)
    rows: list[Row] = []
    with tqdm(total=len(pairs), unit=" pairs", disable=options.json or not sys.stderr.isatty()) as bar:
        for batch in measure(translator, pairs, options.seed):
            rows += batch
            bar.update(len(batch))
    if not rows:
        raise ValueError(f"{file_names(options.data)}: every pair is too long for {options.model}")
    report = Report.of(rows, seed=options.seed)
    about = {"model": options.model, "data": file_names(options.data), "seed": options.seed, "left_out": len(pairs) - len(rows)}
    if options.card:
        line = card.command("forcing", [a for a in options.given if a not in ("--card", "--json")])
        kept = {name: value for name, value in about.items() if name != "model"}
        reports.add_exposure(checkpoint.find(options.model), line, kept, report.to_dict())
    if options.csv:
        write_text(options.csv, report.by_position.to_csv(index=False))
    if options.json:
        print(json.dumps({**about, **report.to_dict()}, ensure_ascii=False, indent=2, allow_nan=False))
    elif options.csv != "-":
        print("\n".join(_lines(report, len(pairs) - len(rows))))
    return 0


def _lines(report: Report, left_out: int) -> list[str]:
    s = report.summary
    lines = [
        f"{s['sentences']:,} pairs, {s['pieces']:,} pieces"
        + (f"; {left_out} left out: too long for the model" if left_out else "")
    ]
    lines += [
        "",
        f"{'next piece of the reference':24}"
        + "".join(f"  {title:>26}" for title in ("teacher-forced", "free-running", "difference")),
    ]
    for name, unit in (("accuracy", ""), ("loss", ", nats per piece")):
        cells = [
            f"{s[key]:.3f} ({s[key + '_low']:.3f} to {s[key + '_high']:.3f})"
            for key in (f"{name}_{k}" for k in (*LANES, "gap"))
        ]
        lines.append(f"{name + unit:24}" + "".join(f"  {cell:>26}" for cell in cells))
    lines += ["", f"{s['never_diverged']:.1%} of free translations equal the reference; the others first differ at piece"]
    lines[-1] += f" {s['median_first_mistake']:g} (median)" if s["median_first_mistake"] else ""
    for title, table in (
        ("by position in the reference", report.by_position),
        ("after the first mistake", report.after_first_mistake),
    ):
        lines += ["", f"{title}: means (all lines and 95% bands: --json)", *_table(table)]
    for lane in LANES:
        title = "fed the reference" if lane == "forced" else "fed its own output"
        lines += ["", f"a wrong word instead of word k, {title}: log-probability lost after it, in nats, and recovery"]
        lines += _table(report.by_injected_word[lane])
    return lines


def _table(table: pd.DataFrame) -> list[str]:
    lines = table[[name for name in table.columns if not name.endswith(("_low", "_high"))]].head(SHOWN)
    text: str = lines.to_string(index=False, float_format=lambda value: f"{value:.3f}", na_rep="")
    return text.splitlines()
