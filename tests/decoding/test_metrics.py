import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.decoding.metrics import agreeing_tail, align, divergence, percent, quality, word_errors

SOURCES = ["where is the key", "we see two small red boats on the old river"]
REFERENCES = [["où est la clé", "la clé est où"], ["nous voyons deux petits bateaux rouges sur la vieille rivière"]]


def test_any_reference_counts_for_exact_match() -> None:
    perfect = quality(SOURCES, [REFERENCES[0][1], REFERENCES[1][0]], REFERENCES)
    assert perfect.bleu == pytest.approx(100) and perfect.chrf == pytest.approx(100)
    assert perfect.sentences == 2 and perfect.references == 3
    first_only = quality(SOURCES, [REFERENCES[0][1], REFERENCES[1][0]], [[REFERENCES[0][0]], REFERENCES[1]])
    assert first_only.bleu < 99


def test_the_signature_and_every_length_are_given() -> None:
    result = quality(SOURCES, ["où est", "nous voyons"], REFERENCES)
    assert "tok:13a" in result.bleu_signature and "nrefs:var" in result.bleu_signature
    assert [(part.low, part.high, part.sentences) for part in result.by_length] == [(1, 4, 1), (8, 10, 1)]
    assert sum(part.sentences for part in result.by_length) == result.sentences


def test_a_source_of_several_rows_counts_once_or_once_a_row() -> None:
    hypotheses = [REFERENCES[0][0], "nous voyons deux bateaux"]
    both = quality(SOURCES, hypotheses, REFERENCES, rows=[0, 0, 0, 1])
    assert (both.sentences, both.rows) == (2, 4)
    assert both.bleu == quality(SOURCES, hypotheses, REFERENCES).bleu
    assert both.bleu_by_row > both.bleu and both.chrf_by_row > both.chrf  # the perfect translation counts three times


def test_languages_without_spaces_are_cut_into_words_of_their_own() -> None:
    source, wanted, close = ["She hung it upside down."], [["她把画挂反了。"]], ["他把画挂反了。"]
    assert "tok:zh" in quality(source, close, wanted, language="Chinese").bleu_signature
    # One character of seven is wrong; with the English tokenizer the sentence is one word, which is wrong.
    assert quality(source, close, wanted, language="Chinese").bleu > 50 > quality(source, close, wanted).bleu


@pytest.mark.parametrize(
    ("source", "translation", "repeated"),
    [
        ("I am here", "je suis là", False),
        ("I am very tired", "je suis très très très très fatigué", True),  # one word in a loop overlaps itself
        ("I am very tired", "je suis très très très fatigué", False),
        ("We go home", "Nous allons à la maison, nous allons à la maison", True),  # capitals do not matter
        ("I came. I saw.", "Je suis venu. Je suis heureux. Je suis là.", False),  # a mark is not part of a phrase
        ("We go home. We go home.", "Nous allons là. Nous allons là.", False),  # the source repeats, too
        ("I drink water", "de l'eau et de l'eau", True),  # l' is a word in French
        ("I drink water", "", False),
    ],
)
def test_repeated_counts_phrases_that_only_the_translation_has_twice(source: str, translation: str, repeated: bool) -> None:
    assert quality([source], [translation], [["je suis là"]], language="French").repeated == 100 * repeated


def test_repeated_is_the_percentage_of_different_sources() -> None:
    hypotheses = ["où est où est où est où est", "nous voyons deux bateaux"]
    assert quality(SOURCES, hypotheses, REFERENCES, rows=[0, 1, 1, 1]).repeated == 50


SEQUENCES = st.lists(st.integers(0, 4), max_size=9)


def edits(first: list[int], second: list[int]) -> int:
    if not first or not second:
        return len(first) + len(second)
    beside = edits(first[1:], second[1:]) + (first[0] != second[0])
    return beside if first[0] == second[0] else min(beside, edits(first[1:], second) + 1, edits(first, second[1:]) + 1)


@given(SEQUENCES, SEQUENCES)
def test_an_alignment_costs_as_few_edits_as_there_are(reference: list[int], hypothesis: list[int]) -> None:
    found = align(reference, hypothesis)
    assert len(found) == len(reference)
    places = [place for place, _ in found]
    assert places == sorted(places) and all(0 <= place <= len(hypothesis) for place in places)
    for piece, (place, same) in zip(reference, found, strict=True):
        assert not same or hypothesis[place] == piece
    matched = [place for place, same in found if same]
    assert len(matched) == len(set(matched))
    # Between two matches, pieces are substituted, and the rest is inserted or deleted.
    cost, before_r, before_h = 0, 0, 0
    for r, h in [*((r, h) for r, (h, same) in enumerate(found) if same), (len(reference), len(hypothesis))]:
        cost += max(r - before_r, h - before_h)
        before_r, before_h = r + 1, h + 1
    assert cost == edits(reference, hypothesis)


def test_extra_piece_is_one_mistake_and_not_a_shift() -> None:
    assert align([1, 2, 3, 4], [9, 1, 2, 3, 4]) == [(1, True), (2, True), (3, True), (4, True)]
    assert align([1, 2, 3, 4], [1, 3, 4]) == [(0, True), (1, False), (1, True), (2, True)]
    assert align([1, 2], []) == [(0, False), (0, False)]


@given(SEQUENCES, SEQUENCES)
def test_divergence_and_agreeing_tail_of_two_sequences(first: list[int], second: list[int]) -> None:
    at, tail = divergence(first, second), agreeing_tail(first, second)
    if at is None:
        assert first == second and tail == len(first)
        return
    assert first[:at] == second[:at] and first[at : at + 1] != second[at : at + 1]
    assert tail == 0 or first[-tail:] == second[-tail:]
    assert first[-tail - 1 :] != second[-tail - 1 :] or tail == min(len(first), len(second))


def test_a_small_percentage_is_not_shown_as_zero() -> None:
    assert [percent(value) for value in (0.0, 0.0203, 0.05, 4.26, 100.0)] == ["0.0", "0.02", "0.1", "4.3", "100.0"]


def test_word_errors_are_edits_per_word_of_the_closest_reference() -> None:
    assert word_errors(["N AY T", "K AE"], [["N AY T"], ["K AE T", "D AO G"]]) == pytest.approx(100 / 6)
    assert word_errors(["a b c d"], [["a c d e", "x"]]) == 50  # two edits; "x" would need four
    assert word_errors([""], [["a b"]]) == 100
    assert word_errors(["トマス"], [["トーマス", "トム"]]) == 25  # in katakana, every character is a word
    rows = [quality(["s"], ["a x c"], [["a b c"]])]
    assert rows[0].word_errors == pytest.approx(100 / 3)
