"""The decoder as a language model: words add up to sentences, the beam drops what it drops, differences arise where they do."""

import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.analysis import scoring
from seq2seq.config import ModelConfig
from seq2seq.decoding.metrics import divergence
from seq2seq.decoding.strategies import Beam
from seq2seq.decoding.translator import Translator
from seq2seq.sources.text import Tokenizer

SOURCE = "the old man paints two apples."
OWN = "le vieil homme peins deux pommes."


def test_the_words_of_a_judged_sentence_add_up(translator: Translator) -> None:
    found = scoring.judge(translator, SOURCE, OWN)
    assert sum(word.log_prob for word in found.words) == pytest.approx(found.own.log_prob, abs=1e-4)
    assert [word.start for word in found.words[1:]] == [word.end for word in found.words[:-1]]
    assert len(found.words) == 7  # six words and the end mark
    assert all(word.rank == max(s.rank for s in found.own.steps[word.start : word.end]) for word in found.words)
    assert found.perplexity_per_word == pytest.approx(2.718281828 ** (-found.own.log_prob / 6), rel=1e-4)


@pytest.mark.parametrize("size", [1, 3])
def test_a_beam_drops_what_it_does_not_keep(translator: Translator, size: int) -> None:
    found = scoring.judge(translator, SOURCE, OWN, Beam(size))
    assert found.dropped is not None
    if size == 1:  # the beam is greedy
        own, best = ([s.token for s in trace.steps] for trace in (found.own, found.best))
        assert found.dropped.step == divergence(own, best)
    step = found.dropped.step
    if found.dropped.kept is not None:
        assert found.own.steps[step].total <= found.dropped.kept + 1e-4
        lineages = translator.search([translator.source_ids(SOURCE)], Beam(size))
        assert found.dropped.kept == min(lineages[step].choice.totals.tolist())


def test_a_beam_does_not_drop_what_it_found(translator: Translator) -> None:
    beam = Beam(4)
    lineages = translator.search([translator.source_ids(SOURCE)], beam)
    best = translator.decode_batch([translator.source_ids(SOURCE)], beam)[0]
    assert scoring.dropped(lineages, best) is None
    assert scoring.dropped(lineages, [*best[:-1], (best[-1] + 1) % 300]) is not None


def test_a_beam_as_wide_as_the_vocabulary_keeps_the_first_piece_of_anything(tokenizer: Tokenizer) -> None:
    config: ModelConfig = small_config()
    translator = Translator(make_checkpoint(make_model(config), tokenizer))
    found = scoring.judge(translator, SOURCE, OWN, Beam(config.target_vocabulary))
    assert found.dropped is None or found.dropped.step > 0


def test_a_difference_arises_in_what_differs_and_behind_it(translator: Translator) -> None:
    other = "le vieil homme trouve deux pommes."
    found = scoring.compare(translator, SOURCE, OWN, other)
    assert found.differing + found.behind == pytest.approx(found.second.log_prob - found.first.log_prob, abs=1e-4)
    assert 0 < found.shared < len(found.first.steps) and found.tail >= 3
    for a, b in zip(found.first.steps[: found.shared], found.second.steps, strict=False):
        assert a.log_prob == pytest.approx(b.log_prob, abs=1e-5)
    back = scoring.compare(translator, SOURCE, other, OWN)
    assert (back.differing, back.behind) == pytest.approx((-found.differing, -found.behind), abs=1e-4)


@pytest.mark.parametrize("other", ["le chat", "le chat le chat", "le le chat le chat"])
def test_repeated_words_are_counted_once(translator: Translator, other: str) -> None:
    found = scoring.compare(translator, SOURCE, "le chat le chat le chat", other)
    assert found.shared + found.tail <= min(len(found.first.steps), len(found.second.steps))
    assert found.differing + found.behind == pytest.approx(found.second.log_prob - found.first.log_prob, abs=1e-4)


def test_the_same_twice_has_no_difference(translator: Translator) -> None:
    with pytest.raises(ValueError, match="the same"):
        scoring.compare(translator, SOURCE, OWN, f" {OWN} ")


def test_an_impossible_sentence_has_no_finite_perplexity() -> None:
    assert scoring.perplexity(-1e9, 1) == float("inf") and scoring.perplexity(0, 0) == 1
