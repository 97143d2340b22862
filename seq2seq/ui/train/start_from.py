"""The models from which a run of the Train tab can go on: the shared ones, and those of the visitor's own runs."""

from __future__ import annotations

from pathlib import Path

from seq2seq.models.saved.checkpoint import CONFIG
from seq2seq.runs.folders import MODEL
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit.form import menu as models

SCRATCH = ""  # the name for random weights


def menu(services: Services, owner: str) -> list[tuple[str, str]]:
    """Return the menu's labels and names."""
    own = [(run.name, services.runs.checkpoint(run)) for run in (services.runs.of(owner) if owner else ())]
    trained = [(f"{name} (your run)", folder.name) for name, folder in own if (folder / CONFIG).is_file()]
    return [("from scratch", SCRATCH), *models.labels(services.infos), *trained]


def folder(services: Services, name: str | None) -> str | None:
    """Return the checkpoint of a name in the menu, None for random weights. Raises ValueError for an unknown name."""
    if not name:
        return None
    if name.startswith(MODEL):
        return str(services.runs.model(name)[1])
    return services.info(name).name


def name(start: str | None) -> str:
    """Return the name in the menu of a checkpoint that `folder` returned."""
    return Path(start).name if start else SCRATCH
