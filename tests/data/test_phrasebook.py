import re
import unicodedata
from itertools import permutations
from pathlib import Path

import pytest

from seq2seq.data import phrasebook

PHRASEBOOK = Path(__file__).parents[2] / "assets" / "phrasebook"
LANGUAGES = ["en", "fr", "es", "de", "ja", "zh"]
FILES = ["phrases", "patterns", "words", "names", "cities", "countries"]
SENTENCES = ["phrases", "patterns"]
SLOTS = {"name", "name2", "city", "city2", "country", "number", "small", "price", "time", "date", "year"}
FINAL_MARK = re.compile(r'[.?!。？！]["」”]?$')


def columns(name: str) -> list[str]:
    return [*LANGUAGES, "topic"] if name == "phrases" else LANGUAGES


def lines(name: str) -> list[list[str]]:
    """Return all cells of each row of a file, without the header."""
    return [line.split("\t") for line in (PHRASEBOOK / f"{name}.tsv").read_text(encoding="utf-8").split("\n")[1:-1]]


def rows(name: str) -> list[list[str]]:
    """Return the cells of each row in the six languages."""
    return [line[: len(LANGUAGES)] for line in lines(name)]


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
def test_every_row_has_a_clean_cell_in_each_column(name: str) -> None:
    text = (PHRASEBOOK / f"{name}.tsv").read_bytes().decode("utf-8")
    assert text.startswith("\t".join(columns(name)) + "\n")
    assert text.endswith("\n")
    assert lines(name)
    for row in lines(name):
        assert len(row) == len(columns(name)), row
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


def test_each_topic_has_sentences_in_every_pair_of_languages() -> None:
    topics = list(dict.fromkeys(line[-1] for line in lines("phrases")))
    assert len(topics) > 10 and all(topic == topic.lower() for topic in topics)
    for source, target in permutations(LANGUAGES, 2):
        found = phrasebook.by_topic(source, target)
        assert list(found) == topics and all(found.values())
        sentences = [sentence for pairs in found.values() for sentence in pairs]
        assert sorted(sentences) == sorted(set(column("phrases", source)))  # all of them, none twice
        in_a_row = set(zip(column("phrases", source), column("phrases", target), strict=True))
        assert in_a_row.issuperset(phrasebook.translations(source, target).items())
        assert [phrasebook.said_in(source, sentence) for sentence in sentences] == sentences


@pytest.mark.parametrize("pair", [("en", "it"), ("fi", "en"), ("", ""), ("en", "en"), ("topic", "en"), ("en", "topic")])
def test_other_languages_have_no_phrases(pair: tuple[str, str]) -> None:
    assert phrasebook.by_topic(*pair) == {} and phrasebook.translations(*pair) == {}


def test_a_sentence_is_found_in_any_language() -> None:
    assert phrasebook.said_in("de", "Where is the library?") == "Wo ist die Bibliothek?"
    assert phrasebook.said_in("en", phrasebook.said_in("zh", "Where is the library?")) == "Where is the library?"
    assert phrasebook.has("Wo ist die Bibliothek?")
    assert not phrasebook.has("travel") and not phrasebook.has("") and phrasebook.said_in("fr", "no phrase") == ""
    assert phrasebook.said_in("it", "Hello.") == phrasebook.said_in("topic", "Hello.") == phrasebook.said_in("", "Hello.") == ""
