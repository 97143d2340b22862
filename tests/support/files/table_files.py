"""Files of sentence pairs in the formats of other programs: JSON Lines, TMX, Excel."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from xml.sax.saxutils import escape

import openpyxl

from support.files.archives import zipped

Pairs = list[tuple[str, str]]


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


def changed(data: bytes, member: str, change: Callable[[bytes], bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**members, member: change(members[member])})
