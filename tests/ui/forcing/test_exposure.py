"""Over many sentences, without a browser: figures, table, the stored report of a model, and uploaded files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from seq2seq.analysis.forcing.exposure import measure
from seq2seq.analysis.forcing.exposure_report import Report
from seq2seq.decoding.translator import Translator
from seq2seq.runs import reports
from seq2seq.ui.forcing import exposure
from seq2seq.ui.host.services import Services
from seq2seq.views import curves
from seq2seq.views.forcing import exposure as view

Pairs = list[tuple[str, str]]


@pytest.fixture(scope="module")
def report(small: Translator, pairs: Pairs) -> dict[str, Any]:
    return Report.of([row for batch in measure(small, pairs) for row in batch]).to_dict()


def run(services: Services, file: Path) -> list[dict[str, Any]]:
    return [json.loads(value) for value in exposure.measured(services, "small", str(file))]


def test_figures_have_the_numbers_of_the_report(report: dict[str, Any]) -> None:
    drawn = {entry["name"]: entry["figure"]["data"] for entry in view.figures(report)}
    shown = [line for line in report["by_position"] if line["sentences"] >= curves.FEWEST]
    for name, column in (("accuracy", "accuracy"), ("loss", "loss")):
        lines = {trace["meta"]["of"]: trace for trace in drawn[name] if trace["meta"]["part"] == "line"}
        for lane, trace in lines.items():
            assert trace["x"] == [line["position"] for line in shown]
            assert trace["y"] == [line[f"{column}_{lane}"] for line in shown]
            assert [c[0] for c in trace["customdata"]] == [line["sentences"] for line in shown]
        assert lines["forced"]["marker"]["symbol"] != lines["free"]["marker"]["symbol"]  # not only the colour differs
        assert lines["forced"]["line"]["dash"] != lines["free"]["line"]["dash"]
    assert {trace["meta"]["of"] for trace in drawn["wrong-word"]} == {"forced", "free"}


def test_a_report_of_one_sentence_has_a_table_and_empty_figures(small: Translator, pairs: Pairs) -> None:
    one = Report.of([row for batch in measure(small, pairs[:1]) for row in batch]).to_dict()
    drawn = json.loads(view.payload(one))
    assert all(not trace["x"] for entry in drawn["figures"] for trace in entry["figure"]["data"])
    assert len(drawn["table"]["rows"]) == len(one["by_position"]) and len(drawn["headline"]) == 10


def test_the_csv_has_every_column_of_every_position(report: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(json.loads(view.payload(report))["table"]["csv"])))
    assert [float(row["accuracy_free_low"]) for row in rows] == [line["accuracy_free_low"] for line in report["by_position"]]


def test_the_headline_names_mode_and_unit(report: dict[str, Any]) -> None:
    told = {entry["name"]: entry["value"] for entry in view.headline(report)}
    s = report["summary"]
    assert told["accuracy, teacher-forced"].startswith(f"{100 * s['accuracy_forced']:.1f}% (")
    assert told["log-loss, free-running, nats per piece"].startswith(f"{s['loss_free']:.2f} (")
    assert told["cost of a wrong word in its own output, nats"].startswith(f"{s['lost_free']:.2f} (")


def test_uploaded_file_is_measured_with_progress(
    services: Services, pairs: Pairs, report: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "own.tsv"
    file.write_text("".join(f"{s}\t{t}\n" for s, t in [*pairs, ("word " * 190, "too long")]), encoding="utf-8")
    *progress, last = run(services, file)
    assert progress and all(0 < p["share"] <= 1 and "pairs measured" in p["says"] for p in progress)
    assert last["headline"] == json.loads(json.dumps(view.headline(report)))
    assert last["about"] == f"Your file, {len(pairs)} pairs; 1 left out because they are too long."


def test_sentences_are_sorted_by_lost_pieces(services: Services, pairs: Pairs, tmp_path: Path) -> None:
    file = tmp_path / "own.tsv"
    file.write_text("".join(f"{s}\t{t}\n" for s, t in pairs[:30]), encoding="utf-8")
    listed = run(services, file)[-1]["sentences"]
    assert sorted(row["row"] for row in listed) == list(range(1, 31))
    assert all((row["source"], row["reference"]) == pairs[row["row"] - 1] for row in listed)
    losses = [row["forced"] - row["free"] for row in listed]
    assert losses == sorted(losses, reverse=True) and all(row["forced"] <= row["pieces"] for row in listed)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"no tab in here\n", "The file: .*the file has one column, but two are needed"),
        ("été\ttwo\n".encode() + b"b\xffroken\tx\n", "The file: line 2 is not UTF-8 text"),
        (("word " * 190 + "\tmot\n").encode(), "Every one of these pairs is too long"),
    ],
)
def test_error_about_a_bad_file_has_no_path(services: Services, tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "own.tsv"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=said) as told:
        run(services, file)
    assert str(tmp_path) not in str(told.value)


def test_too_large_file_is_not_read(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "own.tsv"
    file.write_text("a\tb\n" * 250_001)
    with pytest.raises(ValueError, match="The file has 1,000,004 bytes; at most 1,000,000 are allowed"):
        run(services, file)


def test_stored_report_is_read_and_a_damaged_one_is_ignored(report: dict[str, Any], tmp_path: Path) -> None:
    assert reports.read_exposure(tmp_path) is None
    reports.add_exposure(tmp_path, "python -m seq2seq forcing", {"data": "valid.tsv", "seed": 1}, report)
    found = reports.read_exposure(tmp_path)
    assert found == {"command": "python -m seq2seq forcing", "data": "valid.tsv", "seed": 1, "report": report}
    for damaged in ("", "[]", "{}", "{" * 5000, '"text"', "x" * 2_000_000):
        (tmp_path / reports.EXPOSURE).write_text(damaged)
        assert reports.read_exposure(tmp_path) is None


def test_model_without_a_report_gets_a_note(services: Services) -> None:
    drawn = json.loads(exposure.stored(services, "small"))
    assert "There is no stored report" in drawn["about"]
    assert (drawn["headline"], drawn["figures"], drawn["table"]) == ([], [], None)
