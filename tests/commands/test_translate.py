"""Tests of `python -m seq2seq translate` on text as people have it: bad lines, other scripts, pipes."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from seq2seq.__main__ import main

GOOD = "I see the key."
LONG = "the cat " * 200
FOREIGN = "日本語のテキスト"


def translated(model: str, tmp_path: Path, data: bytes, *options: str) -> tuple[int, list[str]]:
    """Return the exit status and the output lines of a file with these bytes."""
    file, out = tmp_path / "in.txt", tmp_path / "out.txt"
    file.write_bytes(data)
    out.unlink(missing_ok=True)
    status = main(["translate", "--model", model, "--input", str(file), "--output", str(out), *options])
    return status, out.read_text(encoding="utf-8").split("\n")[:-1] if out.exists() else []


def test_a_bad_line_does_not_cost_the_others(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = f"{GOOD}\n{FOREIGN}\n\n{LONG}\n".encode() + b"broken \xff\n" + GOOD.encode()
    status, lines = translated(model, tmp_path, data)
    warnings = capsys.readouterr().err
    assert status == 1
    assert lines[0] == lines[5] != ""
    assert lines[1:5] == ["", "", "", ""]
    for number, reason in ((2, "most of these characters"), (4, "characters; please keep"), (5, "not valid Unicode")):
        assert f"line {number} was skipped: " in warnings and reason in warnings
    assert "line 3" not in warnings and "3 of 6 lines" in warnings


def test_on_error_stop_names_the_first_bad_line(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert translated(model, tmp_path, f"{GOOD}\n{FOREIGN}\n".encode(), "--on-error", "stop")[0] == 2
    assert "line 2: most of these characters" in capsys.readouterr().err


def test_on_error_truncate_translates_the_beginning_of_a_long_line(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, lines = translated(model, tmp_path, f"{LONG}\n{FOREIGN}\n".encode(), "--on-error", "truncate")
    assert status == 1 and lines[0] != "" and lines[1] == ""
    assert "line 1 was cut" in capsys.readouterr().err


def test_a_good_file_has_exit_status_0_and_no_warning(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert translated(model, tmp_path, GOOD.encode())[0] == 0
    assert "does not contain" not in capsys.readouterr().err


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_every_line_end_is_a_line_end(model: str, tmp_path: Path, end: str) -> None:
    text = end.join([GOOD, "we find two apples.", ""])
    assert translated(model, tmp_path, text.encode()) == translated(model, tmp_path, text.replace(end, "\n").encode())


def test_a_line_is_judged_alone_as_in_a_file(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "--model", model, FOREIGN]) == 2
    alone = capsys.readouterr().err.partition("translate: ")[2].strip()
    translated(model, tmp_path, FOREIGN.encode())
    assert alone in capsys.readouterr().err


def test_a_utf_16_file_is_refused_as_what_it_is(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert translated(model, tmp_path, GOOD.encode("utf-16-le"))[0] == 2
    assert "perhaps UTF-16: save it as UTF-8" in capsys.readouterr().err


def test_standard_input_is_translated_as_it_arrives(model: str) -> None:
    command = [sys.executable, "-m", "seq2seq", "translate", "--model", model, "--input", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdin and process.stdout
        answers = []
        for _ in range(2):  # the second line is written only after the answer to the first one was read
            process.stdin.write(GOOD + "\n")
            process.stdin.flush()
            answers.append(process.stdout.readline())
        process.stdin.close()
        assert process.wait() == 0
    assert answers[0] == answers[1] != ""


def test_unknown_characters_are_named_on_standard_error(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    for text, named in (
        ("I see the key Ж.", "“Ж”"),
        ("I see æ and 漢.", "“æ”, “漢”"),
    ):
        assert main(["translate", "--model", model, text]) == 0
        assert f"does not contain {named}. It reads unknown characters as bytes" in capsys.readouterr().err
    assert main(["translate", "--model", model, GOOD]) == 0
    assert "does not contain" not in capsys.readouterr().err


def test_a_terminal_gets_no_control_characters(
    model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seq2seq.sources.text.Vocabulary.decode", lambda *_: "red \x1b[31m\x07 text")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    assert main(["translate", "--model", model, GOOD]) == 0
    assert main(["translate", "--model", model, "--input", "-"]) == 0
    assert capsys.readouterr().out == "red [31m text\n" * 2
