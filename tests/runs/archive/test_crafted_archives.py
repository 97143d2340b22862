"""Tests of archives that should waste time or memory, crash a parser, or break a page: each is refused in one sentence."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.files.crafted import becomes, craft, plain, refusal
from support.small import make_checkpoint, make_model, small_config

from seq2seq.models.saved import checkpoint
from seq2seq.runs import archive
from seq2seq.sources.text import Tokenizer
from seq2seq.training import event_log
from seq2seq.training.events import SampleDecoded

ROOT = Path(__file__).resolve().parents[3]
LONG = os.environ.get("SEQ2SEQ_FUZZ") == "long"
HALF = "\\ud800"  # half a surrogate pair, as JSON spells it
Table = dict[str, dict[str, object]]


@pytest.fixture(scope="module")
def sound(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    base = tmp_path_factory.mktemp("sound")
    checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), base / "small")
    archive.pack(base / "small", base / "small.zip")
    return (base / "small.zip").read_bytes()


@pytest.fixture
def file(sound: bytes, tmp_path: Path) -> Path:
    (tmp_path / "small.zip").write_bytes(sound)
    return tmp_path / "small.zip"


# --- weights ---


def of(header: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + data


def header(change: Callable[[Table], object]) -> Callable[[Path], None]:
    """Change the header but keep the numbers."""

    def change_file(contents: dict[str, bytes]) -> None:
        content = contents["model.safetensors"]
        length = int.from_bytes(content[:8], "little")
        table = json.loads(content[8 : 8 + length])
        change(table)
        contents["model.safetensors"] = of(json.dumps(table).encode(), content[8 + length :])

    return plain(change_file)


def overlapping(table: Table) -> None:
    tensors = [entry for name, entry in table.items() if name != "__metadata__"]
    same = next(b for b in tensors for a in tensors if a is not b and a["shape"] == b["shape"])
    twin = next(a for a in tensors if a is not same and a["shape"] == same["shape"])
    twin["data_offsets"] = same["data_offsets"]


MANY = b"{" + b",".join(b'"a%d":{"dtype":"F16","shape":[0],"data_offsets":[0,0]}' % i for i in range(50_000)) + b"}"
FIRST = "output.bias"
HEADERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "many tensors": (becomes("model.safetensors", of(MANY)), "its list of tensors is too long"),
    "endless": (becomes("model.safetensors", struct.pack("<Q", 2**64 - 1) + b"{}"), "its list of tensors is too long"),
    "longer than the file": (becomes("model.safetensors", struct.pack("<Q", 999_999) + b"{}"), "truncated or of another kind"),
    "deep": (becomes("model.safetensors", of(b"[" * 500_000)), "truncated or of another kind"),
    "not UTF-8": (becomes("model.safetensors", of(b'{"\xff": 1}')), "truncated or of another kind"),
    "overlapping": (header(overlapping), "truncated or of another kind"),
    "huge shape": (header(lambda t: t[FIRST].update(shape=[10**9, 10**9])), "truncated or of another kind"),
    "many dimensions": (header(lambda t: t[FIRST].update(shape=[1] * 90_000 + [310])), "is [1, 1, 1, 1"),
    "negative": (header(lambda t: t[FIRST].update(data_offsets=[-2, 618])), "truncated or of another kind"),
    "backwards": (header(lambda t: t[FIRST].update(data_offsets=[620, 0])), "truncated or of another kind"),
    "another kind": (header(lambda t: t[FIRST].update(dtype="F64")), "truncated or of another kind"),
    "unknown kind": (header(lambda t: t[FIRST].update(dtype="os.system")), "truncated or of another kind"),
    "long name": (header(lambda t: t.update({"x" * 90_000: t.pop(FIRST)})), "does not fit config.json: output.bias is missing"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_false_weights_header_is_refused_early(case: str, file: Path, destination: Path) -> None:
    harm, message = HEADERS[case]
    harm(file)
    text = refusal(file, destination)
    assert text.startswith("The archive cannot be used: model.safetensors") and message in text, text


# --- config and the other texts ---


def config(change: Callable[[str], str]) -> Callable[[Path], None]:
    def change_file(contents: dict[str, bytes]) -> None:
        changed = change(text := contents["config.json"].decode())
        assert changed != text
        contents["config.json"] = changed.encode()

    return plain(change_file)


def setting(name: str, value: str) -> Callable[[Path], None]:
    def change(text: str) -> str:
        before = json.dumps(json.loads(text)["model"][name])
        return text.replace(f'"{name}": {before}', f'"{name}": {value}', 1)

    return config(change)


SAMPLE = event_log.to_json(SampleDecoded(1, "half", "", (), (), None)).replace("half", HALF) + "\n"
CONFIGS: dict[str, tuple[Callable[[Path], None], str]] = {
    "deep": (setting("cell", "[" * 900 + "]" * 900), "c"),  # as deep as JSON allows: the message must not quote it all
    "too deep": (setting("cell", '{"a":' * 90_000 + "1" + "}" * 90_000), "config.json is not JSON text"),
    "many digits": (setting("decoder_size", "9" * 5000), "config.json is not JSON text"),
    "large": (setting("decoder_size", "1e300"), "decoder_size must be of type int"),
    "beyond": (setting("decoder_size", "9" * 300), "decoder_size must be between 4 and 2048"),
    "no number": (setting("dropout", "NaN"), "dropout must be between"),
    "infinite": (setting("dropout", "-Infinity"), "dropout must be between"),
    "true": (setting("decoder_layers", "true"), "decoder_layers must be of type int"),
    "a table": (setting("attention", "{}"), "attention must be of type str"),
    "as large as is allowed": (setting("encoder_layers", "8"), "does not fit config.json"),
    "long title": (config(lambda t: t.replace("Untitled model", "x" * 500_000)), "title in config.json has 500,000 characters"),
    "half a character": (config(lambda t: t.replace("Untitled model", HALF)), "a character that is not valid Unicode"),
    "half a character in results": (
        becomes("results.json", f'{{"a": "{HALF}"}}'.encode()),
        "results.json is not a JSON object",
    ),
    "half a character in events": (becomes("events.jsonl", SAMPLE.encode()), "events.jsonl cannot be read (not an event"),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_invalid_config_and_texts_are_refused(case: str, file: Path, destination: Path) -> None:
    harm, message = CONFIGS[case]
    harm(file)
    text = refusal(file, destination)
    assert text.startswith("The archive cannot be used: ") and message in text, text


# --- zip ---


def test_overlapping_zip_entries_are_refused(file: Path, destination: Path) -> None:
    """A zip bomb of overlapping entries: the index names one part of the archive many times."""
    with zipfile.ZipFile(file) as original:
        contents = {name: original.read(name) for name in original.namelist()}
    craft(file, [(name, content) for name, content in contents.items() if not name.endswith("tokenizer.model")])
    with zipfile.ZipFile(file, "a") as out:
        first = out.getinfo("small/config.json")
        for name in ("small/tokenizer.model", "small/README.md"):
            twin = zipfile.ZipInfo(name)
            for field in ("header_offset", "compress_size", "file_size", "CRC", "compress_type"):
                setattr(twin, field, getattr(first, field))
            out.filelist.append(twin)
            out.NameToInfo[name] = twin
        out._didModify = True
    assert "is not a zip file, or is damaged" in refusal(file, destination)


def test_archive_inside_an_archive_is_not_unpacked(file: Path, destination: Path) -> None:
    becomes("README.md", b"PK\3\4" + file.read_bytes()[:5000])(file)
    assert "README.md is not text in UTF-8" in refusal(file, destination)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=20))
def test_archive_with_random_damage_is_refused_or_loads(
    sound: bytes, tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    data, base = bytearray(sound), tmp_path_factory.mktemp("damaged")
    for at, value in changes:
        data[at % len(data)] = value
    (base / "a.zip").write_bytes(data)
    (base / "loaded").mkdir()
    try:
        archive.unpack(base / "a.zip", base / "loaded" / "theirs")
    except ValueError as error:
        assert str(error).startswith("The archive") and str(base) not in str(error)
        assert not list((base / "loaded").iterdir())


# --- tokenizers ---

FUZZ = """
import random, sys
from pathlib import Path
from seq2seq.sources.text import Vocabulary

sound, count = Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
dice = random.Random(1)
refused = 0

def damaged():
    kind, data = dice.random(), bytearray(sound)
    if kind < 0.2:
        return dice.randbytes(dice.randrange(3000))
    if kind < 0.4:
        return bytes(data[: dice.randrange(len(data))])
    for _ in range(dice.choice((1, 2, 5, 30))):
        at = dice.randrange(len(data))
        data[at : at + dice.randrange(3)] = dice.randbytes(dice.randrange(3))
    if kind > 0.8:  # normalisation rules, which the library compiles
        rules = dice.randbytes(1024 + dice.randrange(3))
        rules = (1024).to_bytes(4, "little") + rules + b"\\0"
        spec = b"\\x12" + bytes((len(rules) & 127 | 128, len(rules) >> 7)) + rules
        data += b"\\x1a" + bytes((len(spec) & 127 | 128, len(spec) >> 7)) + spec
    return bytes(data)

for _ in range(count):
    try:
        vocabulary = Vocabulary(damaged())
        ids = vocabulary.encode("the old man \\u2581 \\xe9 \\u4e2d " * 3)
        vocabulary.decode(ids), vocabulary.pieces(ids), vocabulary.kind, vocabulary.word_pieces
    except ValueError:
        refused += 1
print("refused", refused)
"""


def test_damaged_tokenizer_never_kills_the_process(tokenizer: Tokenizer, tmp_path: Path) -> None:
    """A C++ library reads the tokenizer; a crash would kill the process silently, so the test uses another process."""
    (tmp_path / "model").write_bytes(tokenizer.source.model)
    count = 20_000 if LONG else 400
    call = [sys.executable, "-c", FUZZ, str(tmp_path / "model"), str(count)]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    assert 0.3 * count < int(done.stdout.split()[1]) <= count
