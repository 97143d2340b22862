"""Tests of the two lanes, the rescue and the wrong word against the engine's own decoding and scoring."""

from dataclasses import replace

import pytest
import torch

from seq2seq.analysis.forcing import two_lanes
from seq2seq.analysis.forcing.two_lanes import FORCED, FREE, Job, Word, drawn_word, inject, wrong_word
from seq2seq.config import EOS
from seq2seq.decoding.metrics import divergence
from seq2seq.decoding.translator import Translator
from seq2seq.trace import DecodingTrace

SOURCE, REFERENCE = "My sister forgot the red key.", "ma sœur oublie la clé rouge."


def tokens(trace: DecodingTrace) -> list[int]:
    return [step.token for step in trace.steps]


def job(translator: Translator, lane: str, number: int, wrong: tuple[int, ...] | None = None) -> Job:
    """Make a job that replaces word `number` by `wrong`. An untrained model may write no word; then take its first piece."""
    lanes = two_lanes.compare(translator, SOURCE, REFERENCE)
    ids = tokens(lanes.forced if lane == FORCED else lanes.free)
    candidates = two_lanes.words(translator.target_vocabulary.pieces(ids)) or [Word(0, 1)]
    word = candidates[number % len(candidates)]
    own = tuple(ids[word.start : word.end])
    return Job(translator.source_ids(SOURCE), lane, ids, word, own if wrong is None else wrong)


def test_lanes_equal_the_engines_output_and_part_at_the_first_mistake(translator: Translator) -> None:
    lanes = two_lanes.compare(translator, SOURCE, REFERENCE)
    assert lanes.free == translator.translate(SOURCE) and lanes.forced == translator.score(SOURCE, REFERENCE)
    at = lanes.divergence
    assert at == divergence(tokens(lanes.free), tokens(lanes.forced)) is not None
    # Up to there both lanes have read the same pieces; there the forced lane would choose the free lane's piece.
    for forced, free in zip(lanes.forced.steps[: at + 1], lanes.free.steps[: at + 1], strict=True):
        assert [c.token for c in forced.candidates] == [c.token for c in free.candidates]
        assert forced.entropy == pytest.approx(free.entropy, abs=1e-4)
    assert [step.rank for step in lanes.forced.steps[:at]] == [1] * at and lanes.forced.steps[at].rank > 1
    assert len(lanes.expected) == len(lanes.free.steps)


def test_expected_piece_is_scored_after_the_free_lanes_pieces(translator: Translator) -> None:
    lanes = two_lanes.compare(translator, SOURCE, REFERENCE)
    gold, own = tokens(lanes.forced), tokens(lanes.free)
    for t in {0, len(own) // 2, len(own) - 1}:
        expected = lanes.expected[t]
        forked = translator.translate(SOURCE, prefix=[*own[:t], gold[expected.position]]).steps[t]
        assert expected.log_prob == pytest.approx(forked.log_prob, abs=1e-3) and expected.rank == forked.rank


def test_forcing_the_free_output_repeats_the_free_lane(translator: Translator) -> None:
    free = translator.translate(SOURCE)
    again = translator.translate(SOURCE, prefix=tokens(free))
    assert again.steps[: len(free.steps)] == tuple(replace(step, forced=True) for step in free.steps)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["▁Où", "▁est", "▁la", "▁ga", "re", "▁?", "</s>"], [(0, 1), (1, 2), (2, 3), (3, 5)]),
        (["▁J", "'", "ai", "▁faim", ".", "</s>"], [(0, 3), (3, 4)]),
        (["▁", "<0xE2>", "<0x82>", "</s>"], [(0, 3)]),  # byte pieces are written in letters and digits
        (["▁我", "饿", "了", "。", "</s>"], [(0, 1), (1, 2), (2, 3)]),
        (["▁!", "</s>"], [(0, 1)]),  # a text of symbols alone: each symbol counts
        ([], []),
    ],
)
def test_words_exclude_the_punctuation_at_their_end(pieces: list[str], expected: list[tuple[int, int]]) -> None:
    assert [(word.start, word.end) for word in two_lanes.words(pieces)] == expected


def test_rescue_forces_the_correct_word_then_continues_freely(translator: Translator) -> None:
    lanes = two_lanes.compare(translator, SOURCE, REFERENCE)
    step = min(2, len(lanes.free.steps) - 1)
    number = two_lanes.expected_word(lanes, step)
    result = two_lanes.rescue(translator, lanes, step, number)
    start = next(t for t, s in enumerate(lanes.free.steps) if s.word == lanes.free.steps[step].word)
    word = two_lanes.words([s.piece for s in lanes.forced.steps])[number]
    given = tokens(lanes.forced)[word.start : word.end]
    assert result.word == Word(start, start + len(given))
    assert tokens(result.trace)[: result.word.end] == [*tokens(lanes.free)[:start], *given]
    assert [s.forced for s in result.trace.steps] == [t < result.word.end for t in range(len(result.trace.steps))]
    rest, wanted = tokens(result.trace)[result.word.end :], tokens(lanes.forced)[word.end :]
    after = result.recovery.after
    assert after is None or rest[after:] == wanted[len(wanted) - len(rest) + after :]


@pytest.mark.parametrize(("step", "number"), [(-1, 0), (999, 0), (0, -1), (0, 99)])
def test_rescue_refuses_a_missing_step_or_word(small: Translator, step: int, number: int) -> None:
    with pytest.raises(ValueError, match="there is no"):
        two_lanes.rescue(small, two_lanes.compare(small, SOURCE, REFERENCE), step, number)


@pytest.mark.parametrize(
    ("chosen", "wanted", "steps", "after"),
    [
        ([5, 6, EOS], [5, 6, EOS], 2, 0),
        ([9, 6, EOS], [5, 6, EOS], 2, 1),
        ([9, 8, 7, 6, EOS], [5, 6, EOS], 4, 3),  # two pieces longer, then the same
        ([6, EOS], [5, 6, EOS], 1, 0),  # shorter, and the same from its first step
        ([9, EOS], [5, EOS], 1, None),  # agreement in the end mark alone does not count
        ([5, 9, EOS], [5, 6, EOS], 2, None),
        ([EOS], [EOS], 0, 0),
    ],
)
def test_recovery_counts_the_steps_until_all_pieces_agree(
    chosen: list[int], wanted: list[int], steps: int, after: int | None
) -> None:
    assert two_lanes.recovery_of(chosen, wanted) == two_lanes.Recovery(steps, after)


@pytest.mark.parametrize("lane", [FORCED, FREE])
def test_injecting_the_correct_word_changes_nothing(translator: Translator, lane: str) -> None:
    request = job(translator, lane, 1)
    (injection,) = inject(translator, [request])
    assert injection.lost == pytest.approx(0, abs=1e-4)
    if lane == FORCED or request.tokens[-1] == EOS:  # a translation that was cut off may be longer now
        assert injection.recovery.after == 0


@pytest.mark.parametrize("lane", [FORCED, FREE])
def test_loss_of_a_wrong_word_is_the_difference_of_two_forced_scores(translator: Translator, lane: str) -> None:
    wrong = wrong_word(translator.target_vocabulary, "bateau")
    request = job(translator, lane, 1, wrong)
    (injection,) = inject(translator, [request])
    true = translator.translate(SOURCE, prefix=request.tokens).steps[request.word.end : len(request.tokens)]
    disturbed = translator.translate(SOURCE, prefix=[*request.prefix, *request.rest]).steps[len(request.prefix) :][: len(true)]
    assert [s.token for s in true] == [s.token for s in disturbed] == request.rest
    expected = sum(s.log_prob for s in true) - sum(s.log_prob for s in disturbed)
    assert injection.lost == pytest.approx(expected, abs=1e-3)
    if lane == FREE:
        chosen = tokens(translator.translate(SOURCE, prefix=request.prefix))[len(request.prefix) :]
        undisturbed = request.rest
    else:
        chosen, undisturbed = ([s.candidates[0].token for s in steps] for steps in (disturbed, true))
    if (after := injection.recovery.after) is not None:
        assert chosen[after:] == undisturbed[len(undisturbed) - len(chosen) + after :]
        assert (
            after == 0 or len(undisturbed) <= len(chosen) - after or chosen[after - 1] != undisturbed[after - 1 - len(chosen)]
        )
    else:
        assert chosen[-2:] != undisturbed[-2:]


def test_batch_of_wrong_words_equals_single_injections(translator: Translator) -> None:
    wrong = wrong_word(translator.target_vocabulary, "clé")
    jobs = [job(translator, lane, number, wrong) for lane in (FORCED, FREE) for number in (0, 2)]
    for together, alone in zip(inject(translator, jobs), jobs, strict=True):
        (single,) = inject(translator, [alone])
        assert together.recovery == single.recovery and together.lost == pytest.approx(single.lost, abs=1e-3)


def test_drawn_word_depends_on_its_key_and_is_never_the_correct_word(small: Translator) -> None:
    vocabulary = small.target_vocabulary
    first = vocabulary.word_pieces[0]
    drawn = [drawn_word(vocabulary, first, str(key)) for key in range(300)]
    assert (first,) not in drawn and len(set(drawn)) > 5
    assert drawn == [drawn_word(vocabulary, first, str(key)) for key in range(300)]


@pytest.mark.parametrize("text", ["", "two words", " \t", "x" * 41, "\x00"])
def test_wrong_word_must_be_one_word(small: Translator, text: str) -> None:
    with pytest.raises(ValueError, match="one word"):
        wrong_word(small.target_vocabulary, text)


def test_job_refuses_an_unknown_lane() -> None:
    with pytest.raises(ValueError, match="forced, free, not 'both'"):
        Job([5, EOS], "both", [6, EOS], Word(0, 1), (7,))


@pytest.mark.parametrize("reference", ["", "   ", "x" * 2000, "\ud800", "🦆" * 200])
def test_unusable_reference_is_explained(small: Translator, reference: str) -> None:
    with pytest.raises(ValueError, match=r"nothing to score|characters; please|not valid Unicode|at most \d+ can be scored"):
        two_lanes.compare(small, SOURCE, reference)


def test_reference_in_an_unknown_script_has_finite_scores(small: Translator) -> None:
    lanes = two_lanes.compare(small, SOURCE, "дом 🦆")
    assert lanes.divergence == 0 and torch.tensor([e.log_prob for e in lanes.expected]).isfinite().all()
