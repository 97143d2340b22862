"""The menu of models: their order and what each is called. A menu has no groups, so these two say what belongs together."""

from __future__ import annotations

from collections.abc import Mapping

from seq2seq.decoding.translator import ModelInfo
from seq2seq.ui.kit.examples import EVERYDAY


def ordered(infos: Mapping[str, ModelInfo], preferred: str) -> dict[str, ModelInfo]:
    """The preferred model first, then those that read and write the same as it does, then each other direction by itself."""

    def place(name: str) -> tuple[object, ...]:
        info = infos[name]
        direction = _direction(info)
        same = preferred in infos and direction == _direction(infos[preferred])
        return name != preferred, not same, direction, name

    return {name: infos[name] for name in sorted(infos, key=place)}


def labels(infos: Mapping[str, ModelInfo]) -> list[tuple[str, str]]:
    """What the menu shows, and the name: direction, subject and kind of model; the name too where these are the same."""
    texts = {name: _label(info) for name, info in infos.items()}
    written = list(texts.values())
    return [(f"{text} ({name})" if written.count(text) > 1 else text, name) for name, text in texts.items()]


def _label(info: ModelInfo) -> str:
    kind = info.architecture.replace(" encoder-decoder", "")  # all are, so that the menu need not say it
    about = "" if info.subject == EVERYDAY else f", {info.subject}"
    return f"{info.source_language} → {info.target_language}{about}: {kind}"


def _direction(info: ModelInfo) -> tuple[object, ...]:
    """Everyday sentences before others, then by language."""
    return info.subject != EVERYDAY, info.subject, info.source_language, info.target_language
