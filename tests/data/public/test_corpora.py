"""Tests of the public corpora: complete descriptions, safe reading of archives, and a split that never changes."""

import gzip
import random
import re
import tarfile
import zipfile
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.files.archives import TABLE, tarred, zipped

from seq2seq.data.lines import MAX_LINE
from seq2seq.data.public import corpora as public_corpora
from seq2seq.data.public.corpora import HELD_OUT, PUBLIC, Remote, rows, split

COLUMNS = Remote("https://a.invalid/x.zip", "x.zip", ("x.txt",), 10_000_000)
TEXTS = Remote("https://a.invalid/x.tar.gz", "x.tar.gz", ("x.en", "x.de"), 10_000_000)

# --- the registry ---


@pytest.mark.parametrize("name", PUBLIC)
def test_corpus_is_described_and_available_in_both_directions(name: str) -> None:
    corpus = PUBLIC[name]
    family, source, target = name.split("-")
    back = PUBLIC[f"{family}-{target}-{source}"]
    assert corpus.name == name and "English" in (corpus.source_language, corpus.target_language)
    assert (back.source_language, back.target_language) == (corpus.target_language, corpus.source_language)
    assert (back.files, back.licence, back.attribution) == (corpus.files, corpus.licence, corpus.attribution)
    assert back.swapped != corpus.swapped and corpus.swapped == (target == "en")
    assert (
        corpus.licence and corpus.attribution and corpus.title.endswith(f"{corpus.source_language} to {corpus.target_language}")
    )


def test_addresses_use_https_and_file_names_are_unique() -> None:
    remotes = {remote for corpus in PUBLIC.values() for remote in corpus.files}
    for remote in remotes:
        parts = urlsplit(remote.address)
        assert parts.scheme == "https" and parts.hostname and not parts.query
        assert remote.file.endswith((".zip", ".tar.gz")) and "/" not in remote.file
        assert re.fullmatch("[0-9a-f]{64}", remote.sha256 or 64 * "0")
    assert len({remote.file for remote in remotes}) == len(remotes) == len({remote.address for remote in remotes})


def test_titles_are_unique_and_all_languages_exist() -> None:
    assert len({corpus.title for corpus in PUBLIC.values()}) == len(PUBLIC)
    others = {corpus.target_language for name, corpus in PUBLIC.items() if name.startswith("tatoeba-en-")}
    assert others == {"French", "Spanish", "German", "Japanese", "Chinese", "Italian", "Portuguese"}
    assert all(remote.sha256 for remote in PUBLIC["multi30k-de-en"].files)


# --- reading ---


def test_rows_of_columns_are_read_from_any_folder_of_the_archive() -> None:
    text = "Hi.\tSalut.\tby nobody\r\n\n  \n\tno English\nno French\t \nOh!\t« Ô ! »"
    for name in ("x.txt", "folder/x.txt"):
        data = zipped({"_about.txt": b"Hello", "other-x.txt": b"wrong\twrong", name: text.encode()})
        assert list(rows(COLUMNS, data)) == [("Hi.", "Salut."), ("Oh!", "« Ô ! »")]


def test_rows_of_two_texts_are_paired_line_by_line() -> None:
    for folder in ("", "./", "a/b/"):
        data = tarred({f"{folder}._x.en": b"\xff", f"{folder}x.en": b"One.\n\nTwo.\n\n", f"{folder}x.de": b"Eins.\n\nZwei."})
        assert list(rows(TEXTS, data)) == [("One.", "Eins."), ("Two.", "Zwei.")]


FAULTS: dict[str, tuple[Remote, bytes, str]] = {
    "no zip": (COLUMNS, b"<html>Please log in</html>", "it is not the expected archive, or it is damaged"),
    "empty zip": (COLUMNS, b"", "it is not the expected archive, or it is damaged"),
    "half a zip": (COLUMNS, zipped({"x.txt": TABLE})[:-99], "it is not the expected archive, or it is damaged"),
    "other zip": (COLUMNS, zipped({"y.txt": TABLE}), "it does not contain x.txt"),
    "folder": (COLUMNS, zipped({"x.txt/": b""}), "it does not contain x.txt"),
    "method": (COLUMNS, zipped({"x.txt": TABLE}, zipfile.ZIP_LZMA), "is damaged (compression method 14)"),
    "line bomb": (COLUMNS, zipped({"x.txt": bytes(1_500_000)}), "x.txt: line 1 has more than 1,000,000 characters"),
    "bomb": (COLUMNS, zipped({"x.txt": b"a\tb\n" * 500_001}), "x.txt: it has more than 2,000,000 bytes"),
    "no pair": (COLUMNS, zipped({"x.txt": b"\n\n"}), "x.txt contains no sentence pair"),
    "one column": (COLUMNS, zipped({"x.txt": b"a\tb\nno tab\n"}), "line 2 of x.txt does not have a sentence on both sides"),
    "no text": (COLUMNS, zipped({"x.txt": b"a\tb\nc\t\xff\n"}), "x.txt: line 2 is not UTF-8 text"),
    "no tar": (TEXTS, b"\x1f\x8b not", "it is not the expected archive, or it is damaged"),
    "half a tar": (TEXTS, tarred({"x.en": TABLE})[:-99], "it is not the expected archive, or it is damaged"),
    "gzip alone": (TEXTS, gzip.compress(TABLE), "it is not the expected archive, or it is damaged"),
    "one text": (TEXTS, tarred({"x.en": TABLE}), "it does not contain x.de"),
    "link": (TEXTS, tarred({"x.en": b"", "x.de": b""}, tarfile.SYMTYPE), "it does not contain x.en"),
    "gzip bomb": (TEXTS, gzip.compress(bytes(2_000_001)), "is damaged (more than 2,000,000 bytes)"),
    "lost line": (
        TEXTS,
        tarred({"x.en": b"a\nb\n", "x.de": b"a\n"}),
        "line 2 of x.en and x.de does not have a sentence on both sides",
    ),
    "empty line": (TEXTS, tarred({"x.en": b"a\nb\nc", "x.de": b"a\n\nb\nc"}), "line 2 of x.en and x.de does not"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_invalid_archive_is_refused_in_one_sentence(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_corpora, "MAX_TEXT_BYTES", 2_000_000)
    remote, data, message = FAULTS[case]
    with pytest.raises(ValueError) as caught:
        list(rows(remote, data))
    assert message in str(caught.value) and len(str(caught.value)) < 250


def test_text_exactly_at_the_limits_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    text = ("a" * (MAX_LINE - 2) + "\tb\n").encode()
    monkeypatch.setattr(public_corpora, "MAX_TEXT_BYTES", len(text))
    assert len(list(rows(COLUMNS, zipped({"x.txt": text})))) == 1


GOOD = {COLUMNS: zipped({"x.txt": TABLE}), TEXTS: tarred({"x.en": b"One.\nTwo.\n", "x.de": b"Eins.\nZwei.\n"})}
TAR = gzip.decompress(GOOD[TEXTS])


@given(
    st.sampled_from([COLUMNS, TEXTS]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_damaged_archive_is_read_or_refused(remote: Remote, changes: list[tuple[float, int]]) -> None:
    """Damage the lists of files: the tar headers, which gzip does not check here, and the end of the zip."""
    data = bytearray(TAR if remote is TEXTS else GOOD[COLUMNS])
    for position, value in changes:
        data[int(position * 1600) if remote is TEXTS else -1 - int(position * 120)] = value
    archive = gzip.compress(data, 1) if remote is TEXTS else bytes(data)
    try:
        read = list(rows(remote, archive))
    except ValueError as error:
        assert str(error).startswith(("it ", "line ", "x."))
    else:
        assert read


# --- the split ---

FIRST = [f"Sentence {n}." for n in range(1000)]
HELD = {first for first, _ in split([(first, first) for first in FIRST])[1]}
some_pairs = st.lists(
    st.tuples(
        st.sampled_from(sorted(HELD)) | st.sampled_from(FIRST),
        st.integers(0, 30).map(lambda n: f"Phrase {n}."),
    ),
    max_size=60,
)


def test_split_holds_out_one_sentence_in_fifty() -> None:
    train, valid = split([(f"Sentence {n}.", f"Phrase {n}.") for n in range(50_000)])
    assert HELD_OUT == 50 and len(train) + len(valid) == 50_000
    assert 880 < len(valid) < 1120  # four standard deviations of a fair draw; the result is the same each time


def test_split_rule_never_changes() -> None:
    """If the rule changed, new models would be trained on pairs that old models were evaluated on."""
    numbers = sorted(int(first.split()[1].rstrip(".")) for first in HELD)
    assert numbers == [249, 364, 412, 432, 484, 497, 508, 550, 554, 608, 624, 626, 641, 644, 727, 885, 898, 913]


@given(some_pairs)
def test_split_parts_share_no_sentence_on_either_side(all_pairs: list[tuple[str, str]]) -> None:
    train, valid = split(all_pairs)
    for side in (0, 1):
        assert not {pair[side] for pair in train} & {pair[side] for pair in valid}
    assert sorted(valid) == sorted(pair for pair in all_pairs if pair[0] in HELD)
    taken = {second for _, second in valid}
    assert train == [pair for pair in all_pairs if pair[0] not in HELD and pair[1] not in taken]


@given(some_pairs, st.randoms(use_true_random=False))
def test_split_does_not_depend_on_the_order(all_pairs: list[tuple[str, str]], chance: random.Random) -> None:
    train, valid = split(all_pairs)
    chance.shuffle(all_pairs)
    again, also = split(all_pairs)
    assert also == valid and sorted(again) == sorted(train)


@given(some_pairs, some_pairs)
def test_sentences_held_out_of_one_edition_are_held_out_of_a_larger_one(
    edition: list[tuple[str, str]], more: list[tuple[str, str]]
) -> None:
    held = {first for first, _ in split(edition)[1]}
    train, valid = split(edition + more)
    assert held <= {first for first, _ in valid} and not held & {first for first, _ in train}


def test_validation_pairs_are_not_in_file_order() -> None:
    """Collections are sorted by length, but the first validation pairs must not be the shortest."""
    order = [FIRST.index(first) for first, _ in split([(first, first) for first in FIRST])[1]]
    assert order not in (sorted(order), sorted(order, reverse=True))
