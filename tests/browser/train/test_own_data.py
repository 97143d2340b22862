"""Test sentence pairs from outside in the Train tab: an uploaded table, whose format can be corrected, and a public corpus."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from support.train_page import LONG, OWN_CHOICE, PAIRS, PUBLIC_CHOICE, choose, stop, upload

from seq2seq.data.public_corpora import PUBLIC

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
    expect(page.get_by_test_id("probe-heat").locator(".heatmaplayer")).to_be_attached(timeout=LONG)
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
    with page.expect_file_chooser() as chooser:
        page.locator("#upload-pairs").click()
    chooser.value.set_files(upload_again)
    expect(material(page)).to_be_visible()
    expect(message(page)).to_be_empty()
    expect(page.locator("#train")).to_be_enabled()
    choose(page, "data", "Digits in order")
    expect(material(page)).to_be_hidden()
    expect(page.get_by_test_id("plan")).to_contain_text("Digits in order")
    choose(page, "data", OWN_CHOICE)  # the uploaded table is still there
    expect(material(page)).to_be_visible()
    expect(page.get_by_test_id("plan")).to_contain_text("285 sentence pairs")


def test_a_public_corpus_shows_its_licence_and_is_read_from_a_local_copy(tab) -> None:
    page = tab()
    choose(page, "data", PUBLIC_CHOICE)
    expect(page.locator("#licence textarea")).to_have_value(re.compile("CC BY 2.0 FR.*fra-eng.zip"))
    expect(page.locator("#train")).to_be_disabled()
    page.locator("#fetch").click()
    expect(material(page)).to_be_visible()
    expect(page.get_by_test_id("preview").locator("th")).to_have_text(["English", "French"])
    expect(page.locator("#train")).to_be_enabled()
    choose_format(page, "corpus", PUBLIC["multi30k-de-en"].title)
    expect(material(page)).to_be_hidden()
    expect(page.locator("#train")).to_be_disabled()
