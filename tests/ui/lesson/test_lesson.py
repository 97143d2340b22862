"""The link of a lesson, and untrusted links."""

from __future__ import annotations

import base64
import io
import json
import zlib
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
import segno
from hypothesis import example, given
from hypothesis import strategies as st

from seq2seq.ui.lesson import lesson, page
from seq2seq.ui.lesson.lesson import CONTROLS, Lesson, decode, encode
from seq2seq.ui.views import PARAMETERS

HERE = "https://example.org/?tab=attention&text=a+b%26c&step=3"
QUESTIONS = st.text(max_size=lesson.MOST_CHARACTERS)  # hypothesis makes no lone surrogates by default


@st.composite
def lessons(draw: st.DrawFn) -> Lesson:
    states = draw(st.fixed_dictionaries({}, optional={name: st.booleans() for name in CONTROLS}))
    return Lesson(
        draw(QUESTIONS),
        hidden=tuple(name for name, is_hidden in states.items() if is_hidden),
        locked=tuple(name for name, is_hidden in states.items() if not is_hidden),
    )


def spelled(content: object, version: str = lesson.VERSION) -> str:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return f"{version}.{base64.urlsafe_b64encode(data).decode().rstrip('=')}"


def packed(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


# --- there and back --------------------------------------------------------------------------------------------------


@given(lessons())
@example(Lesson())
@example(Lesson("\x01\u202e\n" * 166, hidden=tuple(CONTROLS)))
@example(Lesson("".join(chr(0x1F300 + i) for i in range(500)), locked=tuple(CONTROLS)))
@example(Lesson("".join(chr(0x10000 + (i * 7919) % 0xFFFFF) for i in range(500)), locked=tuple(CONTROLS)))
def test_decode_reverses_encode(given_lesson):
    text = encode(given_lesson)
    assert decode(text) == (given_lesson, [])
    assert len(text) <= lesson.MOST_WRITTEN
    assert text.isascii() and not set(text) & set("&=#+% /")


def test_the_link_is_short():
    """Defaults are left out, and a question is compressed if that makes it shorter."""
    assert encode(Lesson()) == "1.e30"
    assert len(encode(Lesson(hidden=("tabs",)))) < 25
    question = "Which source word does the decoder look at when it writes its last word? Why? " * 6
    assert len(encode(Lesson(question))) < len(question) / 2


def test_control_names_are_ordered_and_unique():
    assert Lesson(hidden=("model", "tabs", "model")) == Lesson(hidden=("tabs", "model"))


@pytest.mark.parametrize("name", CONTROLS)
def test_every_control_has_a_title_and_selectors_that_stand_alone(name):
    control = CONTROLS[name]
    assert control.title and control.parts
    assert not any("," in part for part in (*control.parts, *control.kept))


# --- hostile ---------------------------------------------------------------------------------------------------------


@given(st.text() | st.builds(lambda v, body: f"{v}.{body}", st.sampled_from(["1", "1z"]), st.text()))
@example("1." + "A" * 100_000)
@example(spelled(b"[" * 3000))
@example(spelled(b"9" * 3000))
@example(spelled(packed(b"[" * 4000), "1z"))
@example(spelled(packed(b"x" * 10_000_000)[:2000], "1z"))
def test_any_other_text_raises_value_error(text):
    try:
        decode(text)
    except ValueError as error:
        assert str(error).endswith(".") and len(str(error)) < 400


def nested(inner: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(inner) | st.dictionaries(st.sampled_from(["q", "h", "l", "x"]), inner)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=9), nested))
def test_any_json_is_a_lesson_or_a_value_error(content):
    try:
        found, _ = decode(spelled(content))
    except ValueError:
        return
    assert isinstance(found.question, str) and set(found.hidden + found.locked) <= set(CONTROLS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "damaged"),
        ("1", "damaged"),
        ("1.", "damaged"),
        ("1.€", "damaged"),
        ("1.e3", "damaged"),
        ("9.e30", "another version of this page (9); this page reads version 1"),
        ("9" * 500 + ".e30", "another version"),
        ("<b>.e30", "damaged"),
        ("1." + "A" * 100_000, "100,002 characters"),
        (spelled([]), "damaged"),
        (spelled(b"NaN"), "damaged"),
        (spelled(b'{"q":"\xff"}'), "damaged"),
        (spelled(b'{"q":NaN}'), "must be text"),
        (spelled({"q": 1}), "must be text"),
        (spelled({"q": None}), "must be text"),
        (spelled({"q": "x" * 501}), "501 characters; please keep to 500"),
        (spelled({"q": "\ud83d"}), "half a character"),
        (spelled({"question": "x"}), "damaged"),
        (spelled({"h": "tabs"}), "damaged"),
        (spelled({"h": {"tabs": 1}}), "damaged"),
        (spelled({"h": [1]}), "damaged"),
        (spelled({"h": ["tabs"], "l": ["tabs"]}), "hidden or locked, but not both: Tabs"),
        (spelled(packed(b'{"q":"x"}')[:-2], "1z"), "damaged"),
        (spelled(packed(b'{"q":"x"}') + b"more", "1z"), "damaged"),
        (spelled(packed(b'{"q":"x"}')), "damaged"),
        (spelled(b'{"q":"x"}', "1z"), "damaged"),
        (spelled(packed(b" " * 4096 + b"{}"), "1z"), "damaged"),
    ],
)
def test_damaged_lesson_gets_a_message(text, said):
    with pytest.raises(ValueError) as caught:
        decode(text)
    assert said in str(caught.value)


def test_compression_bomb_is_not_expanded(monkeypatch):
    """Ten million bytes compressed to a few thousand: at most the size of a lesson is expanded."""
    most, original = [], zlib.decompressobj

    def watched(*args):
        unpacker = original(*args)

        def decompress(data, limit):
            out = unpacker.decompress(data, limit)
            most.append(len(out))
            return out

        return SimpleNamespace(decompress=decompress, eof=False, unused_data=b"")

    monkeypatch.setattr(zlib, "decompressobj", watched)
    bomb = spelled(packed(b"x" * 2_000_000), "1z")
    assert len(bomb) < lesson.MOST_WRITTEN
    with pytest.raises(ValueError, match="damaged"):
        decode(bomb)
    assert most == [lesson.MOST_BYTES]


def test_unknown_controls_are_ignored_and_named():
    found, problems = decode(spelled({"q": "?", "h": ["tabs", "later"], "l": ["<b>\u202e"]}))
    assert found == Lesson("?", hidden=("tabs",))
    assert len(problems) == 1 and "<b>[U+202E], later" in problems[0]


def test_question_has_no_invisible_or_reversing_characters():
    assert lesson.readable("one\r\ntwo\n\n  three\tfour") == "one\ntwo\n\n  three four"
    assert lesson.readable("a\u202eb\x00c\u2066d\u200be\u2028f") == "a[U+202E]b[U+0000]c[U+2066]d[U+200B]e[U+2028]f"
    for text in ("« Où\u00a0? »\u202f!", "می\u200cخواهم", "👩\u200d🏫", "今日は？"):
        assert lesson.readable(text) == text


# --- links -----------------------------------------------------------------------------------------------------------


def test_link_is_the_address_with_one_more_parameter():
    made = lesson.link(HERE, Lesson("Why?"))
    assert made.startswith(HERE + "&lesson=1.")
    assert decode(parse_qs(urlsplit(made).query)["lesson"][0]) == (Lesson("Why?"), [])
    assert lesson.link(made, Lesson("How?")) == lesson.link(HERE, Lesson("How?"))
    assert lesson.link(made, Lesson()) == HERE
    assert lesson.link(made.replace("lesson=", "edit-lesson="), Lesson("How?")) == lesson.link(HERE, Lesson("How?"))
    assert lesson.link("http://localhost:7860/#part", Lesson()) == "http://localhost:7860/"


@pytest.mark.parametrize("foreign", ["__sign=secret", "__theme=dark", "view=x", "%5F_sign=secret", "textual=1", "secret", "&"])
def test_no_link_holds_a_parameter_that_is_not_the_apps(foreign):
    """`__sign` is the token of a private Space: whoever has it can open the Space."""
    query = HERE.partition("?")[2]
    for given_to_it in (f"{HERE}&{foreign}", f"https://example.org/?{foreign}&{query}"):
        assert lesson.link(given_to_it, Lesson()) == HERE
        assert page.lesson_link(asked(address=given_to_it))["link"] == lesson.link(HERE, Lesson("Why?", ("tabs",)))


def test_every_parameter_of_a_view_stays_in_the_link():
    address = "https://example.org/?" + "&".join(f"{name}=1" for name in ("tab", *PARAMETERS))
    assert lesson.link(address, Lesson()) == address


def test_no_view_uses_the_lesson_parameter():
    assert not {lesson.PARAMETER, lesson.DRAFT} & PARAMETERS.keys()


@pytest.mark.parametrize(
    "address", [None, 1, "", "javascript:alert(1)", "ftp://x/", "http://é.fr/", "http://x?text=" + 16_000 * "a"]
)
def test_invalid_address_gets_no_link(address):
    with pytest.raises(ValueError):
        lesson.link(address, Lesson())


def asked(**changed: object) -> dict[str, object]:
    return {"address": HERE, "question": "Why?", "hidden": ["tabs"], "locked": [], **changed}


def test_the_qr_code_says_the_link():
    answer = page.lesson_link(asked())
    assert answer["link"] == lesson.link(HERE, Lesson("Why?", ("tabs",)))
    file = io.BytesIO()
    segno.make_qr(answer["link"], error="l").save(file, kind="svg", scale=8, dark="#000", light="#fff")
    assert answer["qr"].encode() == file.getvalue()
    assert "http" not in answer["qr"].replace("http://www.w3.org/2000/svg", "")


def test_a_link_that_is_too_long_for_a_qr_code_is_still_a_link():
    length = page.MOST_QR_BYTES - len(page.lesson_link(asked(address="https://x/?text="))["link"])
    fits = page.lesson_link(asked(address="https://x/?text=" + "a" * length))
    assert len(fits["link"]) == page.MOST_QR_BYTES and fits["qr"]
    longer = page.lesson_link(asked(address="https://x/?text=" + "a" * (length + 1)))
    assert longer["link"].startswith("https://") and "qr" not in longer and "1,001 bytes" in longer["note"]


@pytest.mark.parametrize(
    "given_to_it",
    [
        None,
        [],
        "address",
        {},
        asked(address=None),
        asked(address="x"),
        asked(question=None),
        asked(question="x" * 501),
        asked(question="\ud83d"),
        asked(hidden="tabs"),
        asked(hidden=[["tabs"]]),
        asked(hidden=["nothing"]),
        asked(locked=["tabs"]),
        asked(locked={"tabs": 1}),
    ],
)
def test_the_dialog_always_gets_an_answer(given_to_it):
    assert page.lesson_link(given_to_it).keys() == {"problem"}


# --- what the students' page is told ---------------------------------------------------------------------------------


def test_banner_value_has_question_and_controls():
    value = page.payload(encode(Lesson("<script>\u202e", ("tabs",), ("model",))))
    assert "<" not in value
    told = json.loads(value)
    assert told.pop("asked") == "<script>\u202e"  # for the text field of the teacher
    assert told == {"question": "<script>[U+202E]", "hidden": ["tabs"], "locked": ["model"], "problem": ""}


def test_damaged_lesson_does_not_change_the_page():
    told = json.loads(page.payload("1.xyz"))
    assert told["hidden"] == told["locked"] == [] and told["question"] == "" and "damaged" in told["problem"]


def test_an_address_without_a_lesson_changes_nothing():
    assert "__type__" in page.banner_value(SimpleNamespace(query_params={}))
    for name in (lesson.PARAMETER, lesson.DRAFT):
        assert json.loads(page.banner_value(SimpleNamespace(query_params={name: ""})))["problem"]
