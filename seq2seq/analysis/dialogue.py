"""What a dialogue model answers, how much its answers differ, and what the question is worth.

A reply T to a turn S is likely because it fits S, or because it fits everything ("I don't know."). Li et al. (2016, section 4)
rerank the likeliest replies by log p(T|S) - λ log p(T) + γ |T|, an approximation of mutual information (MMI-antiLM). Here
log p(T) is not another model's: it is the logarithm of the mean of p(T|q) over the turns q of OTHERS.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from seq2seq.analysis.forcing.scoring import log_probs
from seq2seq.analysis.source_worth import source_worth
from seq2seq.data.corpora import Pair
from seq2seq.decoding.evaluation import best_of_sources
from seq2seq.decoding.metrics import ngrams
from seq2seq.decoding.strategies import Beam, Greedy, Sample
from seq2seq.decoding.translator import Translator
from seq2seq.sources import words
from seq2seq.sources.normalise import normalise

# Turns of our own, about different things, over which p(T) is averaged.
OTHERS = (
    "Good morning, how are you?",
    "Would you like a cup of tea?",
    "Where is the train station?",
    "I have a new bicycle.",
    "What time does the film begin?",
    "How much are these apples?",
    "My sister lives near the sea.",
    "Can you help me with this box?",
    "I have never been to Japan.",
    "Let's have dinner together tonight.",
    "It is raining again.",
    "Thank you for the lovely present.",
    "Do you play the piano?",
    "The library closes at six.",
    "Which colour do you like best?",
    "I think that we should take a taxi.",
)
BEAM, SAMPLES, TOP_P = 10, 20, 0.9  # candidates for reranking: of a beam, and drawn
LAMBDA, GAMMA = 0.5, 0.5  # weight of log p(T), and nats for each piece


@dataclass(frozen=True)
class Reply:
    """A reply, its pieces with the end mark, and its log-probabilities in nats: given the turn, and over OTHERS (p(T))."""

    text: str
    pieces: int
    given: float
    anyway: float

    @property
    def mutual(self) -> float:
        return self.given - LAMBDA * self.anyway + GAMMA * self.pieces


def reranked(translator: Translator, turn: str) -> list[Reply]:
    """Return different replies to `turn`, best first by mutual information. Raises ValueError for text that it cannot read."""
    found = translator.translate(turn, Beam(BEAM)).hypotheses
    drawn = [translator.translate(turn, Sample(top_p=TOP_P, seed=seed)) for seed in range(SAMPLES)]
    texts = [*(each.text for each in found), *(trace.text for trace in drawn if trace.finished)]
    different = list(dict.fromkeys(text for text in texts if normalise(text)))
    return sorted(replies(translator, turn, different), key=lambda reply: -reply.mutual)


def replies(translator: Translator, turn: str, texts: Sequence[str]) -> list[Reply]:
    """Return each text as a reply to `turn`, with its log-probabilities."""
    targets = [translator.target_ids(text) for text in texts]
    given = log_probs(translator, [translator.source_ids(turn)] * len(texts), targets)
    others = [log_probs(translator, [translator.source_ids(other)] * len(texts), targets) for other in OTHERS]
    anyway = torch.tensor(others).logsumexp(0) - math.log(len(OTHERS))
    return [Reply(*row) for row in zip(texts, map(len, targets), given, anyway.tolist(), strict=True)]


@dataclass(frozen=True)
class Variety:
    """How much some replies differ. Distinct-n is the share of different n-grams (Li et al. 2016)."""

    how: str
    replies: int
    different: int
    distinct_1: float
    distinct_2: float
    words: float  # a reply, on average
    top_share: float  # of the five most frequent replies
    most_frequent: str
    most_frequent_count: int


def variety(how: str, texts: Sequence[str]) -> Variety:
    cut = [[word.casefold() for word in words.split(text)] if normalise(text) else [] for text in texts]
    counts = Counter(texts)
    (first, often), *_ = counts.most_common(1)
    top = sum(count for _, count in counts.most_common(5)) / len(texts)
    mean = sum(map(len, cut)) / len(cut)
    return Variety(how, len(texts), len(counts), _distinct(cut, 1), _distinct(cut, 2), mean, top, first, often)


def _distinct(cut: Sequence[Sequence[str]], size: int) -> float:
    found = [gram for sentence in cut for gram in ngrams(sentence, size)]
    return len(set(found)) / max(1, len(found))


def _fits(translator: Translator, turn: str) -> bool:
    try:
        return bool(translator.source_ids(turn))
    except ValueError:
        return False


def _best(translator: Translator, turns: Sequence[str], strategy: Any) -> list[str]:
    best = best_of_sources(translator, turns, strategy)
    return [best[turn][0].text for turn in turns]


def report(translator: Translator, pairs: Sequence[Pair], count: int, most_reranked: int, seed: int = 1) -> dict[str, Any]:
    """Return the variety of the replies to the first `count` different turns, by how they are found, and what a turn is
    worth."""
    first = dict(reversed(pairs))
    asked = [turn for turn in dict.fromkeys(turn for turn, _ in pairs) if _fits(translator, turn)][:count]
    found = [variety("people", [first[turn] for turn in asked])]
    greedy, beam = (_best(translator, asked, strategy) for strategy in (Greedy(), Beam(5)))
    found += [variety("greedy", greedy), variety("beam 5", beam)]
    # Each turn has a seed of its own: with one seed, all turns would draw with the same random numbers.
    drawn = [_best(translator, [turn], Sample(top_p=0.95, seed=seed + n))[0] for n, turn in enumerate(asked)]
    found.append(variety(f"sampling, top-p 0.95, seeds from {seed}", drawn))
    if most_reranked:
        found.append(variety("beam 5", beam[:most_reranked]))
        found.append(variety("reranked (MMI)", [reranked(translator, turn)[0].text for turn in asked[:most_reranked]]))
    worth = source_worth(translator, pairs)
    question = {"replies": worth.targets, "pieces": worth.pieces, "own": worth.own, "swapped": worth.swapped}
    return {"varieties": [asdict(each) for each in found], "question": {**question, "worth": worth.worth}}
