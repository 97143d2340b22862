"""Checkpoint folders are untrusted: every fault becomes one sentence, and no content is executed."""

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from support.small import make_checkpoint, make_model, small_config

from seq2seq.config import EOS
from seq2seq.data.batches import pad
from seq2seq.decoding.translator import Translator
from seq2seq.models.saved import checkpoint
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.text import Tokenizer


def as_stored(model: Seq2Seq, tokenizer: Tokenizer, folder: Path) -> Seq2Seq:
    """Return the model rounded to the precision of a checkpoint."""
    checkpoint.save(make_checkpoint(model, tokenizer), folder)
    return checkpoint.load(folder).model


@pytest.fixture
def folder(tmp_path: Path, tokenizer: Tokenizer) -> Path:
    checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), tmp_path / "small")
    return tmp_path / "small"


def test_loaded_model_gives_bitwise_the_same_output(model: Seq2Seq, tokenizer: Tokenizer, tmp_path: Path) -> None:
    model = as_stored(model.float(), tokenizer, tmp_path / "first")
    checkpoint.save(make_checkpoint(model, tokenizer), tmp_path)
    loaded = checkpoint.load(tmp_path)
    source, lengths = pad([[5, 9, EOS], [8, EOS]])
    target, _ = pad([[7, EOS], [9, 11, EOS]])
    assert torch.equal(loaded.model(source, lengths, target), model(source, lengths, target))
    assert loaded.tokenizer.files() == tokenizer.files()
    assert loaded.model.output.weight is loaded.model.target_embedding.weight is loaded.model.source_embedding.weight


def test_untied_and_separate_vocabularies_are_restored(pairs: list[tuple[str, str]], tmp_path: Path) -> None:
    apart = Tokenizer.train(pairs, 290, shared=False)
    config = small_config(source_vocabulary=290, target_vocabulary=290, shared_vocabulary=False, tied_embeddings=False)
    checkpoint.save(make_checkpoint(make_model(config), apart), tmp_path)
    loaded = checkpoint.load(tmp_path)
    assert loaded.model.output.weight is not loaded.model.target_embedding.weight
    assert not loaded.tokenizer.shared


def test_folder_has_only_complete_files(folder: Path) -> None:
    assert sorted(p.name for p in folder.iterdir()) == ["config.json", "model.safetensors", "tokenizer.model"]


def _config(change: Callable[[dict], object]) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        path = folder / "config.json"
        data = json.loads(path.read_text())
        change(data)
        path.write_text(json.dumps(data))

    return damage


def _weights(change: Callable[[dict], object]) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        path = folder / "model.safetensors"
        state = load_file(path)
        change(state)
        save_file(state, path)

    return damage


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch exploded",)


DAMAGES = {
    "no config": (lambda f: (f / "config.json").unlink(), "config.json is missing"),
    "config is no JSON": (lambda f: (f / "config.json").write_text("{"), "config.json is not JSON"),
    "config is deep": (lambda f: (f / "config.json").write_text("[" * 100_000), "config.json is not JSON"),
    "config is binary": (lambda f: (f / "config.json").write_bytes(b"\xff\xfe"), "config.json is not JSON"),
    "config is huge": (lambda f: (f / "config.json").write_text(" " * 2_000_000), "config.json is larger"),
    "foreign": (_config(lambda d: d.update(format="gpt")), "config.json is not of format"),
    "unknown setting": (_config(lambda d: d["model"].update(wings=2)), "unknown setting 'wings'"),
    "no model": (_config(lambda d: d.pop("model")), "settings must be a table"),
    "wrong cell": (_config(lambda d: d["model"].update(cell="os.system")), "cell must be one of"),
    "billions of parameters": (_config(lambda d: d["model"].update(decoder_size=2048)), "does not fit config.json"),
    "a setting that nothing reads": (
        _config(lambda d: d["model"].update(heads=2)),
        "config.json is damaged, or of another version of this project: architecture 'recurrent' does not read heads",
    ),
    "sizes beyond limits": (_config(lambda d: d["model"].update(decoder_size=10**9)), "decoder_size must be between"),
    "origin is no text": (_config(lambda d: d["origin"].update(title=5)), "origin in config.json"),
    "other vocabulary": (
        _config(lambda d: d["model"].update(source_vocabulary=400, target_vocabulary=400)),
        "the tokenizer has 310 and 310 pieces, but config.json says 400 and 400",
    ),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "model.safetensors is missing"),
    "truncated weights": (lambda f: os.truncate(f / "model.safetensors", 9000), "model.safetensors is truncated"),
    "empty weights": (lambda f: os.truncate(f / "model.safetensors", 0), "model.safetensors is truncated"),
    "pickled weights": (
        lambda f: (f / "model.safetensors").write_bytes(pickle.dumps(Bomb())),
        "model.safetensors is truncated or of another kind",
    ),
    "a weight too many": (
        _weights(lambda s: s.update(extra=torch.zeros(3))),
        "extra is [3], expected nothing (another version",
    ),
    "a weight too few": (_weights(lambda s: s.pop("output.bias")), "output.bias is missing"),
    "whole numbers": (
        _weights(lambda s: s.update({"output.bias": s["output.bias"].to(torch.int16)})),
        "holds output.bias as I16, not as one of F16, BF16, F32",
    ),
    "not a number": (_weights(lambda s: s["output.bias"].fill_(float("nan"))), "not finite, in output.bias"),
    "no tokenizer": (lambda f: (f / "tokenizer.model").unlink(), "tokenizer.model is missing"),
    "truncated tokenizer": (lambda f: os.truncate(f / "tokenizer.model", 500), "not a SentencePiece model"),
    "pickled tokenizer": (lambda f: (f / "tokenizer.model").write_bytes(pickle.dumps(Bomb())), "not a SentencePiece model"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_bad_folder_gets_one_sentence(folder: Path, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    harm, message = DAMAGES[damage]
    harm(folder)
    with pytest.raises(ValueError) as caught:
        Translator.load(folder)
    text = str(caught.value)
    assert text.startswith("checkpoint 'small' cannot be used: ") and message in text and "\n" not in text and len(text) < 400
    assert not (folder.parent / "exploded").exists()


def test_unknown_name_lists_the_choices() -> None:
    with pytest.raises(ValueError, match=r"no model 'nowhere': give a checkpoint folder or one of .*en-fr-additive"):
        checkpoint.load("nowhere")


def test_saving_again_replaces_whole_files(folder: Path, tokenizer: Tokenizer) -> None:
    before = checkpoint.load(folder)
    shutil.copy(folder / "model.safetensors", folder / ".model.safetensors.partial")  # left by a kill
    checkpoint.save(make_checkpoint(make_model(small_config(), seed=8), tokenizer), folder)
    after = checkpoint.load(folder)
    assert not torch.equal(before.model.output.bias, after.model.output.bias)


def test_matrices_are_stored_in_int8_with_a_scale_a_row(model: Seq2Seq, tokenizer: Tokenizer, tmp_path: Path) -> None:
    checkpoint.save(make_checkpoint(model.float(), tokenizer), tmp_path / "small")
    loaded = checkpoint.load(tmp_path / "small")
    with safe_open(tmp_path / "small" / "model.safetensors", "pt") as file:
        kinds = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118 (not a dict)
    for name, parameter in model.named_parameters():
        assert kinds[name] == ("I8" if parameter.dim() == 2 else "F16")
        read = loaded.model.get_parameter(name)
        assert torch.equal(read, read.half().float())  # packing in fp16 changes nothing
        step = parameter.abs().amax(-1, keepdim=True) / 127
        assert bool(((read - parameter).abs() <= 0.5 * step + 1e-3 * parameter.abs() + 1e-6).all())
    checkpoint.save(loaded, tmp_path / "again")
    again = checkpoint.load(tmp_path / "again")
    assert all(torch.equal(a, b) for a, b in zip(loaded.model.parameters(), again.model.parameters(), strict=True))
