"""A model in a folder: config.json, model.safetensors, tokenizer, README.md. Files are untrusted and never unpickled.

All sizes are checked before memory is allocated, and every fault becomes a ValueError with one sentence.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from seq2seq.config import ModelConfig, TrainConfig
from seq2seq.errors import SettingError
from seq2seq.files import replace_file
from seq2seq.models.saved import weights
from seq2seq.models.seq2seq import Seq2Seq, shape_of
from seq2seq.sources.text import Tokenizer

CONFIG, WEIGHTS = "config.json", "model.safetensors"
TOKENIZERS = {
    True: ("tokenizer.model",),
    False: ("source.model", "target.model"),
}  # key: whether source and target share one tokenizer
FORMAT = "seq2seq-unrolled/checkpoint/1"
MAX_CONFIG_BYTES = 1_000_000
MAX_ORIGIN = 2000  # characters per text in Origin
MAX_TOKENIZER_BYTES = 20_000_000
HUB = "hf:"  # before USER/NAME[@REVISION]: a model on the Hugging Face Hub (runs/hub.py)
UNUSABLE = " cannot be used: "  # between a checkpoint's name and the fault, in error messages
RENAMED = {"en-fr-everyday": "en-fr-additive"}  # former names of bundled models, which links and commands may still have
ROOT = Path(__file__).resolve().parents[3] / "checkpoints"


@dataclass(frozen=True)
class Origin:
    """Where a model comes from: texts for its model card and for the app."""

    title: str = "Untitled model"
    source_language: str = "source"
    target_language: str = "target"
    subject: str = "everyday"  # topic of its sentences in one word; models with the same subject are shown together
    trained_on: str = "Not stated."
    attribution: str = "Not stated."
    licence: str = "Not stated."


@dataclass(frozen=True)
class Outline:
    """The content of config.json. `model` has the right shapes but no weights, so it needs no memory."""

    name: str
    model: Seq2Seq
    training: TrainConfig
    origin: Origin


@dataclass(frozen=True)
class Checkpoint:
    """A model with its tokenizer, its training configuration and its origin."""

    name: str
    model: Seq2Seq
    tokenizer: Tokenizer
    training: TrainConfig
    origin: Origin


def available(root: Path = ROOT) -> list[str]:
    """Return the names of the bundled checkpoints in alphabetical order."""
    return sorted(folder.name for folder in root.iterdir() if (folder / CONFIG).is_file()) if root.is_dir() else []


def without_config() -> list[str]:
    """Return the names of bundled folders that have weights but no config.json."""
    folders = ROOT.iterdir() if ROOT.is_dir() else ()
    return sorted(f.name for f in folders if (f / WEIGHTS).is_file() and not (f / CONFIG).is_file())


def find(name_or_folder: str | Path) -> Path:
    """Return the folder of a bundled name, or the folder itself. Raises ValueError with the choices."""
    text = RENAMED.get(str(name_or_folder), str(name_or_folder))
    bundled = available()
    if text in bundled:
        return ROOT / text
    try:
        if Path(text).is_dir():
            return Path(text).resolve()
    except OSError:  # the name is too long for a folder
        pass
    choices = ", ".join(bundled) or "no bundled model"
    raise ValueError(f"no model {text[:200]!r}: give a checkpoint folder or one of {choices}")


def save(checkpoint: Checkpoint, folder: Path) -> None:
    """Write the folder; each file is replaced completely or not at all. `runs/card.py` writes the model card."""
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / WEIGHTS, partial(weights.save, checkpoint.model))
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


def outline(name_or_folder: str | Path) -> Outline:
    """Read only the config.json of a checkpoint, which is fast.

    Raises ValueError that names the folder and the fault in its config.json.
    """
    folder = find(name_or_folder)
    with _named(folder):
        return _outline(folder)


def checked_outline(name_or_folder: str | Path) -> Outline:
    """Do the same as `outline`, and check that the other files exist and that the weights have the right shapes; read no
    weights.

    Raises ValueError that names the folder and the fault.
    """
    folder = find(name_or_folder)
    with _named(folder):
        found = _outline(folder)
        for file in TOKENIZERS[found.model.config.shared_vocabulary]:
            if not (folder / file).is_file():
                raise ValueError(f"{file} is missing")
        weights.check(folder / WEIGHTS, found.model)
    return found


def load(name_or_folder: str | Path) -> Checkpoint:
    """Load a checkpoint in fp32 on the CPU, ready to decode.

    Raises ValueError that names the folder and the fault.
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
        model = weights.fill(empty.model, folder / WEIGHTS)
    return Checkpoint(folder.name, model, tokenizer, empty.training, empty.origin)


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Add the name of `folder` to every ValueError."""
    try:
        yield
    except (ValueError, RecursionError) as error:  # a value in config.json can be nested too deeply to be printed
        why = "config.json is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ValueError(f"checkpoint {folder.name!r}{UNUSABLE}{why}") from None


def _outline(folder: Path) -> Outline:
    config = _read_config(folder / CONFIG)
    model_config = ModelConfig.from_dict(config.get("model"))  # type: ignore[arg-type]
    training = TrainConfig.from_dict(config.get("training"))  # type: ignore[arg-type]
    origin = _read_origin(config.get("origin"))
    try:
        shape = shape_of(model_config)  # without memory, because a config can claim any size
    except SettingError as error:
        raise ValueError(f"config.json is damaged, or of another version of this project: {error}") from None
    return Outline(folder.name, shape, training, origin)


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
    except (ValueError, RecursionError):  # also a number with too many digits for Python
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
    except UnicodeEncodeError:  # a lone surrogate, which cannot be sent to a page
        raise ValueError("origin in config.json holds a character that is not valid Unicode") from None
    if long := next((name for name, text in data.items() if len(text) > MAX_ORIGIN), None):
        raise ValueError(f"{long} in config.json has {len(data[long]):,} characters; at most {MAX_ORIGIN:,} are shown")
    return Origin(**data)
