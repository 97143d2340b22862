"""The invariants of the decode loop."""

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.small import make_model, small_config

from seq2seq.config import EOS, PAD
from seq2seq.data.batches import pad
from seq2seq.decoding.hypotheses import paths
from seq2seq.decoding.loop import decode
from seq2seq.decoding.strategies import Beam, Greedy, Prefix, Rows, Sample, describe
from seq2seq.decoding.translator import Translator
from seq2seq.models.seq2seq import Seq2Seq

SENTENCES = ["I see the key.", "my sister paints two apples", "the old man forgets the garden, the key and a red boat.", "cat"]
STRATEGIES = [Greedy(), Beam(4), Beam(3, length_penalty=0.0), Sample(seed=3)]


@pytest.mark.parametrize("text", SENTENCES)
def test_a_beam_of_one_is_greedy(translator: Translator, text: str) -> None:
    greedy, beam = translator.translate(text, Greedy()), translator.translate(text, Beam(1))
    assert [s.token for s in greedy.steps] == [s.token for s in beam.steps]
    assert greedy.log_prob == pytest.approx(beam.log_prob, abs=1e-4)


@pytest.mark.parametrize("attention", ["additive", "none"])
@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_exhaustive_beam_equals_brute_force(attention: str, penalty: float) -> None:
    vocabulary, longest = 9, 4
    model = make_model(small_config(attention=attention, source_vocabulary=vocabulary, target_vocabulary=vocabulary))
    source, lengths = pad([[4, 5, 6, EOS]])
    beam = Beam(vocabulary**longest, penalty)
    lineages = [f.lineage for f in decode(model, *model.encode(source, lengths), beam, torch.tensor([longest]))]
    found = [p for p in paths(lineages, beam, 1)[0] if p.finished]

    def total(tokens: tuple[int, ...]) -> float:
        return -float(model.loss(source, lengths, torch.tensor([tokens])))

    others = [token for token in range(vocabulary) if token not in (EOS, PAD)]  # the loss ignores padding
    every = {(*body, EOS): total((*body, EOS)) for n in range(longest) for body in itertools.product(others, repeat=n)}
    ranked = sorted(every, key=lambda tokens: beam.score(every[tokens], len(tokens)), reverse=True)
    mine = [p for p in found if PAD not in p.tokens]
    assert len(mine) == len(every)
    assert [tuple(p.tokens) for p in mine[:10]] == ranked[:10]
    assert mine[0].totals[-1] == pytest.approx(every[ranked[0]], abs=1e-4)


@pytest.mark.parametrize("text", SENTENCES)
def test_forcing_greedys_own_output_reproduces_its_score(translator: Translator, text: str) -> None:
    greedy = translator.translate(text)
    forced = translator.translate(text, Greedy(), prefix=[s.token for s in greedy.steps])
    steps = forced.steps[: len(greedy.steps)]  # an output cut off by the limit continues after its prefix
    assert [s.token for s in steps] == [s.token for s in greedy.steps]
    assert all(s.forced for s in steps) and not any(s.forced for s in greedy.steps)
    assert steps[-1].total == pytest.approx(greedy.log_prob, abs=1e-4)
    assert [s.rank for s in steps] == [1] * len(steps)
    assert greedy.finished == (len(forced.steps) == len(steps) and forced.finished)


def test_the_forced_total_is_minus_the_training_loss(model: Seq2Seq, translator: Translator) -> None:
    source, target = "I like the garden.", "nous aimons deux chats"
    trace = translator.score(source, target)
    ids, lengths = pad([[p.token for p in trace.source]])
    loss = model.loss(ids, lengths, torch.tensor([[s.token for s in trace.steps]]))
    assert trace.log_prob == pytest.approx(-float(loss), rel=1e-5)
    assert trace.text == target and trace.finished


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_batch_translation_equals_single_translations(translator: Translator, strategy: object) -> None:
    lines = [*SENTENCES, "", "I see the key."]
    together = dict(translator.translate_lines(lines, strategy))
    assert sorted(together) == list(range(len(lines)))
    assert together[4] == ""
    for index, line in enumerate(lines):
        if line:
            alone = translator.translate(line, strategy).text
            assert together[index] == " ".join(alone.split())  # line breaks are removed


def test_the_same_seed_draws_the_same_sentence_and_leaves_the_global_generator_alone(translator: Translator) -> None:
    before = torch.get_rng_state()
    draws = [translator.translate("I see the key.", Sample(seed=seed)) for seed in (5, 5, 6, 7)]
    assert draws[0] == draws[1]
    assert len({d.text for d in draws}) > 1
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("sample", [Sample(top_k=1), Sample(top_p=0.01), Sample(temperature=0.05, top_k=1)], ids=str)
def test_sampling_with_top_k_1_is_greedy(translator: Translator, sample: Sample) -> None:
    greedy = translator.translate("the cat likes the key.")
    assert [s.token for s in translator.translate("the cat likes the key.", sample).steps] == [s.token for s in greedy.steps]


def test_top_k_and_top_p_limit_the_sampled_pieces(translator: Translator) -> None:
    assert all(s.rank <= 3 for s in translator.translate("the key", Sample(top_k=3, seed=2)).steps)
    for step in translator.translate("the key", Sample(top_p=0.6, seed=2)).steps:
        before = sum(math.exp(c.log_prob) for c in step.candidates[: step.rank - 1])
        assert before < 0.6 + 1e-4


@given(seed=st.integers(0, 1000), swap=st.integers(0, 48))
def test_rounding_that_exchanges_two_ranks_does_not_change_the_draw(seed: int, swap: int) -> None:
    log_probs = torch.full((1, 50), 1 / 50).log()
    nearly = log_probs.clone()
    nearly[0, swap + 1] += 1e-6  # another order of the pieces after sorting
    first = torch.zeros(1, dtype=torch.long)
    rows = Rows(first, torch.zeros(1), 0, first, first)
    drawn = [Sample(seed=seed).start(1).choose(each, rows).tokens.tolist() for each in (log_probs, nearly)]
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("then", [Greedy(), Beam(3), Sample(seed=4)], ids=str)
def test_fork_keeps_its_prefix_and_continues(translator: Translator, then: object) -> None:
    text = "my sister likes the boat"
    start = next(c.token for c in translator.translate(text).steps[0].candidates if c.token != EOS)
    first = translator.translate(text, prefix=[start])
    rank, other = next((i + 1, c) for i, c in enumerate(first.steps[1].candidates) if i >= 3 and c.token != EOS)
    prefix = [start, other.token]
    fork = translator.translate(text, then, prefix=prefix)
    assert [s.token for s in fork.steps][:2] == prefix
    assert [s.forced for s in fork.steps] == [True, True] + [False] * (len(fork.steps) - 2)
    assert len(fork.steps) > 2
    # A forced step keeps the model's true values.
    assert fork.steps[1].rank == rank
    assert fork.steps[1].log_prob == pytest.approx(other.log_prob, abs=1e-4)
    assert fork.strategy == {**describe(then), "prefix": prefix}


def test_hypotheses_are_ranked_and_the_first_is_the_trace(translator: Translator) -> None:
    trace = translator.translate("I paint the key.", Beam(4))
    assert trace.hypotheses[0].text == trace.text and trace.hypotheses[0].score == trace.score
    assert len(trace.hypotheses) > 1
    ended = [h.score for h in trace.hypotheses if h.finished]
    cut_off = [h.score for h in trace.hypotheses if not h.finished]
    assert len(ended) <= 4
    assert [h.score for h in trace.hypotheses] == sorted(ended, reverse=True) + sorted(cut_off, reverse=True)


def test_prefixes_of_several_lengths_are_forced_in_one_batch() -> None:
    model = make_model(small_config())
    source, lengths = pad([[5, 6, EOS], [7, EOS]])
    strategy = Prefix(((11, 12, EOS), (13, 14, 15, 16, EOS)))
    lineages = [f.lineage for f in decode(model, *model.encode(source, lengths), strategy, torch.tensor([9, 9]))]
    assert [p[0].tokens for p in paths(lineages, strategy, 2)] == [[11, 12, EOS], [13, 14, 15, 16, EOS]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Beam(0), "beam size must be between 1 and"),
        (lambda: Beam(2.5), "beam size must be a whole number"),  # type: ignore[arg-type]
        (lambda: Beam(5, float("nan")), "length_penalty must be between"),
        (lambda: Sample(temperature=0.0), "temperature must be between"),
        (lambda: Sample(top_p=2), "top_p must be between"),
        (lambda: Sample(seed=-1), "seed must be between"),
    ],
)
def test_impossible_strategies_name_value_and_limit(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]
