"""The shell reads the files that the page reads, says how it reads them, and can hold out validation pairs itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.files.table_files import by_excel, json_lines, tmx

from seq2seq.__main__ import main

Pairs = list[tuple[str, str]]
SMALL = ["--epochs", "1", "--vocabulary-size", "300", "--embedding-size", "8", "--encoder-size", "8", "--decoder-size", "8"]


def files(folder: Path, kind: str, pairs: Pairs) -> list[str]:
    """Write the pairs in a format; return the arguments that name the files."""
    tables = {
        "plain": "".join(f"{a}\t{b}\n" for a, b in pairs),
        "csv": "English;French\n" + "".join(f'"{a}";"{b}"\n' for a, b in pairs),
        "legacy": "".join(f"{a}\t{b}\n" for a, b in pairs).encode("cp1252"),
        "json": json_lines(pairs, True),
        "tmx": tmx(pairs),
        "excel": by_excel(pairs),
    }
    if kind == "two":
        for side, name in enumerate(("en", "fr")):
            (folder / f"x.{name}").write_text("".join(f"{pair[side]}\r" for pair in pairs), encoding="utf-8", newline="")
        return [str(folder / "x.en"), str(folder / "x.fr")]
    content = tables[kind]
    (folder / kind).write_bytes(content if isinstance(content, bytes) else content.encode())
    return [str(folder / kind)]


@pytest.mark.parametrize("kind", ["csv", "legacy", "json", "tmx", "excel", "two"])
def test_evaluate_and_forcing_read_every_format(
    model: str, pairs: Pairs, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = {}
    for each in ("plain", kind):
        for command in ("evaluate", "forcing"):
            assert main([command, "--model", model, "--data", *files(tmp_path, each, pairs[:12]), "--json"]) == 0
            printed = capsys.readouterr()
            result = json.loads(printed.out)
            result.pop("data", None)
            results[each, command] = result
            assert (printed.err == "") == (each == "plain")  # otherwise it says how it reads the file
    for command in ("evaluate", "forcing"):
        assert results[kind, command] == results["plain", command]


def test_train_reads_other_formats_and_holds_out_a_share(
    pairs: Pairs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model"
    data = files(tmp_path, "two", pairs)
    assert main(["train", "--data", *data, "--valid-share", "0.2", "--out", str(out), "--device", "cpu", *SMALL]) == 0
    printed = capsys.readouterr()
    assert "Read as two files with matching lines in UTF-8, 'en' to 'fr'" in printed.err
    assert "pairs are held out for validation" in printed.err
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "train --out model --data x.en x.fr --valid-share 0.2" in card
    assert "a held-out share of 0.2 of x.en and x.fr" in card


@pytest.mark.parametrize("same", [True, False])
def test_train_says_that_validation_pairs_are_in_the_training_data(
    pairs: Pairs, same: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = files(tmp_path, "plain", pairs[:60])
    valid = tmp_path / "valid.tsv"
    valid.write_text("".join(f"{a}\t{b}\n" for a, b in pairs[50:70]), encoding="utf-8")
    call = [
        "train",
        "--data",
        *data,
        "--valid",
        data[0] if same else str(valid),
        "--out",
        str(tmp_path / "m"),
        "--device",
        "cpu",
    ]
    assert main([*call, *SMALL]) == 0
    common = len(set(pairs[:60]) if same else set(pairs[:60]) & set(pairs[50:70]))
    assert f"{common} of its {len(set(pairs[:60] if same else pairs[50:70]))} pairs are also in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--source", "0", "--target", "0"], "column 0 cannot be both source and target"),
        (["--source", "3", "--target", "3"], "column 3 cannot be both source and target"),
        (["--source", "0", "--target", "5"], "there is no column 6"),
        (["--source", "-1"], "columns are counted from 0"),
    ],
)
def test_impossible_columns_are_refused(
    model: str, pairs: Pairs, arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = files(tmp_path, "plain", pairs[:20])
    for call in (
        ["evaluate", "--model", model],
        ["forcing", "--model", model],
        ["train", "--valid", *data, "--out", str(tmp_path / "m")],
    ):
        assert main([*call, "--data", *data, *arguments]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--valid is missing: name a file of pairs, or hold out a share of --data with --valid-share"),
        (["--valid", "v", "--valid-share", "0.1"], "--valid and --valid-share both choose the validation pairs"),
        (["--valid-share", "0"], "valid-share must be between 0 and 1, not 0"),
        (["--valid-share", "1.5"], "valid-share must be between 0 and 1, not 1.5"),
        (["--valid", "a", "b", "c"], "3 files were chosen"),
    ],
)
def test_contradicting_choices_of_validation_pairs_are_refused(
    arguments: list[str], message: str, pairs: Pairs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = files(tmp_path, "plain", pairs[:20])
    assert main(["train", "--data", *data, *arguments, "--out", str(tmp_path / "m"), "--device", "cpu"]) == 2
    assert message in capsys.readouterr().err


def test_task_refuses_a_share(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--task", "sort", "--valid-share", "0.1", "--out", str(tmp_path / "m")]) == 2
    assert "--task makes its own pairs: leave out --valid-share" in capsys.readouterr().err


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("last", ["", "\x1a"])
def test_translate_reads_the_lines_of_all_systems(
    model: str, end: str, last: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lines.txt"
    path.write_text(end.join(["I see the key.", "", "we", ""]) + last, encoding="utf-8", newline="")
    assert main(["translate", "--model", model, "--input", str(path)]) == 0
    assert len(capsys.readouterr().out.split("\n")) == 4


def test_as_is_guesses_nothing(model: str, tmp_path: Path, pairs: Pairs, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text('English\tFrench\n"a<br>\t"b\n' + "".join(f"{a}\t{b}\n" for a, b in pairs), encoding="utf-8")
    counts = {}
    for flag in ([], ["--as-is"]):
        out = tmp_path / f"m{len(flag)}"
        call = ["train", "--data", str(path), "--valid", str(path), *flag, "--out", str(out), "--device", "cpu", *SMALL]
        assert main(call) == 0
        counts[len(flag)] = int(capsys.readouterr().out.split(" pairs, ")[0].split()[-1])
    assert counts[1] == counts[0] + 1  # the header is a pair
