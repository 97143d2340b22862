"""Tests of scoring: words add up to sentences, the beam drops the right hypothesis, differences come from the right pieces."""

import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.analysis.forcing import scoring
from seq2seq.config import ModelConfig
from seq2seq.decoding.metrics import divergence
from seq2seq.decoding.strategies import Beam
from seq2seq.decoding.translator import Translator
from seq2seq.sources.text import Tokenizer

SOURCE = "the old man paints two apples."
OWN = "le vieil homme peins deux pommes."


def test_word_scores_add_up_to_the_sentence(translator: Translator) -> None:
    judgement = scoring.judge(translator, SOURCE, OWN)
    assert sum(word.log_prob for word in judgement.words) == pytest.approx(judgement.own.log_prob, abs=1e-4)
    assert [word.start for word in judgement.words[1:]] == [word.end for word in judgement.words[:-1]]
    assert len(judgement.words) == 7  # six words and the end mark
    assert all(word.rank == max(s.rank for s in judgement.own.steps[word.start : word.end]) for word in judgement.words)
    assert judgement.perplexity_per_word == pytest.approx(2.718281828 ** (-judgement.own.log_prob / 6), rel=1e-4)


@pytest.mark.parametrize("size", [1, 3])
def test_dropped_is_the_step_at_which_the_beam_loses_the_translation(translator: Translator, size: int) -> None:
    judgement = scoring.judge(translator, SOURCE, OWN, Beam(size))
    assert judgement.dropped is not None
    if size == 1:  # the beam is greedy
        own, best = ([s.token for s in trace.steps] for trace in (judgement.own, judgement.best))
        assert judgement.dropped.step == divergence(own, best)
    step = judgement.dropped.step
    if judgement.dropped.kept is not None:
        assert judgement.own.steps[step].total <= judgement.dropped.kept + 1e-4
        lineages = translator.search([translator.source_ids(SOURCE)], Beam(size))
        assert judgement.dropped.kept == min(lineages[step].choice.totals.tolist())


def test_dropped_is_none_for_the_beams_own_translation(translator: Translator) -> None:
    beam = Beam(4)
    lineages = translator.search([translator.source_ids(SOURCE)], beam)
    best = translator.decode_batch([translator.source_ids(SOURCE)], beam)[0]
    assert scoring.dropped(lineages, best) is None
    assert scoring.dropped(lineages, [*best[:-1], (best[-1] + 1) % 300]) is not None


def test_beam_of_vocabulary_size_keeps_every_first_piece(tokenizer: Tokenizer) -> None:
    config: ModelConfig = small_config()
    translator = Translator(make_checkpoint(make_model(config), tokenizer))
    judgement = scoring.judge(translator, SOURCE, OWN, Beam(config.target_vocabulary))
    assert judgement.dropped is None or judgement.dropped.step > 0


def test_difference_is_split_into_differing_and_later_pieces(translator: Translator) -> None:
    other = "le vieil homme trouve deux pommes."
    comparison = scoring.compare(translator, SOURCE, OWN, other)
    assert comparison.differing + comparison.behind == pytest.approx(
        comparison.second.log_prob - comparison.first.log_prob, abs=1e-4
    )
    assert 0 < comparison.shared < len(comparison.first.steps) and comparison.tail >= 3
    for a, b in zip(comparison.first.steps[: comparison.shared], comparison.second.steps, strict=False):
        assert a.log_prob == pytest.approx(b.log_prob, abs=1e-5)
    back = scoring.compare(translator, SOURCE, other, OWN)
    assert (back.differing, back.behind) == pytest.approx((-comparison.differing, -comparison.behind), abs=1e-4)


@pytest.mark.parametrize("other", ["le chat", "le chat le chat", "le le chat le chat"])
def test_common_first_and_last_pieces_do_not_overlap(translator: Translator, other: str) -> None:
    comparison = scoring.compare(translator, SOURCE, "le chat le chat le chat", other)
    assert comparison.shared + comparison.tail <= min(len(comparison.first.steps), len(comparison.second.steps))
    assert comparison.differing + comparison.behind == pytest.approx(
        comparison.second.log_prob - comparison.first.log_prob, abs=1e-4
    )


def test_compare_refuses_equal_translations(translator: Translator) -> None:
    with pytest.raises(ValueError, match="the same"):
        scoring.compare(translator, SOURCE, OWN, f" {OWN} ")


def test_impossible_sentence_has_infinite_perplexity() -> None:
    assert scoring.perplexity(-1e9, 1) == float("inf") and scoring.perplexity(0, 0) == 1
