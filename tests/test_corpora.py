from pathlib import Path

import pytest

from seq2seq.corpora import for_training, read_tsv, with_references


def test_columns_are_chosen_and_rows_with_an_empty_side_left_out(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_bytes(b'un\t"one\tx\r\n\n \tempty\ty\ndeux\ttwo\tz\n')
    assert read_tsv(path) == [("un", '"one'), ("deux", "two")]
    assert read_tsv(path, source=2, target=0) == [("x", "un"), ("z", "deux")]
    with pytest.raises(ValueError, match="counted from 0"):
        read_tsv(path, source=-1)


def test_training_pairs_are_normalised_and_stand_once() -> None:
    assert for_training([("I’m  in", "je  suis là"), ("I'm in", "je suis là"), ("I'm in", "j'y suis")]) == [
        ("I'm in", "je suis là"),
        ("I'm in", "j'y suis"),
    ]


def test_references_are_gathered_by_source_in_order() -> None:
    pairs = [("hi", "salut"), ("yes", "oui"), ("hi", "bonjour"), ("hi", "salut")]
    assert with_references(pairs) == {"hi": ["salut", "bonjour"], "yes": ["oui"]}
