"""A model in a folder: config.json, model.safetensors (fp16), tokenizer, README.md. Read with distrust, never unpickled.

Everything a folder claims is checked against its sizes before memory is taken for it, and every fault is one ValueError with
one sentence.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from seq2seq.config import ModelConfig, TrainConfig
from seq2seq.files import replace_file
from seq2seq.models.seq2seq import Seq2Seq, shape_of
from seq2seq.sources.text import Tokenizer

CONFIG, WEIGHTS = "config.json", "model.safetensors"
TOKENIZERS = {True: ("tokenizer.model",), False: ("source.model", "target.model")}  # by whether source and target share one
FORMAT = "seq2seq-unrolled/checkpoint/1"
STORED = ("F16", "BF16", "F32")  # how weights may be stored; what we write is F16
MAX_CONFIG_BYTES = 1_000_000
MAX_HEADER_BYTES = 1_000_000  # of the weights: names and shapes alone, of which a hundred bytes are written a tensor
MAX_ORIGIN = 2000  # characters of what is said of where a model comes from, each
MAX_TOKENIZER_BYTES = 20_000_000
UNUSABLE = " cannot be used: "  # stands between a checkpoint's name and what is wrong with it
ROOT = Path(__file__).resolve().parents[2] / "checkpoints"


@dataclass(frozen=True)
class Origin:
    """What a model card says of where a model comes from; shown in the app as it stands here."""

    title: str = "Untitled model"
    source_language: str = "source"
    target_language: str = "target"
    subject: str = "everyday"  # what its sentences are about, in a word: models of one subject are shown together
    trained_on: str = "Not stated."
    attribution: str = "Not stated."
    licence: str = "Not stated."


@dataclass(frozen=True)
class Outline:
    """What config.json alone says of a model. `model` has the right shapes and no numbers: it costs no memory."""

    name: str
    model: Seq2Seq
    training: TrainConfig
    origin: Origin


@dataclass(frozen=True)
class Checkpoint:
    """A model with all it needs to be used and to be explained."""

    name: str
    model: Seq2Seq
    tokenizer: Tokenizer
    training: TrainConfig
    origin: Origin


def available(root: Path = ROOT) -> list[str]:
    """Names of the bundled checkpoints, in alphabetical order."""
    return sorted(folder.name for folder in root.iterdir() if (folder / CONFIG).is_file()) if root.is_dir() else []


def headless() -> list[str]:
    """Names of the bundled folders that hold a model's weights and do not say what they are of."""
    folders = ROOT.iterdir() if ROOT.is_dir() else ()
    return sorted(f.name for f in folders if (f / WEIGHTS).is_file() and not (f / CONFIG).is_file())


def find(name_or_folder: str | Path) -> Path:
    """The folder of a bundled name, or the folder itself. Raises ValueError with the choices."""
    text = str(name_or_folder)
    bundled = available()
    if text in bundled:
        return ROOT / text
    try:
        if Path(text).is_dir():
            return Path(text).resolve()
    except OSError:  # a name longer than any folder's
        pass
    choices = ", ".join(bundled) or "no bundled model"
    raise ValueError(f"no model {text[:200]!r}: give a checkpoint folder or one of {choices}")


def save(checkpoint: Checkpoint, folder: Path) -> None:
    """Write the folder, each file whole or not at all. The model card is `runs/card.py`'s business."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {n: p.detach().to("cpu", torch.float16).contiguous() for n, p in checkpoint.model.named_parameters()}
    replace_file(folder / WEIGHTS, partial(_save_weights, state))
    for file, content in checkpoint.tokenizer.files().items():
        replace_file(folder / file, partial(Path.write_bytes, data=content))
    config = {
        "format": FORMAT,
        "model": checkpoint.model.config.to_dict(),
        "training": checkpoint.training.to_dict(),
        "origin": asdict(checkpoint.origin),
    }
    text = json.dumps(config, ensure_ascii=False, indent=2) + "\n"
    replace_file(folder / CONFIG, lambda path: path.write_text(text, encoding="utf-8"))


def _save_weights(state: dict[str, torch.Tensor], path: Path) -> None:
    save_tensors(state, path)
    path.chmod(0o644)  # the library keeps it to its owner; a folder that is copied should stay readable


def save_tensors(tensors: Mapping[str, torch.Tensor], path: Path, about: dict[str, str] | None = None) -> None:
    """A safetensors file. Raises OSError where it cannot be written, of which the library tells in words only."""
    try:
        save_file(dict(tensors), path, metadata=about)
    except SafetensorError as error:
        found = re.search(r"os error (\d+)", str(error))
        number = int(found[1]) if found else errno.EIO
        raise OSError(number, os.strerror(number), str(path)) from None


def outline(name_or_folder: str | Path) -> Outline:
    """What can be known of a checkpoint without reading its tokenizer and weights, in a moment.

    Raises ValueError that names the folder and what is wrong with its config.json.
    """
    folder = find(name_or_folder)
    with _named(folder):
        return _outline(folder)


def looked_over(name_or_folder: str | Path) -> Outline:
    """As `outline`, once the other files are there too and the weights have their right shapes: no number is read.

    Raises ValueError that names the folder and what is wrong with it.
    """
    folder = find(name_or_folder)
    with _named(folder):
        found = _outline(folder)
        for file in TOKENIZERS[found.model.config.shared_vocabulary]:
            if not (folder / file).is_file():
                raise ValueError(f"{file} is missing")
        with _weights(folder / WEIGHTS) as weights:
            _check_shapes(weights, found.model)
    return found


def load(name_or_folder: str | Path) -> Checkpoint:
    """A checkpoint in fp32 on the CPU, ready to decode.

    Raises ValueError that names the folder and what is wrong with it.
    """
    folder = find(name_or_folder)
    with _named(folder):
        empty = _outline(folder)
        config = empty.model.config
        for file in folder.glob("*.model"):
            if file.stat().st_size > MAX_TOKENIZER_BYTES:
                raise ValueError(f"{file.name} is larger than {MAX_TOKENIZER_BYTES:,} bytes")
        tokenizer = Tokenizer.load(folder, config.shared_vocabulary)
        sizes = (len(tokenizer.source), len(tokenizer.target))
        if sizes != (config.source_vocabulary, config.target_vocabulary):
            raise ValueError(
                f"the tokenizer has {sizes[0]} and {sizes[1]} pieces, but config.json says "
                f"{config.source_vocabulary} and {config.target_vocabulary}"
            )
        model = _filled(empty.model, folder / WEIGHTS)
    return Checkpoint(folder.name, model, tokenizer, empty.training, empty.origin)


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """What is wrong inside is wrong with `folder`, and says so."""
    try:
        yield
    except (ValueError, RecursionError) as error:  # a value in config.json may be too deep to be shown
        why = "config.json is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ValueError(f"checkpoint {folder.name!r}{UNUSABLE}{why}") from None


def _outline(folder: Path) -> Outline:
    config = _read_config(folder / CONFIG)
    model_config = ModelConfig.from_dict(config.get("model"))  # type: ignore[arg-type]
    training = TrainConfig.from_dict(config.get("training"))  # type: ignore[arg-type]
    origin = _read_origin(config.get("origin"))
    return Outline(folder.name, shape_of(model_config), training, origin)  # a config may claim anything


def _read_config(path: Path) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_CONFIG_BYTES else b""
    except OSError:
        raise ValueError("config.json is missing or cannot be read") from None
    if size > MAX_CONFIG_BYTES:
        raise ValueError(f"config.json is larger than {MAX_CONFIG_BYTES:,} bytes")
    try:
        config = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):  # also a number of more digits than Python reads
        raise ValueError("config.json is not JSON text") from None
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise ValueError(f"config.json is not of format {FORMAT!r}")
    return config


def _read_origin(data: Any) -> Origin:
    known = Origin.__dataclass_fields__
    if not isinstance(data, dict) or set(data) - set(known) or not all(isinstance(v, str) for v in data.values()):
        raise ValueError(f"origin in config.json must be texts named {', '.join(known)}")
    try:
        "".join(data.values()).encode()
    except UnicodeEncodeError:  # half a character, which no page can be sent
        raise ValueError("origin in config.json holds a character that is not valid Unicode") from None
    if long := next((name for name, text in data.items() if len(text) > MAX_ORIGIN), None):
        raise ValueError(f"{long} in config.json has {len(data[long]):,} characters; at most {MAX_ORIGIN:,} are shown")
    return Origin(**data)


@contextmanager
def _weights(path: Path) -> Iterator[Any]:
    """The opened file. Its header is parsed as a whole, so that one as large as a file may be would take a gigabyte."""
    try:
        with open(path, "rb") as begin:
            length = int.from_bytes(begin.read(8), "little")
        if length > MAX_HEADER_BYTES:
            raise ValueError("model.safetensors is truncated or of another kind (its list of tensors is too long)")
        with safe_open(path, framework="pt") as file:
            yield file
    except OSError:  # its text would name the path
        raise ValueError("model.safetensors is missing or cannot be read") from None
    except SafetensorError as error:
        raise ValueError(f"model.safetensors is truncated or of another kind ({str(error)[:100]})") from None


def _check_shapes(file: Any, model: Seq2Seq) -> None:
    wanted = {name: list(p.shape) for name, p in model.named_parameters()}
    found = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118 (not a dict)
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise ValueError(
                f"model.safetensors does not fit config.json: {name[:80]} is {str(found.get(name, 'missing'))[:40]}, "
                f"expected {wanted.get(name, 'nothing')}"
            )
        if (kind := file.get_slice(name).get_dtype()) not in STORED:
            raise ValueError(f"model.safetensors holds {name} as {kind}, not as one of {', '.join(STORED)}")


def _filled(model: Seq2Seq, path: Path) -> Seq2Seq:
    """`model`, so far without numbers, with those of the file."""
    with _weights(path) as file:
        _check_shapes(file, model)
        state = {name: file.get_tensor(name).float() for name, _ in model.named_parameters()}
    if bad := next((name for name, tensor in state.items() if not tensor.isfinite().all()), None):
        raise ValueError(f"model.safetensors holds numbers that are not finite, in {bad}")
    parameters = {name: torch.nn.Parameter(tensor, requires_grad=False) for name, tensor in state.items()}
    stored_as = {id(parameter): name for name, parameter in model.named_parameters()}
    for name, parameter in list(model.named_parameters(remove_duplicate=False)):
        # A tied matrix appears under each of its names, is stored once, and is one object again here.
        owner, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(owner), leaf, parameters[stored_as[id(parameter)]])
    return model.eval()
