"""Tests of probes: they report what the engine computes, and they do not change the training."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.__main__ import main
from seq2seq.analysis.forcing.exposure import measure
from seq2seq.analysis.forcing.exposure_report import Report
from seq2seq.analysis.inside.reach import by_distance, relative, source_reach
from seq2seq.analysis.probes import Probes, sample
from seq2seq.data.synthetic import TASKS
from seq2seq.decoding.evaluation import evaluate
from seq2seq.decoding.translator import Translator
from seq2seq.sources.reader import Place
from seq2seq.sources.text import Tokenizer
from seq2seq.training import event_log
from seq2seq.training.events import CheckpointSaved, Measured, Reached, SampleDecoded

Pairs = list[tuple[str, str]]


def test_probes_report_the_engines_results(small: Translator, pairs: Pairs) -> None:
    held_out = pairs[:20]
    decoded, measured, reached = Probes(lambda _: small, [pairs[0][0]], held_out)(small.model, 7)
    trace = small.translate(pairs[0][0])
    assert isinstance(decoded, SampleDecoded) and decoded.update == 7 and decoded.hypothesis == trace.text
    assert decoded.attention is not None and len(decoded.attention) == len(decoded.pieces) == len(trace.steps)
    for row, step in zip(decoded.attention, trace.steps, strict=True):
        assert row == pytest.approx(step.attention, abs=0.001) and len(row) == len(decoded.source_pieces)
    assert isinstance(measured, Measured) and measured.sentences == len(held_out)
    quality = evaluate(small, held_out)
    assert (measured.bleu, measured.exact) == (quality.bleu, quality.exact)
    summary = Report.of([row for batch in measure(small, held_out) for row in batch]).summary
    assert measured.accuracy_forced == pytest.approx(summary["accuracy_forced"])
    assert measured.accuracy_free == pytest.approx(summary["accuracy_free"])

    assert isinstance(reached, Reached)
    assert (reached.update, reached.sentences) == (7, 16)
    check_reach(reached, small, held_out[:16])


def check_reach(reached: Reached, translator: Translator, held_out: Pairs) -> None:
    """Check that a reach is what the engine says, close to three digits."""
    encoded = [(translator.source_ids(source), translator.target_ids(target)) for source, target in held_out]
    norms = source_reach(translator.model, encoded)
    for values, rows in ((reached.norms, norms), (reached.relative, relative(norms))):
        found = by_distance(translator.model, rows)
        assert reached.distances == tuple(found) and values == pytest.approx(list(found.values()), rel=0.01)


def test_a_model_that_reads_all_pieces_at_once_reports_no_reach(tokenizer: Tokenizer, pairs: Pairs) -> None:
    translator = Translator(make_checkpoint(make_model(small_config("transformer")), tokenizer))
    assert [type(event) for event in Probes(lambda _: translator, [], pairs[:2])(translator.model, 0)] == [Measured]


def test_probes_without_sentences_report_nothing(small: Translator) -> None:
    assert Probes(lambda _: small, [], [])(small.model, 1) == []


def test_sample_is_spread_over_all_pairs(pairs: Pairs) -> None:
    assert sample(pairs, 4) == [pairs[0], pairs[25], pairs[50], pairs[75]]
    assert sample(pairs[:3], 10) == pairs[:3] and sample(pairs, 0) == []


def test_probes_do_not_change_the_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = [
        "train",
        "--task",
        "reverse",
        "--updates",
        "20",
        "--validate-every",
        "10",
        "--device",
        "cpu",
        "--decoder-size",
        "16",
    ]
    assert main([*call, "--out", str(tmp_path / "alone")]) == 0
    assert main([*call, "--out", str(tmp_path / "watched"), "--probe", "1 2 3", "--measure", "16"]) == 0
    output = capsys.readouterr().out
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("alone", "watched")]
    assert weights[0] == weights[1]
    events = event_log.read(tmp_path / "watched")[0]
    decoded = [event for event in events if isinstance(event, SampleDecoded)]
    assert [event.update for event in decoded] == [0, 10, 20] and f"1 2 3  →  {decoded[0].hypothesis}" in output
    measured = [event for event in events if isinstance(event, Measured)]
    assert len(measured) == 3 and f"teacher-forced {measured[1].accuracy_forced:.1%}" in output
    reached = [event for event in events if isinstance(event, Reached)]
    assert [event.update for event in reached] == [0, 10, 20]
    if any(isinstance(event, CheckpointSaved) and event.update == 20 for event in events):
        # The saved weights are those that were measured, except for rounding to 16 bits.
        kept = Translator.load(tmp_path / "watched")
        check_reach(reached[-1], kept, sample(TASKS["reverse"].pairs("valid"), 16))
        assert evaluate(kept, sample(TASKS["reverse"].pairs("valid"), 16)).bleu == pytest.approx(measured[1].bleu, abs=5)


@pytest.mark.parametrize("sentence", ["", "😀", "1 " * 200])
def test_unreadable_probe_is_refused_before_the_run(sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "refused"
    assert main(["train", "--task", "sort", "--updates", "5", "--out", str(out), "--probe", sentence, "--device", "cpu"]) == 2
    assert capsys.readouterr().err.startswith("python -m seq2seq train: ") and not (out / "model.safetensors").exists()


@pytest.mark.parametrize(("reads_backward", "share"), [(True, 0.75), (False, 0.0)])
def test_the_weight_on_the_true_alignment_is_measured(reads_backward: bool, share: float) -> None:
    """Four digits in reverse, and a decoder with 0.75 of its weight on one position of each step."""
    example = next(e for e in TASKS["reverse"].examples("valid") if len(e.source.split()) == 4)
    weights = np.full((5, 5), 0.25 / 4)
    for t in range(4):
        weights[t, 3 - t if reads_backward else 4] = 0.75  # else: on the end mark
    if not reads_backward:
        weights[:, :4] = 0
    pieces = SimpleNamespace(pieces=lambda text: [*(f"▁{word}" for word in text.split()), "</s>"])
    decoder = SimpleNamespace(
        info=SimpleNamespace(has_attention=True),
        source_ids=str,
        target_ids=str,
        source_vocabulary=pieces,
        target_vocabulary=pieces,
        places=lambda text: [Place(0, piece, 0) for piece in pieces.pieces(text)],
        attend=lambda sources, targets: [weights],
    )
    probes = Probes(lambda _: decoder, [], [(example.source, example.target)], [example])  # type: ignore[arg-type, return-value]
    assert probes._weight_on_alignment(decoder) == share  # type: ignore[arg-type]
