"""Remove the HTML that flash cards (Anki) and web pages leave in cells."""

from __future__ import annotations

import html
import re

# Attributes are required to have a value: "if a <b and c> d" is no tag.
_ATTRIBUTES = r"""(?:\s+[\w:-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))*\s*/?>"""
_BREAK = re.compile(r"</?(?:br|div|p|li|ul|ol|tr|td|tbody|table|hr)" + _ATTRIBUTES, re.IGNORECASE)
_STYLE = re.compile(r"</?(?:b|i|u|s|em|strong|span|font|a|small|sub|sup|img|ruby)" + _ATTRIBUTES, re.IGNORECASE)
_READING = re.compile(r"<(rt|rp)>[^<]*</\1>", re.IGNORECASE)  # the pronunciation above a Japanese word
_SOUND = re.compile(r"\[sound:[^\]]*\]")
_ENTITY = re.compile(r"&(?:nbsp|amp|lt|gt|quot|apos|ensp|emsp|thinsp|#\d{1,7}|#x[\da-f]{1,6});", re.IGNORECASE)


def clean(cell: str) -> str:
    """Return the text of a cell without the tags of formatting, with a space for each line break, and with the characters that
    entities such as "&nbsp;" stand for. Other angle brackets are text."""
    if "<" in cell:
        cell = _STYLE.sub("", _BREAK.sub(" ", _READING.sub("", cell)))
    if "&" in cell:
        cell = _ENTITY.sub(lambda match: html.unescape(match[0]), cell)
    if "[sound:" in cell:
        cell = _SOUND.sub("", cell)
    return cell
