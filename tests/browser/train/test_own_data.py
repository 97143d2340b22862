"""Test sentence pairs from outside in the Train tab: an uploaded table, whose format can be corrected, and a public corpus."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from support.browser.train_page import LONG, OWN_CHOICE, PAIRS, PUBLIC_CHOICE, choose, choose_files, stop, upload
from support.browser.visitor import SIZE
from support.files.table_files import by_excel, json_lines, tmx

from seq2seq.data.public.corpora import PUBLIC

HOSTILE = "<img src=x onerror=alert(1)> {{value}} ${value}"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return a table with the columns id, target and source; one cell contains a script."""
    file = tmp_path / "pairs.csv"
    rows = [f'{n},"{target}","{source}"\n' for n, (source, target) in enumerate(PAIRS)]
    file.write_text("id,French,English\n" + f'0,"{HOSTILE}","One cat."\n' + "".join(rows), encoding="utf-8")
    return file


def choose_format(page: Page, control: str, option: str) -> None:
    page.locator(f"#{control} input").click()
    page.locator(f"#{control}").get_by_role("option", name=option, exact=True).click()  # another list may be closing


def material(page: Page) -> Locator:
    return page.get_by_test_id("material")


def message(page: Page) -> Locator:
    return page.get_by_test_id("data-message")


def test_a_table_is_previewed_corrected_and_trained_on(tab, table: Path) -> None:
    page = tab()
    upload(page, table)
    expect(material(page)).to_be_visible()
    expect(page.get_by_test_id("preview").locator("th")).to_have_text(["id", "French", "English"])
    expect(page.get_by_test_id("preview")).to_contain_text(HOSTILE)  # as text
    expect(page.get_by_test_id("findings")).to_contain_text("301 rows were read")
    page.locator("#material .scatterlayer .trace").first.wait_for(state="attached")
    expect(page.locator("#language-source input")).to_have_value("French")
    choose_format(page, "encoding", "utf-16")  # the file is not valid UTF-16
    expect(material(page)).to_be_hidden()
    expect(page.locator("#train")).to_be_disabled()
    expect(page.get_by_test_id("plan")).to_contain_text("Choose a file")
    expect(message(page)).not_to_be_empty()  # the last change on the page after an invalid format
    choose_format(page, "encoding", "utf-8")
    expect(material(page)).to_be_visible()
    choose_format(page, "column-source", "English")
    expect(page.get_by_test_id("plan")).to_contain_text("Choose a file")
    expect(message(page)).to_contain_text("column")  # one column cannot be both source and target
    expect(page.locator("#train")).to_be_disabled()
    choose_format(page, "column-target", "French")
    expect(material(page)).to_be_visible()
    page.locator("#language-source input").fill("English")
    page.locator("#language-target input").fill("French")
    expect(page.get_by_test_id("plan")).to_contain_text("held out")
    expect(page.locator("#train")).to_be_enabled()
    choose(page, "length", "20,000 updates")
    expect(page.get_by_test_id("plan")).to_contain_text("minutes")
    page.locator("#train").click()
    name = "Own sentence pairs, English to French, GRU encoder-decoder, additive attention"
    expect(page.get_by_test_id("run-name")).to_have_text(name)
    expect(page.get_by_test_id("run-name")).to_be_in_viewport()  # below a long form
    expect(page.get_by_test_id("probe-heat").locator(".heat-table thead th").first).to_be_attached(timeout=LONG)
    expect(page.get_by_test_id("run-says")).to_contain_text("GiB of memory", timeout=LONG)  # measured once
    expect(page.get_by_test_id("run-open").get_by_role("link", name="Translate")).to_be_visible()
    stop(page)


def test_a_file_that_is_no_table_is_reported_and_another_can_be_uploaded(tab, table: Path, tmp_path: Path) -> None:
    page = tab()
    picture = tmp_path / "pairs.tsv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    upload(page, picture)
    expect(message(page)).not_to_be_empty()
    expect(material(page)).to_be_hidden()
    expect(page.locator("#train")).to_be_disabled()
    choose(page, "data", "Digits in order")  # this choice is valid
    expect(message(page)).to_be_empty()
    choose(page, "data", OWN_CHOICE)
    upload_again = tmp_path / "good.tsv"
    upload_again.write_text("".join(f"{source}\t{target}\n" for source, target in PAIRS), encoding="utf-8")
    choose_files(page, upload_again)
    expect(material(page)).to_be_visible()
    expect(message(page)).to_be_empty()
    expect(page.locator("#train")).to_be_enabled()
    choose(page, "data", "Digits in order")
    expect(material(page)).to_be_hidden()
    expect(page.get_by_test_id("plan")).to_contain_text("Digits in order")
    choose(page, "data", OWN_CHOICE)  # the uploaded table is still there
    expect(material(page)).to_be_visible()
    expect(page.get_by_test_id("plan")).to_contain_text("285 sentence pairs")


def tsv(folder: Path, name: str, change: Callable[[list[bytes]], None] = lambda rows: None) -> Path:
    """Write a table whose sentences begin with its name; `change` may damage its rows."""
    rows = [f"{name} {source}\t{target}\n".encode() for source, target in PAIRS]
    change(rows)
    (folder / f"{name}.tsv").write_bytes(b"".join(rows))
    return folder / f"{name}.tsv"


def set_row(number: int, row: bytes) -> Callable[[list[bytes]], None]:
    def change(rows: list[bytes]) -> None:
        rows[number - 1] = row

    return change


def expect_nothing_to_train_on(page: Page) -> None:
    expect(material(page)).to_be_hidden()
    expect(page.get_by_test_id("plan")).to_contain_text("Choose a file")
    expect(page.locator("#train")).to_be_disabled()


def test_a_file_or_delimiter_that_fails_leaves_nothing_of_the_table_before(tab, tmp_path: Path) -> None:
    page = tab()
    good, bad = tsv(tmp_path, "good"), tsv(tmp_path, "bad", set_row(151, "bad café\tcafé\n".encode("latin-1")))
    upload(page, good)
    expect(page.get_by_test_id("preview")).to_contain_text("good ")
    expect(page.get_by_test_id("upload-name")).to_have_text("good.tsv")
    expect(page.locator("#train")).to_be_enabled()
    choose_files(page, bad)
    expect(message(page)).to_contain_text("Line 151 is not UTF-8 text")
    expect(page.get_by_test_id("upload-name")).to_have_text("bad.tsv")
    expect_nothing_to_train_on(page)
    choose_format(page, "encoding", "cp1252")  # as the message advises
    expect(page.get_by_test_id("preview")).to_contain_text("bad ")
    expect(page.get_by_test_id("preview")).not_to_contain_text("good ")
    expect(page.get_by_test_id("findings")).to_contain_text("read as CP1252, which may be wrong")
    expect(page.locator("#train")).to_be_enabled()
    expect(message(page)).to_be_empty()
    choose_files(page, good)  # and back: the encoding is guessed anew
    expect(page.locator("#encoding input")).to_have_value("utf-8")
    expect(page.get_by_test_id("preview")).to_contain_text("good ")
    choose_format(page, "delimiter", "semicolon")  # a wrong delimiter does the same, and can be taken back
    expect(message(page)).to_contain_text("with the semicolon as delimiter the file has one column", ignore_case=True)
    expect_nothing_to_train_on(page)
    choose_format(page, "delimiter", "tab")
    expect(page.locator("#train")).to_be_enabled()
    expect(page.get_by_test_id("preview")).to_contain_text("good ")


# One fault for each stage of reading: the kind, the columns, the rows. tests/data/tables has them all.
FAULTS = (
    (b"PK\x03\x04 no archive", "This archive is damaged"),
    ("".join(f"{a} / {b}\n" for a, b in PAIRS).encode(), "the file has one column, but two are needed"),
    ("".join(f"{a}\t{b}\n" for a, b in PAIRS).encode() + b"nul\0\tnul\n", "Line 301 holds a NUL byte"),
)


def test_each_fault_leaves_nothing_of_a_good_file_and_shows_the_menus_that_its_message_advises(tab, tmp_path: Path) -> None:
    page = tab()
    good, bad = tsv(tmp_path, "good"), tmp_path / "bad.txt"
    upload(page, tsv(tmp_path, "first", set_row(9, "première\tpremière\n".encode("latin-1"))))
    expect(message(page)).to_contain_text("Line 9 is not UTF-8 text")
    for control in ("encoding", "delimiter", "header-row", "column-source"):
        expect(page.locator(f"#{control}")).to_be_visible()
    expect_nothing_to_train_on(page)
    choose_format(page, "encoding", "cp1252")
    for content, said in FAULTS:
        expect(page.locator("#train")).to_be_enabled()
        expect(message(page)).to_be_empty()
        bad.write_bytes(content)
        choose_files(page, bad)
        expect(message(page)).to_contain_text(re.compile(said, re.IGNORECASE))
        expect(page.get_by_test_id("upload-name")).to_have_text("bad.txt")
        expect_nothing_to_train_on(page)
        choose_files(page, good)
    expect(page.locator("#train")).to_be_enabled()
    expect(message(page)).to_be_empty()


def test_other_formats_show_only_the_menus_that_they_need(tab, tmp_path: Path) -> None:
    page = tab()
    sides = [tmp_path / "train.en", tmp_path / "train.fr"]
    for side, path in enumerate(sides):
        path.write_text("".join(f"{pair[side]}\n" for pair in PAIRS), encoding="utf-8")
    for name, content in (
        ("pairs.xlsx", by_excel(PAIRS)),
        ("pairs.txt", json_lines(PAIRS, True).encode()),
        ("memory.tmx", tmx(PAIRS, languages=("en", "fr")).encode()),
    ):
        (tmp_path / name).write_bytes(content)
    choose(page, "data", OWN_CHOICE)
    for files, names, menus in (
        (sides, ["en", "fr"], ["encoding"]),
        ([tmp_path / "pairs.xlsx"], ["column 1", "column 2"], ["header-row"]),
        ([tmp_path / "pairs.txt"], ["en", "fr"], ["encoding"]),
        ([tmp_path / "memory.tmx"], ["en", "fr"], []),
        ([tsv(tmp_path, "good")], ["column 1", "column 2"], ["encoding", "delimiter", "header-row"]),
    ):
        choose_files(page, *files)
        expect(page.get_by_test_id("upload-name")).to_have_text(" and ".join(file.name for file in files))
        expect(page.get_by_test_id("preview").locator("th")).to_have_text(names)
        expect(page.get_by_test_id("findings")).to_contain_text("300 rows were read")
        for menu in ("encoding", "delimiter", "header-row"):
            expect(page.locator(f"#{menu}")).to_be_visible(visible=menu in menus)
        expect(page.locator("#train")).to_be_enabled()


def test_a_public_corpus_shows_its_licence_and_is_read_from_a_local_copy(tab) -> None:
    page = tab()
    choose(page, "data", PUBLIC_CHOICE)
    expect(page.locator("#licence textarea")).to_have_value(re.compile("CC BY 2.0 FR.*fra-eng.zip"))
    expect(page.locator("#train")).to_be_disabled()
    page.locator("#fetch").click()
    expect(material(page)).to_be_visible()
    expect(page.get_by_test_id("preview").locator("th")).to_have_text(["English", "French"])
    expect(page.locator("#train")).to_be_enabled()
    # On a phone, the long checksum is broken into lines.
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.querySelector('[data-testid=findings]').getBoundingClientRect().right <= 390")
    page.set_viewport_size(SIZE)
    choose_format(page, "corpus", PUBLIC["multi30k-de-en"].title)
    expect(material(page)).to_be_hidden()
    expect(page.locator("#train")).to_be_disabled()
