"""JSON Lines, with flat keys and with an object per pair."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.files.table_files import Pairs, json_lines

from seq2seq.data.corpora import PairFile, read_pairs
from seq2seq.data.tables.findings import Tally
from seq2seq.data.tables.parts import JSON_LINES, TEXT, recognise
from seq2seq.data.uploaded_table import columns, guess, read

Put = Callable[..., Path]


def kinds(path: Path | list[Path]) -> dict[str, str]:
    return {finding.kind: finding.text for finding in read(path, guess(path)).findings}


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.txt", "pairs"])
def test_json_lines_are_read_as_such(put: Put, pairs: Pairs, wrapped: bool, name: str) -> None:
    path = put(json_lines(pairs, wrapped), name)
    assert recognise(path).kind == JSON_LINES
    assert columns(path, guess(path)) == ("en", "fr")
    assert read(path, guess(path)).pairs == pairs
    assert read_pairs(path, 1, 0)[0] == [(b, a) for a, b in pairs]


def test_json_lines_with_other_values_and_keys(put: Put, pairs: Pairs) -> None:
    records = [{"id": n, "ok": True, "tags": ["x"], "source": a, "target": b, "n": None} for n, (a, b) in enumerate(pairs)]
    path = put("\n".join(map(json.dumps, records)) + "\n\n")
    assert columns(path, guess(path)) == ("id", "source", "target")
    assert read(path, guess(path)).pairs == pairs
    instruct = [{"prompt": a, "response": b} for a, b in pairs]
    path = put("\n".join(map(json.dumps, instruct)), "other")
    assert read(path, guess(path)).pairs == pairs


@pytest.mark.parametrize("bad", ["{", "[1, 2]", "no JSON", '{"en": "a', "[" * 100_000, '{"en": 1' + "0" * 5000 + "}", "null"])
def test_line_that_is_no_object_costs_that_line_only(put: Put, pairs: Pairs, bad: str) -> None:
    good = json_lines(pairs, False).split("\n")
    path = put("\n".join([*good[:30], bad, *good[30:]]))
    assert read(path, guess(path)).pairs == pairs
    assert "(line 31)" in kinds(path)["malformed"]


def test_json_text_that_is_no_text_is_left_out(put: Put, pairs: Pairs) -> None:
    path = put(json_lines(pairs, False) + '{"en": "half \\ud83d", "fr": "x"}\n')
    assert read(path, guess(path)).pairs == pairs
    assert kinds(path)["empty"].startswith("1 row has an empty side")


@pytest.mark.parametrize("content", ['[{"en": "a", "fr": "b"}]', '[\n  {"en": "a"},', '{\n  "en": "a",\n  "fr": "b"\n}\n'])
def test_other_json_is_refused_with_advice(put: Put, content: str) -> None:
    with pytest.raises(ValueError, match="save it as JSON Lines, one object a line"):
        guess(put(content))


def test_table_that_begins_with_a_bracket_is_a_table(put: Put, pairs: Pairs) -> None:
    for start in ("[laughs] Yes.\t[rires] Oui.\n", "{sic} Yes.\t{sic} Oui.\n", "[1] One.\t[1] Un.\n"):
        path = put(start + "".join(f"{a}\t{b}\n" for a, b in pairs))
        assert recognise(path).kind == TEXT
        assert len(read(path, guess(path)).pairs) == len(pairs) + 1


@given(records=st.lists(st.dictionaries(st.sampled_from(["en", "fr", "x"]), st.text(max_size=5) | st.integers() | st.none())))
def test_any_json_lines_give_rows_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, records: list[dict]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    texts = [{key: str(value) for key, value in record.items() if value is not None} for record in records]
    try:
        found, _ = read_pairs(path, raw=True)
    except ValueError as error:
        assert "any.jsonl" in str(error)
        return
    assert all(any({source, target} <= set(record.values()) for record in texts) for source, target in found)


def test_a_pair_file_says_how_it_is_read(put: Put, pairs: Pairs) -> None:
    path = put(json_lines(pairs, True), "p.jsonl")
    (remark,) = PairFile.open(path).remarks(Tally())
    assert remark == f"{path}: Read as JSON Lines in UTF-8, 'en' to 'fr' (columns 0 and 1 of 2)."
    path = put("English;French\n" + "".join(f"{a};{b}\n" for a, b in pairs), "p.csv")
    (remark,) = PairFile.open(path, source=1).remarks(Tally())
    assert "a table in UTF-8, separated by semicolons, with a header, 'French' to 'English' (columns 1 and 0 of 2)" in remark
    path = put("".join(f"{a}\t{b}\n" for a, b in pairs), "p.tsv")
    assert PairFile.open(path).remarks(Tally()) == []
