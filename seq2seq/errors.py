"""Errors that name a setting as the reader knows it: a control of the page, an option of a shell, or a field in Python."""

from __future__ import annotations

import re
from collections.abc import Callable


class SettingError(ValueError):
    """An impossible setting. Its text names settings in braces, such as "{dropout} must be between 0 and 0.9"."""

    def __init__(self, text: str):
        super().__init__(text)
        self._text = text

    def named(self, label: Callable[[str], str]) -> str:
        """Return the text with `label(name)` in the place of each setting's name."""
        return re.sub(r"\{(\w+)\}", lambda match: label(match[1]), self._text)

    def __str__(self) -> str:
        return self.named(str)
