import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from seq2seq.config import TrainConfig
from seq2seq.data.batches import TrainingData
from seq2seq.data.corpora import Corpus, PairFile, read_pairs, with_references
from seq2seq.sources.text import Tokenizer


def test_read_pairs_selects_columns_and_skips_rows_with_an_empty_side(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_bytes(b'un\t"one\tx\r\n\n \tempty\ty\ndeux\ttwo\tz\n')
    assert read_pairs(path)[0] == [("un", '"one'), ("deux", "two")]
    assert read_pairs(path, source=2, target=0)[0] == [("x", "un"), ("z", "deux")]
    with pytest.raises(ValueError, match="counted from 0"):
        read_pairs(path, source=-1)


def test_corpus_normalises_pairs_and_removes_duplicates(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("I’m  in\tje  suis là\nI'm in\tje suis là\nI'm in\tj'y suis\n", encoding="utf-8")
    corpus = Corpus(path)
    assert len(corpus) == 2
    for _ in range(2):
        assert list(corpus) == [("I'm in", "je suis là"), ("I'm in", "j'y suis")]


def test_corpus_refuses_a_pipe_because_it_reads_twice(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="is not a regular file"):
        Corpus(tmp_path / "pipe")


def test_training_data_streams_pairs_instead_of_holding_them(tmp_path: Path, tokenizer: Tokenizer) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"I see {n} red boats.\tje vois {n} bateaux rouges.\n" for n in range(3000)), encoding="utf-8")

    def peak(prepare: Callable[[], object]) -> int:
        """Return the peak memory of Python and NumPy in bytes."""
        tracemalloc.start()
        prepare()
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    TrainingData(Corpus(path), tokenizer, TrainConfig())  # fill caches first, so that they are not counted
    streamed = peak(lambda: TrainingData(Corpus(path), tokenizer, TrainConfig()))
    held = peak(lambda: [(tokenizer.source.encode(s), tokenizer.target.encode(t)) for s, t in PairFile.open(path)])
    assert 5 * streamed < held


def test_with_references_groups_targets_by_source_in_order() -> None:
    pairs = [("hi", "salut"), ("yes", "oui"), ("hi", "bonjour"), ("hi", "salut")]
    assert with_references(pairs) == {"hi": ["salut", "bonjour"], "yes": ["oui"]}


def test_pairs_with_an_invisible_side_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("yes\toui\n\u200b\toui\nno\t\ufeff\nno \tnon\nno\u00a0\tnon\n", encoding="utf-8")
    assert list(Corpus(path)) == [("yes", "oui"), ("no", "non")]
    assert read_pairs(path)[0] == [("yes", "oui"), ("no", "non"), ("no", "non")]
    assert len(read_pairs(path, raw=True)[0]) == 5
    path.write_text("\u200b\toui\n", encoding="utf-8")
    for read in (Corpus, read_pairs):
        with pytest.raises(ValueError, match="no sentence pair with visible characters"):
            read(path)


def test_repeated_pairs_count_as_often_as_they_stand_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("yes\toui\nyes\toui\nno\tnon\n", encoding="utf-8")
    assert len(Corpus(path)) == 2
    assert list(Corpus(path, repeated=True)) == [("yes", "oui"), ("yes", "oui"), ("no", "non")]


def write_pairs(path: Path, pairs: list[tuple[str, str]]) -> Path:
    path.write_text("".join(f"{a}\t{b}\n" for a, b in pairs), encoding="utf-8")
    return path


MANY = [(f"sentence {n % 900}.", f"phrase {n % 700}.") for n in range(3000)]


@pytest.mark.parametrize("repeated", [False, True])
@pytest.mark.parametrize("share", [0.02, 0.3])
def test_split_holds_out_a_share_without_common_sentences(tmp_path: Path, repeated: bool, share: float) -> None:
    corpus = Corpus(write_pairs(tmp_path / "pairs.tsv", [*MANY, *MANY[:500]]), repeated=repeated)
    training, validation = corpus.split(share)
    train, valid = list(training), list(validation)
    assert (len(train), len(valid)) == (len(training), len(validation))
    for side in (0, 1):
        assert not {pair[side] for pair in train} & {pair[side] for pair in valid}
    assert len(set(valid)) == len(valid) and set(train) | set(valid) <= set(corpus)
    assert 0.3 * share < len(valid) / len(set(MANY)) < 2 * share
    assert (len(set(train)) < len(train)) == repeated
    # The same sentences are held out of a corpus with more pairs, so that models can be compared.
    more = [(f"other {n}.", f"autre {n}.") for n in range(500)]
    again = Corpus(write_pairs(tmp_path / "more.tsv", [*more, *MANY]), repeated=repeated).split(share)[1]
    assert set(valid) == set(again) & set(MANY)
    remark = training.remarks[-1]
    assert f"{len(valid):,} pairs are held out for validation, {len(train):,} are for training" in remark


@pytest.mark.parametrize("share", [1e-9, 1 - 1e-9])
def test_split_into_an_empty_part_is_refused(tmp_path: Path, share: float) -> None:
    with pytest.raises(ValueError, match=r"leaves none for (validation|training): choose another share"):
        Corpus(write_pairs(tmp_path / "pairs.tsv", MANY[:50])).split(share)


@pytest.mark.parametrize(("first", "last", "common"), [(0, 60, 50), (40, 60, 10), (49, 51, 1), (50, 60, 0)])
def test_corpus_says_how_many_held_out_pairs_it_contains(tmp_path: Path, first: int, last: int, common: int) -> None:
    valid = Corpus(write_pairs(tmp_path / "valid.tsv", MANY[first:last]))
    train = Corpus(write_pairs(tmp_path / "train.tsv", MANY[:50]), held_out=valid)
    said = [remark for remark in train.remarks if "are also in" in remark]
    assert said == [] if not common else f"{common} of its {last - first} pairs are also in" in said[0]


@pytest.mark.parametrize(
    ("source", "target", "expected"), [(None, None, (0, 1)), (1, None, (1, 0)), (None, 0, (1, 0)), (2, None, (2, 0))]
)
def test_column_that_is_not_given_makes_room(tmp_path: Path, source: int | None, target: int | None, expected: tuple) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"a word {n}\tun mot {n}\tein Wort {n}\n" for n in range(60)))
    layout = PairFile.open(path, source, target).layout
    assert (layout.source, layout.target) == expected


@pytest.mark.parametrize("column", [0, 1, 7])
def test_one_column_for_both_sides_is_refused(tmp_path: Path, column: int) -> None:
    path = write_pairs(tmp_path / "pairs.tsv", MANY[:50])
    with pytest.raises(ValueError, match=f"column {column} cannot be both source and target"):
        Corpus(path, column, column)
    with pytest.raises(ValueError, match="there is no column 8"):
        read_pairs(path, 0, 7)


# --- sentences of a language model ---


def test_a_text_file_is_read_as_one_sentence_a_line_with_its_commas_and_quotes(tmp_path: Path) -> None:
    lines = ['"Yes," he said, "of course."', "One, two, three.", "One, two, three.", "", "Tea & cake."]
    (tmp_path / "lines.txt").write_text("\n".join(lines), encoding="utf-8")
    assert list(Corpus(tmp_path / "lines.txt", alone=True)) == [("", lines[0]), ("", lines[1]), ("", lines[4])]


def test_the_sentences_of_pairs_are_their_targets_or_a_chosen_column(tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("Hello.\tBonjour.\nHello.\tSalut.\nYes.\tOui.\n", encoding="utf-8")
    (tmp_path / "pairs.jsonl").write_text(
        '{"en": "Hello.", "fr": "Bonjour."}\n{"en": "Yes.", "fr": "Oui."}\n', encoding="utf-8"
    )
    assert [text for _, text in Corpus(tmp_path / "pairs.tsv", alone=True)] == ["Bonjour.", "Salut.", "Oui."]
    assert [text for _, text in Corpus(tmp_path / "pairs.tsv", target=0, alone=True)] == ["Hello.", "Yes."]
    found = Corpus(tmp_path / "pairs.jsonl", alone=True)
    assert [text for _, text in found] == ["Bonjour.", "Oui."]
    assert any("only the sentences of 'fr' (column 1 of 2)" in remark for remark in found.remarks)
    with pytest.raises(ValueError, match="there is no column 3"):
        Corpus(tmp_path / "pairs.tsv", target=2, alone=True)


def test_held_out_sentences_are_not_in_training(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("".join(f"Sentence {i % 150}.\n" for i in range(300)), encoding="utf-8")
    training, held = Corpus(tmp_path / "lines.txt", alone=True).split(0.2)
    assert set(training).isdisjoint(held) and len(training) + len(held) == 150 and 10 < len(held) < 60
    assert any("of its" in remark for remark in Corpus(tmp_path / "lines.txt", alone=True, held_out=held).remarks)
