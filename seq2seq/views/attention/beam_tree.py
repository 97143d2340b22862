"""A beam search as plain values for the page: nodes, one sentence per step, outputs, and the comparison with greedy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from seq2seq.sources.pieces import END, spell
from seq2seq.trace import DecodingTrace
from seq2seq.views.pieces import label, visible
from seq2seq.views.stage.sentences import TextSpan, probability, to_dicts

if TYPE_CHECKING:  # for the annotations only: the views do not load the engine
    from seq2seq.decoding.beam_tree import BeamTree, Node

LONGEST = 120  # characters of the text so far; a longer text loses its beginning
NAMED = 2  # up to this number, the hypotheses dropped in one step are quoted; more are only counted
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ORDINALS = ("best", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
MODE = "nats, free-running"


def nodes(tree: BeamTree, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return every node with its label and its description; `parent` and the order are those of the engine."""
    return [
        {
            "step": node.step + 1,
            "parent": node.parent,
            "token": node.token,
            "label": {"text": label(node.piece).text, "kind": label(node.piece).kind},
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
    """Return the mark after the last piece of an output."""
    if node.rank is None:
        return ""
    return f"{_numeral(node.rank)}" if node.ended else f"cut off, {_numeral(node.rank)}"


def _texts(tree: BeamTree) -> list[str]:
    """Return the text up to each node."""
    spelled: list[list[str]] = []
    for node in tree.nodes:
        spelled.append([*(spelled[node.parent] if node.parent is not None else []), node.piece])
    return [_shortened(visible(spell(pieces))) for pieces in spelled]


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else "…" + text[-LONGEST:]


def state(tree: BeamTree, node: Node) -> str:
    """Say whether a node was kept, dropped or finished, and why."""
    if node.dropped:
        return _why_dropped(tree, node)
    if node.rank is not None:
        how = "finished" if node.ended else "cut off by the length limit"
        assert node.score is not None
        return f"{how}, {_rank_name(node.rank)}, score {number(node.score)} after the length penalty"
    if node.winning:
        return "kept, part of the winner"
    if node.best is not None:
        return f"kept, part of the {_rank_name(node.best)}"
    if tree.full and node.reach == tree.steps - 2:
        return f"kept until the search stopped at step {tree.steps}: {_ended_count(tree)}"
    return f"kept, but no continuation was kept at step {node.reach + 2}"


def _why_dropped(tree: BeamTree, node: Node) -> str:
    size = tree.beam.size
    if node.piece == END and node.place > size:
        among = f"among the {size} most probable" if size > 1 else "as the most probable"
        return f"considered, not kept: an end mark is accepted only {among}, and this is number {node.place}"
    if tree.full and node.step == tree.steps - 1:
        return f"considered, not kept: {_ended_count(tree)}, so the search stops"
    return f"considered, not kept: {_count(size, 'continuation is', 'continuations are')} more probable"


def sentences(tree: BeamTree, texts: Sequence[str]) -> list[list[dict[str, str]]]:
    """Return T + 1 sentences; the first one describes the state before step 1."""
    size = tree.beam.size
    start = (
        "The encoder has read the sentence. The search starts from one empty hypothesis; at each step it considers the "
        f"{2 * size} most probable continuations of all its hypotheses and keeps {size}."
    )
    layers = tree.layers()
    each = [_step_spans(tree, texts, before, here) for before, here in pairwise([[], *layers])]
    return [to_dicts([TextSpan(start)]), *map(to_dicts, each)]


def _step_spans(tree: BeamTree, texts: Sequence[str], before: Sequence[int], here: Sequence[int]) -> list[TextSpan]:
    """Describe the step of the nodes `here`; `before` are the nodes of the step before."""
    step = tree.nodes[here[0]].step
    before = [index for index in before if tree.nodes[index].kept]
    kept, ended = (sum(getattr(tree.nodes[index], name) for index in here) for name in ("kept", "ended"))
    beginnings, become = _count(max(1, len(before)), "hypothesis", "hypotheses"), _count_or_none(kept, "is kept", "are kept")
    if ended:
        become += f", {_count_or_none(ended, 'ends', 'end')}"
    spans = [
        TextSpan(f"Step {step + 1}: from {beginnings}, the {len(here)} most probable continuations are considered; {become}.")
    ]
    quoted = TextSpan(f"“{texts[here[0]]}”", "target") if texts[here[0]] else TextSpan("the empty sentence")
    ends = ", which ends here" if tree.nodes[here[0]].ended else ""
    total = f"{ends}: log-probability {number(tree.nodes[here[0]].total)} ({MODE})."
    spans += [TextSpan(" The most probable is "), quoted, TextSpan(total)]
    if kept:
        spans += _dropped_spans(texts, [index for index in before if tree.nodes[index].reach < step])
    if step == tree.steps - 1:
        spans += _stop_spans(tree)
    return spans


def _dropped_spans(texts: Sequence[str], gone: Sequence[int]) -> list[TextSpan]:
    if not gone:
        return []
    if len(gone) > NAMED:
        return [TextSpan(f" {_count(len(gone), 'hypothesis', 'hypotheses').capitalize()} of the step before were dropped.")]
    spans = [TextSpan(" No continuation of ")]
    for place, index in enumerate(gone):
        spans += [TextSpan(" or ")] * bool(place) + [TextSpan(f"“{texts[index]}”", "target")]
    return [*spans, TextSpan(" was kept.")]


def _stop_spans(tree: BeamTree) -> list[TextSpan]:
    why = _ended_count(tree) if tree.full else "the length limit is reached"
    winner = tree.outputs[0]
    text = TextSpan(f"“{visible(winner.text)}”", "target")
    return [
        TextSpan(f" The search stops: {why}. After the length penalty, "),
        text,
        TextSpan(f" wins with score {number(winner.score)}."),
    ]


def outputs(tree: BeamTree) -> dict[str, Any]:
    """Return one row per output, best first."""
    rows = []
    for rank, output in enumerate(tree.outputs, start=1):
        how = f"ended at step {output.length}" if output.finished else "cut off by the length limit"
        name = {"name": visible(output.text) or "nothing", "hint": f"{_rank_name(rank)}, {how}"}
        rows.append([name, number(output.log_prob), str(output.length), number(output.score)])
    return {
        "columns": ["hypothesis", f"log-probability ({MODE})", "pieces, end mark included", "score"],
        "rows": rows,
    }


def verdict(tree: BeamTree, greedy: DecodingTrace) -> list[dict[str, str]]:
    """Compare the winner with the greedy translation."""
    winner = tree.outputs[0]
    path = tree.path(winner.node)
    lowest = max(path, key=lambda node: node.place)
    own = [step.token for step in greedy.steps]
    parts = next((t for t, (a, b) in enumerate(zip(path, own, strict=False)) if a.token != b), None)
    if parts is None:
        not_first = [node for node in path if node.place > 1]
        if not not_first:
            return to_dicts(
                [TextSpan("Greedy decoding gives the same text: at every step, the winner's piece was the most probable one.")]
            )
        where = f"at step {lowest.step + 1} it was only the {_ordinal(lowest.place)} most probable"
        return to_dicts([TextSpan(f"Greedy decoding gives the same text. But the winner was not always first: {where}.")])
    score = tree.beam.score(greedy.log_prob, len(own))
    at = path[parts]
    theirs = f"log-probability {number(greedy.log_prob)}, score {number(score)}"
    ours = f"the winner’s are {number(winner.log_prob)} and {number(winner.score)} ({MODE})"
    spans = [
        TextSpan("Greedy decoding gives "),
        TextSpan(f"“{visible(greedy.text)}”", "target"),
        TextSpan(f": {theirs}; {ours}. They differ from step {parts + 1} on. There the winner was only the "),
        TextSpan(f"{_ordinal(at.place)} most probable continuation"),
    ]
    if lowest.place > at.place:
        spans.append(TextSpan(f"; its lowest rank was the {_ordinal(lowest.place)}, at step {lowest.step + 1}"))
    spans.append(TextSpan(". Greedy decoding keeps only one hypothesis and loses it; the beam kept it."))
    if score > winner.score:
        spans.append(TextSpan(" Still, the greedy translation has the higher score: the beam dropped it during the search."))
    return to_dicts(spans)


def _ordinal(place: int) -> str:
    return ORDINALS[place - 1] if 1 < place <= len(ORDINALS) else _numeral(place)


def _ended_count(tree: BeamTree) -> str:
    return f"{_count(tree.beam.size, 'hypothesis has', 'hypotheses have')} ended"


def _rank_name(rank: int) -> str:
    if rank == 1:
        return "winner"
    return f"{ORDINALS[rank - 1]} best" if rank <= len(ORDINALS) else f"{_numeral(rank)} best"


def _numeral(place: int) -> str:
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def _count(count: int, one: str, many: str) -> str:
    return f"{NUMBERS[count] if count < len(NUMBERS) else count} {one if count == 1 else many}"


def _count_or_none(count: int, one: str, many: str) -> str:
    return _count(count, one, many) if count else f"none {one}"


def number(value: float) -> str:
    """Two decimals with a true minus sign."""
    return ("\u2212" if value < 0 else "") + f"{abs(value):.2f}"


def payload(tree: BeamTree, greedy: DecodingTrace, **extra: Any) -> str:
    """Return all data of a search that the page needs, as JSON text."""
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
