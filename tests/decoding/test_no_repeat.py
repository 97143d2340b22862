"""The rule of `no_repeat`: what it blocks, and what it never blocks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from seq2seq.config import EOS
from seq2seq.decoding.hypotheses import HypothesisPath, paths
from seq2seq.decoding.loop import decode
from seq2seq.decoding.no_repeat import NoRepeat, Pieces, Rule
from seq2seq.decoding.strategies import Beam, Greedy, Prefix, Sample, describe
from seq2seq.decoding.translator import Translator
from seq2seq.models.attention import Memory
from seq2seq.models.seq2seq import StepOutput
from seq2seq.models.state import PerRow
from seq2seq.sources.text import Tokenizer

SENTENCES = ["I see the key.", "my sister paints two apples", "the old man forgets the garden, the key and a red boat.", "cat"]
SIZES = [1, 2, 3]
VOCABULARY = 6


@dataclass(frozen=True)
class Written(PerRow):
    """The state of a scripted model: the number of pieces so far."""

    hidden: Tensor  # [R, 1]


class Bigrams:
    """A model whose next piece depends only on the last one. Greedy decoding of such a model always ends in a loop."""

    def __init__(self, seed: int, pieces: int = VOCABULARY):
        scores = torch.randn(pieces, pieces, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 2
        self.table = scores.log_softmax(-1)

    def step(self, token: Tensor, state: Any, memory: Memory) -> StepOutput:
        return StepOutput(self.table[token], None, state)


class Script:
    """A model that wants to write `ids`: at each step the next one has nearly all of the probability."""

    def __init__(self, ids: Sequence[int], pieces: int):
        self.ids, self.pieces = ids, pieces

    def step(self, token: Tensor, state: Any, memory: Memory) -> StepOutput:
        scores = torch.zeros(len(token), self.pieces)
        scores[:, self.ids[int(state.hidden[0])]] = 20
        return StepOutput(scores.log_softmax(-1), None, Written(state.hidden + 1))


def search(model: Any, strategy: Any, limits: Sequence[int]) -> list[list[HypothesisPath]]:
    rows = len(limits)
    memory = Memory(states=torch.zeros(rows, 1, 1), mask=torch.ones(rows, 1, dtype=torch.bool))
    state = Written(torch.zeros(rows, 1))
    frames = decode(model, memory, state, strategy, torch.tensor(limits))
    return paths([frame.lineage for frame in frames], strategy, rows)


def rule(size: int, then: Any, rows: int = 1, digits: Sequence[int] = ()) -> NoRepeat:
    """Return the rule for a vocabulary in which every piece but the end mark begins a word."""
    ids = torch.arange(VOCABULARY)
    every, none, words = ids >= 0, ids < 0, ids != EOS
    counts = ~torch.isin(ids, torch.tensor(digits, dtype=torch.long))
    return NoRepeat(size, then, words.expand(rows, -1), Pieces(lower=ids, counts=counts, begins=every, elides=none))


def blocked(written: Sequence[int], piece: int, size: int, digits: Sequence[int] = ()) -> bool:
    """Say the same as the rule, one hypothesis at a time."""
    gram = [*written, piece][-size:]
    earlier = [list(written[start : start + size]) for start in range(len(written) - size + 1)]
    return piece != EOS and len(gram) == size and gram in earlier and not set(gram) & set(digits)


@given(seed=st.integers(0, 10_000), size=st.integers(1, 4), digit=st.integers(4, VOCABULARY - 1))
def test_greedy_writes_the_best_piece_that_repeats_nothing(seed: int, size: int, digit: int) -> None:
    model, limits = Bigrams(seed), [12, 7]
    found = search(model, rule(size, Greedy(), rows=2, digits=[digit]), limits)
    for (path,), limit in zip(found, limits, strict=True):
        tokens: list[int] = []
        while len(tokens) < limit and EOS not in tokens:
            order = model.table[tokens[-1] if tokens else 1].argsort(descending=True).tolist()
            tokens.append(next(piece for piece in order if not blocked(tokens, piece, size, [digit])))
        assert path.tokens == tokens


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", range(3))
def test_exhaustive_beam_with_the_rule_equals_brute_force(size: int, seed: int) -> None:
    model, longest = Bigrams(seed), 5
    beam = Beam(VOCABULARY**longest)
    found = [path for path in search(model, rule(size, beam), [longest])[0] if path.finished]
    every = {}
    for body in itertools.chain.from_iterable(
        itertools.product([p for p in range(VOCABULARY) if p != EOS], repeat=n) for n in range(longest)
    ):
        tokens = (*body, EOS)
        if not any(blocked(tokens[:t], tokens[t], size) for t in range(len(tokens))):
            every[tokens] = sum(float(model.table[a, b]) for a, b in itertools.pairwise((1, *tokens)))
    assert {tuple(path.tokens): path.totals[-1] for path in found} == pytest.approx(every, abs=1e-4)
    best = max(beam.score(total, len(tokens)) for tokens, total in every.items())
    assert found[0].score == pytest.approx(best, abs=1e-4)


@given(seed=st.integers(0, 10_000), size=st.integers(1, 3), beam=st.integers(1, 4))
def test_no_hypothesis_of_a_beam_repeats_an_ngram(seed: int, size: int, beam: int) -> None:
    for hypotheses in search(Bigrams(seed), rule(size, Beam(beam), rows=2), [14, 9]):
        for path in hypotheses:
            assert not any(blocked(path.tokens[:t], path.tokens[t], size) for t in range(len(path.tokens)))


def test_without_the_rule_these_models_repeat() -> None:
    found = [search(Bigrams(seed), Greedy(), [14])[0][0].tokens for seed in range(20)]
    assert sum(any(blocked(tokens[:t], tokens[t], 3) for t in range(len(tokens))) for tokens in found) > 10


@given(seed=st.integers(0, 10_000), forced=st.lists(st.integers(4, VOCABULARY - 1), min_size=4, max_size=8))
def test_forced_pieces_are_never_blocked_and_keep_their_log_probability(seed: int, forced: list[int]) -> None:
    model, twice = Bigrams(seed), (*forced, *forced)
    (path,) = search(model, Prefix((twice,), rule(2, Greedy())), [20])[0]
    assert tuple(path.tokens[: len(twice)]) == twice
    true = sum(float(model.table[a, b]) for a, b in itertools.pairwise((1, *twice)))
    assert path.totals[len(twice) - 1] == pytest.approx(true, abs=1e-4)
    assert not any(blocked(path.tokens[:t], path.tokens[t], 2) for t in range(len(twice), len(path.tokens)))


@pytest.mark.parametrize("size", [1, 3])
def test_a_beam_of_one_is_greedy_with_the_same_rule(translator: Translator, size: int) -> None:
    text = SENTENCES[1]
    greedy, beam = translator.translate(text, Greedy(no_repeat=size)), translator.translate(text, Beam(1, no_repeat=size))
    assert [s.token for s in greedy.steps] == [s.token for s in beam.steps]
    assert greedy.log_prob == pytest.approx(beam.log_prob, abs=1e-4)


@pytest.mark.parametrize("strategy", [Greedy(no_repeat=1), Beam(3, no_repeat=2), Sample(no_repeat=1, seed=3)], ids=str)
def test_batch_equals_single_translations_with_the_rule(translator: Translator, strategy: Any) -> None:
    lines = [*SENTENCES, "I see I see I see the key."]
    together = dict(translator.translate_lines(lines, strategy))
    for index, line in enumerate(lines):
        assert together[index] == " ".join(translator.translate(line, strategy).text.split())


@pytest.mark.parametrize("strategy", [Greedy(), Beam(3), Sample(seed=3)], ids=str)
def test_trace_with_the_rule_keeps_the_models_probabilities(translator: Translator, strategy: Any) -> None:
    with_rule = replace(strategy, no_repeat=1)
    trace = translator.translate("I see the key.", with_rule)
    forced = translator.translate("I see the key.", Greedy(), prefix=[step.token for step in trace.steps])
    for step, true in zip(trace.steps, forced.steps, strict=False):
        assert step.log_prob == pytest.approx(true.log_prob, abs=1e-5)
        assert (step.rank, [c.token for c in step.candidates]) == (true.rank, [c.token for c in true.candidates])
    assert trace.strategy == describe(with_rule) == {**describe(strategy), "no_repeat": 1}


def test_description_without_the_rule_is_that_of_earlier_versions() -> None:
    assert describe(Greedy()) == {"name": "greedy"}
    assert describe(Prefix(((4,),), Beam(3))) == {"name": "beam", "size": 3, "length_penalty": 1.0, "prefix": [4]}


def test_unbound_rule_is_refused_and_not_ignored(small: Translator) -> None:
    with pytest.raises(ValueError, match="please decode with a Translator"):
        search(Bigrams(1), Greedy(no_repeat=2), [5])
    with pytest.raises(ValueError, match="leave out no_repeat"):
        small.beam_tree("the key", Beam(2, no_repeat=2))
    with pytest.raises(ValueError, match="no_repeat must be between 0 and 10"):
        Beam(2, no_repeat=11)


WORDS = [
    ("It costs $2,000, not $4,000 and 1,000,000.", "Il coûte 2 000 dollars, pas 4 000 dollars et 1 000 000."),
    ("Bus 12, not bus 15!", "Le bus 12, pas le bus 15 !"),
    ("eighty-one men and eighty-two cats", "quatre-vingt-un hommes et quatre-vingt-deux chats"),
    ("Anna Smith is here. Is Anna Smith happy?", "Ici est Anna Smith. Est-ce que Anna Smith est contente ?"),
    ("The water and the water and all the water", "l'eau et l'eau et l'eau"),
    ("very very very very very happy", "très très très très très très contente"),
]


@pytest.fixture(scope="module")
def spelled() -> Tokenizer:
    """A vocabulary that spells digits, names and number words with many pieces."""
    return Tokenizer.train(
        [pair for pair in WORDS for _ in range(2)], 340, shared=True, split_digits=True, languages=("English", "French")
    )


def written(tokenizer: Tokenizer, source: str, wanted: str, size: int, language: str = "French") -> str:
    """Return what a model writes with the rule if it wants to write `wanted`."""
    ids = [*tokenizer.target.encode(wanted), EOS]
    sources = [[*tokenizer.source.encode(source), EOS]]
    bound = Rule(tokenizer, language).bind(Greedy(no_repeat=size), sources)
    return tokenizer.target.decode(search(Script(ids, len(tokenizer.target)), bound, [len(ids)])[0][0].tokens)


@pytest.mark.parametrize("size", [2, 3, 4])
@pytest.mark.parametrize(("source", "target"), WORDS)
def test_rule_keeps_numbers_words_names_and_repetitions_of_the_source(
    spelled: Tokenizer, source: str, target: str, size: int
) -> None:
    assert written(spelled, source, target, size) == target


@pytest.mark.parametrize("size", [2, 3, 4])
def test_rule_changes_a_phrase_that_only_the_translation_repeats(spelled: Tokenizer, size: int) -> None:
    loop = "très contente et très contente et très contente et"
    assert written(spelled, "very very very very very happy", loop, size) == loop
    assert written(spelled, "I am happy", loop, size) != loop
    assert written(spelled, "I am happy", loop.replace("et très", "et Très"), size) != loop.replace("et très", "et Très")
    # Numbers in the source are no repetition.
    assert written(spelled, "I am happy 1,000,000 times", loop, size) != loop


def test_word_after_an_elision_can_be_blocked_in_languages_that_elide() -> None:
    text = "avec l'eau et avec l'eau"
    tokenizer = Tokenizer.train([("x", text)] * 9, 288, shared=True, languages=("English", "French"))
    assert tokenizer.target.pieces(tokenizer.target.encode(text)) == ["▁avec", "▁l'", "eau", "▁et", "▁avec", "▁l'", "eau"]
    assert written(tokenizer, "x", text, 3) != text
    assert written(tokenizer, "x", text, 3, language="English") == text  # as in don't: one word


def test_untrained_models_repeat_no_word_with_the_rule(translator: Translator) -> None:
    for strategy in (Greedy(no_repeat=1), Beam(3, no_repeat=1), Sample(no_repeat=1)):
        pieces = [step.piece for step in translator.translate("cat", strategy).steps]
        words = [piece for piece in pieces if piece.startswith("▁") and piece[1:].isalpha()]
        assert len(set(words)) == len(words)
