"""A model goes to the Hub and comes back, by a stand-in of the Hub; what is no model of ours is refused in one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import ModelCard, constants
from support.apps.hub import TOKEN, USER, Hub, Repo, standing_in
from support.shell import run

from seq2seq.models.saved import checkpoint
from seq2seq.models.saved.checkpoint import CONFIG, WEIGHTS
from seq2seq.runs import archive
from seq2seq.runs.hub import local, push

BUNDLED = checkpoint.ROOT / "en-fr-plain"
NAME = f"{USER}/my-model"
MODEL = f"hf:{NAME}"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Return a stand-in that huggingface_hub uses. It has read its settings from the environment already."""
    with standing_in() as hub:
        leads_to(hub.address, monkeypatch)
        monkeypatch.setattr(constants, "HF_HOME", str(tmp_path / "home"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "home/token"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield hub


def leads_to(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")


def has(hub: Hub, folder: Path = BUNDLED, **changed: bytes | None) -> Repo:
    """Put a bundled model into the repository, with files `changed` (None: left out; __ for a dot)."""
    files: dict[str, bytes | None] = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    files |= {key.replace("__", "."): content for key, content in changed.items()}
    repo = hub.repos.setdefault(("model", NAME), Repo({}))
    repo.files = {path: content for path, content in files.items() if content is not None}
    repo.commits.append(repo.files)
    return repo


def refusal(model: str) -> str:
    """Return the one sentence that says why a model cannot be loaded."""
    with pytest.raises(ValueError) as caught:
        local(model)
    return sentence(caught.value)


def sentence(error: ValueError) -> str:
    text = str(error)
    assert text.isprintable() and len(text) < 400, text
    return text


def kept(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "home").rglob("*") if path.is_file()]


def test_a_model_is_pushed_and_loaded_again_from_a_shell(tmp_path: Path) -> None:
    def command(*arguments: str, **more: str) -> str:
        settings = {**os.environ, **hub.variables(tmp_path / "home"), **more}
        call = [sys.executable, "-m", "seq2seq", *arguments]
        return subprocess.run(call, env=settings, capture_output=True, text=True, check=True).stdout

    with standing_in() as hub:
        said = command("push", BUNDLED.name, NAME)
        assert f"Use it: --model {MODEL}@{hub.repos['model', NAME].sha}" in said
        there = command("translate", "--model", MODEL, "I forgot my umbrella.")
    assert there == command("translate", "--model", BUNDLED.name, "I forgot my umbrella.") != ""


def test_the_files_of_a_model_and_its_card_are_pushed(hub: Hub) -> None:
    url, commit = push(BUNDLED, NAME)
    repo = hub.repos["model", NAME]
    files = archive.contents(BUNDLED, BUNDLED.name)
    assert url == f"{hub.address}/{NAME}" and commit == repo.sha and "visibility" not in repo.about
    assert repo.files.keys() == files.keys()
    assert all(repo.files[name] == files[name] for name in files if name != archive.CARD)
    card = ModelCard(repo.files[archive.CARD].decode())
    assert (card.data.license, card.data.language) == ("cc-by-sa-4.0", ["en", "fr"])
    assert {"tatoeba", "diabla", "tico-19"} < set(card.data.datasets)
    assert {"bleu", "chrf"} <= set(card.data.metrics) and card.data.pipeline_tag == "translation"
    assert card.text.strip() == ModelCard(files[archive.CARD].decode()).text.strip()


def test_options_of_the_card(hub: Hub) -> None:
    push(BUNDLED, NAME, private=True, licence="cc-by-4.0", datasets=("somebody/pairs", "other"))
    repo = hub.repos["model", NAME]
    data = ModelCard(repo.files[archive.CARD].decode()).data
    assert (data.license, data.datasets, repo.about["visibility"]) == ("cc-by-4.0", ["somebody/pairs", "other"], "private")
    with pytest.raises(ValueError, match="not 'Ours!'"):
        push(BUNDLED, NAME, licence="Ours!")


def test_a_commit_is_downloaded_once_and_then_needs_no_network(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = has(hub)
    folders = {local(model) for model in (MODEL, f"{MODEL}@main", f"{MODEL}@{repo.sha}")}
    assert sum(request.startswith("GET") and WEIGHTS in request for request in hub.requests) == 1
    leads_to(NOWHERE, monkeypatch)
    assert {local(f"{MODEL}@{repo.sha}")} == folders
    assert {path.name for path in kept(tmp_path)} <= archive.LIMITS.keys()


def test_a_revision_is_the_model_of_that_commit(hub: Hub) -> None:
    first = has(hub).sha
    has(hub, checkpoint.ROOT / "en-fr-additive")
    old, new = (checkpoint.load(local(model)) for model in (f"{MODEL}@{first}", MODEL))
    assert old.name == new.name == "my-model"
    assert (old.model.config.attention, new.model.config.attention) == ("none", "additive")


def test_a_training_goes_on_from_a_model_of_the_hub_and_its_card_names_it(
    hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    has(hub)
    out = tmp_path / "mine"
    table = tmp_path / "pairs.tsv"
    table.write_text("".join(f"I see {n} cats.\tJe vois {n} chats.\n" for n in range(20)))
    call = ["train", "--from", MODEL, "--data", str(table), "--valid-share", "0.2", "--updates", "1", "--out", str(out)]
    run(capsys, *call)
    assert checkpoint.load(out).tokenizer.files() == checkpoint.load(BUNDLED).tokenizer.files()
    assert f"--from {MODEL} " in (out / "README.md").read_text()
    assert f"from: {MODEL}\n" in (out / "train.yaml").read_text()


def test_only_the_files_of_a_model_are_loaded(hub: Hub, tmp_path: Path) -> None:
    has(hub, pytorch_model__bin=b"\x80\x04pickle", setup__py=b"print('run')")
    local(MODEL)
    assert not any("pytorch_model" in request or "setup" in request for request in hub.requests)
    assert {path.name for path in kept(tmp_path)} <= archive.LIMITS.keys()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"config__json": None}, "is not a model of this project: it has no config.json"),
        ({"model__safetensors": None}, "is not a model of this project: it has no model.safetensors"),
        ({"config__json": b'{"model_type": "bert"}'}, "is not a model of this project: config.json is not of format"),
        ({"config__json": b" " * 1_000_001}, "config.json has 1,000,001 bytes; at most 1,000,000 can be loaded"),
        ({"model__safetensors": b"\x80\x04not weights"}, "cannot be used: model.safetensors"),
        ({"tokenizer__model": b"nothing"}, "cannot be used: "),
        ({"tokenizer__model": None}, "cannot be used: "),
        ({"source__model": b"nothing"}, "cannot be used: "),
        ({"results__json": b"[]"}, "cannot be used: results.json is not a JSON object"),
    ],
)
def test_what_is_no_model_of_ours_is_refused(hub: Hub, tmp_path: Path, changed: dict[str, bytes | None], message: str) -> None:
    has(hub, **changed)
    told = refusal(MODEL)
    assert MODEL in told and message in told and str(tmp_path) not in told
    assert kept(tmp_path) == []
    if CONFIG in message:
        assert not any(WEIGHTS in request for request in hub.requests)  # not downloaded in vain


def test_a_repository_that_is_not_there(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"the Hub has no model {NAME}, or it is private" in refusal(MODEL)
    monkeypatch.delenv("HF_TOKEN")
    assert f"the Hub has no model {NAME}, or it is private" in refusal(MODEL)
    has(hub)
    assert f"{MODEL} has no revision 'v9'" in refusal(f"{MODEL}@v9")
    for name in ("my-model", "a/b/c", "", "../x", "a b/c"):
        told = refusal(f"hf:{name}")
        assert "USER/NAME" in told or "is no name of a repository" in told, told


def test_no_network_and_no_login(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault() -> str:
        with pytest.raises(ValueError) as caught:
            push(BUNDLED, NAME)
        return sentence(caught.value)

    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert "the Hub does not know your token" in fault()
    monkeypatch.delenv("HF_TOKEN")
    assert "you are not logged in to the Hub: log in with `hf auth login`" in fault()
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    leads_to(NOWHERE, monkeypatch)
    assert fault() == refusal(MODEL) == f"the Hub cannot be reached at {NOWHERE}: check the network, or HF_ENDPOINT"
    assert hub.repos == {}


def test_a_model_that_could_not_be_loaded_again_is_not_pushed(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "big"
    folder.mkdir()
    for path in BUNDLED.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    os.truncate(folder / WEIGHTS, archive.LIMITS[WEIGHTS] + 1)
    with pytest.raises(ValueError, match=r"model\.safetensors is larger than 99,000,000 bytes$"):
        push(folder, NAME)
    (folder / CONFIG).write_text(json.dumps({"format": "other"}))
    with pytest.raises(ValueError, match=r"config\.json is not of format"):
        push(folder, NAME)
    assert hub.requests == []
