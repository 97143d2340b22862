"""Translate with an exported model, greedily and without PyTorch: python translate.py "A sentence."

It needs numpy, onnxruntime and sentencepiece.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import sentencepiece

FOLDER = Path(__file__).parent
BOS, EOS = 1, 2  # ids of the marks before the first and after the last piece


def vocabulary(own: str) -> sentencepiece.SentencePieceProcessor:
    shared = FOLDER / "tokenizer.model"
    return sentencepiece.SentencePieceProcessor(str(shared if shared.exists() else FOLDER / own))


source, target = vocabulary("source.model"), vocabulary("target.model")
encoder, step = (onnxruntime.InferenceSession(FOLDER / name) for name in ("encoder.onnx", "step.onnx"))
inputs, outputs = [part.name for part in step.get_inputs()], [part.name for part in step.get_outputs()]

ids = [*source.encode(" " + sys.argv[1]), EOS]
values = dict(zip([part.name for part in encoder.get_outputs()], encoder.run(None, {"source": np.array([ids])}), strict=True))
written, token = [], BOS
while len(written) < 2 * len(ids) + 10:  # a limit, in case the model never writes the end mark
    values["token"] = np.array([token])
    found = dict(zip(outputs, step.run(outputs, {name: values[name] for name in inputs}), strict=True))
    token = int(found["log_probs"][0].argmax())
    if token == EOS:
        break
    written.append(token)
    values |= {name.removeprefix("next."): value for name, value in found.items() if name.startswith("next.")}
print(target.decode(written).strip())
