"""The languages that have a phrasebook, and their codes (ISO 639-1)."""

from __future__ import annotations

LANGUAGES = {
    "en": "English",
    "fr": "French",
    "es": "Spanish",
    "de": "German",
    "ja": "Japanese",
    "zh": "Chinese",
    "it": "Italian",
    "pt": "Portuguese",
}


def code_of(language: str) -> str:
    """Return the code of a language, such as "en" for "English"; an empty string for other languages."""
    return next((code for code, name in LANGUAGES.items() if name == language), "")
