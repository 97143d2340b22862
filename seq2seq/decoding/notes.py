"""What a user should know about how a model reads a text: characters outside its vocabulary, and capitals."""

from __future__ import annotations

from seq2seq.data.augmentation import shares
from seq2seq.models.saved.checkpoint import Checkpoint

MOST_NAMED = 5
MIN_CAPITALS = 4  # letters; a shorter text, such as "OK", is often written in capitals


def about(text: str, model: Checkpoint) -> list[str]:
    """Return a sentence for each thing in the normalised `text` that this model reads badly."""
    notes = []
    if unknown := model.tokenizer.source.unknown(text):
        named = ", ".join(f"“{character}”" for character in unknown[:MOST_NAMED])
        more = f" and {len(unknown) - MOST_NAMED} other characters" if len(unknown) > MOST_NAMED else ""
        missing = f"The vocabulary of this model does not contain {named}{more}."
        notes.append(f"{missing} It reads unknown characters as bytes and may guess.")
    letters = [character for character in text if character.isalpha()]
    if len(letters) >= MIN_CAPITALS and all(map(str.isupper, letters)) and not _reads_capitals(model):
        notes.append("This model has read almost no text in capitals: use small letters for a better translation.")
    return notes


def _reads_capitals(model: Checkpoint) -> bool:
    """Whether training put sentences in capitals."""
    return "form" in shares(model.training.augment)
