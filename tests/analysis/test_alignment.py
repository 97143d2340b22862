"""Tests of alignment: error rates calculated by hand, the file format, and attention as an aligner."""

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


def test_error_rate_equals_a_hand_calculation() -> None:
    counts = score(frozenset({(0, 0), (1, 1), (2, 1), (0, 2)}), gold(3, 3, "0-0 1-1 2p1 2-2"))
    assert counts == Counts(sure_found=2, possible_found=3, found=4, sure=3, linked_found=4)
    assert counts.error_rate == pytest.approx(1 - 5 / 7)


def test_perfect_links_have_no_error_with_or_without_possible_links() -> None:
    sentence = gold(3, 3, "0-0 1-1 2p2 2p1")
    assert score(sentence.sure, sentence).error_rate == score(sentence.possible, sentence).error_rate == 0


def test_precision_over_linked_words_leaves_out_words_without_a_link() -> None:
    counts = score(frozenset({(0, 0), (1, 1), (2, 2)}), gold(3, 3, "0-0 2p1"))
    assert (counts.possible_found, counts.found, counts.linked_found) == (1, 3, 2)


def test_no_links_and_all_wrong_links_have_error_rate_1() -> None:
    sentence = gold(2, 2, "0-0 1-1")
    assert score(frozenset(), sentence).error_rate == score(frozenset({(0, 1), (1, 0)}), sentence).error_rate == 1


link = st.tuples(st.integers(0, 5), st.integers(0, 4))


@given(st.frozensets(link), st.frozensets(link), st.frozensets(link))
def test_error_rate_is_between_0_and_1(links, sure, possible) -> None:
    counts = score(links, Aligned(("w",) * 6, ("v",) * 5, sure, possible))
    assert 0 <= counts.error_rate <= 1
    assert counts.sure_found <= counts.possible_found <= counts.linked_found <= counts.found


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("-p?"), st.integers(0, 9))), st.randoms(use_true_random=False))
def test_order_of_links_does_not_matter(links, order) -> None:
    words = [f"{i}{kind}{j}" for i, kind, j in links]
    shuffled = order.sample(words, len(words))
    assert read_links(" ".join(words)) == read_links("  ".join(shuffled))


# --- baselines ---


@pytest.mark.parametrize(
    ("source", "target", "links"),
    [(1, 1, [0]), (4, 1, [0]), (1, 3, [0, 0, 0]), (4, 4, [0, 1, 2, 3]), (3, 5, [0, 1, 1, 2, 2]), (5, 3, [0, 2, 4])],
)
def test_diagonal_links(source: int, target: int, links: list[int]) -> None:
    assert sorted(diagonal(source, target), key=lambda link: link[1]) == [(i, j) for j, i in enumerate(links)]


def test_uniform_counts_equal_the_mean_of_random_links() -> None:
    sentence, draw = gold(4, 5, "0-0 1-1 3-1 2p2 3-4"), random.Random(1)
    drawn = [score(frozenset((draw.randrange(4), j) for j in range(5)), sentence) for _ in range(20_000)]
    expected = uniform(sentence)
    assert expected == Counts(4 / 4, 5 / 4, 5, 4, linked_found=4)
    assert np.mean([counts.error_rate for counts in drawn]) == pytest.approx(expected.error_rate, abs=0.005)


def test_largest_weight_makes_the_link() -> None:
    assert largest(np.array([[0.2, 0.5], [0.4, 0.4], [0.3, 0.1]])) == {(1, 0), (0, 1), (0, 2)}


# --- attention ---


@pytest.fixture
def attentive(translator: Translator) -> Translator:
    if not translator.info.has_attention:
        pytest.skip("has no attention")
    return translator


def test_attention_of_a_batch_equals_each_pairs_trace(attentive: Translator) -> None:
    pairs = [("the cat likes the key.", "le chat aime la clé."), ("we", "nous"), ("I see a red boat.", "je vois.")]
    batch = attentive.attend([attentive.source_ids(s) for s, _ in pairs], [attentive.target_ids(t) for _, t in pairs])
    for (source, target), weights in zip(pairs, batch, strict=True):
        trace = attentive.score(source, target)
        assert weights.shape == (len(trace.steps), len(trace.source))
        assert np.allclose(weights, [step.attention for step in trace.steps], atol=1e-5)


def test_word_attention_combines_the_pieces_of_each_word(small: Translator) -> None:
    source, target = join(["we", "find", "two", "apples", "."]), join(["nous", "trouve", "deux", "pommes", "."])
    (attended,) = word_attention(small, [(source, target)])
    weights = attended.weights
    trace = small.score(source.text, target.text)
    assert attended.index == 0 and weights.shape == (5, 5)
    assert np.allclose(attended.end, [step.attention[-1] for step in trace.steps], atol=1e-4)
    # Compare the pieces of "▁two" and "▁deux". In a trace the full stop belongs to the last word, so compare other words.
    columns, rows = ([n for n, part in enumerate(parts) if part.word == 2] for parts in (trace.source, trace.steps))
    expected = np.mean([sum(trace.steps[t].attention[s] for s in columns) for t in rows])
    assert weights[2, 2] == pytest.approx(expected, abs=1e-5)
    assert (weights.sum(1) < 1).all()  # the end mark has the remaining weight


def test_measure_scores_links_and_skips_long_sentences(small: Translator) -> None:
    sentences = [Aligned(("we",) * 300, ("nous",), *read_links("0-0")), *map(aligned, LINES)]
    rows = sorted(measure(small, sentences), key=lambda row: row.index)
    assert [row.index for row in rows] == [1, 2]
    for row in rows:
        assert row.counts[ATTENTION] == score(row.links, sentences[row.index])
        assert sorted(j for _, j in row.links) == list(range(len(sentences[row.index].target)))


def test_report_counts_all_links_and_its_bands_contain_the_mean() -> None:
    sentences = [gold(4, 4, "0-0 1-1 2-2 3-3"), gold(3, 2, "2-0 0-1"), gold(2, 2, "0-1 1-0")]
    rows = [
        Row(
            i,
            k.sure,
            {ATTENTION: score(k.sure, k), DIAGONAL: score(diagonal(len(k.source), len(k.target)), k), UNIFORM: uniform(k)},
            end,
        )
        for i, (k, end) in enumerate(zip(sentences, [(0.5, 0.1, 0.9), (0.2, 0.4, 0.9), (0.2, 0.9)], strict=True))
    ]
    figures = report(rows)
    assert figures[ATTENTION] == {
        f"{name}{end}": value
        for name, value in (("error_rate", 0), ("precision", 1), ("linked_precision", 1), ("recall", 1))
        for end in ("", "_low", "_high")
    }
    baseline = figures[DIAGONAL]
    assert baseline["error_rate"] == pytest.approx(0.5) == baseline["precision"]
    assert baseline["error_rate_low"] <= 0.5 <= baseline["error_rate_high"]
    assert figures["gain"]["error_rate"] == pytest.approx(0.5)
    assert figures["end_mark"]["first_step"] == pytest.approx((0.5 + 0.2 + 0.2) / 3)
    assert figures["end_mark"]["writing"] == pytest.approx((0.5 + 0.1 + 0.2 + 0.4 + 0.2) / 5)  # not the last step of each
    assert report(rows[::-1]) == figures


def test_model_without_attention_is_refused(tokenizer: Tokenizer) -> None:
    plain = Translator(make_checkpoint(make_model(small_config(attention="none")), tokenizer))
    with pytest.raises(ValueError, match="has no attention: choose a model with attention"):
        list(measure(plain, [aligned(LINES[0])]))


# --- files ---


def aligned(line: str) -> Aligned:
    source, target, links = line.split("\t")
    return Aligned(tuple(source.split()), tuple(target.split()), *read_links(links))


def test_read_aligned_accepts_windows_line_ends_and_skips_empty_lines(tmp_path: Path) -> None:
    file = tmp_path / "gold.tsv"
    file.write_bytes(b"\xef\xbb\xbf" + "\r\n\r\n".join(f"{line} " for line in LINES).encode())
    assert read_aligned(file) == [aligned(line) for line in LINES]
    assert read_aligned(file)[1].possible - read_aligned(file)[1].sure == {(4, 4)}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a b\tc", "line 2: 2 column(s), but three are needed"),
        ("a\tb\t0-0\tx", "line 2: 4 column(s)"),
        ("a b\tc\t0-1", "line 2: link 0-1: there is no target word 1, they are 0 to 0"),
        ("a b\tc\t2p0", "line 2: link 2-0: there is no source word 2, they are 0 to 1"),
        ("a\tb\t0-0 x", "line 2: 'x' is not a link"),
        ("a\tb\t-1-0", "line 2: '-1-0' is not a link"),
        ("a\tb\t0-٣", "is not a link"),
        ("a\tb\t" + "9" * 5000 + "-0", "is not a link"),
        ("a\tb\t ", "line 2: there is no link"),
        (" \tb\t0-0", "line 2: "),
        ("a\t \t0-0", "line 2: the target has 0 words"),
        ("a \u200b\tb\t0-0", "line 2: the word '\\u200b' holds no character that can be seen"),
        ("w " * 1001 + "\tb\t0-0", "line 2: the source has 1001 words"),
    ],
)
def test_error_in_a_line_is_explained(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "gold.tsv"
    file.write_text(f"{LINES[0]}\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError) as error:
        read_aligned(file)
    assert str(error.value).startswith(str(file)) and message in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "contains no aligned"), (b"\n \n", "contains no aligned"), (b"a\tb\t0-0\n\xff\n", "line 2 is not UTF-8 text")],
)
def test_file_without_aligned_sentences_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "gold.tsv").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_aligned(tmp_path / "gold.tsv")
    with pytest.raises(ValueError, match="cannot be read"):
        read_aligned(tmp_path)
