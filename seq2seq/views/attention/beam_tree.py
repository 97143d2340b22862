"""The search of a beam for the page, as plain values: nodes, a sentence a step, outputs, and what greedy would have done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from seq2seq.sources.pieces import END, spell
from seq2seq.trace import DecodingTrace
from seq2seq.views.pieces import alone, label, visible
from seq2seq.views.stage.sentences import Span, probability, told

if TYPE_CHECKING:  # the engine's records are read here, and the engine is not loaded for it
    from seq2seq.decoding.beam_tree import BeamTree, Node

LONGEST = 120  # characters of the text so far; the beginning is left out first
NAMED = 2  # beginnings that die out in one step are quoted up to here, and counted beyond
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ORDINALS = ("best", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
MODE = "nats, free-running"


def nodes(tree: BeamTree, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Every node with what is drawn and said of it; `parent` and the order are the engine's."""
    return [
        {
            "step": node.step + 1,
            "parent": node.parent,
            "token": node.token,
            "label": {"text": alone(node.piece), "kind": label(node.piece).kind},
            "text": texts[index],
            "probability": probability(node.log_prob),
            "total": number(node.total),
            "kind": _kind(node),
            "rank": node.rank,
            "mark": _mark(node),
            "reach": node.reach + 1,
            "best": node.best,
            "state": state(tree, node),
        }
        for index, node in enumerate(tree.nodes)
    ]


def _kind(node: Node) -> str:
    if node.dropped:
        return "dropped"
    if node.ended:
        return "ended"
    return "kept" if node.rank is None else "cut"


def _mark(node: Node) -> str:
    """What stands behind the piece of an output."""
    if node.rank is None:
        return ""
    return f"{_numbered(node.rank)}" if node.ended else f"cut off, {_numbered(node.rank)}"


def _texts(tree: BeamTree) -> list[str]:
    """What is written at each node."""
    spelled: list[list[str]] = []
    for node in tree.nodes:
        spelled.append([*(spelled[node.parent] if node.parent is not None else []), node.piece])
    return [_shortened(visible(spell(pieces))) for pieces in spelled]


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else "…" + text[-LONGEST:]


def state(tree: BeamTree, node: Node) -> str:
    """What became of a node, in words."""
    if node.dropped:
        return _why_dropped(tree, node)
    if node.rank is not None:
        how = "finished" if node.ended else "cut off by the length limit"
        assert node.score is not None
        return f"{how}, {_placed(node.rank)}, score {number(node.score)} after the length penalty"
    if node.winning:
        return "kept, on the way to the winner"
    if node.best is not None:
        return f"kept, on the way to the {_placed(node.best)}"
    if tree.full and node.reach == tree.steps - 2:
        return f"kept until the search stopped at step {tree.steps}: {_ended(tree)}"
    return f"kept, died out at step {node.reach + 2}"


def _why_dropped(tree: BeamTree, node: Node) -> str:
    size = tree.beam.size
    if node.piece == END and node.place > size:
        among = f"among the {size} most probable" if size > 1 else "as the most probable"
        return f"considered, not kept: an end counts only {among}, and this is number {node.place}"
    if tree.full and node.step == tree.steps - 1:
        return f"considered, not kept: {_ended(tree)}, and the search needs no more"
    return f"considered, not kept: {_count(size, 'more probable one goes', 'more probable ones go')} on"


def sentences(tree: BeamTree, texts: Sequence[str]) -> list[list[dict[str, str]]]:
    """T + 1 sentences: the first is said before the first step."""
    size = tree.beam.size
    start = (
        "The encoder has read the sentence. The search starts from one empty beginning; at each step it considers the "
        f"{2 * size} most probable continuations of all its beginnings and keeps {size}."
    )
    layers = tree.layers()
    each = [_sentence(tree, texts, before, here) for before, here in pairwise([[], *layers])]
    return [told([Span(start)]), *map(told, each)]


def _sentence(tree: BeamTree, texts: Sequence[str], before: Sequence[int], here: Sequence[int]) -> list[Span]:
    """What happened in the step of the nodes `here`, those `before` being the step before's."""
    step = tree.nodes[here[0]].step
    before = [index for index in before if tree.nodes[index].kept]
    kept, ended = (sum(getattr(tree.nodes[index], name) for index in here) for name in ("kept", "ended"))
    beginnings, become = _count(max(1, len(before)), "beginning", "beginnings"), _are(kept, "goes on", "go on")
    if ended:
        become += f", {_are(ended, 'ends', 'end')}"
    spans = [Span(f"Step {step + 1}: of {beginnings}, the {len(here)} most probable continuations are considered; {become}.")]
    quoted = Span(f"“{texts[here[0]]}”", "target") if texts[here[0]] else Span("the empty sentence")
    ends = ", which ends here" if tree.nodes[here[0]].ended else ""
    total = f"{ends}: log-probability {number(tree.nodes[here[0]].total)} ({MODE})."
    spans += [Span(" The most probable is "), quoted, Span(total)]
    if kept:
        spans += _died(texts, [index for index in before if tree.nodes[index].reach < step])
    if step == tree.steps - 1:
        spans += _ending(tree)
    return spans


def _died(texts: Sequence[str], gone: Sequence[int]) -> list[Span]:
    if not gone:
        return []
    if len(gone) > NAMED:
        return [Span(f" {_count(len(gone), 'beginning', 'beginnings').capitalize()} of the step before died out.")]
    spans = [Span(" ")]
    for place, index in enumerate(gone):
        spans += [Span(" and ")] * bool(place) + [Span(f"“{texts[index]}”", "target")]
    return [*spans, Span(" died out.")]


def _ending(tree: BeamTree) -> list[Span]:
    why = _ended(tree) if tree.full else "the length limit is reached"
    winner = tree.outputs[0]
    text = Span(f"“{visible(winner.text)}”", "target")
    return [Span(f" The search stops: {why}. After the length penalty, "), text, Span(f" wins, score {number(winner.score)}.")]


def outputs(tree: BeamTree) -> dict[str, Any]:
    """A row an output, best first."""
    rows = []
    for rank, output in enumerate(tree.outputs, start=1):
        how = f"ended at step {output.length}" if output.finished else "cut off by the length limit"
        name = {"name": visible(output.text) or "nothing", "hint": f"{_placed(rank)}, {how}"}
        rows.append([name, number(output.log_prob), str(output.length), number(output.score)])
    return {
        "columns": ["hypothesis", f"log-probability ({MODE})", "pieces, end mark included", "score"],
        "rows": rows,
    }


def verdict(tree: BeamTree, greedy: DecodingTrace) -> list[dict[str, str]]:
    """What the beam did that greedy would not have done."""
    winner = tree.outputs[0]
    path = tree.path(winner.node)
    lowest = max(path, key=lambda node: node.place)
    own = [step.token for step in greedy.steps]
    parts = next((t for t, (a, b) in enumerate(zip(path, own, strict=False)) if a.token != b), None)
    if parts is None:
        behind = [node for node in path if node.place > 1]
        if not behind:
            return told([Span("Greedy would have written the same: at every step, the winner was the most probable of all.")])
        where = f"at step {lowest.step + 1} it was only the {_ordinal(lowest.place)} most probable"
        return told([Span(f"Greedy would have written the same. The winner was not always on top: {where}, and it was kept.")])
    score = tree.beam.score(greedy.log_prob, len(own))
    at = path[parts]
    theirs = f"log-probability {number(greedy.log_prob)}, score {number(score)}"
    ours = f"the winner’s are {number(winner.log_prob)} and {number(winner.score)} ({MODE})"
    spans = [
        Span("Greedy would have written "),
        Span(f"“{visible(greedy.text)}”", "target"),
        Span(f": {theirs}; {ours}. They part at step {parts + 1}, where the winner was only the "),
        Span(f"{_ordinal(at.place)} most probable of what was considered"),
    ]
    if lowest.place > at.place:
        spans.append(Span(f"; its lowest place on the way was the {_ordinal(lowest.place)}, at step {lowest.step + 1}"))
    spans.append(Span(". Greedy keeps one beginning and would have let it go; the beam kept it."))
    if score > winner.score:
        spans.append(Span(" Greedy’s has the higher score all the same: the beam lost it on the way."))
    return told(spans)


def _ordinal(place: int) -> str:
    return ORDINALS[place - 1] if 1 < place <= len(ORDINALS) else _numbered(place)


def _ended(tree: BeamTree) -> str:
    return f"{_count(tree.beam.size, 'hypothesis has', 'hypotheses have')} ended"


def _placed(rank: int) -> str:
    if rank == 1:
        return "winner"
    return f"{ORDINALS[rank - 1]} best" if rank <= len(ORDINALS) else f"{_numbered(rank)} best"


def _numbered(place: int) -> str:
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def _count(count: int, one: str, many: str) -> str:
    return f"{NUMBERS[count] if count < len(NUMBERS) else count} {one if count == 1 else many}"


def _are(count: int, one: str, many: str) -> str:
    return _count(count, one, many) if count else f"none {one}"


def number(value: float) -> str:
    """Two decimals with a true minus sign."""
    return ("\u2212" if value < 0 else "") + f"{abs(value):.2f}"


def payload(tree: BeamTree, greedy: DecodingTrace, **extra: Any) -> str:
    """Everything the page needs to show a search, as one JSON text."""
    texts = _texts(tree)
    drawn = {
        "size": tree.beam.size,
        "steps": tree.steps,
        "nodes": nodes(tree, texts),
        "sentences": sentences(tree, texts),
        "outputs": outputs(tree),
        "verdict": verdict(tree, greedy),
    }
    return json.dumps({**drawn, **extra}, ensure_ascii=False, allow_nan=False)
