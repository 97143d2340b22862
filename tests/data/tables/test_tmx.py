"""Translation memories, good, damaged and hostile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.files.table_files import Pairs, tmx

from seq2seq.data.corpora import read_pairs
from seq2seq.data.tables.layout import Layout
from seq2seq.data.tables.parts import TMX, recognise
from seq2seq.data.uploaded_table import columns, guess, read

Put = Callable[..., Path]


@pytest.mark.parametrize("name", ["memory.tmx", "memory.txt"])
@pytest.mark.parametrize("head", ["", '<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_translation_memory_is_read_as_such(put: Put, pairs: Pairs, name: str, head: str, encoding: str) -> None:
    path = put(tmx(pairs, head).replace("UTF-8", encoding.upper()).encode(encoding), name)
    assert recognise(path).kind == TMX
    assert columns(path, guess(path)) == ("en-gb", "fr-fr")
    assert read(path, guess(path)).pairs == pairs
    assert read_pairs(path)[0] == pairs


def test_formatting_in_a_segment_is_no_text(put: Put, pairs: Pairs) -> None:
    rich = "I <hi>really</hi> <bpt i='1'>&lt;b></bpt>do<ept i='1'>&lt;/b></ept><ph x='1'>code</ph>."
    path = put(tmx(pairs).replace("<seg>" + pairs[0][0], "<seg>" + rich))
    assert read(path, guess(path)).pairs[0] == ("I really do.", pairs[0][1])


def test_memory_of_three_languages_offers_all(put: Put, pairs: Pairs) -> None:
    third = tmx(pairs).replace("</tu>", '<tuv lang="DE"><seg>Noch ein Satz.</seg></tuv></tu>')
    path = put(third)
    assert columns(path, guess(path)) == ("en-gb", "fr-fr", "de")
    assert guess(path) == Layout("utf-8", "\t", True, 0, 1)


BOMB = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    "declaration",
    [
        f'<!ENTITY a0 "ha">{BOMB}',
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;',
        '<!ENTITY x "short">',
    ],
)
def test_entities_are_refused(put: Put, pairs: Pairs, declaration: str) -> None:
    text = tmx(pairs, f"<!DOCTYPE tmx [{declaration}]>\n").replace(pairs[0][0], "&x;&a9;", 1).replace("&amp;", "&")
    path = put(text)
    with pytest.raises(ValueError, match="line 2 declares an XML entity, which is refused"):
        read(path, guess(path))
    with pytest.raises(ValueError, match="declares an XML entity"):
        read_pairs(path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace("</seg>", "", 1), r"line 3 is not well-formed XML \(mismatched tag\)"),
        (lambda text: text[:-200], "is not well-formed XML"),
        (lambda text: text.replace("UTF-8", "KLINGON"), "encoding"),
        (lambda text: text.replace("<tmx", "<xliff").replace("</tmx", "</xliff"), "this is XML, but no translation memory"),
        (lambda text: text.replace("fr_FR", "en-GB"), "the file has one column, but two are needed"),
    ],
)
def test_damaged_memory_is_refused(put: Put, pairs: Pairs, damage: Callable[[str], str], message: str) -> None:
    path = put(damage(tmx(pairs)))
    with pytest.raises(ValueError, match=message):
        read(path, guess(path))
