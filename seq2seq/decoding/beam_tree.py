"""The whole beam search for one sentence as a tree of kept, ended and dropped pieces.

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
    """The methods of a vocabulary that the tree needs: the pieces of ids, and their text."""

    def pieces(self, ids: Iterable[int]) -> list[str]: ...

    def decode(self, ids: Iterable[int]) -> str: ...


@dataclass(frozen=True, slots=True)
class Node:
    """A continuation by one piece that the search considered. If it was neither kept nor ended, it was dropped."""

    step: int  # 0-based
    parent: int | None  # the node before it; None for the empty hypothesis
    token: int
    piece: str
    log_prob: float  # natural logarithm, of this piece given all before it, free-running
    total: float  # running sum of log_prob
    place: int  # rank by total among all continuations considered at this step; 1 = the most probable
    kept: bool  # one of the at most k hypotheses that continue
    ended: bool  # a finished hypothesis
    rank: int | None = None  # only for outputs: rank by score; 1 = the winner
    score: float | None = None  # only for outputs: total after the length penalty
    best: int | None = None  # best rank of the outputs that contain this node; None if there are none
    reach: int = 0  # last step with a kept or ended continuation of this node; its own step if dropped

    @property
    def dropped(self) -> bool:
        return not (self.kept or self.ended)

    @property
    def winning(self) -> bool:
        """Whether the node is part of the winner."""
        return self.best == 1


@dataclass(frozen=True, slots=True)
class Output:
    """A result of the search: a hypothesis that ended, or one that the length limit cut off."""

    node: int
    text: str
    length: int  # in pieces, end mark included
    log_prob: float
    score: float
    finished: bool


@dataclass(frozen=True, slots=True)
class BeamTree:
    """One search: its nodes by step and total, and its outputs, best first."""

    beam: Beam
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]

    @property
    def steps(self) -> int:
        return self.nodes[-1].step + 1

    @property
    def full(self) -> bool:
        """Whether the search stopped because enough hypotheses had ended, and not at the length limit."""
        return sum(output.finished for output in self.outputs) == self.beam.size

    def layers(self) -> list[list[int]]:
        """Return the nodes of each step, best first."""
        found: list[list[int]] = [[] for _ in range(self.steps)]
        for index, node in enumerate(self.nodes):
            found[node.step].append(index)
        return found

    def path(self, index: int) -> list[Node]:
        """Return the nodes from the first piece to node `index`."""
        found: list[Node] = []
        at: int | None = index
        while at is not None:
            found.append(self.nodes[at])
            at = self.nodes[at].parent
        return found[::-1]


@torch.inference_mode()
def grow(frames: Sequence[Frame], beam: Beam, hypotheses: Sequence[HypothesisPath], vocabulary: Spelling) -> BeamTree:
    """Build the tree of a search for one sentence from the `frames` of `decode` and the `hypotheses` of `paths`.

    Raises ValueError for a beam with `no_repeat`, because the frames do not contain what it blocks.
    """
    if beam.no_repeat:
        raise ValueError("a beam tree cannot show blocked pieces: leave out no_repeat")
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
    for index in range(len(nodes) - 1, -1, -1):  # children come after their parents
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
    """Return the considered continuations of each step, best first, each one kept, ended or dropped."""
    nodes: list[Node] = []
    rows: list[int | None] = [None]  # the node of each row of the step
    alive = torch.zeros(1, dtype=torch.long, device=frames[0].log_probs.device)
    totals = frames[0].log_probs.new_zeros(1, dtype=torch.float32)
    for step, frame in enumerate(frames):
        choice = frame.lineage.choice
        numbers = torch.arange(len(rows), device=totals.device)
        found = continuations(frame.log_probs, Rows(torch.zeros_like(numbers), totals, step, numbers, alive), 2 * beam.size)
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
        alive = frame.lineage.alive
        rows = [index[children[child]] for child in alive.tolist()]
        totals = choice.totals[alive]
    return nodes
