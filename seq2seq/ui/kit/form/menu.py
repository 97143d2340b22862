"""The menu of models: order and labels. The menu has no groups, so order and labels show which models belong together."""

from __future__ import annotations

from collections.abc import Mapping

from seq2seq.decoding.model_info import ModelInfo
from seq2seq.ui.kit.examples import EVERYDAY


def ordered(infos: Mapping[str, ModelInfo], preferred: str) -> dict[str, ModelInfo]:
    """Sort the models: the preferred one, then those of the same languages and subject, then the other directions."""

    def sort_key(name: str) -> tuple[object, ...]:
        info = infos[name]
        direction = _direction(info)
        same = preferred in infos and direction == _direction(infos[preferred])
        return name != preferred, not same, direction, name

    return {name: infos[name] for name in sorted(infos, key=sort_key)}


def labels(infos: Mapping[str, ModelInfo]) -> list[tuple[str, str]]:
    """Return (label, name): direction, subject and architecture, and also the name if the label is not unique."""
    texts = {name: _label(info) for name, info in infos.items()}
    written = list(texts.values())
    return [(f"{text} ({name})" if written.count(text) > 1 else text, name) for name, text in texts.items()]


def _label(info: ModelInfo) -> str:
    kind = info.architecture.replace(" encoder-decoder", "")  # all models are encoder-decoders
    about = "" if info.subject == EVERYDAY else f", {info.subject}"
    direction = f"{info.source_language} → {info.target_language}" if info.reads_source else info.target_language
    return f"{direction}{about}: {kind}"


def _direction(info: ModelInfo) -> tuple[object, ...]:
    """Return the sort key: everyday sentences first, then by language."""
    return info.subject != EVERYDAY, info.subject, info.source_language, info.target_language
