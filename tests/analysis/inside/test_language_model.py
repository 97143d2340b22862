"""The decoder alone: the chain rule, sampling, and the same numbers as an enumeration of a tiny vocabulary."""

from __future__ import annotations

import math

import pytest
import torch
from support.small import make_checkpoint, make_model, small_config

from seq2seq.analysis.inside.language_model import bits_per_piece, likelihood, sentences, worth, write_on
from seq2seq.config import BOS, EOS
from seq2seq.decoding.strategies import Beam, Greedy, Sample
from seq2seq.decoding.translator import Translator
from seq2seq.sources.text import Tokenizer

TEXT, OTHER = "the old man likes two apples.", "we forget the key."


@pytest.fixture(scope="module")
def writer(tokenizer: Tokenizer) -> Translator:
    return Translator(make_checkpoint(make_model(small_config("language-model")), tokenizer))


def test_the_probability_of_a_sentence_is_the_product_of_its_steps(writer: Translator) -> None:
    trace = writer.score("", TEXT)
    assert trace.text == TEXT and len(trace.source) == 1
    assert trace.log_prob == pytest.approx(sum(step.log_prob for step in trace.steps))
    log_probs = writer.force([[EOS]], [writer.target_ids(TEXT)])[0]
    assert [step.log_prob for step in trace.steps] == pytest.approx(
        [float(log_probs[t, step.token]) for t, step in enumerate(trace.steps)],
        abs=0.01,  # a step has fp16 matrices
    )


def test_all_sentences_of_one_piece_and_their_continuations_sum_to_one(writer: Translator) -> None:
    """Brute force: p(end) and, for every piece a, p(a) and p(end | a), step by step, against the teacher-forced numbers."""
    model, pieces = writer.model, torch.arange(len(writer.target_vocabulary))
    with torch.inference_mode():
        memory, state = model.encode(torch.tensor([[EOS]]), torch.tensor([1]))
        first = model.step(torch.tensor([BOS]), state, memory)
        rows = torch.zeros(len(pieces), dtype=torch.long)
        second = model.step(pieces, first.state.select(rows), memory.select(rows))
    by_steps = first.log_probs[0] + second.log_probs[:, EOS]
    forced = writer.force([[EOS]] * len(pieces), [[piece, EOS] for piece in pieces.tolist()])
    known = pieces != 0  # padding is no piece of a sentence
    in_one_pass = forced[:, 0].gather(1, pieces[:, None])[:, 0] + forced[:, 1, EOS]
    assert torch.allclose(by_steps[known], in_one_pass[known], atol=1e-4)
    longer = (first.log_probs[0] + torch.log1p(-second.log_probs[:, EOS].exp())).exp()
    others = pieces != EOS
    assert float(first.log_probs[0, EOS].exp() + (by_steps.exp() + longer)[others].sum()) == pytest.approx(1, abs=1e-4)
    best = int(by_steps[known & others].argmax())
    beam = writer.translate("", Beam(3), [int(pieces[known & others][best])])
    assert beam.steps[0].log_prob == pytest.approx(float(first.log_probs[0, pieces[known & others][best]]), abs=0.01)


def test_the_source_makes_no_difference(writer: Translator) -> None:
    assert writer.score(OTHER, TEXT).log_prob == pytest.approx(writer.score("", TEXT).log_prob)


def test_the_length_limit_does_not_depend_on_the_source(writer: Translator) -> None:
    longest = max(len(trace.steps) for trace in sentences(writer, 20, "", Sample(temperature=2.0)))
    assert 12 < longest <= 100  # the limit of a translation would be 2 * 1 + 10


def test_sampling_is_reproducible_by_its_seed(writer: Translator) -> None:
    first, again = ([trace.text for trace in sentences(writer, 4, "the", Sample(seed=7))] for _ in range(2))
    assert first == again and len(set(first)) > 1
    assert first[1] == next(sentences(writer, 1, "the", Sample(seed=8))).text
    assert all(text.startswith("the") for text in first)
    with pytest.raises(ValueError, match="greedy always writes the same sentence"):
        list(sentences(writer, 2, "the", Greedy()))


def test_what_is_drawn_from_is_the_distribution_after_its_settings(writer: Translator) -> None:
    log_probs = writer.force([[EOS]], [writer.target_ids(TEXT)])[0]
    assert torch.allclose(Sample().probabilities(log_probs), log_probs.exp(), atol=1e-5)
    kept = Sample(temperature=0.5, top_k=5).probabilities(log_probs)
    assert ((kept > 0).sum(-1) == 5).all()
    squared = log_probs.exp().square()
    assert torch.allclose(kept.max(-1).values, (squared / squared.sum(-1, keepdim=True)).max(-1).values, atol=1e-5)
    nucleus = Sample(top_p=0.3).probabilities(log_probs)
    assert (nucleus.sum(-1) >= 0.3).all() and ((nucleus.sum(-1) - nucleus.max(-1).values) <= 0.3 + 1e-6).all()


def test_perplexity_of_many_sentences_is_that_of_their_sum(writer: Translator) -> None:
    found = likelihood(writer, [TEXT, OTHER, TEXT + " " + OTHER])
    traces = [writer.score("", text) for text in (TEXT, OTHER, TEXT + " " + OTHER)]
    assert found.log_prob == pytest.approx(sum(trace.log_prob for trace in traces), rel=1e-3)
    assert found.pieces == sum(len(trace.steps) for trace in traces) and found.words == 6 + 4 + 10
    assert found.per_word > found.per_piece
    assert found.per_piece == pytest.approx(math.exp(-found.log_prob / found.pieces))


def test_a_source_is_worth_the_difference_in_bits(writer: Translator, small: Translator) -> None:
    found = worth(writer, small, TEXT, "a", OTHER)
    assert [trace.source_text for trace in (found.alone, found.with_source, found.with_other)] == ["", "a", OTHER]
    assert bits_per_piece(found.alone) == pytest.approx(-found.alone.log_prob / math.log(2) / len(found.alone.steps))
    assert bits_per_piece(found.with_source) != bits_per_piece(found.with_other)


def test_a_translation_model_cannot_write_alone(small: Translator) -> None:
    with pytest.raises(ValueError, match="this needs a language model"):
        write_on(small, "the")
