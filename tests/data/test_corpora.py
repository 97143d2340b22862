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
