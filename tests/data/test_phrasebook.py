import re
import unicodedata
from pathlib import Path

import pytest

PHRASEBOOK = Path(__file__).parents[2] / "assets" / "phrasebook"
LANGUAGES = ["en", "fr", "es", "de", "ja", "zh"]
FILES = ["phrases", "patterns", "words", "names", "cities", "countries"]
SENTENCES = ["phrases", "patterns"]
SLOTS = {"name", "name2", "city", "city2", "country", "number", "small", "price", "time", "date", "year"}
FINAL_MARK = re.compile(r'[.?!。？！]["」”]?$')


def rows(name: str) -> list[list[str]]:
    """Return the cells of each row of a file, without the header."""
    return [line.split("\t") for line in (PHRASEBOOK / f"{name}.tsv").read_text(encoding="utf-8").split("\n")[1:-1]]


def slots(cell: str) -> list[str]:
    return sorted(re.findall(r"\{(\w*)\}", cell))


def column(name: str, language: str) -> list[str]:
    return [row[LANGUAGES.index(language)] for row in rows(name)]


def test_lists_of_names_are_sorted_and_in_latin_letters() -> None:
    for file in ("first_names.tsv", "places.txt"):
        lines = (PHRASEBOOK / file).read_text(encoding="utf-8").splitlines()
        names = [line.split("\t")[0] for line in lines]
        assert names == sorted(set(names))
        assert all("LATIN" in unicodedata.name(letter) for letter in "".join(names) if letter not in " '-")
        if file == "first_names.tsv":
            assert {line.split("\t")[1] for line in lines} == {"f", "m", "fm"}


@pytest.mark.parametrize("name", FILES)
def test_every_row_has_six_clean_cells(name: str) -> None:
    text = (PHRASEBOOK / f"{name}.tsv").read_bytes().decode("utf-8")
    assert text.startswith("\t".join(LANGUAGES) + "\n")
    assert text.endswith("\n")
    assert rows(name)
    for row in rows(name):
        assert len(row) == len(LANGUAGES), row
        for cell in row:
            assert cell, row
            assert cell == " ".join(cell.split()), row  # only single plain spaces, none at an end
            assert cell.isprintable(), row


@pytest.mark.parametrize("name", FILES)
def test_no_english_cell_appears_twice(name: str) -> None:
    english = column(name, "en")
    assert not {cell for cell in english if english.count(cell) > 1}


def test_every_side_of_a_pattern_has_the_same_known_slots() -> None:
    for row in rows("patterns"):
        expected = slots(row[0])
        assert expected, row
        assert set(expected) <= SLOTS, row
        assert len(expected) == len(set(expected)), row
        assert all(slots(cell) == expected for cell in row), row
        assert all(cell.count("{") == cell.count("}") == len(expected) for cell in row), row


@pytest.mark.parametrize("name", [name for name in FILES if name != "patterns"])
def test_only_patterns_have_slots(name: str) -> None:
    assert not [row for row in rows(name) if re.search("[{}]", "".join(row))]


@pytest.mark.parametrize("name", SENTENCES)
def test_every_side_of_a_sentence_has_a_final_mark(name: str) -> None:
    for row in rows(name):
        assert all(FINAL_MARK.search(cell) for cell in row), row


@pytest.mark.parametrize("name", ["words", "names", "cities", "countries"])
def test_a_word_has_no_final_mark(name: str) -> None:
    for row in rows(name):
        assert not any(FINAL_MARK.search(cell) for cell in row), row


@pytest.mark.parametrize("name", SENTENCES)
def test_questions_are_questions_on_every_side(name: str) -> None:
    for en, fr, es, de, ja, zh in rows(name):
        question = en.endswith("?")
        assert fr.endswith("?") == es.endswith("?") == de.endswith("?") == zh.endswith("？") == question, en
        assert bool(re.search("(か。|？)$", ja)) == question, en


@pytest.mark.parametrize("name", SENTENCES)
def test_french_marks_follow_a_space(name: str) -> None:
    for cell in column(name, "fr"):
        assert not re.search(r"[^ ][?!;:%]", cell), cell
        assert "’" not in cell, cell


@pytest.mark.parametrize("name", SENTENCES)
def test_spanish_marks_open_and_close(name: str) -> None:
    for cell in column(name, "es"):
        assert re.sub("[^¿?¡!]", "", re.sub(r"¿[^¿?]+\?|¡[^¡!]+!", "", cell)) == "", cell


@pytest.mark.parametrize("name", FILES)
def test_japanese_and_chinese_have_their_own_marks_and_no_spaces(name: str) -> None:
    for cell in column(name, "ja") + column(name, "zh"):
        assert not re.search(r"[ ,?!;]|\.(?!\d)", cell), cell
    for cell in column(name, "zh"):
        assert not re.search(r"[\u3041-\u30f6\u30fc]", cell), cell  # kana


def test_a_french_slot_never_follows_a_word_that_would_lose_its_vowel() -> None:
    for cell in column("patterns", "fr"):
        assert not re.search(r"\b(de|que|le|la|je|ne|me|te|se|du|au|des|aux) \{(name|city|country)", cell), cell


def test_a_country_neither_begins_a_sentence_nor_merges_with_a_preposition() -> None:
    for row in rows("patterns"):
        assert not any(cell.startswith("{country}") for cell in row[:4]), row
        assert not re.search(r"\b(a|de|en|à|von|in|nach|aus|mit) \{country\}", " ".join(row[1:4])), row


def test_names_and_cities_fit_every_pattern() -> None:
    for cell in column("names", "es") + column("cities", "es"):
        assert not re.match(r"(i|í|hi|hí|y(?![aeou]))", cell.lower()), cell  # would turn "y" into "e"
        assert not cell.startswith("El "), cell  # "a El" and "de El"
    for cell in column("cities", "fr"):
        assert not re.match("Les? ", cell), cell  # would turn "à le" into "au"
    for cell in column("countries", "de"):
        assert not re.match("de[rnm] ", cell), cell  # would change as an object
