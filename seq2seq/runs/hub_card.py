"""The front matter of a model card on the Hugging Face Hub: licence, languages, data sets and metrics of the model."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCardData

from seq2seq.models.saved.checkpoint import Checkpoint
from seq2seq.runs.card import RESULTS
from seq2seq.sources.languages import code_of

# How licences begin in an origin, and their ids on the Hub. A longer name stands before its own beginning.
LICENCES = {
    "apache": "apache-2.0",
    "mit": "mit",
    "cc0": "cc0-1.0",
    "cc by-nc-sa 4.0": "cc-by-nc-sa-4.0",
    "cc by-nc 4.0": "cc-by-nc-4.0",
    "cc by-sa 4.0": "cc-by-sa-4.0",
    "cc by-sa 3.0": "cc-by-sa-3.0",
    "cc by 4.0": "cc-by-4.0",
    "cc by 3.0": "cc-by-3.0",
    "cc by 2.0": "cc-by-2.0",
}
DATASETS = ("tatoeba", "multi30k", "europarl", "diabla", "tico-19", "mgsm", "opus", "wmt")  # names that an origin may contain
METRICS = {"bleu": "bleu", "chrf": "chrf", "exact": "exact_match"}  # figures of an evaluation, and their ids on the Hub
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def with_front_matter(card: str, model: Checkpoint, folder: Path, licence: str = "", datasets: tuple[str, ...] = ()) -> str:
    """Return `card` with the front matter of `model` instead of its own. Raises ValueError for a licence that is no id."""
    if licence and not re.fullmatch(r"[a-z0-9.+-]{2,60}", licence):
        raise ValueError(f"a licence on the Hub has an id such as apache-2.0 or cc-by-4.0, not {licence!r}")
    text = _FRONT.sub("", card).lstrip("\n") or f"# {model.name}\n\n{model.origin.title}.\n"
    return f"---\n{front_matter(model, folder, licence, datasets).to_yaml()}\n---\n\n{text}"


def front_matter(model: Checkpoint, folder: Path, licence: str, datasets: tuple[str, ...]) -> ModelCardData:
    """Return the values. What is not known is left out; only the licence is always there."""
    origin = model.origin
    named = re.findall(r"[a-z0-9-]+", f"{origin.trained_on} {origin.attribution}".casefold())
    codes = [code for language in (origin.source_language, origin.target_language) if (code := code_of(language))]
    measured = _measured(folder)
    return ModelCardData(
        **_licence(licence, origin.licence),
        language=list(dict.fromkeys(codes)) or None,
        datasets=list(datasets) or [name for name in DATASETS if name in named] or None,
        metrics=[id for name, id in METRICS.items() if name in measured] or None,
        library_name="seq2seq-unrolled",
        pipeline_tag="translation",
    )


def _licence(id: str, text: str) -> dict[str, Any]:
    if id:
        return {"license": id}
    if found := next((id for name, id in LICENCES.items() if text.casefold().startswith(name)), None):
        return {"license": found}
    if text.startswith("Not stated"):
        return {"license": "unknown"}
    return {"license": "other", "license_name": re.sub(r"[^a-z0-9]+", "-", text.casefold())[:80].strip("-") or "other"}


def _measured(folder: Path) -> set[str]:
    """Return the names of all figures in the evaluations of the model."""
    try:
        evaluations = json.loads((folder / RESULTS).read_text(encoding="utf-8"))["evaluations"]
        return {name for evaluation in evaluations for name in evaluation}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
