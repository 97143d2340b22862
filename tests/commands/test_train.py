"""Tests of `python -m seq2seq train`: files, papers, tasks, a finished run and a folder in use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.shell import run

from seq2seq.__main__ import main
from seq2seq.data.synthetic import TASKS
from seq2seq.decoding.translator import Translator
from seq2seq.models.saved import checkpoint
from seq2seq.runs.lock import alone_in


def test_train_saves_a_model_and_resume_refuses_a_finished_run(
    data: tuple[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "mine"
    call = ["train", "--data", data[0], "--valid", data[1], "--out", str(out), "--vocabulary-size", "310", "--epochs", "1"]
    sizes = ["--embedding-size", "16", "--encoder-size", "8", "--decoder-size", "8", "--no-bf16", "--device", "cpu"]
    printed = run(capsys, *call, *sizes, "--attention", "none", "--source-language", "English")
    assert "validation loss" in printed and "teacher-forced" in printed
    assert sorted(p.name for p in out.iterdir()) == [
        "README.md",
        "config.json",
        "events.jsonl",
        "model.safetensors",
        "results.json",
        "tokenizer.model",
        "train.yaml",
        "training.safetensors",
    ]
    run(capsys, "evaluate", "--model", str(out), "--data", data[1], "--beam", "2", "--card")
    run(capsys, "evaluate", "--model", str(out), "--data", data[1], "--beam", "2", "--no-repeat", "3", "--card")
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "python -m seq2seq train --out mine --data pairs.tsv --valid valid.tsv" in card
    assert "| valid.tsv | beam 2, length penalty 1 | 20 / 20 |" in card and "tok:13a" in card
    assert "| valid.tsv | beam 2, length penalty 1, no repeat of 3 pieces | 20 / 20 |" in card
    assert "pairs of valid.tsv chose the best epoch" in card
    assert str(tmp_path) not in card
    run(capsys, "translate", "--model", str(out), "the key")
    assert main([*call, *sizes, "--resume"]) == 2
    assert "its run has 1 epoch and has finished" in capsys.readouterr().err
    assert main([*call, *sizes]) == 2
    assert "contains a model already: choose another folder" in capsys.readouterr().err


def test_train_uses_the_papers_settings_and_another_models_vocabulary(
    model: str, data: tuple[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    call = ["train", "--data", data[0], "--valid", data[1], "--epochs", "1", "--device", "cpu", "--vocabulary-of", model]
    sizes = ["--embedding-size", "16", "--encoder-size", "8", "--decoder-size", "8"]
    run(capsys, *call, *sizes, "--architecture", "luong", "--no-input-feeding", "--out", str(tmp_path / "luong"))
    trained = checkpoint.load(tmp_path / "luong")
    config = trained.model.config
    # The settings of the paper, except for the given ones.
    assert (config.cell, config.attention, config.encoder_layers, config.bidirectional) == ("lstm", "general", 2, False)
    assert not config.input_feeding
    assert trained.tokenizer.files() == checkpoint.load(model).tokenizer.files()
    assert "encoder-decoder of Luong et al. 2015" in Translator(trained).info.architecture


def test_task_is_trained_for_minutes_and_evaluated_by_exact_match(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "reverse"
    run(capsys, "train", "--task", "reverse", "--minutes", "0.02", "--out", str(out), "--decoder-size", "8", "--device", "cpu")
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))["training"]
    # The card's command gives the number of updates, so that it repeats the run on a machine of any speed.
    assert (
        results["command"]
        == f"python -m seq2seq train --out reverse --task reverse --decoder-size 8 --device cpu --updates {results['updates']}"
    )
    assert (
        checkpoint.load(out).training.updates == results["updates"]
        and "of the task reverse chose" in (out / "README.md").read_text()
    )
    measured = json.loads(run(capsys, "evaluate", "--task", "reverse", "--model", str(out), "--json"))
    translator = Translator.load(out)
    pairs = TASKS["reverse"].pairs("test")
    translations = dict(translator.translate_lines([source for source, _ in pairs]))
    right = sum(translations[i] == target for i, (_, target) in enumerate(pairs))
    assert measured["exact"] == pytest.approx(100 * right / len(pairs)) and measured["sentences"] == 1000


def test_a_folder_may_have_the_name_of_a_bundled_model(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded: list[Path] = []
    load = Translator.load
    monkeypatch.setattr(Translator, "load", lambda folder: loaded.append(folder) or load(folder))  # the model that is tested
    run(capsys, "train", "--task", "sort", "--updates", "1", "--decoder-size", "8", "--device", "cpu", "--out", "stories")
    assert loaded == [tmp_path / "stories"]
    card = Path("stories/README.md").read_text(encoding="utf-8")
    assert card.splitlines()[5] == "# stories" and "Digits in order" in card


def test_second_process_cannot_train_into_the_same_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "model"
    arguments = ["train", "--task", "sort", "--updates", "2", "--decoder-size", "8", "--device", "cpu", "--out", str(out)]
    with alone_in(out):
        assert main(arguments) != 0
        assert "another process trains into model" in capsys.readouterr().err
    assert not out.exists()  # the refused command leaves no folder
    assert main(arguments) == 0 and (out / "model.safetensors").exists() and not (out / ".lock").exists()
    assert (
        main(["train", "--task", "sort", "--resume", "--out", str(tmp_path / "none")]) != 0 and not (tmp_path / "none").exists()
    )
