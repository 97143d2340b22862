"""The manual alignments of our examples: complete, in range, and for the sentences on the page."""

from __future__ import annotations

import json

import pytest
from support.small import make_info

from seq2seq.__main__ import main
from seq2seq.analysis.alignment import read_aligned, score
from seq2seq.sources.words import join, split
from seq2seq.ui.kit import examples, gold

FILES = [(*key, name) for key, name in gold.FILES.items()]


@pytest.mark.parametrize(("source", "target", "subject", "name"), FILES)
def test_every_example_is_aligned_in_the_words_that_it_is_cut_into(source: str, target: str, subject: str, name: str) -> None:
    known = read_aligned(gold.FOLDER / name)  # reading also checks that every link is in range
    pairs = list(zip(examples.EXAMPLES[source, subject], examples.REFERENCES[source, target, subject], strict=True))
    assert [(join(one.source, source).text, join(one.target, target).text) for one in known] == pairs
    for one, (text, translation) in zip(known, pairs, strict=True):
        assert (one.source, one.target) == (tuple(split(text, source)), tuple(split(translation, target)))
        for side, words in ((0, one.source), (1, one.target)):
            linked, surely = ({link[side] for link in links} for links in (one.possible, one.sure))
            # A comma can be on one side only; every word is linked, and most links are sure.
            assert {n for n, word in enumerate(words) if word != ","} <= linked
            assert len(surely) >= 0.6 * len(words)
        assert score(one.sure, one).error_rate == 0


def test_an_example_is_found_with_its_reference_alone() -> None:
    info = make_info("m")
    text, translation = examples.pair(info)
    found = gold.find(f" {text}", translation, info)
    assert found and found.source[:3] == ("We", "were", "waiting") and (4, 1) in found.sure
    assert gold.find(text, "Nous attendions.", info) is None
    assert gold.find(text, translation, make_info("m", target="Spanish")) is None


def test_a_bundled_model_finds_most_of_our_links(capsys: pytest.CaptureFixture[str]) -> None:
    file = gold.FOLDER / "en-fr-everyday.tsv"
    assert main(["align", "--model", "en-fr-additive", "--data", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["sentences"], found["left_out"]) == (8, 0)
    assert found["attention"]["error_rate"] < 0.2 < found["diagonal"]["error_rate"] < found["uniform"]["error_rate"]
