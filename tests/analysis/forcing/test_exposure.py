"""Tests of exposure bias over many sentences: the counts equal the engine's output, and bands have the right width."""

import json

import numpy as np
import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.analysis.bootstrap import RESAMPLES
from seq2seq.analysis.forcing.exposure import LANES, Row, measure
from seq2seq.analysis.forcing.exposure_report import Report
from seq2seq.analysis.forcing.two_lanes import FORCED, FREE
from seq2seq.config import EOS
from seq2seq.decoding.metrics import align
from seq2seq.decoding.translator import Translator
from seq2seq.sources.text import Tokenizer
from seq2seq.ui.kit import examples

Pairs = list[tuple[str, str]]


@pytest.fixture(scope="module")
def small(tokenizer: Tokenizer) -> Translator:
    return Translator(make_checkpoint(make_model(small_config()).double(), tokenizer))


@pytest.fixture(scope="module")
def rows(small: Translator, pairs: Pairs) -> list[Row]:
    return [row for batch in measure(small, pairs) for row in batch]


def test_measure_has_every_pair_once_with_the_engines_scores(small: Translator, pairs: Pairs, rows: list[Row]) -> None:
    assert sorted(row.index for row in rows) == list(range(len(pairs)))
    for row in rows[::9]:
        source, reference = pairs[row.index]
        forced, free = small.score(source, reference), small.translate(source)
        assert row.right[FORCED] == tuple(step.rank == 1 for step in forced.steps)
        assert -sum(row.loss[FORCED]) == pytest.approx(forced.log_prob, abs=1e-3)
        assert row.hypothesis == free.text
        gold, own = ([s.token for s in trace.steps] for trace in (forced, free))
        ends = own[-1] == EOS
        aligned = align(gold[:-1], own[:-1] if ends else own)
        assert row.right[FREE] == (*(same for _, same in aligned), ends)
        step = aligned[1][0]
        forced_piece = small.translate(source, prefix=[*own[:step], gold[1]]).steps[step]
        assert -row.loss[FREE][1] == pytest.approx(forced_piece.log_prob, abs=1e-3)


def test_both_lanes_are_right_up_to_the_first_mistake(rows: list[Row]) -> None:
    for row in rows:
        end = len(row.right[FORCED]) if row.first_mistake is None else row.first_mistake
        assert all(row.right[FORCED][:end])
        assert sum(row.right[FREE]) >= end


def test_model_has_no_exposure_bias_on_its_own_translations() -> None:
    bundled = Translator.load("en-fr-additive")
    sentences = examples.of(bundled.info)
    own = [(source, trace.text) for source in sentences if (trace := bundled.translate(source)).finished]
    # The tokenizer may cut a text into other pieces than the model wrote.
    kept = [(s, t) for s, t in own if bundled.target_ids(t) == [x.token for x in bundled.translate(s).steps]]
    assert len(kept) >= 4
    report = Report.of([row for batch in measure(bundled, kept) for row in batch])
    s = report.summary
    assert s["accuracy_forced"] == s["accuracy_free"] == 1 and s["accuracy_gap"] == 0 and s["never_diverged"] == 1
    assert s["loss_forced"] == pytest.approx(s["loss_free"], abs=1e-5)
    assert s["median_first_mistake"] is None and report.after_first_mistake.empty


def test_table_holds_plain_means_and_counts(rows: list[Row]) -> None:
    table = Report.of(rows).by_position
    for position in (1, 3, int(table["position"].max())):
        reaching = [row for row in rows if len(row.right[FORCED]) >= position]
        line = table[table["position"] == position].iloc[0]
        assert line["sentences"] == len(reaching)
        for lane in LANES:
            assert line[f"accuracy_{lane}"] == pytest.approx(np.mean([r.right[lane][position - 1] for r in reaching]))
            assert line[f"loss_{lane}"] == pytest.approx(np.mean([r.loss[lane][position - 1] for r in reaching]))
    assert table["on_reference"].is_monotonic_decreasing or len(set(table["sentences"])) > 1


def test_band_narrows_with_the_square_root_of_the_sentences(rows: list[Row]) -> None:
    rng = np.random.default_rng(0)
    coin = [
        Row(i, {lane: (bool(rng.random() < 0.3),) for lane in LANES}, dict.fromkeys(LANES, (1.0,)), None, "", {})
        for i in range(900)
    ]
    s = Report.of(coin).summary
    width = s["accuracy_forced_high"] - s["accuracy_forced_low"]  # type: ignore[operator]
    assert width == pytest.approx(2 * 1.96 * (0.3 * 0.7 / 900) ** 0.5, rel=0.15)
    few = Report.of(coin[:100]).summary
    assert few["accuracy_forced_high"] - few["accuracy_forced_low"] == pytest.approx(3 * width, rel=0.3)  # type: ignore[operator]
    assert s["loss_forced_low"] == s["loss_forced_high"] == 1 and RESAMPLES >= 1000


def test_report_depends_on_the_seed(small: Translator, pairs: Pairs, rows: list[Row]) -> None:
    assert Report.of(rows, seed=1).to_dict() == Report.of(rows, seed=1).to_dict() != Report.of(rows, seed=2).to_dict()
    first, again, other = ([row for batch in measure(small, pairs[:20], seed) for row in batch] for seed in (1, 1, 2))
    assert first == again != other


def test_report_is_json_without_nan(rows: list[Row]) -> None:
    for some in (rows, rows[:1]):
        data = json.loads(json.dumps(Report.of(some).to_dict(), allow_nan=False))
        assert {"summary", "by_position", "after_first_mistake", "by_injected_word"} == data.keys()


def test_pair_over_the_length_limit_is_skipped(small: Translator, pairs: Pairs) -> None:
    indices = [row.index for batch in measure(small, [(pairs[0][0], "la " * 500), pairs[1]]) for row in batch]
    assert indices == [1]
