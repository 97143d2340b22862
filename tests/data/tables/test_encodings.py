"""The encoding of text is guessed from its bytes, or doubted aloud."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from seq2seq.data.tables.encodings import LEGACY, guess_encoding
from seq2seq.data.uploaded_table import guess, read

SENTENCES = {
    "ru": ["Где находится вокзал?", "Моя сестра живёт в большом доме.", "Я не знаю, что сказать.", "Сегодня хорошая погода."],
    "ja": [
        "駅はどこですか。",
        "私の妹は大きな家に住んでいます。",
        "何と言えばいいかわかりません。",
        "今日は天気がいいですね。",
    ],
    "ko": ["역은 어디에 있습니까?", "제 여동생은 큰 집에 삽니다.", "무슨 말을 해야 할지 모르겠어요.", "오늘은 날씨가 좋네요."],
    "zh-tw": ["車站在哪裡？", "我的妹妹住在一間大房子裡。", "我不知道該說什麼。", "今天天氣很好。"],
    "zh-cn": ["车站在哪里？", "我的妹妹住在一间大房子里。", "我不知道该说什么。", "今天天气很好。"],
    "fr": ["Où est la gare ?", "Ma sœur habite une grande maison à côté.", "Je ne sais pas où aller.", "Il a été très gêné."],
    "de": [
        "Wo ist der Bahnhof für Züge?",
        "Meine Schwester wohnt in einem großen Haus.",
        "Ich weiß es nicht.",
        "Das Wetter ist schön.",
    ],
    "pl": [
        "Gdzie jest najbliższy dworzec?",
        "Moja siostra mieszka w dużym domu.",
        "Nie wiem, co powiedzieć, też.",
        "Żółta łódź płynie.",
    ],
    "hu": [
        "Hol van a pályaudvar?",
        "A nővérem egy nagy házban él.",
        "Nem tudom, mit mondjak erről.",
        "Fűszeres gyümölcs őszre, köszönöm.",
    ],
    "el": ["Πού είναι ο σταθμός;", "Η αδελφή μου μένει σε μεγάλο σπίτι.", "Δεν ξέρω τι να πω.", "Σήμερα έχει καλό καιρό."],
    "tr": [
        "İstasyon nerede, biliyor musun?",
        "Kız kardeşim büyük bir evde yaşıyor.",
        "Ne söyleyeceğimi bilmiyorum.",
        "Bugün hava güzel.",
    ],
}
CASES = [
    ("ru", "koi8-r"),
    ("ru", "cp1251"),
    ("ru", "cp866"),
    ("ru", "iso8859-5"),
    ("ja", "euc_jp"),
    ("ja", "shift_jis"),
    ("ko", "euc_kr"),
    ("zh-tw", "big5"),
    ("zh-cn", "gb18030"),
    ("fr", "cp1252"),
    ("fr", "mac-roman"),
    ("de", "cp1252"),
    ("de", "mac-roman"),
    ("pl", "cp1250"),
    ("hu", "cp1250"),
    ("el", "cp1253"),
    ("tr", "cp1254"),
]


def table(language: str, rows: int) -> str:
    sentences = SENTENCES[language]
    return "".join(f"This is sentence {n}.\t{n} {sentences[n % len(sentences)]}\n" for n in range(rows))


@pytest.mark.parametrize(("language", "encoding"), CASES)
@pytest.mark.parametrize("rows", [4, 80])
def test_encoding_of_a_language_is_recognised(language: str, encoding: str, rows: int) -> None:
    text = table(language, rows)
    data = text.encode(encoding)
    # Another encoding with the same text is as good.
    assert data.decode(guess_encoding(lambda: [io.BytesIO(data)])) == text


@pytest.mark.parametrize(("language", "encoding"), CASES)
def test_guessed_encoding_is_doubted_aloud(language: str, encoding: str, put: Callable[..., Path]) -> None:
    text = table(language, 80)
    path = put(text.encode(encoding))
    layout = guess(path)
    found = {finding.kind: finding.text for finding in read(path, layout).findings}
    assert layout.encoding.upper() in found["encoding"] and "may be wrong" in found["encoding"]
    path = put(text)
    assert "encoding" not in {finding.kind for finding in read(path, guess(path)).findings}


def test_every_encoding_is_known_to_python() -> None:
    for encoding in LEGACY:
        assert "abc\t".encode(encoding) == b"abc\t"


@pytest.mark.parametrize("place", [0, 5, 79])
@pytest.mark.parametrize("language", ["fr", "zh-cn"])
def test_nul_byte_is_named_with_its_line(put: Callable[..., Path], place: int, language: str) -> None:
    lines = table(language, 80).split("\n")
    lines[place] = lines[place].replace("sentence", "sen\0tence")
    path = put("\n".join(lines))
    assert guess(path).encoding == "utf-8"
    with pytest.raises(ValueError, match=f"line {place + 1} holds a NUL byte .* delete it"):
        read(path, guess(path))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("language", ["fr", "ja", "ru"])
def test_utf_16_without_a_mark_is_recognised(encoding: str, language: str) -> None:
    data = "".join(f"{text}\t{text}\n" for text in SENTENCES[language]).encode(encoding)
    assert guess_encoding(lambda: [io.BytesIO(data)]) == encoding


def test_damaged_utf_8_stays_utf_8_wherever_the_damage_is(put: Callable[..., Path]) -> None:
    good = table("fr", 5000).encode()
    for path in (put(b"caf\xe9\tcoffee\n" + good), put(good + b"caf\xe9\tcoffee\n")):
        assert guess(path).encoding == "utf-8"
    with pytest.raises(ValueError, match="line 5,001 is not UTF-8 text"):
        read(path, guess(path))
