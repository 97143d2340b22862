"""Alignment error rates by hand, what a file of alignments may hold, and attention as an aligner."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.small import make_checkpoint, make_model, small_config

from seq2seq.analysis.alignment import (
    ATTENTION,
    DIAGONAL,
    UNIFORM,
    Aligned,
    Counts,
    Row,
    diagonal,
    largest,
    measure,
    read_aligned,
    read_links,
    report,
    score,
    uniform,
    word_attention,
)
from seq2seq.decoding.translator import Translator
from seq2seq.sources.text import Tokenizer
from seq2seq.sources.words import join

LINES = [
    "the cat likes the key .\tle chat aime la clé .\t0-0 1-1 2-2 3-3 4-4 5-5",
    "we find two apples .\tnous trouve deux pommes .\t0-0 1-1 2-2 3-3 4p4",
]


def gold(source: int, target: int, links: str) -> Aligned:
    return Aligned(("w",) * source, ("v",) * target, *read_links(links))


# --- rates ---


def test_the_error_rate_by_hand() -> None:
    counts = score(frozenset({(0, 0), (1, 1), (2, 1), (0, 2)}), gold(3, 3, "0-0 1-1 2p1 2-2"))
    assert counts == Counts(sure_found=2, possible_found=3, found=4, sure=3)
    assert counts.error_rate == pytest.approx(1 - 5 / 7)


def test_perfect_links_have_no_error_with_or_without_the_possible_ones() -> None:
    known = gold(3, 3, "0-0 1-1 2p2 2p1")
    assert score(known.sure, known).error_rate == score(known.possible, known).error_rate == 0


def test_nothing_found_and_all_wrong_are_all_error() -> None:
    known = gold(2, 2, "0-0 1-1")
    assert score(frozenset(), known).error_rate == score(frozenset({(0, 1), (1, 0)}), known).error_rate == 1


link = st.tuples(st.integers(0, 5), st.integers(0, 4))


@given(st.frozensets(link), st.frozensets(link), st.frozensets(link))
def test_rates_stay_between_0_and_1(found, sure, possible) -> None:
    counts = score(found, Aligned(("w",) * 6, ("v",) * 5, sure, possible))
    assert 0 <= counts.error_rate <= 1
    assert counts.sure_found <= counts.possible_found <= counts.found


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("-p?"), st.integers(0, 9))), st.randoms(use_true_random=False))
def test_the_order_of_links_does_not_matter(links, order) -> None:
    words = [f"{i}{kind}{j}" for i, kind, j in links]
    shuffled = order.sample(words, len(words))
    assert read_links(" ".join(words)) == read_links("  ".join(shuffled))


# --- baselines ---


@pytest.mark.parametrize(
    ("source", "target", "links"),
    [(1, 1, [0]), (4, 1, [0]), (1, 3, [0, 0, 0]), (4, 4, [0, 1, 2, 3]), (3, 5, [0, 1, 1, 2, 2]), (5, 3, [0, 2, 4])],
)
def test_the_diagonal(source: int, target: int, links: list[int]) -> None:
    assert sorted(diagonal(source, target), key=lambda link: link[1]) == [(i, j) for j, i in enumerate(links)]


def test_the_uniform_counts_are_the_mean_of_random_links() -> None:
    known, draw = gold(4, 5, "0-0 1-1 3-1 2p2 3-4"), random.Random(1)
    drawn = [score(frozenset((draw.randrange(4), j) for j in range(5)), known) for _ in range(20_000)]
    expected = uniform(known)
    assert expected == Counts(4 / 4, 5 / 4, 5, 4)
    assert np.mean([counts.error_rate for counts in drawn]) == pytest.approx(expected.error_rate, abs=0.005)


def test_the_largest_weight_makes_the_link() -> None:
    assert largest(np.array([[0.2, 0.5], [0.4, 0.4], [0.3, 0.1]])) == {(1, 0), (0, 1), (0, 2)}


# --- attention ---


@pytest.fixture
def attentive(translator: Translator) -> Translator:
    if not translator.info.has_attention:
        pytest.skip("has no attention")
    return translator


def test_a_batch_attends_as_the_trace_of_each_pair_does(attentive: Translator) -> None:
    pairs = [("the cat likes the key.", "le chat aime la clé."), ("we", "nous"), ("I see a red boat.", "je vois.")]
    found = attentive.attend([attentive.source_ids(s) for s, _ in pairs], [attentive.target_ids(t) for _, t in pairs])
    for (source, target), weights in zip(pairs, found, strict=True):
        trace = attentive.score(source, target)
        assert weights.shape == (len(trace.steps), len(trace.source))
        assert np.allclose(weights, [step.attention for step in trace.steps], atol=1e-5)


def test_words_attend_as_their_pieces_do(small: Translator) -> None:
    source, target = join(["we", "find", "two", "apples", "."]), join(["nous", "trouve", "deux", "pommes", "."])
    ((index, weights),) = word_attention(small, [(source, target)])
    trace = small.score(source.text, target.text)
    assert index == 0 and weights.shape == (5, 5)
    # The pieces of "▁two" and "▁deux": the full stop belongs to the last word of the trace, which they are not.
    columns, rows = ([n for n, part in enumerate(parts) if part.word == 2] for parts in (trace.source, trace.steps))
    expected = np.mean([sum(trace.steps[t].attention[s] for s in columns) for t in rows])
    assert weights[2, 2] == pytest.approx(expected, abs=1e-5)
    assert (weights.sum(1) < 1).all()  # the end mark has the rest


def test_measured_rows_are_scored_links_and_long_sentences_are_left_out(small: Translator) -> None:
    known = [Aligned(("we",) * 300, ("nous",), *read_links("0-0")), *map(aligned, LINES)]
    rows = sorted(measure(small, known), key=lambda row: row.index)
    assert [row.index for row in rows] == [1, 2]
    for row in rows:
        assert row.counts[ATTENTION] == score(row.links, known[row.index])
        assert sorted(j for _, j in row.links) == list(range(len(known[row.index].target)))


def test_a_report_is_of_all_links_and_its_bands_hold_it() -> None:
    known = [gold(4, 4, "0-0 1-1 2-2 3-3"), gold(3, 2, "2-0 0-1"), gold(2, 2, "0-1 1-0")]
    rows = [
        Row(
            i,
            k.sure,
            {ATTENTION: score(k.sure, k), DIAGONAL: score(diagonal(len(k.source), len(k.target)), k), UNIFORM: uniform(k)},
        )
        for i, k in enumerate(known)
    ]
    found = report(rows)
    assert found[ATTENTION] == {
        f"{name}{end}": value
        for name, value in (("error_rate", 0), ("precision", 1), ("recall", 1))
        for end in ("", "_low", "_high")
    }
    straight = found[DIAGONAL]
    assert straight["error_rate"] == pytest.approx(0.5) == straight["precision"]
    assert straight["error_rate_low"] <= 0.5 <= straight["error_rate_high"]
    assert found["gain"]["error_rate"] == pytest.approx(0.5)
    assert report(rows[::-1]) == found


def test_a_model_without_attention_is_refused(tokenizer: Tokenizer) -> None:
    plain = Translator(make_checkpoint(make_model(small_config(attention="none")), tokenizer))
    with pytest.raises(ValueError, match="has no attention: choose one that has"):
        list(measure(plain, [aligned(LINES[0])]))


# --- files ---


def aligned(line: str) -> Aligned:
    source, target, links = line.split("\t")
    return Aligned(tuple(source.split()), tuple(target.split()), *read_links(links))


def test_a_file_is_read_with_windows_ends_and_without_empty_lines(tmp_path: Path) -> None:
    file = tmp_path / "gold.tsv"
    file.write_bytes(b"\xef\xbb\xbf" + "\r\n\r\n".join(f"{line} " for line in LINES).encode())
    assert read_aligned(file) == [aligned(line) for line in LINES]
    assert read_aligned(file)[1].possible - read_aligned(file)[1].sure == {(4, 4)}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a b\tc", "line 2: 2 column(s), but there are three"),
        ("a\tb\t0-0\tx", "line 2: 4 column(s)"),
        ("a b\tc\t0-1", "line 2: link 0-1: there is no target word 1, they are 0 to 0"),
        ("a b\tc\t2p0", "line 2: link 2-0: there is no source word 2, they are 0 to 1"),
        ("a\tb\t0-0 x", "line 2: 'x' is no link"),
        ("a\tb\t-1-0", "line 2: '-1-0' is no link"),
        ("a\tb\t0-٣", "is no link"),
        ("a\tb\t" + "9" * 5000 + "-0", "is no link"),
        ("a\tb\t ", "line 2: there is no link"),
        (" \tb\t0-0", "line 2: "),
        ("a\t \t0-0", "line 2: the target has 0 words"),
        ("a \u200b\tb\t0-0", "line 2: the word '\\u200b' holds no character that can be seen"),
        ("w " * 1001 + "\tb\t0-0", "line 2: the source has 1001 words"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "gold.tsv"
    file.write_text(f"{LINES[0]}\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError) as error:
        read_aligned(file)
    assert str(error.value).startswith(str(file)) and message in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "holds no aligned sentence"), (b"\n \n", "holds no aligned"), (b"a\tb\t0-0\n\xff\n", "line 2: not UTF-8 text")],
)
def test_a_file_that_holds_none_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "gold.tsv").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_aligned(tmp_path / "gold.tsv")
    with pytest.raises(ValueError, match="cannot be read"):
        read_aligned(tmp_path)
