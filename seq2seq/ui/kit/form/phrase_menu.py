"""The menu of examples: first the examples of the model, then the phrasebook by topic, if it fits the model.

A topic is a choice, too: the menu then shows the sentences of this topic. So no list is longer than a topic, except the list of
all sentences, which is there to be searched.
"""

from __future__ import annotations

from typing import Any

from seq2seq.decoding.model_info import ModelInfo
from seq2seq.ui.kit import examples

# Values of choices that are no sentences. A sentence never has a line break.
_TOPIC = "topic\n"
_ALL, _BACK = f"{_TOPIC}all", f"{_TOPIC}back"


def sentences(info: ModelInfo, chosen: str, unlisted: str | None = None) -> dict[str, Any]:
    """Return the state of the menu while the sentence `chosen` is shown: a phrase is shown among those of its topic.

    With `unlisted`, a menu of examples has one more choice, for other sentences.
    """
    topics = examples.topics(info)
    own = examples.of(info)
    topic = next((topic for topic, pairs in topics.items() if chosen in pairs and chosen not in own), None)
    if topic is not None:
        return _phrases(topic.capitalize(), list(topics[topic]), chosen)
    count = sum(map(len, topics.values()))
    choices = [
        *([] if unlisted is None else [("your own", unlisted)]),
        *((sentence, sentence) for sentence in own),
        *((f"{topic.capitalize()} ({len(pairs)} phrases)", _TOPIC + topic) for topic, pairs in topics.items()),
        *([(f"All {count} phrases", _ALL)] if topics else []),
    ]
    value = chosen if chosen in own else unlisted
    return {"choices": choices, "value": value, "label": "Example", "filterable": bool(topics)}


def opened(info: ModelInfo, choice: str) -> dict[str, Any] | None:
    """Return the state of the menu after the choice of a topic; None if `choice` is no topic."""
    topics = examples.topics(info)
    if choice == _BACK:
        return {**sentences(info, ""), "value": None}
    if choice == _ALL:
        return _phrases("All phrases", [sentence for pairs in topics.values() for sentence in pairs])
    topic = choice.removeprefix(_TOPIC)
    return _phrases(topic.capitalize(), list(topics[topic])) if topic != choice and topic in topics else None


def note(text: str, info: ModelInfo) -> str:
    """Return a sentence that says so if the model has learned `text` from the phrasebook; empty otherwise."""
    if not examples.learned(text, info):
        return ""
    return "The model was trained on our phrasebook, which has this sentence: a good translation of it proves little."


def _phrases(label: str, phrases: list[str], value: str | None = None) -> dict[str, Any]:
    choices = [*((phrase, phrase) for phrase in phrases), ("Back to examples and topics", _BACK)]
    return {"choices": choices, "value": value, "label": label, "filterable": True}
