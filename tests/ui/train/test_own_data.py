"""Uploaded or downloaded pairs: checked, planned, written into the folder of a run, and used for training."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.files.archives import zipped
from support.runs import ANN, QUICK, TINY, wait_for

from seq2seq.__main__ import main
from seq2seq.data.public.corpora import PUBLIC
from seq2seq.data.synthetic import TASKS
from seq2seq.data.uploaded_table import guess
from seq2seq.decoding.translator import Translator
from seq2seq.runs.folders import Run
from seq2seq.runs.queue import FINISHED, Runs
from seq2seq.training.plan import Plan
from seq2seq.ui.host.limits import Limits
from seq2seq.ui.host.services import Services
from seq2seq.ui.train import own_data, plan_form, run_board
from seq2seq.ui.train.training_data import FILES, OWN, Material, Own, Public, check, language
from seq2seq.ui.views import VIEWS

PAIRS = TASKS["grammar"].pairs("train")[:400]
CHOICE = {**plan_form.defaults(FILES, {}), "architecture": "recurrent"}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "pairs.csv"
    file.write_text("English;French\n" + "".join(f"{source};{target}\n" for source, target in PAIRS), encoding="utf-8")
    return file


@pytest.fixture
def own(table: Path) -> Material:
    return check(Own((str(table),), guess(table), "English", "French"))[0]


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    folder = tmp_path / "copies"
    folder.mkdir()
    lines = "".join(f"{source}\t{target}\tmade by this project\n" for source, target in PAIRS)
    (folder / "fra-eng.zip").write_bytes(zipped({"fra.txt": lines.encode()}))
    return folder


def test_table_is_checked_before_training(table: Path) -> None:
    material, shown = check(Own((str(table),), guess(table), "English", "French"))
    assert material.train + material.valid == 400 and 10 <= material.valid <= 40
    assert shown["columns"] == ["English", "French"] and shown["rows"][0] == list(PAIRS[0])
    assert "400" in shown["findings"][0]
    (figure,) = shown["figures"]
    counted = [sum(trace["y"]) for trace in figure["figure"]["data"]]
    assert all(390 <= count <= 400 for count in counted)  # without the longest
    json.dumps(shown, allow_nan=False)


def test_plan_for_a_table_has_its_own_defaults_and_origin(own: Material) -> None:
    plan = own.plan(plan_form.plan_of(FILES, CHOICE, vocabulary_size=own.vocabulary_size))
    assert plan.data == FILES and plan.vocabulary_size == own.vocabulary_size
    assert plan.training == {"validate_every": 100, "batch_tokens": 1000, "warmup_updates": 50}
    assert plan.model["decoder_size"] == 256
    origin = plan.full_origin()
    assert (origin.source_language, origin.target_language, origin.subject) == ("English", "French", OWN)
    assert origin.title == "Own sentence pairs, English to French"
    assert all(len(probe.split()) >= 3 for probe in own.probes)


def test_safe_vocabulary_size_is_always_possible(tmp_path: Path) -> None:
    file = tmp_path / "tiny.tsv"
    file.write_text("".join(f"{chr(97 + i % 26)}{chr(97 + i // 26)}\t{i}\n" for i in range(60)), encoding="utf-8")
    material, _ = check(Own((str(file),), guess(file), "a", "b"))
    train, _, _ = material.source.read()
    Plan(FILES, vocabulary_size=material.vocabulary_size).tokenizer(train, 1)


def test_a_run_learns_from_its_own_copy_and_its_command_names_no_folder_of_the_host(own: Material, tmp_path: Path) -> None:
    runs = Runs(tmp_path / "runs")
    plan = own.plan(Plan(FILES, model=TINY, training={**QUICK, "updates": 20}, vocabulary_size=own.vocabulary_size))
    try:
        run = runs.start(ANN, "mine", plan, probes=own.probes, fill=own.fill())
        Path(own.source.files[0]).unlink()  # type: ignore[union-attr]
        wait_for(runs, run, FINISHED)
    finally:
        runs.close()
    said = runs.command(run)
    assert "--data train.tsv --valid valid.tsv" in said and str(tmp_path) not in said
    services = Services({}, limits=Limits(10, 5, tmp_path))
    addresses = {place["name"]: place["address"] for place in run_board._addresses(services, run, VIEWS)}
    assert "text=" in addresses["Translate"] and "text=" not in addresses["Over many sentences"]
    runs.delete(run)
    assert not runs.folder(run.id).exists()


def test_pairs_that_cannot_be_written_leave_no_files(own: Material, tmp_path: Path) -> None:
    runs = Runs(tmp_path / "runs")

    def full(_: Path) -> None:
        raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        runs.start(ANN, "mine", own.plan(Plan(FILES)), fill=full)
    assert runs.of(ANN) == [] and not any((tmp_path / "runs").iterdir())


def test_missing_file_is_reported(own: Material) -> None:
    Path(own.source.files[0]).unlink()  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="cannot be read"):
        own.fill()


def test_languages_are_read_when_a_run_starts(own: Material) -> None:
    origin = own_data.with_languages(own, (" Breton ", "")).plan(plan_form.plan_of(FILES, CHOICE)).full_origin()
    assert (origin.source_language, origin.target_language) == ("Breton", "target")


def test_copy_of_a_public_corpus_is_found_by_its_name(copies: Path, tmp_path: Path) -> None:
    material, shown = check(Public("tatoeba-fr-en", tmp_path / "cache", copies))
    checksum = hashlib.sha256((copies / "fra-eng.zip").read_bytes()).hexdigest()
    (told,) = shown["findings"]
    assert told.startswith(f"fra-eng.zip: SHA-256 {checksum}, of the first download")
    assert shown["columns"] == ["French", "English"] and material.train > 300 > material.valid > 0
    plan = material.plan(plan_form.plan_of(FILES, CHOICE))
    assert plan.full_origin().licence == PUBLIC["tatoeba-fr-en"].licence
    folder = tmp_path / "run"
    folder.mkdir()
    material.fill()(folder)
    source, target = (folder / "train.tsv").read_text(encoding="utf-8").splitlines()[0].split("\t")
    assert (target, source) in PAIRS
    lines = {file: len((folder / file).read_text(encoding="utf-8").splitlines()) for file in ("train.tsv", "valid.tsv")}
    assert lines == {"train.tsv": material.train, "valid.tsv": material.valid}
    run = Run("r", ANN, "r", plan.to_dict(), 1.0, 0.0)
    assert (
        Runs(tmp_path / "runs")
        .command(run)
        .startswith("python -m seq2seq fetch tatoeba-fr-en --out .\npython -m seq2seq train")
    )


def test_a_run_learns_letters_from_a_dictionary_by_name(tmp_path: Path) -> None:
    words = [f"{a}{b}{c}" for a in "bcdf" for b in "aeiou" for c in "lmnprst"]
    (tmp_path / "cmudict.txt").write_text("".join(f"{word} {' '.join(word.upper())}\n" for word in words), encoding="utf-8")
    material, shown = check(Public("letters-en", tmp_path / "cache", tmp_path))
    assert "pairs of a word and how it sounds for training" in shown["title"]
    assert len(material.probes) == 2 and set(material.probes) <= set(words)
    with pytest.raises(
        ValueError, match="“Changes to the pairs” changes sentences, but this model reads the letters of a word"
    ):
        material.plan(plan_form.plan_of(FILES, {**CHOICE, "augment": "form"}))
    chosen = plan_form.plan_of(FILES, CHOICE)
    plan = material.plan(replace(chosen, model=TINY, training={**QUICK, "updates": 2}))
    runs = Runs(tmp_path / "runs")
    try:
        run = runs.start(ANN, "mine", plan, probes=material.probes, measure=4, fill=material.fill())
        wait_for(runs, run, FINISHED)
    finally:
        runs.close()
    assert runs.command(run).startswith("python -m seq2seq fetch letters-en --out .\npython -m seq2seq train")
    assert Translator.load(runs.checkpoint(run)).info.source == "letters"
    services = Services({}, limits=Limits(10, 5, tmp_path))
    addresses = {place["name"] for place in run_board._addresses(services, run, VIEWS)}
    assert "Sounds of letters" in addresses and "Pictures" not in addresses


def test_the_command_line_fetches_by_name(
    copies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEQ2SEQ_CORPORA", str(copies))
    assert main(["fetch", "tatoeba-en-fr", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "SHA-256" in said and "CC BY 2.0 FR" in said and "English first" in said
    assert (tmp_path / "out" / "train.tsv").exists() and (tmp_path / "out" / "valid.tsv").exists()
    assert main(["fetch", "tatoeba-en-xx", "--out", str(tmp_path)]) != 0
    assert "corpus must be one of" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("column", "name"),
    [("English", "English"), ("column 2", "target"), ("  ", "target"), ("<b>fr</b>", "bfrb"), ("x" * 99, 40 * "x")],
)
def test_language_is_guessed_from_its_column(column: str, name: str) -> None:
    assert language(column, "target") == name


def test_duration_of_a_run_in_updates_is_estimated() -> None:
    large = {"decoder_layers": 4, "encoder_layers": 4, "decoder_size": 512}
    usual = plan_form.defaults("reverse", {})
    assert plan_form.duration(plan_form.plan_of("reverse", usual, 500)).endswith(("seconds", "minutes"))
    assert plan_form.duration(plan_form.plan_of("reverse", {**usual, **large, "attention": "additive"}, 20_000)).endswith(
        "minutes"
    )


def test_every_data_choice_has_instructions() -> None:
    assert {name for _, name in own_data.CHOICES} == set(own_data.WANTED)
