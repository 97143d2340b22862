"""Tests of growing sentences: their clauses, the measured scores, and the page's payload."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from support.small import make_info

from seq2seq.analysis.forcing.growing_sentences import MOST_CLAUSES, PARTS, SENTENCES, Stretched, grown, stretch
from seq2seq.data.corpora import Pair
from seq2seq.decoding.translator import Translator
from seq2seq.ui.attention.bottleneck import Bottleneck
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit.by_family import ByFamily
from seq2seq.views.attention import bottleneck as view

FAMILY = ("English", "French", "everyday")


@pytest.mark.parametrize("parts", PARTS.values(), ids=map(str, PARTS))
def test_sentence_grows_by_one_clause_at_a_time(parts) -> None:
    pairs = grown(parts)
    assert len(pairs) == MOST_CLAUSES and {len(of_length) for of_length in pairs} == {SENTENCES}
    assert len({source for source, _ in pairs[-1]}) == SENTENCES
    for n in range(SENTENCES):
        for side in (0, 1):
            texts = [of_length[n][side] for of_length in pairs]
            for shorter, longer in itertools.pairwise(texts):
                assert longer.startswith(shorter.removesuffix(".") + parts.joint[side])
            clauses = texts[-1].removesuffix(".").split(parts.joint[side])
            assert len(set(clauses)) == len(clauses) == MOST_CLAUSES and texts[0][0].isupper()
    assert grown(parts) == pairs


def test_clauses_and_their_translations_are_in_the_same_order() -> None:
    parts = PARTS[FAMILY]
    translations = {source.lower(): target.lower() for source, target in parts.clauses}
    source, target = grown(parts)[3][0]
    cut = [text.removesuffix(".").lower().split(joint) for text, joint in zip((source, target), parts.joint, strict=True)]
    assert [translations[clause] for clause in cut[0]] == cut[1]


@pytest.fixture(scope="module")
def equal() -> list[list[Pair]]:
    return [[("the cat likes a boat.", "le chat aime un bateau.")] * 2] * MOST_CLAUSES


def test_stretch_measures_the_models_translations(small: Translator, equal: list[list[Pair]]) -> None:
    *shares, result = stretch(small, equal)
    assert shares == pytest.approx([(c + 1) / MOST_CLAUSES for c in range(MOST_CLAUSES)])
    assert isinstance(result, Stretched) and result.chrf.shape == (2, MOST_CLAUSES)
    written = dict(small.translate_lines(["the cat likes a boat."]))[0]
    assert all(texts == (written, written) for texts in result.hypotheses)
    assert "tok:13a" in result.signatures[0] and 0 <= result.chrf.min() <= result.chrf.max() <= 100


def stretched(name: str, level: float, pairs: list[list[Pair]]) -> Stretched:
    chrf = np.tile(np.linspace(90, level, MOST_CLAUSES), (len(pairs[0]), 1))
    texts = tuple(tuple(f"{name} {c} {n}" for n in range(len(of_length))) for c, of_length in enumerate(pairs))
    return Stretched(name, texts, chrf, tuple(np.linspace(80, level / 2, MOST_CLAUSES)), ("b", "c"))


def test_payload_has_the_same_numbers_in_text_figure_and_table() -> None:
    pairs = grown(PARTS[FAMILY])
    payload = view.payload(pairs, [stretched("one", 50, pairs), stretched("two", 20, pairs)], ["with", "without"])
    json.dumps(payload, allow_nan=False)
    assert payload["says"][1].endswith("chrF goes from 90 to 20, BLEU from 80 to 10.")
    lines = [trace for trace in payload["figures"][0]["figure"]["data"] if trace["meta"]["part"] == "line"]
    assert [line["name"] for line in lines] == ["with", "without"]
    assert len(payload["table"]["rows"]) == MOST_CLAUSES and payload["table"]["rows"][-1][2].startswith("50.0 (50.0 to 50.0)")
    assert payload["sentences"][2][1]["written"][1] == {"name": "without", "model": "two", "text": "two 2 1", "chrf": 70.0}


def test_families_need_two_models_to_compare() -> None:
    alone = Services({"a": make_info("a")})
    assert Bottleneck(alone).families() == {}
    both = Services({"a": make_info("a"), "b": type(make_info("b"))(**{**vars(make_info("b")), "has_attention": False})})
    assert Bottleneck(both).families() == {"english-french-everyday": FAMILY}
    assert Bottleneck(both).models(FAMILY) == ["a", "b"]


def test_view_opens_at_an_existing_length(services: Services) -> None:
    empty = Stretched(
        "one", (("",) * SENTENCES,) * MOST_CLAUSES, np.zeros((SENTENCES, MOST_CLAUSES)), (0.0,) * MOST_CLAUSES, ("", "")
    )
    for requested, opened in ((0, (1, 1)), (5, (5, 5)), (99, (MOST_CLAUSES, SENTENCES))):
        values = {"clauses": requested, "sentence": requested}
        start = Bottleneck(services).payload(FAMILY, [empty], ["one"], values)["start"]
        assert (start["clauses"], start["sentence"]) == opened


def test_a_model_is_measured_once_for_all_visitors(services: Services) -> None:
    calls: list[str] = []

    class Counted(ByFamily[str]):
        doing = "Measuring"

        def models(self, family):
            return ["small", "small"]

        def measure(self, model, family):
            calls.append(model)
            yield 0.5
            yield "result"

        def payload(self, family, results, titles, values):
            return {"results": results, **values}

    counted = Counted(services)
    first, second = list(counted.of(FAMILY, {})), list(counted.of(FAMILY, {"clauses": 2}))
    assert first[0] == 0.25 and len(first) == 2 and len(second) == 1 and calls == ["small"]
    assert json.loads(second[0])["clauses"] == 2 and json.loads(second[0])["link"] == [["family", "english-french-everyday"]]
