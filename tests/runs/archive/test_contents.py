"""Archives whose files are no model are refused in a sentence and leave no file."""

from __future__ import annotations

import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save
from support.files.crafted import Contents, becomes, names, plain, refusal

from seq2seq.runs.archive import unpack


def weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    def change_file(contents: Contents) -> None:
        state = load(contents["model.safetensors"])
        change(state)
        contents["model.safetensors"] = save(state)

    return plain(change_file)


def of_kind_f4(contents: Contents) -> None:
    """Store the same shapes as numbers of four bits, which PyTorch knows but cannot convert."""
    header, end = {}, 0
    for name, tensor in load(contents["model.safetensors"]).items():
        start, end = end, end + tensor.numel() // 2
        header[name] = {"dtype": "F4", "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    contents["model.safetensors"] = struct.pack("<Q", len(text)) + text + bytes(end)


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch exploded",)


def in_large_fp32(state: dict[str, torch.Tensor]) -> None:
    """Write all parameters in fp32, so large that the model's sums overflow."""
    for name in [name for name in state if not name.endswith(".scale")]:
        state.pop(f"{name}.scale", None)
        state[name] = state[name].float() * 1e36


CONTENTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "pickled weights": (becomes("model.safetensors", pickle.dumps(Bomb())), "model.safetensors is truncated or of"),
    "cut weights": (plain(lambda c: c.update({"model.safetensors": c["model.safetensors"][:9000]})), "truncated or of another"),
    "not a number": (weights(lambda s: s["output.bias"].fill_(float("nan"))), "not finite, in output.bias"),
    "infinite": (weights(lambda s: s["output.bias"].fill_(float("inf"))), "not finite, in output.bias"),
    "overflow": (weights(in_large_fp32), "values that are not finite"),
    "four bits": (plain(of_kind_f4), ""),
    "other config": (becomes("config.json", b"{}"), "config.json is not of format"),
    "endless setting": (
        plain(lambda c: c.update({"config.json": c["config.json"].replace(b'"gru"', b'"' + b"g" * 9000 + b'"')})),
        "cell must be one of",
    ),
    "no tokenizer": (plain(lambda c: c.pop("tokenizer.model")), "cannot be used: tokenizer.model is missing"),
    "spare tokenizer": (becomes("source.model", b"a secret"), "contains source.model, but the model has another"),
    "card": (becomes("README.md", b"\xff\xfe"), "README.md is not text in UTF-8"),
    "results": (becomes("results.json", b"[]"), "results.json is not a JSON object"),
    "results of text": (becomes("results.json", b"{'a': 1}"), "results.json is not a JSON object"),
    "deep comparison": (becomes("comparison.json", b"[" * 100_000), "comparison.json is not a JSON object"),
    "binary alignment": (becomes("alignment.json", b"\xff"), "alignment.json is not a JSON object"),
    "binary exposure": (becomes("exposure.json", b"\xff"), "exposure.json is not a JSON object"),
    "events": (becomes("events.jsonl", b"{}\n"), "events.jsonl cannot be read (not an event"),
    "unknown event": (
        becomes("events.jsonl", b'{"event": "' + b"x\\n" * 9000 + b'"}\n'),
        "events.jsonl cannot be read (event must",
    ),
    "odd field": (becomes("events.jsonl", b'{"event": "Finished", "a\\nb": 1}\n'), r"not an event: unknown field 'a\nb'"),
    "binary events": (becomes("events.jsonl", b"\xff\n"), "events.jsonl cannot be read"),
}


@pytest.mark.parametrize("case", CONTENTS)
def test_invalid_model_is_refused(case: str, file: Path, destination: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    harm, message = CONTENTS[case]
    harm(file)
    text = refusal(file, destination)
    assert text.startswith("The archive cannot be used: ") and message in text and "theirs" not in text, text
    assert not (file.parent / "exploded").exists()


def test_unpack_does_not_overwrite_a_model(file: Path, destination: Path) -> None:
    destination.mkdir()
    with pytest.raises(ValueError, match="there is a model 'theirs' already: choose another name"):
        unpack(file, destination)
    assert destination.is_dir() and names(destination.parent) == ["theirs"]
