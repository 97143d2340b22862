"""Guess the encoding of text without a byte order mark.

Valid UTF-8 is UTF-8. Of the other encodings, each accepts nearly any bytes, so each is tried and its text scored: the letters
that are not ASCII should be those of one language. On short tables in 14 languages this chose the right one more often than
charset-normalizer 3.5 did.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise

from seq2seq.data.lines import CHUNK_BYTES, ByteStream

BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
UNICODE = ("utf-8", "utf-16", "utf-16-le", "utf-16-be")
EVIDENCE_BYTES = 1 << 16  # bytes of lines with other than ASCII characters that are enough to judge
MIN_DECODED = 0.1  # share of such lines that are valid UTF-8; in other encodings far fewer are, by accident

_MARKS = frozenset("’‘“”„–—…«»‹›°§€£ªº№·\u00a0")
# The letters of languages that are not ASCII. Capitals and accents that only loan words have are left out.
_WESTERN = ("éèàçùâêîôûëïœüæÿ", "äöüß", "áéíóúñü¿¡", "áéíóúâêôãõàçü", "àèéìòùí", "åäöæøéü", "áðéíóúýþæö")
_EASTERN = ("ąćęłńóśźż", "áčďéěíňóřšťúůýžäľĺôŕ", "áéíóöőúüű", "ăâîșțşţ", "čćđšž", "äöüß")
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґўјљњђћџ"
_LATIN = {
    "cp1252": _WESTERN,
    "mac-roman": _WESTERN,
    "cp1250": _EASTERN,
    "iso8859-2": _EASTERN,
    "cp1254": ("çğıöşüâîi̇",),
}
_ALPHABETS = {
    "cp1251": _CYRILLIC,
    "koi8-r": _CYRILLIC,
    "iso8859-5": _CYRILLIC,
    "cp866": _CYRILLIC,
    "cp1253": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋ",
    "cp1255": "אבגדהוזחטיכלמנסעפצקרשתךםןףץ",
}
# The lead bytes of the most frequent Chinese characters. Their standards order them by frequency, in two levels.
_FREQUENT = {
    "shift_jis": range(0x88, 0x98),
    "euc_jp": range(0xB0, 0xD0),
    "big5": range(0xA4, 0xC7),
    "gb18030": range(0xB0, 0xD8),
    "euc_kr": range(0),
}
_KANA, _HANGUL, _HAN = range(0x3041, 0x3100), range(0xAC00, 0xD7A4), range(0x4E00, 0xA000)
_WIDE_MARKS = (range(0x3000, 0x3020), range(0xFF00, 0xFF60))
_MIXED = re.compile(r"(?<=[A-Za-z])[^\W\d_A-Za-z]|[^\W\d_A-Za-z](?=[A-Za-z])")  # two scripts in one word
_RUN = re.compile(r"[^\W\d_A-Za-z]{3,}")  # three accented letters in a row
# In this order, if two are equally good: frequent encodings first.
LEGACY = (*_LATIN, *_ALPHABETS, *_FREQUENT)


def guess_encoding(streams: Callable[[], Iterable[ByteStream]]) -> str:
    """Return the encoding of files; `streams` opens them anew. Files that are damaged UTF-8 are UTF-8."""
    start = b"".join(stream.read1(4096) for stream in islice(streams(), 1))
    for mark, encoding in BOMS.items():
        if start.startswith(mark):
            return encoding
    if b"\0" in start and (wide := _utf16(start)):
        return wide
    if all(map(_is_utf8, streams())):
        return "utf-8"
    lines = list(_evidence(streams()))
    if sum(_decode(line, "utf-8") is not None for line in lines) >= MIN_DECODED * len(lines):
        return "utf-8"
    texts = {encoding: _decode(b"\n".join(lines), encoding) for encoding in LEGACY}
    scores = {encoding: _score(text, encoding) for encoding, text in texts.items() if text is not None}
    return max(scores, key=lambda encoding: scores[encoding]) if scores else "utf-8"


def _is_utf8(stream: ByteStream) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := stream.read1(CHUNK_BYTES):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _utf16(start: bytes) -> str | None:
    """Return the byte order of UTF-16 without a mark, in which most tabs, spaces and line ends have a zero byte next to them.

    In other text with a NUL byte by mistake, they have not.
    """
    pairs = list(zip(start[::2], start[1::2], strict=False))
    little = sum(high == 0 and low in b"\t\n\r " for low, high in pairs)
    big = sum(high == 0 and low in b"\t\n\r " for high, low in pairs)
    if max(little, big) < max(1.0, 0.5 * sum(map(start.count, b"\t\n\r "))):
        return None
    return "utf-16-le" if little > big else "utf-16-be"


def _evidence(streams: Iterable[ByteStream]) -> Iterator[bytes]:
    """Yield the first lines that are not ASCII, EVIDENCE_BYTES in all."""
    size = 0
    for stream in streams:
        rest = b""
        while chunk := stream.read1(CHUNK_BYTES):
            *whole, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
            rest = rest[-EVIDENCE_BYTES:]  # of an endless line
            for line in whole:
                if not line.isascii():
                    yield line
                    size += len(line)
                    if size > EVIDENCE_BYTES:
                        return
        if not rest.isascii():
            yield rest


def _decode(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _score(text: str, encoding: str) -> float:
    """Return how likely this is text of a language that uses the encoding; 1 is best. Text without such letters has 0."""
    others = [character for character in text if character > "\x7f"]
    if not others:
        return 0.0
    if encoding in _FREQUENT:
        return sum(_east_asian(character, encoding) for character in others) / len(others)
    # A capital after a small letter: words of another encoding.
    odd = sum(a.islower() and b.isupper() for a, b in pairwise(text))
    small = [character.lower()[:1] for character in others]
    if encoding in _ALPHABETS:
        odd += len(_MIXED.findall(text))
        good = sum(
            1.0 if c in _ALPHABETS[encoding] else 0.5 if s in _ALPHABETS[encoding] or c in _MARKS else -1.0
            for c, s in zip(others, small, strict=True)
        )
    else:
        odd += sum(map(len, _RUN.findall(text)))
        # The letters of one language, or, with a discount, of several: the two sides may be two.
        inventories = [*((1.0, letters) for letters in _LATIN[encoding]), (0.9, "".join(_LATIN[encoding]))]
        good = max(share * sum(_latin(c, letters) for c in small) for share, letters in inventories)
    return (good - 2 * odd) / len(others)


def _latin(character: str, letters: str) -> float:
    return 1.0 if character in letters else 0.5 if character in _MARKS else -1.0


def _east_asian(character: str, encoding: str) -> float:
    code = ord(character)
    if code in _HANGUL:
        return 1.0
    if code in _KANA:
        return 1.0 if encoding in ("shift_jis", "euc_jp") else -1.0
    if any(code in marks for marks in _WIDE_MARKS):
        return 0.5
    if code in _HAN:
        data = character.encode(encoding)
        # The second level of GB 2312 begins below 0xA1 in the second byte.
        is_frequent = data[0] in _FREQUENT[encoding] and (encoding != "gb18030" or data[1] >= 0xA1)
        return 0.8 if is_frequent else -0.5
    return -1.0
