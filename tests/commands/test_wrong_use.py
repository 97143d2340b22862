"""Wrong use of the command line prints one line that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from seq2seq.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required"),
        (["dance"], "invalid choice: 'dance'"),
        (["translate", "hello"], "required: --model"),
        (["translate", "--model", "nowhere", "hello"], "no model 'nowhere'"),
        (["translate", "--model", "M"], "give either a sentence or --input FILE"),
        (["translate", "--model", "M", "a", "--input", "b"], "give either a sentence or --input FILE"),
        (["translate", "--model", "M", "--input", "-", "--trace", "t"], "--trace records one sentence"),
        (["translate", "--model", "M", ""], "there is nothing to translate"),
        (["translate", "--model", "M", "😀"], "there are no words"),
        (["translate", "--model", "M", "x" * 10_000], "10,000 characters; please keep to 1,000"),
        (["translate", "--model", "M", "a", "--beam", "0"], "beam size must be between 1"),
        (["translate", "--model", "M", "a", "--beam", "2", "--sample"], "not allowed with"),
        (["translate", "--model", "M", "a", "--no-repeat", "-1"], "--no-repeat must be between 0 and 10, not -1"),
        (["translate", "--model", "M", "a", "--temperature", "0.5"], "--temperature needs --sample"),
        (["translate", "--model", "M", "a", "--length-penalty", "0.5"], "--length-penalty needs --beam"),
        (["translate", "--model", "M", "--input", "/nowhere.txt"], "/nowhere.txt cannot be read: No such file"),
        (["score", "--model", "M", "--source", "a"], "its translation by --target"),
        (["evaluate", "--model", "M", "--data", "/nowhere.tsv"], "/nowhere.tsv cannot be read"),
        (["train", "--data", "d", "--valid", "/nowhere.tsv", "--out", "O"], "/nowhere.tsv cannot be read"),
        (["train", "--data", "d", "--valid", "v", "--out", "O", "--epochs", "0"], "--epochs must be between 1"),
        (["train", "--data", "d", "--valid", "v", "--out", "O", "--cell", "qrnn"], "--cell must be one of"),
        (
            ["train", "--data", "d", "--valid", "v", "--out", "O", "--architecture", "cnn"],
            "--architecture must be one of recurrent, ",
        ),
        (
            ["train", "--data", "d", "--valid", "v", "--out", "O", "--architecture", "cho", "--attention", "dot"],
            "--architecture 'cho' needs --attention 'none', not 'dot'",
        ),
        (["train", "--data", "d", "--valid", "v", "--out", "O", "--device", "tpu"], "--device must be one of auto"),
        (["train", "--task", "juggle", "--out", "O"], "--task must be one of reverse, sort"),
        (["train", "--task", "juggle", "--out", "O"], ", stories, letters, katakana, not 'juggle'"),
        (["train", "--task", "sort", "--data", "d", "--out", "O"], "--task makes its own pairs: leave out --data"),
        (["train", "--data", "d", "--out", "O"], "--valid is missing: name a file of pairs"),
        (["train", "--task", "sort", "--minutes", "0", "--out", "O"], "minutes must be between 0 and"),
        (["train", "--task", "sort", "--source", "0", "--out", "O"], "--task makes its own pairs: leave out --source"),
        (["train", "--task", "sort", "--out", "O", "--learning", "0.1"], "--learning 0.1 (see python -m seq2seq train --help)"),
        (["train", "--task", "sort", "--minutes", "1", "--epochs", "2", "--out", "O"], "--minutes and --epochs both set"),
        (["train", "--task", "sort", "--updates", "9", "--epochs", "2", "--out", "O"], "--updates and --epochs both set"),
        (["evaluate", "--task", "sort", "--target", "0", "--model", "M"], "leave out --target"),
        (["evaluate", "--task", "juggle", "--model", "M"], "--task must be one of reverse, sort"),
        (["evaluate", "--task", "letters", "--model", "M"], "has no test examples: give --data OUT-data/valid.tsv"),
        (["train", "--data", "d", "--valid", "v", "--out", "O", "--threads", "-3"], "threads must be between 0"),
        (["train", "--data", "d", "--valid", "v", "--out", "O", "--resume"], "it contains no interrupted run"),
        (["translate", "--model", "x" * 400, "hello"], "no model 'xxx"),
        (["score", "--model", "M", "--source", "a", "--target", " "], "nothing to score"),
        (["forcing", "--model", "M", "--data", "/nowhere.tsv"], "/nowhere.tsv cannot be read"),
        (["forcing", "--model", "M", "--data", "d", "--seed", "-1"], "seed must be between 0 and"),
        (["align", "--model", "M"], "--data --task is required"),
        (["align", "--model", "M", "--data", "/nowhere.tsv"], "/nowhere.tsv cannot be read"),
        (["compare", "--recipe", "one", "M", "--data", "d", "--test", "d"], "give 2 to 3 recipes"),
        (["compare", "--recipe", "one", "M", "--recipe", "one", "M", "--data", "d", "--test", "d"], "give 2 to 3 recipes"),
        (["compare", "--recipe", "one", "M", "--recipe", "two", "--data", "d", "--test", "d"], "give 2 to 3 recipes"),
    ],
)
def test_wrong_use_prints_one_line_and_returns_2(
    model: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = [{"M": model, "O": str(tmp_path / "out")}.get(a, a) for a in arguments]
    try:
        status = main(arguments)
    except SystemExit as stopped:
        status = stopped.code  # type: ignore[assignment]
    printed = capsys.readouterr()
    assert status == 2 and printed.out == ""
    assert message in printed.err and printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "broken.tsv is empty: it needs one sentence pair a row"),
        (b"one column\n", "the file has one column, but two are needed"),
        ("été\ttwo\n".encode() + b"one\xff\ttwo\n", "line 2 is not UTF-8 text"),
        (b"one\t\ntwo\t \n", "contains no sentence pair with visible characters on both sides. 2 rows have an empty side"),
    ],
)
def test_broken_file_of_pairs_is_reported(
    model: str, tmp_path: Path, content: bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.tsv").write_bytes(content)
    assert main(["evaluate", "--model", model, "--data", str(tmp_path / "broken.tsv")]) == 2
    assert message in capsys.readouterr().err
