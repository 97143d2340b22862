"""A run's options as YAML, a finished run that is made longer, and a run that stops early."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from seq2seq.__main__ import main
from seq2seq.commands.training import config_file
from seq2seq.commands.training.config_file import FILE
from seq2seq.commands.training.options import add_arguments, plan_of
from seq2seq.data import everyday
from seq2seq.data.public.dictionaries import DICTIONARIES

SIZES = ["--embedding-size", "16", "--encoder-size", "8", "--decoder-size", "8", "--vocabulary-size", "310"]
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def finished(data: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished run of two epochs, for which all kinds of options were given."""
    out = tmp_path_factory.mktemp("config") / "first"
    options = ["--epochs", "2", "--learning-rate", "1e-2", "--no-bidirectional", "--repeated", "--device", "cpu"]
    options += ["--augment", "form", "--title=-1 is a title", "--probe", "the key", "--probe", "a boat", "--no-bf16"]
    assert main(["train", "--data", data[0], "--valid", data[1], *SIZES, *options, "--out", str(out)]) == 0
    return out


def test_a_run_writes_its_options_and_they_repeat_it(finished: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    assert main(["train", "--config", str(finished / FILE), "--out", str(again)]) == 0
    assert (again / WEIGHTS).read_bytes() == (finished / WEIGHTS).read_bytes()
    assert (again / FILE).read_text(encoding="utf-8") == (finished / FILE).read_text(encoding="utf-8")
    assert "seed: 1\n" in (finished / FILE).read_text(encoding="utf-8")
    assert json.loads((again / "config.json").read_text(encoding="utf-8"))["origin"]["title"] == "-1 is a title"


def test_a_flag_overrides_the_file(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["train", "--config", str(finished / FILE), "--out", str(tmp_path / "other")]
    assert main([*call, "--updates", "2", "--bidirectional", "--probe", "two apples"]) == 0
    printed = capsys.readouterr().out
    assert "done: 2 updates" in printed and "two apples" in printed and "the key" not in printed
    written = json.loads((tmp_path / "other" / "config.json").read_text(encoding="utf-8"))
    assert written["model"]["bidirectional"] and written["training"]["learning_rate"] == 0.01


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("learnig_rate: 0.1", "there is no option 'learnig_rate'; did you mean 'learning_rate'?"),
        ("learning-rat: 0.1", "did you mean 'learning_rate'?"),
        ("colour: red", "there is no option 'colour'; python -m seq2seq train --help lists all options"),
        ("out: here", "'out' is not an option of a file: give it on the command line"),
        ("epochs: many", "argument --epochs: invalid int value: 'many'"),
        ("epochs: {a: 1}", "epochs must be one value or a list, not a table"),
        ("- epochs", "must have one option a line"),
        ("epochs: [", "is not YAML"),
        ("epochs: !!python/object/apply:os.system ['true']", "is not YAML"),
        ("epochs: 3\nupdates: 4", "--updates and --epochs both set the length"),
        ("epochs: 0", "--epochs must be between 1 and 10000, not 0"),
    ],
)
def test_a_wrong_file_gets_a_clear_message(
    text: str, message: str, data: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "my.yaml"
    file.write_text(text, encoding="utf-8")
    call = ["train", "--data", data[0], "--valid", data[1], "--config", str(file), "--out", str(tmp_path / "out")]
    assert main(call) == 2
    assert message in capsys.readouterr().err
    assert main([*call, "--config", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml cannot be read" in capsys.readouterr().err


def test_a_run_of_minutes_is_written_with_its_updates(tmp_path: Path) -> None:
    call = ["train", "--task", "sort", *SIZES[:-2], "--device", "cpu"]
    assert main([*call, "--minutes", "0.001", "--out", str(tmp_path / "first")]) == 0
    text = (tmp_path / "first" / FILE).read_text(encoding="utf-8")
    assert "minutes" not in text and "updates: " in text and "task: sort" in text
    assert main(["train", "--config", str(tmp_path / "first" / FILE), "--out", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / WEIGHTS).read_bytes() == (tmp_path / "first" / WEIGHTS).read_bytes()


def test_a_finished_run_is_made_longer(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["train", "--out", str(finished), "--resume"]
    assert main(call) == 2
    assert "its run has 2 epochs and has finished, after update " in capsys.readouterr().err
    assert main([*call, "--learning-rate", "0.1"]) == 2
    assert "leave out --learning-rate" in capsys.readouterr().err
    before = (finished / WEIGHTS).read_bytes()
    assert main([*call, "--epochs", "3"]) == 0
    printed = capsys.readouterr()
    assert "epoch 3, update" in printed.out and "epoch 2, update" not in printed.out
    assert "the run now has 3 epochs instead of 2 epochs" in printed.err
    assert (finished / WEIGHTS).read_bytes() != before
    card = (finished / "README.md").read_text(encoding="utf-8")
    assert "--epochs 3" in card and "The run had 2 epochs until update " in card
    assert "epochs: 3" in (finished / FILE).read_text(encoding="utf-8")


def test_a_run_that_stops_early_says_so_and_goes_on(
    data: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, other = tmp_path / "early", tmp_path / "other.tsv"
    other.write_text("the key\tun bateau rouge rouge\nthe garden\tdeux deux pommes\n", encoding="utf-8")  # never learned
    call = ["train", "--data", data[0], "--valid", str(other), *SIZES, "--epochs", "40", "--patience", "1", "--device", "cpu"]
    fast = ["--batch-tokens", "200", "--learning-rate", "0.05", "--warmup-updates", "0", "--average-decay", "0"]
    assert main([*call, *fast, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "stopped early, after update " in printed and "1 validation was not better than the one after update " in printed
    assert "The run stopped early, after update " in (out / "README.md").read_text(encoding="utf-8")
    assert '"event": "StoppedEarly"' in (out / "events.jsonl").read_text(encoding="utf-8")
    assert main(["train", "--out", str(out), "--resume"]) == 2
    assert "go on with --patience 0 and --no-stop-when-solved" in capsys.readouterr().err
    assert main(["train", "--out", str(out), "--resume", "--patience", "3"]) == 0
    printed = capsys.readouterr().out
    assert "from update " in printed and "3 validations were not better than the one after update " in printed


def test_the_best_epoch_by_bleu_is_on_the_card_with_its_signature(data: tuple[str, str], tmp_path: Path) -> None:
    call = ["train", "--data", data[0], "--valid", data[1], *SIZES, "--epochs", "2", "--best-by", "bleu", "--device", "cpu"]
    assert main([*call, "--out", str(tmp_path / "best"), "--average", "2", "--accumulate", "2", "--max-length", "40"]) == 0
    card = " ".join((tmp_path / "best" / "README.md").read_text(encoding="utf-8").split())
    assert "chose the best epoch by BLEU, " in card and "free-running, greedy, on 20 of their sentences" in card
    assert "tok:13a" in card and "--best-by bleu --average 2" in card.replace("--accumulate 2 --max-length 40 ", "")


def test_the_card_says_if_no_validation_decided(
    data: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["train", "--data", data[0], "--valid", data[1], *SIZES, "--epochs", "1", "--best-by", "last", "--device", "cpu"]
    assert main([*call, "--out", str(tmp_path / "end")]) == 0
    card = " ".join((tmp_path / "end" / "README.md").read_text(encoding="utf-8").split())
    assert "held-out sentences: BLEU" not in capsys.readouterr().out  # no score is needed
    assert "chose nothing: the weights are those of the end of the run." in card and "--best-by last" in card


@pytest.mark.parametrize("name", [*DICTIONARIES, "everyday-en-fr"])
def test_the_settings_of_a_public_corpus_make_a_plan(name: str, tmp_path: Path) -> None:
    settings = DICTIONARIES[name].settings if name in DICTIONARIES else everyday.SETTINGS
    config_file.write(tmp_path, {"data": ["a.tsv"], "valid": ["b.tsv"], **settings}, "a comment")
    words = ["--config", str(tmp_path / FILE), "--out", str(tmp_path / "out")]
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    plan = plan_of(config_file.configured(argparse.Namespace(**vars(parser.parse_args(words)), given=words)))
    config = plan.outline().config
    values = plan.to_dict()
    made = {**plan.train_config().to_dict(), **config.to_dict(), **values, **values["data"], **asdict(plan.full_origin())}
    assert {setting: made[setting] for setting in settings} == settings


def test_the_origin_of_a_mixture_names_the_parts_that_it_has() -> None:
    parts = [everyday.Mixed(part, int(part.name in ("tatoeba", "tico19"))) for part in everyday.PARTS]
    named = everyday.origin(parts)["attribution"]
    assert "Tatoeba" in named and "TICO-19" in named and "Europarl" not in named
