"""The whole search of a beam for one sentence, as a tree: what was kept, what ended, what was considered and let go.

The beam is the one of `decoding.Beam` (Sutskever et al. 2014, section 3.2); finished hypotheses are scored by Wu et al. 2016,
equation 14.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch

from seq2seq.config import EOS
from seq2seq.decoding.hypotheses import HypothesisPath
from seq2seq.decoding.loop import Frame
from seq2seq.decoding.strategies import NEVER, Beam, Rows, continuations


class Spelling(Protocol):
    """What a vocabulary knows: the pieces of ids, and their text."""

    def pieces(self, ids: Iterable[int]) -> list[str]: ...

    def decode(self, ids: Iterable[int]) -> str: ...


@dataclass(frozen=True, slots=True)
class Node:
    """A piece behind a beginning, as the search considered it. One that neither was kept nor ended was dropped."""

    step: int  # 0-based
    parent: int | None  # the node whose continuation it is; None: the empty beginning
    token: int
    piece: str
    log_prob: float  # natural logarithm, of this piece given all before it, free-running
    total: float  # running sum of log_prob
    place: int  # by total, among all that was considered at this step; 1 = the most probable
    kept: bool  # one of the at most k that went on
    ended: bool  # a finished hypothesis
    rank: int | None = None  # of an output, its place among the outputs by score; 1 = the winner
    score: float | None = None  # of an output, its total after the length penalty
    best: int | None = None  # the best rank among the outputs that it is, or is the beginning of; None: it died out
    reach: int = 0  # the last step up to which what it is the beginning of was kept or ended; its own, if dropped

    @property
    def dropped(self) -> bool:
        return not (self.kept or self.ended)

    @property
    def winning(self) -> bool:
        """Whether it is the winner, or the beginning of it."""
        return self.best == 1


@dataclass(frozen=True, slots=True)
class Output:
    """What the search found: a hypothesis that ended, or one that the length limit cut off."""

    node: int
    text: str
    length: int  # in pieces, end mark included
    log_prob: float
    score: float
    finished: bool


@dataclass(frozen=True, slots=True)
class BeamTree:
    """One search: its nodes step by step, within a step by total, and its outputs, best first."""

    beam: Beam
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]

    @property
    def steps(self) -> int:
        return self.nodes[-1].step + 1

    @property
    def full(self) -> bool:
        """Whether the search stopped because as many hypotheses as wanted had ended, and not at the length limit."""
        return sum(output.finished for output in self.outputs) == self.beam.size

    def layers(self) -> list[list[int]]:
        """The nodes of each step, best first."""
        found: list[list[int]] = [[] for _ in range(self.steps)]
        for index, node in enumerate(self.nodes):
            found[node.step].append(index)
        return found

    def path(self, index: int) -> list[Node]:
        """From the first piece to node `index`."""
        found: list[Node] = []
        at: int | None = index
        while at is not None:
            found.append(self.nodes[at])
            at = self.nodes[at].parent
        return found[::-1]


@torch.inference_mode()
def grow(frames: Sequence[Frame], beam: Beam, hypotheses: Sequence[HypothesisPath], vocabulary: Spelling) -> BeamTree:
    """The tree of a search of one sentence: `frames` as `decode` gave them, `hypotheses` as `paths` found them in these."""
    nodes = _considered(frames, beam, vocabulary)
    children = {(node.parent, node.token): index for index, node in enumerate(nodes)}
    ends = []
    for hypothesis in hypotheses:
        at: int | None = None
        for token in hypothesis.tokens:
            at = children[at, token]
        assert at is not None  # a hypothesis has at least one piece
        ends.append(at)
    for rank, (end, hypothesis) in enumerate(zip(ends, hypotheses, strict=True), start=1):
        nodes[end] = replace(nodes[end], rank=rank, score=hypothesis.score, best=rank)
    for index in range(len(nodes) - 1, -1, -1):  # children stand behind their parents
        node = nodes[index]
        if node.parent is not None and not node.dropped:
            above = nodes[node.parent]
            ranks = [rank for rank in (above.best, node.best) if rank is not None]
            nodes[node.parent] = replace(above, reach=max(above.reach, node.reach), best=min(ranks, default=None))
    outputs = [
        Output(end, vocabulary.decode(found.tokens), len(found.tokens), found.totals[-1], found.score, found.finished)
        for end, found in zip(ends, hypotheses, strict=True)
    ]
    return BeamTree(beam, tuple(nodes), tuple(outputs))


def _considered(frames: Sequence[Frame], beam: Beam, vocabulary: Spelling) -> list[Node]:
    """The continuations that were considered at each step, best first, and what became of each at that step."""
    nodes: list[Node] = []
    rows: list[int | None] = [None]  # by row of the step, its node
    totals = frames[0].log_probs.new_zeros(1, dtype=torch.float32)
    for step, frame in enumerate(frames):
        choice, alive = frame.lineage.choice, frame.lineage.alive.tolist()
        numbers = torch.arange(len(rows), device=totals.device)
        found = continuations(frame.log_probs, Rows(torch.zeros_like(numbers), totals, step, numbers), 2 * beam.size)
        children = list(zip(choice.parents.tolist(), choice.tokens.tolist(), strict=True))
        chosen = set(children)
        parents, tokens = found.parents[0], found.tokens[0]
        log_probs = frame.log_probs[parents.clamp_max(len(rows) - 1), tokens].tolist()
        considered = zip(
            parents.tolist(),
            tokens.tolist(),
            vocabulary.pieces(tokens.tolist()),
            log_probs,
            found.totals[0].tolist(),
            strict=True,
        )
        index = {}
        for place, (row, token, piece, log_prob, total) in enumerate(considered, start=1):
            if total == NEVER:
                continue
            index[row, token] = len(nodes)
            taken = (row, token) in chosen
            nodes.append(
                Node(
                    step=step,
                    parent=rows[row],
                    token=token,
                    piece=piece,
                    log_prob=log_prob,
                    total=total,
                    place=place,
                    kept=taken and token != EOS,
                    ended=taken and token == EOS,
                    reach=step,
                )
            )
        rows = [index[children[child]] for child in alive]
        totals = choice.totals[frame.lineage.alive]
    return nodes
