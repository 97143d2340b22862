import io
import os
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.data import lines as module
from seq2seq.data.lines import MAX_LINE, lines


def read(data: bytes, encoding: str = "utf-8") -> list[str]:
    return list(lines(io.BytesIO(data), encoding))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "cp1252", "koi8-r"])
def test_lines_of_all_systems_are_equal(end: str, encoding: str) -> None:
    expected = ["one", "", "two  ", "three"]
    assert read(end.join(expected).encode(encoding), encoding) == expected
    assert read((end.join(expected) + end).encode(encoding), encoding) == expected


def test_only_line_ends_end_a_line() -> None:
    text = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg"
    assert read(text.encode()) == [text]


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", []), (b"\n", [""]), (b"\r\r\n", ["", ""]), (b"\xef\xbb\xbf", []), (b"\xef\xbb\xbfone\xef\xbb\xbf", ["one\ufeff"])],
)
def test_edges(data: bytes, expected: list[str]) -> None:
    assert read(data) == expected


@pytest.mark.parametrize("end", [b"\x1a", b"\x1a\x1a\x1a"])
@pytest.mark.parametrize("data", [b"one\r\ntwo\r\n", b"one\r\ntwo"])
def test_ctrl_z_at_the_end_is_no_line(data: bytes, end: bytes) -> None:
    assert read(data + end) == ["one", "two"]
    assert read(b"a\x1ab\n" + data + end) == ["a\x1ab", "one", "two"]  # elsewhere it is a character


@given(
    text=st.text(st.sampled_from("ab\r\n\r\né漢\ufeff😀\u2028"), max_size=30),
    size=st.integers(1, 5),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-16-le", "gb18030"]),
)
def test_lines_do_not_depend_on_the_size_of_the_chunks(text: str, size: int, encoding: str) -> None:
    data = text.encode(encoding)
    shown = data.decode(encoding).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    expected = shown if shown[-1] else shown[:-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK_BYTES", size)
        assert read(data, encoding) == expected


@given(
    before=st.lists(st.text(st.sampled_from("aé漢"), max_size=4), max_size=8),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    size=st.integers(1, 7),
)
def test_bad_byte_is_reported_with_its_line(before: list[str], end: str, size: int) -> None:
    data = "".join(line + end for line in before).encode() + b"caf\xe9 noir" + end.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK_BYTES", size)
        with pytest.raises(ValueError, match=f"line {len(before) + 1} is not UTF-8 text"):
            read(data)


@pytest.mark.parametrize("good", [200, 50_000])
def test_bad_byte_far_into_the_file_is_reported_with_its_line(good: int) -> None:
    with pytest.raises(ValueError, match=f"line {good + 1:,} is not UTF-8 text"):
        read(b"one\ttwo words and more\n" * good + b"\xff\n" + b"rest\n" * 9)
    with pytest.raises(ValueError, match=f"line {good + 1:,} is not SHIFT_JIS text"):
        read("猫\tcat\n".encode("shift_jis") * good + b"\x80\n", "shift_jis")


def test_endless_line_is_refused_before_it_fills_the_memory() -> None:
    class Endless:
        given = 0

        def read1(self, size: int, /) -> bytes:
            self.given += size
            return b"x" * size

    stream = Endless()
    with pytest.raises(ValueError, match=f"line 1 has more than {MAX_LINE:,} characters"):
        list(lines(stream))
    assert stream.given < 2 * MAX_LINE
    assert [len(line) for line in lines(io.BytesIO(b"x" * 200_000 + b"\ny"))] == [200_000, 1]


def test_lines_of_a_pipe_arrive_before_its_end() -> None:
    out, into = os.pipe()
    taken: list[str] = []

    def take(found: Iterator[str]) -> None:
        taken.append(next(found))

    with open(out, "rb") as reading, open(into, "wb", buffering=0) as writing:
        writing.write(b"first\nsec")
        reader = threading.Thread(target=take, args=(lines(reading),))
        reader.start()
        reader.join(timeout=30)
        assert taken == ["first"]
