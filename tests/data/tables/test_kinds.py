"""JSON Lines, translation memories, Excel workbooks, two files with matching lines, and zip archives of these."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.archives import zipped

from seq2seq.data.corpora import PairFile, read_pairs
from seq2seq.data.tables.layout import Layout
from seq2seq.data.tables.parts import JSON_LINES, MAX_UNPACKED_BYTES, TEXT, TMX, TWO_FILES, WORKBOOK, recognise
from seq2seq.data.uploaded_table import columns, guess, read

Pairs = list[tuple[str, str]]
Put = Callable[..., Path]


def json_lines(pairs: Pairs, wrapped: bool) -> str:
    records = ({"en": a, "fr": b} for a, b in pairs)
    return "".join(json.dumps({"translation": r} if wrapped else r, ensure_ascii=False) + "\n" for r in records)


def tmx(pairs: Pairs, head: str = "", languages: tuple[str, str] = ("en-GB", "fr_FR")) -> str:
    units = "".join(
        f'<tu tuid="{n}"><prop type="x">no text</prop>'
        + "".join(f'<tuv xml:lang="{code}"><seg>{escape(side)}</seg></tuv>' for code, side in zip(languages, pair, strict=True))
        + "</tu>\n"
        for n, pair in enumerate(pairs)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{head}<tmx version="1.4"><header srclang="en"/><body>\n{units}</body></tmx>'
    )


def workbook(rows: list[tuple[object, ...]], *more: list[tuple[object, ...]]) -> bytes:
    book = openpyxl.Workbook()
    for cells in rows:
        book.active.append(cells)
    for number, sheet in enumerate(more):
        book.create_sheet(f"more {number}")
        for cells in sheet:
            book.worksheets[-1].append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def kinds(path: Path | list[Path]) -> dict[str, str]:
    return {finding.kind: finding.text for finding in read(path, guess(path)).findings}


def by_excel(pairs: Pairs) -> bytes:
    """Return a workbook as Excel writes it: texts in a list of their own, some in parts, Japanese with its pronunciation."""
    texts = dict.fromkeys(side for pair in pairs for side in pair)
    numbers = {text: n for n, text in enumerate(texts)}
    shared = "".join(
        f"<si><r><t xml:space='preserve'>{escape(text[:4])}</t></r><r><rPr><b/></rPr><t xml:space='preserve'>{escape(text[4:])}"
        "</t></r><rPh sb='0' eb='1'><t>not this</t></rPh></si>"
        for text in texts
    )
    rows = "".join(
        f'<row r="{r}">'
        + "".join(f'<c r="{c}{r}" t="s"><v>{numbers[t]}</v></c>' for c, t in zip("AB", pair, strict=True))
        + "</row>"
        for r, pair in enumerate(pairs, start=1)
    )
    main, office = (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://schemas.openxmlformats.org/officeDocument/2006",
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"

    def relations(*targets: tuple[str, str]) -> str:
        return (
            f'<Relationships xmlns="{package}/relationships">'
            + "".join(
                f'<Relationship Id="rId{n}" Type="{office}/relationships/{kind}" Target="{target}"/>'
                for n, (kind, target) in enumerate(targets, start=1)
            )
            + "</Relationships>"
        )

    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(
            f'<Override PartName="/xl/{part}.xml" ContentType="{types}.{kind}+xml"/>'
            for part, kind in (
                ("workbook", "sheet.main"),
                ("worksheets/sheet1", "worksheet"),
                ("sharedStrings", "sharedStrings"),
            )
        )
        + "</Types>",
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}/relationships"><sheets>'
        '<sheet name="Pairs" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")),
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{shared}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    return zipped({name: ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode() for name, text in files.items()})


# --- JSON Lines ---


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
        found, _ = read_pairs(path)
    except ValueError as error:
        assert "any.jsonl" in str(error)
        return
    assert all(any({source, target} <= set(record.values()) for record in texts) for source, target in found)


# --- translation memories ---


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


# --- two files ---


def test_two_files_with_matching_lines(put: Put, pairs: Pairs) -> None:
    both = [
        put("\n".join(a for a, _ in pairs) + "\n", "train.en"),
        put("\r\n".join(b for _, b in pairs) + "\r\n\n", "train.fr"),
    ]
    assert recognise(both).kind == TWO_FILES
    assert columns(both, guess(both)) == ("en", "fr")
    assert read(both, guess(both)).pairs == pairs
    assert read_pairs(both)[0] == pairs
    assert read_pairs(both[::-1])[0] == [(b, a) for a, b in pairs]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("english.txt", "french.txt"), ("english", "french")),
        (("a.en", "a.fr"), ("en", "fr")),
        (("a.tok.en", "b.fr"), ("en", "fr")),
        (("en", "fr"), ("en", "fr")),
    ],
)
def test_names_of_two_files_name_the_columns(put: Put, pairs: Pairs, names: tuple[str, str], expected: tuple[str, str]) -> None:
    both = [put("\n".join(pair[side] for pair in pairs), name) for side, name in enumerate(names)]
    assert columns(both, guess(both)) == expected


@pytest.mark.parametrize("shorter", [0, 1])
def test_files_of_different_length_are_refused(put: Put, pairs: Pairs, shorter: int) -> None:
    sides = [[pair[side] for pair in pairs] for side in (0, 1)]
    del sides[shorter][50:]
    both = [put("\n".join(side), f"x.{code}") for side, code in zip(sides, ("en", "fr"), strict=True)]
    with pytest.raises(ValueError, match=r"x\.\w\w ends after line 50, but x\.\w\w goes on"):
        read(both, guess(both))


def test_three_files_are_refused(put: Put) -> None:
    with pytest.raises(ValueError, match="3 files were chosen: choose one table, or two files with matching lines"):
        recognise([put("a\n", name) for name in "abc"])
    with pytest.raises(ValueError, match=r"b is a PNG image"):
        recognise([put("a\n", "a"), put(b"\x89PNG\r\n", "b")])


# --- zip archives ---


def test_zip_of_two_files_or_of_one_table(put: Put, pairs: Pairs) -> None:
    sides = ["\n".join(pair[side] for pair in pairs).encode() for side in (0, 1)]
    path = put(zipped({"x/train.en": sides[0], "x/train.fr": sides[1], "README": b"!", "__MACOSX/._train.en": b"\0"}))
    assert columns(path, guess(path)) == ("en", "fr")
    assert read(path, guess(path)).pairs == pairs
    table = "".join(f"{a}\t{b}\n" for a, b in pairs).encode()
    path = put(zipped({"fra.txt": table, "_about.txt": b"about"}), "one.zip")
    assert read(path, guess(path)).pairs == pairs and read_pairs(path)[0] == pairs
    path = put(zipped({"memory.tmx": tmx(pairs).encode()}), "memory.zip")
    assert read(path, guess(path)).pairs == pairs


def damaged(data: bytes) -> bytes:
    middle = len(data) // 3
    return data[:middle] + bytes(64) + data[middle + 64 :]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped({}), "archive is damaged|0 files"),
        (zipped({"a": b"1", "b": b"2", "c": b"3"}), r"3 files that could hold sentences \(a, b, c\)"),
        (zipped({f"{n}": b"" for n in range(3000)}), "3,000 files"),
        (zipped({"a.txt": b"x\ty\n"}, zipfile.ZIP_BZIP2), "unusual method"),
        (zipped({"in.zip": zipped({"a": b"x"})}), "in.zip is a zip archive"),
        (zipped({"word/document.xml": b"<x/>"}), "this is a Word document"),
        (zipped({"content.xml": b"<x/>", "mimetype": b"x"}), "this is a LibreOffice document"),
        (zipped({"bomb.txt": bytes(MAX_UNPACKED_BYTES + 1)}), "unpacks to 200,000,001 bytes"),
        (b"PK\x03\x04" + bytes(100), "this archive is damaged"),
        (damaged(zipped({"a.txt": b"".join(b"%d\t%d\n" % (n, n * n) for n in range(5000))})), "damaged|not a zip"),
    ],
)
def test_other_archives_are_refused(put: Put, content: bytes, message: str) -> None:
    path = put(content)
    with pytest.raises(ValueError, match=message):
        read_pairs(path)


def test_zip_bomb_takes_no_memory(put: Put) -> None:
    path = put(zipped({"bomb.txt": b"a\tb\n" * 40_000_000}))
    tracemalloc.start()
    with pytest.raises(ValueError, match="unpacks to 160,000,000 bytes; at most 50,000,000"):
        guess(path)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


# --- Excel workbooks ---


def test_workbook_is_read(put: Put, pairs: Pairs) -> None:
    path = put(workbook([("English", "French"), *pairs]), "pairs.xlsx")
    assert recognise(path).kind == WORKBOOK
    assert guess(path) == Layout("utf-8", "\t", True, 0, 1) and columns(path, guess(path)) == ("English", "French")
    assert read(path, guess(path)).pairs == pairs and read_pairs(path)[0] == pairs
    path = put(by_excel(pairs))
    assert read(path, guess(path)).pairs == pairs
    path = put(workbook([(n, a, None, b, n / 2) for n, (a, b) in enumerate(pairs)]), "other.xlsx")
    assert guess(path) == Layout("utf-8", "\t", False, 1, 3)
    assert read(path, guess(path)).pairs == pairs


def test_workbook_with_gaps_sheets_and_formulas(put: Put, pairs: Pairs) -> None:
    rows = [*pairs[:10], (None, None), *pairs[10:], ("=1+1", "deux"), ("x",), ("Line\nend", "fin\nde ligne")]
    path = put(workbook(rows, [("other", "sheet")]))
    table = read(path, guess(path))
    assert table.pairs == [*pairs, ("Line end", "fin de ligne")]
    assert "2 sheets; only the first with content is read" in kinds(path)["sheets"]
    path = put(workbook([], pairs))
    assert read(path, guess(path)).pairs == pairs


def changed(data: bytes, member: str, change: Callable[[bytes], bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**members, member: change(members[member])})


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize("member", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "[Content_Types].xml"])
@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml.replace(b"?>\n", b'?><!DOCTYPE x [<!ENTITY e "boom">]>', 1),
        lambda xml: xml.replace(b"?>\n", b'?><!DOCTYPE x SYSTEM "http://127.0.0.1:9/">', 1),
        lambda xml: xml[: len(xml) // 2],
        lambda xml: b"",
        lambda xml: b"<wrong/>",
    ],
    ids=["entity", "outside", "half", "empty", "other"],
)
def test_damaged_or_hostile_workbook_is_refused(put: Put, pairs: Pairs, member: str, change: Callable[[bytes], bytes]) -> None:
    data = by_excel(pairs)
    path = put(changed(data, member, change))
    with pytest.raises(ValueError, match=r"workbook|only \d+ of|column"):
        read(path, guess(path))


@pytest.mark.parametrize("size", ["A1:XFD1048576", "A1", "nonsense"])
def test_wrong_size_of_a_sheet_does_not_matter(put: Put, pairs: Pairs, size: str) -> None:
    def change(xml: bytes) -> bytes:
        start = xml.index(b'<dimension ref="') + len(b'<dimension ref="')
        return xml[:start] + size.encode() + xml[xml.index(b'"', start) :]

    path = put(changed(workbook(list(pairs)), SHEET, change))
    try:
        assert read(path, guess(path)).pairs == pairs
    except ValueError as error:
        assert size == "nonsense" and "workbook cannot be read" in str(error)


def test_row_with_a_huge_number_is_refused_soon(put: Put, pairs: Pairs) -> None:
    data = changed(workbook(list(pairs)), SHEET, lambda xml: xml.replace(b'<row r="2"', b'<row r="2000000000"'))
    with pytest.raises(ValueError, match=r"more than 1,048,576 rows|cannot be read"):
        read_pairs(put(data))


def test_a_pair_file_says_how_it_is_read(put: Put, pairs: Pairs) -> None:
    from seq2seq.data.tables.findings import Tally

    path = put(json_lines(pairs, True), "p.jsonl")
    (remark,) = PairFile.open(path).remarks(Tally())
    assert remark == f"{path}: Read as JSON Lines in UTF-8, 'en' to 'fr' (columns 0 and 1 of 2)."
    path = put("English;French\n" + "".join(f"{a};{b}\n" for a, b in pairs), "p.csv")
    (remark,) = PairFile.open(path, source=1).remarks(Tally())
    assert "a table in UTF-8, separated by semicolons, with a header, 'French' to 'English' (columns 1 and 0 of 2)" in remark
    path = put("".join(f"{a}\t{b}\n" for a, b in pairs), "p.tsv")
    assert PairFile.open(path).remarks(Tally()) == []
