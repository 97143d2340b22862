"""A report's lines as a table on the page and as a complete CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

Lines = Sequence[Mapping[str, Any]]


def table(lines: Lines, columns: Sequence[str]) -> dict[str, Any]:
    """Return `columns` for the page, and all columns, bands included, as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    rows = [[_cell(line[name]) for name in columns] for line in lines]
    return {"columns": list(columns), "rows": rows, "csv": text.getvalue()}


def _cell(value: float | int | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
