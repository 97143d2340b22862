"""A dictionary becomes pairs of a word and its phonemes, without stress and comments, or of a name and its katakana."""

import json
from pathlib import Path

import pytest
from support.shell import run

from seq2seq.__main__ import main
from seq2seq.data.public.corpora import rows
from seq2seq.data.public.dictionaries import DICTIONARIES
from seq2seq.data.public.downloads import FOLDER

TEXT = """;;; a comment
read R EH1 D
read(2) R IY1 D # present
o'hare OW0 HH EH1 R
a42 EY1 F AO1 R T IY0 T UW1
"""


def test_each_pronunciation_of_a_word_is_a_pair() -> None:
    (remote,) = DICTIONARIES["letters-en"].files
    assert list(rows(remote, TEXT.encode())) == [("read", "R EH D"), ("read", "R IY D"), ("o'hare", "OW HH EH R")]
    with pytest.raises(ValueError, match="contains no entry"):
        list(rows(remote, b"nothing here\n"))


SMALL = ["--embedding-size", "8", "--encoder-size", "8", "--decoder-size", "8", "--attention-size", "8"]


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put a small dictionary with two pronunciations of each word into the folder of copies; return its words."""
    copies = tmp_path / "copies"
    copies.mkdir()
    words = [f"{a}{b}{c}" for a in "bcdf" for b in "aeiou" for c in "lmnprst"]
    lines = [line for word in words for line in (f"{word} {word[0].upper()} AH0", f"{word}(2) {word[2].upper()} IY1")]
    (copies / "cmudict.txt").write_text("\n".join(lines))
    monkeypatch.setenv(FOLDER, str(copies))
    return words


def test_words_are_held_out_with_all_their_pronunciations(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "BSD 2-Clause" in run(capsys, "fetch", "letters-en", "--out", str(tmp_path / "out"))
    train, valid = (
        {line.split("\t")[0] for line in (tmp_path / "out" / f"{name}.tsv").read_text().splitlines()}
        for name in ("train", "valid")
    )
    assert train and valid and not train & valid and valid <= set(words)
    call = ["train", "--config", str(tmp_path / "out" / "train.yaml"), "--out", str(tmp_path / "model"), "--updates", "2"]
    assert main([*call, *SMALL]) == 0
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["model"]["source_kind"] == "letters" and not config["model"]["shared_vocabulary"]
    assert config["origin"]["subject"] == "letters" and "Carnegie Mellon" in config["origin"]["attribution"]


@pytest.mark.usefixtures("words")
def test_the_task_letters_fetches_its_dictionary_and_a_finished_run_can_be_made_longer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["train", "--task", "letters", "--out", str(tmp_path / "model")]
    run(capsys, *call, "--updates", "2", *SMALL)
    assert {"train.tsv", "valid.tsv", "train.yaml"} <= {path.name for path in (tmp_path / "model-data").iterdir()}
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["model"]["source_kind"] == "letters" and config["training"]["learning_rate"] == 0.003
    run(capsys, *call, "--resume", "--updates", "3")
    results = json.loads((tmp_path / "model" / "results.json").read_text())
    assert results["training"]["updates"] == 3 and "--source-kind letters" in results["training"]["command"]


@pytest.mark.parametrize(("option", "value"), [("--data", "pairs.tsv"), ("--valid-share", "0.1"), ("--config", "train.yaml")])
def test_the_task_letters_refuses_other_pairs_and_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    assert main(["train", "--task=letters", option, value, "--out", str(tmp_path / "model")]) == 2
    assert f"leave out {option}, or leave out --task" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_names_keep_the_split_of_their_makers_and_only_names_in_katakana_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = ("anna\tア ン ナ\t255", "o'neil\tオ ニ ー ル\t1", "zoë\tゾ ー イ\t2")
    train = (*good, '"dee"\tデ ィ ー\t1', "b2\tビ ー\t1", "pará\tデ 8\t1")
    for name, lines in (("train", train), ("valid", ("thomas\tト ー マ ス\t747", "no katakana", "sole\tSole\t1"))):
        (tmp_path / f"katakana-names-{name}.txt").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv(FOLDER, str(tmp_path))
    said = run(capsys, "fetch", "names-ja", "--out", str(tmp_path / "out"))
    assert "3 pairs in train.tsv, 1 in valid.tsv" in said and "CC0" in said
    written = [(tmp_path / "out" / f"{name}.tsv").read_text(encoding="utf-8") for name in ("train", "valid")]
    assert written == ["anna\tアンナ\no'neil\tオニール\nzoë\tゾーイ\n", "thomas\tトーマス\n"]


def test_a_model_of_letters_cannot_learn_from_changed_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "words.tsv").write_text("".join(f"{word}\tAH B\n" for word in ("ab", "ba", "bab", "abba")))
    call = ["train", "--data", str(tmp_path / "words.tsv"), "--valid-share", "0.5", "--out", str(tmp_path / "out")]
    call += ["--source-kind", "letters", "--vocabulary-kind", "word", "--no-shared-vocabulary"]
    assert main([*call, "--augment", "typos"]) == 2
    assert "--augment changes sentences, but this model reads the letters of a word: choose 'none'" in capsys.readouterr().err
