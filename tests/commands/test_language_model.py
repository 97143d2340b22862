"""A language model in the shell: train it on lines or on a column, write, score, and measure its perplexity."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.shell import run
from support.small import make_checkpoint, make_model, small_config

from seq2seq.__main__ import main
from seq2seq.decoding.translator import Translator
from seq2seq.models.saved import checkpoint
from seq2seq.runs import card
from seq2seq.sources.normalise import printable
from seq2seq.sources.text import Tokenizer

SMALL = ["--decoder-size", "16", "--embedding-size", "16", "--updates", "6", "--vocabulary-size", "310", "--batch-tokens=400"]


@pytest.fixture(scope="module")
def lines(data: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The target column of the pairs as a text file."""
    file = tmp_path_factory.mktemp("lines") / "lines.txt"
    rows = Path(data[0]).read_text(encoding="utf-8").splitlines()
    file.write_text("".join(f"{row.split(chr(9))[1]}\n" for row in rows), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def writer(lines: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = str(tmp_path_factory.mktemp("models") / "writer")
    train = ["train", "--architecture", "language-model", "--data", str(lines), "--valid-share", "0.2", "--out", out, *SMALL]
    assert main(train) == 0
    return out


def test_a_text_file_and_the_column_of_pairs_give_the_same_model(
    writer: str, lines: Path, data: tuple[str, str], tmp_path: Path
) -> None:
    train = ["train", "--architecture", "language-model", "--data", data[0], "--valid-share", "0.2", *SMALL]
    assert main([*train, "--target", "1", "--out", str(tmp_path / "column")]) == 0
    one, other = (Translator.load(folder).score("", "je vois la clé.") for folder in (writer, tmp_path / "column"))
    assert one.log_prob == other.log_prob


def test_generate_begins_as_told_and_repeats_itself_by_its_seed(writer: str, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["generate", "--model", writer, "--start", "je vois", "--count", "3", "--seed", "4"]
    found = run(capsys, *call)
    assert found == run(capsys, *call) and len(found.splitlines()) == 3
    assert all(line.startswith("je vois") for line in found.splitlines())
    written = json.loads(run(capsys, *call, "--json"))
    texts = [printable(" ".join(sentence["text"].split())) for sentence in written["sentences"]]
    assert texts == found.splitlines()
    assert written["strategy"]["seed"] == 4
    assert run(capsys, "generate", "--model", writer, "--greedy") == run(capsys, "generate", "--model", writer, "--top-k", "1")


def test_score_takes_sentences_alone(writer: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(capsys, "score", "--model", writer, "je vois la clé.", "je vois.", "--json"))["sentences"]
    assert [each["target"] for each in found] == ["je vois la clé.", "je vois."]
    for each in found:
        assert each["log_prob"] == pytest.approx(sum(piece["log_prob"] for piece in each["pieces"]), abs=1e-5)
        assert each["perplexity_per_word"] > each["perplexity_per_piece"]
    assert "per word" in run(capsys, "score", "--model", writer, "je vois.")


def test_score_counts_the_pairs_whose_right_sentence_is_likelier(
    writer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["gender\tla clé\tle clé", "length\tje vois\tje vois la clé et deux pommes"]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows), encoding="utf-8")
    call = ["score", "--model", writer, "--pairs", str(tmp_path / "pairs.tsv")]
    found = json.loads(run(capsys, *call, "--json"))
    for pair, row in zip(found["pairs"], rows, strict=True):
        scores = [Translator.load(writer).score("", text).log_prob for text in row.split("\t")[1:]]
        assert [pair["log_prob_right"], pair["log_prob_wrong"]] == pytest.approx(scores)
        assert pair["is_right"] == (scores[0] > scores[1])
    assert found["pairs"][1]["is_right"]  # a longer product is smaller
    assert f"likelier in {found['right']} of 2 pairs" in run(capsys, *call)
    (tmp_path / "pairs.tsv").write_text("two\tcolumns", encoding="utf-8")
    assert main(call) == 2 and "line 1 has 2 columns" in capsys.readouterr().err


def test_evaluate_measures_perplexity_and_writes_it_into_the_card(
    writer: str, lines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(run(capsys, "evaluate", "--model", writer, "--data", str(lines), "--json", "--card"))
    assert found["perplexity_per_word"] > found["perplexity_per_piece"] > 1
    text = (Path(writer) / "README.md").read_text(encoding="utf-8")
    assert f"| {found['perplexity_per_piece']:.2f} | {found['perplexity_per_word']:.2f} |" in text
    assert "A language model: reads no source" in text and "pipeline_tag: text-generation" in text
    assert card.updates(Path(writer)) == 6


def test_the_worth_of_a_source_over_many_pairs(
    model: str, data: tuple[str, str], capsys: pytest.CaptureFixture[str], tokenizer: Tokenizer, tmp_path: Path
) -> None:
    writer = Translator(make_checkpoint(make_model(small_config("language-model")), tokenizer))
    checkpoint.save(make_checkpoint(writer.model, tokenizer), tmp_path / "writer")  # with the pieces of the other model
    call = ["worth", "--model", model, "--alone", str(tmp_path / "writer"), "--data", data[1], "--count", "5"]
    found = json.loads(run(capsys, *call, "--json"))
    assert found["mode"] == "teacher-forced" and found["targets"] == 5
    assert found["worth_against_none"] == pytest.approx(found["alone"] - found["own"])
    table = run(capsys, *call)
    assert all(f"{found[name]:.3f}" in table for name in ("own", "swapped", "alone", "worth", "worth_against_none"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (["translate", "--model", "W", "hello"], "write with it by `generate`, or score sentences by `score`"),
        (["evaluate", "--model", "W", "--data", "L", "--beam", "5"], "leave out --beam"),
        (["score", "--model", "W", "--source", "a", "--target", "b"], "has no source: give only sentences"),
        (["score", "--model", "M", "a"], "give its source by --source"),
        (["worth", "--model", "W", "--data", "P"], "has no source to translate"),
        (["worth", "--model", "M", "--data", "P", "--alone", "M"], "this needs a language model"),
        (["worth", "--model", "M", "--data", "P", "--alone", "W"], "into different pieces"),
        (["worth", "--model", "M", "--data", "P", "--count", "1"], "--count needs at least two pairs"),
        (["generate", "--model", "M"], "this needs a language model"),
        (["generate", "--model", "W", "--greedy", "--top-k", "3"], "leave out --top-k"),
        (["generate", "--model", "W", "--count", "0"], "count must be between 1 and 100"),
        (["train", "--architecture", "language-model", "--task", "reverse", "--out", "O"], "not from a task"),
        (
            ["train", "--architecture", "language-model", "--data", "L", "--valid-share", "0.2", "--probe", "a", "--out", "O"],
            "a language model translates nothing: leave out --probe",
        ),
        (
            ["train", "--architecture", "language-model", "--data", "L", "--valid-share", "0.2", "--out", "O"]
            + ["--augment", "form"],
            "--augment changes sentence pairs",
        ),
    ],
)
def test_wrong_use_is_explained(
    call: list[str],
    message: str,
    writer: str,
    model: str,
    lines: Path,
    data: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = {"W": writer, "M": model, "L": str(lines), "P": data[1], "O": str(tmp_path / "out")}
    assert main([given.get(part, part) for part in call]) == 2
    assert message in capsys.readouterr().err
