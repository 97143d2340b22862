"""`evaluate`: translations in a file, several references, own length ranges; and the best hypotheses of a beam."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.shell import run

from seq2seq.__main__ import main
from seq2seq.analysis.by_kind import KindQuality, by_kind
from seq2seq.data import synthetic
from seq2seq.data.synthetic import Example
from seq2seq.decoding.hypotheses import Hypothesis
from seq2seq.decoding.translator import Translator
from seq2seq.sources.normalise import printable

Pairs = list[tuple[str, str]]


@pytest.fixture
def files(tmp_path: Path, pairs: Pairs) -> tuple[str, str, str]:
    """Return a file of sources, one with a repeated line, and two files of references."""
    rows = [*pairs[:6], pairs[0]]
    texts = ([s for s, _ in rows], [t for _, t in rows], [f"{t} bien" for _, t in rows])
    for name, lines in zip(("x.en", "one.fr", "two.fr"), texts, strict=True):
        (tmp_path / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return str(tmp_path / "x.en"), str(tmp_path / "one.fr"), str(tmp_path / "two.fr")


def test_the_translations_are_written_one_line_per_pair(
    model: str, files: tuple[str, str, str], pairs: Pairs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "hypotheses.txt"
    run(capsys, "evaluate", "--model", model, "--data", *files, "--output", str(out))
    lines = out.read_text(encoding="utf-8").splitlines()
    written = Translator.load(model).translate_lines([source for source, _ in pairs[:6]])
    expected = {index: printable(text) for index, text in written}
    assert lines == [*(expected[i] for i in range(6)), expected[0]]


def test_further_files_are_further_references(
    model: str, files: tuple[str, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["evaluate", "--model", model, "--json", "--data"]
    one, both = (json.loads(run(capsys, *call, *files[:count])) for count in (2, 3))
    assert (one["sentences"], one["references"]) == (6, 6) and (both["sentences"], both["references"]) == (6, 12)
    assert "nrefs:2" in both["bleu_signature"]
    (tmp_path / "short.fr").write_text("un\n\n\n\n\n\nsept\n", encoding="utf-8")
    assert main([*call, *files[:2], str(tmp_path / "short.fr")]) == 2
    assert "every reference file needs a line for each line of the source" in capsys.readouterr().err


def test_own_ranges_of_lengths(model: str, data: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    call = ["evaluate", "--model", model, "--data", data[1], "--by-length"]
    table = run(capsys, *call, "1", "7").split("source words  sentences  BLEU  chrF  exact %\n")[1].splitlines()
    assert table[0].split()[0] == "1-6" and table[-1].split()[:3] == ["7", "or", "more"]
    assert sum(int(line.replace("or more", "").split()[1]) for line in table) == 20
    for wrong in (["5", "2"], ["0"]):
        assert main([*call, *wrong]) == 2
        assert "--by-length needs rising numbers" in capsys.readouterr().err


def test_the_best_hypotheses_of_a_beam(
    model: str, files: tuple[str, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "best.txt"
    run(capsys, "evaluate", "--model", model, "--data", *files[:2], "--output", str(out), "--nbest", "3")
    rows = [line.split("\t") for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row[:2] for row in rows] == [[str(line), str(rank)] for line in range(1, 8) for rank in (1, 2, 3)]
    first = [float(score) for _, _, score, _ in rows[:3]]
    assert first == sorted(first, reverse=True) and rows[:3] == [[str(1), *row[1:]] for row in rows[18:]]
    translated = run(capsys, "translate", "--model", model, "--input", files[0], "--nbest", "3")
    assert [line.split("\t") for line in translated.splitlines()] == rows
    sentence = Path(files[0]).read_text(encoding="utf-8").splitlines()[0]
    alone = run(capsys, "translate", "--model", model, sentence, "--nbest", "2", "--beam", "3").splitlines()
    assert [line.split("\t")[3] for line in alone] == [row[3] for row in rows[:2]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--nbest", "5", "--beam", "3", "--output", "x"], "--nbest needs --beam with at least as many"),
        (["--nbest", "2", "--sample", "--output", "x"], "--nbest needs --beam"),
        (["--nbest", "0", "--output", "x"], "--nbest needs --beam"),
        (["--nbest", "2"], "--nbest needs --output FILE"),
    ],
)
def test_impossible_numbers_of_hypotheses_are_refused(
    options: list[str], message: str, model: str, data: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--model", model, "--data", data[1], *options]) == 2
    assert message in capsys.readouterr().err


def test_a_task_has_further_splits_and_is_counted_by_the_kind_of_example(
    model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthetic, "FURTHER", 30)
    call = ["evaluate", "--model", model, "--task", "stories", "--split", "unseen-pairs"]
    table = json.loads(run(capsys, *call, "--json"))["by_kind"]
    assert [kind["kind"] for kind in table] == ["1 amount", "2 amounts", "3 amounts"]
    assert sum(kind["examples"] for kind in table) == 30 and all(kind["exact"] == 0 for kind in table)
    assert run(capsys, *call).splitlines()[-1].split() == ["3", "amounts", str(table[-1]["examples"]), "0.0"]
    assert main([*call[:-1], "nothing"]) == 2
    assert "split must be one of test, valid, train, unseen-pairs, many-idle" in capsys.readouterr().err


def test_exact_answers_are_shares_of_their_kind() -> None:
    examples = [
        Example(source, "right", (), kind=kind) for source, kind in (("a", "few"), ("b", "few"), ("c", "many"), ("d", ""))
    ]
    found = {source: [Hypothesis(text, 0.0)] for source, text in (("a", "right"), ("b", "wrong"), ("d", "right"))} | {"c": []}
    assert by_kind(examples, found) == [KindQuality("few", 2, 50.0), KindQuality("many", 1, 0.0)]


def test_kinds_with_numbers_are_in_their_order() -> None:
    examples = [Example(kind, "right", (), kind=kind) for kind in ("10 digits", "9 digits", "1 digit")]
    table = by_kind(examples, {example.source: [Hypothesis("right", 0.0)] for example in examples})
    assert [each.kind for each in table] == ["1 digit", "9 digits", "10 digits"]
