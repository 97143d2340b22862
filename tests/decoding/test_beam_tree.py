"""The beam tree and its payload: the same search as that of `translate`."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import pytest
import torch
from support.small import make_checkpoint, make_info, make_model, small_config

from seq2seq.config import EOS
from seq2seq.data.batches import pad
from seq2seq.decoding.beam_tree import Node, grow
from seq2seq.decoding.hypotheses import paths
from seq2seq.decoding.loop import decode
from seq2seq.decoding.strategies import Beam
from seq2seq.decoding.translator import Translator
from seq2seq.ui.attention import beam_tree as ui
from seq2seq.ui.attention.beam_tree import BeamRequest, BeamSearch
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples
from seq2seq.views.attention import beam_tree as view

TEXT = "my sister paints two apples"
BEAM = Beam(4)


def test_its_winner_is_the_trace_and_its_outputs_are_the_hypotheses(translator: Translator) -> None:
    tree, trace = translator.beam_tree(TEXT, BEAM), translator.translate(TEXT, BEAM)
    winner = tree.path(tree.outputs[0].node)
    assert [(n.token, n.piece, n.total) for n in winner] == [(s.token, s.piece, s.total) for s in trace.steps]
    assert [n.log_prob for n in winner] == [s.log_prob for s in trace.steps]
    assert [(o.text, o.log_prob, o.score, o.finished) for o in tree.outputs] == [
        (h.text, h.log_prob, h.score, h.finished) for h in trace.hypotheses
    ]
    parents = {node.parent for node in tree.nodes}
    for rank, output in enumerate(tree.outputs, start=1):
        leaf = tree.nodes[output.node]
        assert output.node not in parents
        assert (leaf.rank, leaf.score, leaf.ended, leaf.total) == (rank, output.score, output.finished, output.log_prob)
        assert output.length == len(tree.path(output.node)) == leaf.step + 1


def test_totals_are_sums_and_the_best_2k_are_considered_of_which_k_go_on(translator: Translator) -> None:
    tree = translator.beam_tree(TEXT, BEAM)
    k = BEAM.size
    for node in tree.nodes:
        before = 0.0 if node.parent is None else tree.nodes[node.parent].total
        assert node.total == pytest.approx(before + node.log_prob, abs=1e-6)
        if node.parent is not None:
            assert tree.nodes[node.parent].kept and tree.nodes[node.parent].step == node.step - 1
    for layer in tree.layers():
        here = [tree.nodes[index] for index in layer]
        assert [node.place for node in here] == list(range(1, 2 * k + 1))
        assert all(a.total >= b.total for a, b in pairwise(here))
        kept = [node for node in here if node.kept]
        assert len(kept) <= k
        assert not any(node.token == EOS for node in kept)
        passed_over = [node for node in here if node.dropped and node.token != EOS]
        assert all(node.total <= min(k.total for k in kept) for node in passed_over if kept)
    assert sum(node.ended for node in tree.nodes) <= k


def test_nodes_of_outputs_have_a_best_rank_and_others_none(translator: Translator) -> None:
    tree = translator.beam_tree(TEXT, BEAM)
    paths_of = {rank: tree.path(output.node) for rank, output in enumerate(tree.outputs, start=1)}
    children: dict[int | None, list[Node]] = {}
    for node in tree.nodes:
        children.setdefault(node.parent, []).append(node)
    for index, node in enumerate(tree.nodes):
        best = next((rank for rank, path in paths_of.items() if any(node is other for other in path)), None)
        assert node.best == best and node.winning == (best == 1)
        goes_on = [child for child in children.get(index, []) if not child.dropped]
        assert node.reach == max([node.step, *(child.reach for child in goes_on)])
        if node.dropped:
            assert best is None and index not in children and node.rank is None


def test_beam_of_one_has_no_branches(translator: Translator) -> None:
    tree = translator.beam_tree(TEXT, Beam(1))
    taken = [node for node in tree.nodes if not node.dropped]
    assert all(node.winning and node.place == 1 for node in taken)
    assert [node.step for node in taken] == list(range(tree.steps))
    assert [node.token for node in taken] == [step.token for step in translator.translate(TEXT).steps]


class Numbers:
    """A vocabulary whose pieces are numbers."""

    def pieces(self, ids: Any) -> list[str]:
        return [str(token) for token in ids]

    def decode(self, ids: Any) -> str:
        return " ".join(self.pieces(ids))


def test_exhaustive_search_has_every_sequence() -> None:
    vocabulary, longest = 8, 3
    model = make_model(small_config(source_vocabulary=vocabulary, target_vocabulary=vocabulary))
    source, lengths = pad([[4, 5, 6, EOS]])
    beam = Beam(vocabulary**longest)
    frames = list(decode(model, *model.encode(source, lengths), beam, torch.tensor([longest])))
    tree = grow(frames, beam, paths([frame.lineage for frame in frames], beam, 1)[0], Numbers())
    others = vocabulary - 1  # all pieces except the end mark continue
    assert [len(layer) for layer in tree.layers()] == [vocabulary * others**t for t in range(longest)]
    assert not any(node.dropped for node in tree.nodes)
    assert all(node.best is not None for node in tree.nodes)
    # The probabilities of all possible sequences sum to one.
    assert math.fsum(math.exp(output.log_prob) for output in tree.outputs) == pytest.approx(1, abs=1e-4)
    finished = [output for output in tree.outputs if output.finished]
    found = {tuple(node.token for node in tree.path(output.node)): output for output in finished}
    assert len(found) == sum(others**t for t in range(longest))
    for tokens, output in found.items():
        if 0 not in tokens:  # the loss ignores padding
            assert output.log_prob == pytest.approx(-float(model.loss(source, lengths, torch.tensor([tokens]))), abs=1e-4)
            assert output.score == pytest.approx(output.log_prob / ((5 + len(tokens)) / 6), rel=1e-6)


def test_unreadable_text_is_refused(small: Translator) -> None:
    for text, said in (("", "there is nothing to translate"), ("x" * 10_000, "10,000 characters"), ("😀", "no words")):
        with pytest.raises(ValueError, match=said):
            small.beam_tree(text, BEAM)


def test_nan_values_are_refused(tokenizer: Any) -> None:
    model = make_model(small_config())
    for parameter in model.parameters():
        parameter.fill_(float("nan"))
    damaged = Translator(make_checkpoint(model, tokenizer))
    for search in (damaged.beam_tree, damaged.translate):
        with pytest.raises(ValueError, match="not numbers"):
            search(TEXT, BEAM)


# --- the page's values ---


@pytest.fixture(scope="module")
def french() -> Translator:
    return Translator.load("en-fr-additive")


@pytest.fixture(scope="module")
def bundled(french: Translator) -> Services:
    return Services({french.name: french.info}, lambda _: french)


def plain(spans: list[dict[str, str]]) -> str:
    return "".join(span["text"] for span in spans)


def payload(services: Services, asked: BeamRequest) -> dict[str, Any]:
    return json.loads(ui.payload(services, asked, ui.grow(services, asked)))


def test_first_example_has_a_better_beam_than_greedy_translation(bundled: Services) -> None:
    asked, _, _ = BeamSearch(bundled).read({})
    translator = bundled.translator(asked.model)
    greedy, best = translator.translate(asked.text), translator.translate(asked.text, asked.beam)
    assert greedy.text != best.text
    said = plain(payload(bundled, asked)["verdict"])
    parts = next(i for i, (a, b) in enumerate(zip(greedy.steps, best.steps, strict=False)) if a.token != b.token) + 1
    assert f"“{greedy.text}”" in said and f"They differ from step {parts} on. There the winner was only the second" in said
    assert view.number(greedy.log_prob) in said and view.number(best.score) in said


def test_verdict_says_that_greedy_gives_the_same_text(bundled: Services) -> None:
    said = plain(payload(bundled, BeamRequest("Where is the old station?", "en-fr-additive", Beam(1)))["verdict"])
    assert said == "Greedy decoding gives the same text: at every step, the winner's piece was the most probable one."


def test_every_node_has_a_state_text(french: Translator) -> None:
    text, beam = examples.of(french.info)[examples.SEARCHED], Beam(5)
    tree = french.beam_tree(text, beam)
    rows = json.loads(view.payload(tree, french.translate(text)))["nodes"]
    for index, (node, row) in enumerate(zip(tree.nodes, rows, strict=True)):
        if node.dropped:
            start = "considered, not kept: "
        elif node.rank is not None:
            start = f"finished, {['winner', 'second best', 'third best', 'fourth best', 'fifth best'][node.rank - 1]}, score "
        elif node.best is not None:
            start = "kept, part of the "
        elif node.reach + 2 == tree.steps:
            start = f"kept until the search stopped at step {tree.steps}: five hypotheses have ended"
        else:
            start = f"kept, but no continuation was kept at step {node.reach + 2}"
        assert row["state"].startswith(start)
        assert french.target_vocabulary.decode([n.token for n in tree.path(index)]).strip() == row["text"].strip(" ␣")
    assert {row["kind"] for row in rows} == {"kept", "ended", "dropped"}


def test_each_step_has_a_sentence_and_the_last_names_the_winner(bundled: Services) -> None:
    shown = payload(bundled, BeamRequest("Where is the old station?", "en-fr-additive", Beam(3)))
    said = [plain(spans) for spans in shown["sentences"]]
    assert len(said) == shown["steps"] + 1
    assert "considers the 6 most probable continuations of all its hypotheses and keeps 3" in said[0]
    assert said[1].startswith("Step 1: from one hypothesis, the 6 most probable continuations are considered; three are kept.")
    assert "three hypotheses have ended" in said[-1] and f"“{shown['outputs']['rows'][0][0]['name']}” wins" in said[-1]


def test_output_cut_off_by_the_limit_is_labelled(small: Translator) -> None:
    tree = next(
        tree
        for text in ("cat", TEXT, "I see the key.")
        for size in (1, 2, 4)
        if not (tree := small.beam_tree(text, Beam(size))).full and not tree.outputs[-1].finished
    )
    cut = tree.nodes[tree.outputs[-1].node]
    assert cut.kept and cut.step == tree.steps - 1
    assert view.state(tree, cut).startswith("cut off by the length limit, ")
    assert "the length limit is reached" in plain(view.sentences(tree, [""] * len(tree.nodes))[-1])


# --- addresses ---


@pytest.mark.parametrize("asked", [BeamRequest("a & b = #", "m"), BeamRequest("x", "m", Beam(10, 0.3))])
def test_address_restores_the_whole_request(asked: BeamRequest) -> None:
    asking = BeamSearch(Services({"m": make_info("m")}))
    request, values, problems = asking.read({**dict(asking.link(asked)), "step": "4"})
    assert (request, values["step"], problems) == (asked, 4, [])


def test_invalid_parameters_are_reported_and_the_others_are_used() -> None:
    query = {"model": "gone", "text": "t", "size": "11", "length_penalty": "0.5", "step": "x"}
    asked, values, problems = BeamSearch(Services({"m": make_info("m")})).read(query)
    assert asked == BeamRequest("t", "m", Beam(5, 0.5)) and "step" not in values
    said = ("no model “gone”", "Beam size is a whole number from 1 to 10", "“step” should be a whole number")
    assert len(problems) == 3 and all(words in problem for words, problem in zip(said, problems, strict=True))
