"""The exported graphs compute what PyTorch computes, for every architecture and cell, any length and several rows."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from support.small import make_checkpoint, make_model, small_config

from seq2seq.__main__ import main
from seq2seq.commands import export as export_command
from seq2seq.config import BOS, EOS
from seq2seq.decoding.translator import Translator
from seq2seq.models.architectures import ARCHITECTURES
from seq2seq.models.recurrent import CELLS
from seq2seq.models.saved import checkpoint
from seq2seq.models.saved.onnx_export import NEXT, STEP, difference, export, named
from seq2seq.sources.text import Tokenizer

CONFIGS = {name: small_config(name) for name in ARCHITECTURES} | {cell: small_config(cell=cell) for cell in CELLS}
CONFIGS["no attention"] = small_config(attention="none")


@pytest.fixture(scope="module", params=CONFIGS.values(), ids=CONFIGS.keys())
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    model, folder = make_model(request.param), tmp_path_factory.mktemp("onnx")
    export(model, folder)
    return model, folder


def test_the_graphs_give_the_log_probabilities_of_pytorch(exported) -> None:
    model, folder = exported
    draw = random.Random(1)
    sentences = [[*(draw.randrange(4, 310) for _ in range(draw.randint(1, 12))), EOS] for _ in range(12)]
    assert difference(model, folder, sentences, steps=5) < 1e-4


def test_a_step_takes_several_rows(exported) -> None:
    model, folder = exported
    source = torch.tensor([[5, 6, 7, 8, EOS]])
    with torch.no_grad():
        memory, state = model.encode(source, torch.tensor([5]))
        rows = torch.tensor([0, 0, 0])
        memory, state, token = memory.select(rows), state.select(rows), torch.tensor([BOS, 9, 10])
        expected = model.step(token, state, memory)
    session = onnxruntime.InferenceSession(folder / STEP)
    values = {"token": token, **named(memory, "memory"), **named(state, "state")}
    outputs = [part.name for part in session.get_outputs()]
    given = {part.name: values[part.name].numpy() for part in session.get_inputs()}
    found = dict(zip(outputs, session.run(outputs, given), strict=True))
    np.testing.assert_allclose(found["log_probs"], expected.log_probs, atol=1e-5)
    for name, tensor in named(expected.state, "state").items():
        np.testing.assert_allclose(found[NEXT + name], tensor, atol=1e-5)
    assert ("attention" in found) == (expected.attention is not None)


def test_the_program_translates_as_the_project_does(tmp_path: Path, tokenizer: Tokenizer, capsys, monkeypatch) -> None:
    monkeypatch.setattr(export_command, "SENTENCES", 5)
    saved = make_checkpoint(make_model(small_config()), tokenizer)
    checkpoint.save(saved, tmp_path / "model")
    assert main(["export", "--model", str(tmp_path / "model"), "--out", str(tmp_path / "onnx")]) == 0
    assert "5 sentences" in capsys.readouterr().out
    sentence = "the old man likes two apples"
    call = [sys.executable, str(tmp_path / "onnx" / "translate.py"), sentence]
    written = subprocess.run(call, capture_output=True, check=True, cwd=tmp_path).stdout.decode()
    assert written.strip() == Translator(saved).translate(sentence).text


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ValueError, match="pip install -r assets/docs/onnx"):
        export(make_model(small_config()), tmp_path)
