"""Tests of the commands that use a trained model, with the calls that README shows."""

from __future__ import annotations

import io
import json
import shutil
import sys
import unicodedata
from pathlib import Path

import pytest
from support.shell import run

from seq2seq import __version__
from seq2seq.__main__ import main
from seq2seq.analysis import alignment
from seq2seq.analysis.forcing.exposure import measure
from seq2seq.analysis.forcing.exposure_report import Report
from seq2seq.decoding.translator import Translator
from seq2seq.runs import reports
from seq2seq.sources.normalise import printable
from seq2seq.trace import DecodingTrace


def test_translate_uses_every_strategy(model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    sentence = ["translate", "--model", model, "I see the key."]
    assert run(capsys, *sentence) == run(capsys, *sentence, "--beam", "1")
    drawn = [run(capsys, *sentence, "--sample", "--temperature", "0.8", "--seed", "1") for _ in range(2)]
    assert drawn[0] == drawn[1]
    drawn_trace = json.loads(run(capsys, *sentence, "--sample", "--temperature", "0.8", "--seed", "1", "--trace", "-"))
    assert drawn_trace["strategy"] == {"name": "sample", "temperature": 0.8, "top_k": 0, "top_p": 1.0, "seed": 1}
    assert printable(drawn_trace["text"]) + "\n" == drawn[0]
    for search in ([], ["--beam", "2"], ["--sample"]):
        assert json.loads(run(capsys, *sentence, *search, "--no-repeat", "3", "--trace", "-"))["strategy"]["no_repeat"] == 3
    trace_file = tmp_path / "trace.json"
    out = run(capsys, *sentence, "--beam", "5", "--trace", str(trace_file))
    trace = DecodingTrace.from_json(trace_file.read_text(encoding="utf-8"))
    assert printable(trace.text) + "\n" == out and trace.strategy["size"] == 5
    assert json.loads(run(capsys, *sentence, "--trace", "-"))["source_text"] == "I see the key."


def test_translate_reads_a_file_line_by_line(
    model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["I see the key.", "", "the cat likes a red boat and the garden", "we"]
    (tmp_path / "lines.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    run(capsys, "translate", "--model", model, "--input", str(tmp_path / "lines.txt"), "--output", str(tmp_path / "lines.out"))
    written = (tmp_path / "lines.out").read_text(encoding="utf-8").split("\n")
    # Each translation is written on one line: any line or word separator becomes a single space.
    alone = [" ".join(run(capsys, "translate", "--model", model, line).split()) if line else "" for line in lines]
    assert written == [*alone, ""]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\r\n".join(lines).encode())))
    assert run(capsys, "translate", "--model", model, "--input", "-") == "\n".join(written)


def test_score_prints_every_piece_and_their_sum(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["score", "--model", model, "--source", "I see the key.", "--target", "je vois la clé."]
    result = json.loads(run(capsys, *call, "--json"))
    assert result["mode"] == "teacher-forced" and result["pieces"][-1]["piece"] == "</s>"
    assert sum(p["log_prob"] for p in result["pieces"]) == pytest.approx(result["log_prob"], abs=1e-3)
    assert f"{result['log_prob']:.4f}" in run(capsys, *call)


def test_evaluate_counts_sentences_and_references(model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = tmp_path / "pairs.tsv"
    data.write_text("I see the key.\tx\tje vois la clé.\nI see the key.\tx\tje la vois.\nwe\tx\tnous\n", encoding="utf-8")
    call = ["evaluate", "--model", model, "--data", str(data), "--source", "0", "--target", "2"]
    result = json.loads(run(capsys, *call, "--beam", "2", "--json"))
    assert (result["sentences"], result["references"], result["mode"]) == (2, 3, "free-running")
    assert "tok:13a" in result["bleu_signature"] and result["strategy"]["size"] == 2
    assert "BLEU" in run(capsys, *call)


def test_evaluate_is_equal_for_every_form_of_the_references(
    model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pairs = [("I see the key.", "j'ai été là !"), ("we", "nous l'avons vu..."), ("the cat", 'le "chat"')]
    forms = {
        "plain": str,
        "NFD": lambda text: unicodedata.normalize("NFD", text),
        "curly": lambda text: text.replace("'", "’").replace('"', "”").replace("...", "…"),
        "narrow": lambda text: text.replace(" !", "\u202f!") + "  ",
    }
    found = {}
    for name, form in forms.items():
        data = tmp_path / "pairs.tsv"
        data.write_text("".join(f"{s}\t{form(t)}\n" for s, t in pairs), encoding="utf-8")
        call = ["evaluate", "--model", model, "--data", str(data), "--json"]
        found[name] = run(capsys, *call)
        raw = json.loads(run(capsys, *call, "--raw"))
        assert raw["bleu_signature"].endswith("|text:raw") and raw["chrf_signature"].endswith("|text:raw")
    assert len(set(found.values())) == 1


def test_forcing_prints_the_exposure_report(model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pairs = [("the cat likes the key.", "le chat aime la clé."), ("we find two apples.", "nous trouve deux pommes.")]
    file, table = tmp_path / "pairs.tsv", tmp_path / "positions.csv"
    file.write_text("".join(f"{s}\t{t}\n" for s, t in [*pairs, ("word " * 190, "too long")]), encoding="utf-8")
    common = ["forcing", "--model", model, "--data", str(file), "--seed", "4"]
    assert main([*common, "--json", "--csv", str(table)]) == 0
    printed = json.loads(capsys.readouterr().out)
    expected = Report.of([row for batch in measure(Translator.load(model), pairs, 4) for row in batch], seed=4).to_dict()
    assert printed == {"model": model, "data": "pairs.tsv", "seed": 4, "left_out": 1, **expected}
    lines = table.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(expected["by_position"]) and lines[0].startswith("position,sentences,accuracy_forced,")
    assert main(common) == 0
    output = capsys.readouterr().out
    assert f"{printed['summary']['accuracy_forced']:.3f} (" in output and "1 left out: too long" in output
    assert main([*common, "--csv", "-"]) == 0
    assert capsys.readouterr().out.splitlines() == lines


def test_align_prints_the_alignment_report(model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "gold.tsv"
    lines = ["the key .\tla clé .\t0-0 1-1 2-2", "we\tnous\t0p0", "we " * 300 + "\tnous\t0-0"]
    file.write_text("\n".join(lines), encoding="utf-8")
    call = ["align", "--model", model, "--data", str(file)]
    printed = json.loads(run(capsys, *call, "--json"))
    rows = list(alignment.measure(Translator.load(model), alignment.read_aligned(file)))
    counts = {"sentences": 2, "left_out": 1, "target_words": 4, "sure": 3, "possible": 1}
    about = {"mode": "teacher-forced", "model": model, "data": "gold.tsv", **counts}
    assert printed == {**about, **alignment.report(rows)}
    assert printed["diagonal"]["error_rate"] == 0
    kept = tmp_path / "kept"
    shutil.copytree(model, kept)
    output = run(capsys, "align", "--model", str(kept), "--data", str(file), "--card")
    assert f"{printed['attention']['error_rate']:.3f} (" in output and "1 sentences left out: too long" in output
    saved = reports.read_alignment(kept)
    del printed["model"]
    assert saved == {"command": "python -m seq2seq align --model kept --data gold.tsv", **printed}
    (kept / reports.ALIGNMENT).write_text(json.dumps({**saved, "attention": {**saved["attention"], "error_rate": "<b>"}}))
    assert reports.read_alignment(kept) is None


def test_compare_prints_the_comparison_that_is_saved(
    data: tuple[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = {"free": tmp_path / "free", "forced": tmp_path / "forced"}
    common = ["--data", data[1], "--valid", data[1], "--epochs", "1", "--vocabulary-size", "300", "--embedding-size", "8"]
    common += ["--encoder-size", "8", "--decoder-size", "8", "--device", "cpu"]
    assert main(["train", "--out", str(out["forced"]), *common]) == 0
    sampling = ["--teacher-forcing-ratio", "0.25", "--vocabulary-of", str(out["forced"])]
    assert main(["train", "--out", str(out["free"]), *common, *sampling]) == 0
    capsys.readouterr()
    recipes = ["--recipe", "teacher forcing", str(out["forced"]), "--recipe", "always sampling", str(out["free"])]
    call = ["compare", *recipes, "--data", data[1], "--test", data[1]]
    assert main([*call, "--json", "--card"]) == 0
    printed = json.loads(capsys.readouterr().out)
    ratios = {name: settings["teacher_forcing_ratio"] for name, settings in printed["settings"].items()}
    assert ratios == {"teacher forcing": 1.0, "always sampling": 0.25}
    line = "compare --recipe 'teacher forcing' forced --recipe 'always sampling' free --data valid.tsv --test valid.tsv"
    assert reports.read_comparison(out["free"]) == {"command": f"python -m seq2seq {line}", **printed}
    output = run(capsys, *call)
    gap = printed["differences"][0]["summary"]["loss_free"]
    assert "always sampling minus teacher forcing" in output and f"loss_free       {gap:.4f} (" in output


def test_version_names_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out.startswith(f"Seq2Seq Unrolled {__version__}, PyTorch ")
