from pathlib import Path

import pytest

from seq2seq.data.everyday import EVERYDAY, GENERATED, PARTS, mixture
from seq2seq.sources.normalise import normalise

BASE = [("I know.", "Je sais."), ("We sing.", "Nous chantons."), ("Look!", "Regarde !")]
VALID = [("She sleeps.", "Elle dort.")]


def sizes(name: str, folder: Path | None = None) -> dict[str, int]:
    base, valid = BASE, VALID
    if name.endswith("-en"):
        base, valid = ([(b, a) for a, b in pairs] for pairs in (BASE, VALID))
    train, parts = mixture(name, base, valid, folder)
    assert len(train) == sum(mixed.pairs for mixed in parts)
    assert all(normalise(text) == text and text for pair in train for text in pair)
    return {mixed.part.name: mixed.pairs for mixed in parts}


@pytest.mark.parametrize("name", EVERYDAY)
def test_every_mixture_has_its_base_and_our_own_pairs(name: str) -> None:
    found = sizes(name)
    assert 0 < found["tatoeba"] <= len(BASE)  # as Japanese or Chinese, one of the lines would be too long for its source
    assert found["phrasebook"] > 5000 and found["words"] > 2000 and 0.8 * GENERATED < found["patterns"] <= GENERATED
    assert not any(found[part.name] for part in PARTS[1:-3])


def test_direction_decides_the_sides() -> None:
    there, _ = mixture("everyday-en-fr", BASE, VALID, None)
    back, _ = mixture("everyday-fr-en", [(b, a) for a, b in BASE], [(b, a) for a, b in VALID], None)
    assert [(b, a) for a, b in there] == back
    assert ("Good morning.", "Bonjour.") in there


def test_files_of_the_folder_are_weighted_and_cleaned(tmp_path: Path) -> None:
    rows = [
        ("It rains.", "Il pleut."),
        ("It rains.", "Il pleut."),  # once more
        ("She sleeps.", "Elle rêve."),  # the source is held out
        ("He dreams.", "Elle dort."),  # the target is held out
        ("See <b>this</b>", "Voir <b>ceci</b>"),  # markup
        ("No.", "Il faut bien que quelqu'un le dise une fois pour toutes."),  # not a translation
    ]
    (tmp_path / "diabla.en-fr.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in rows), encoding="utf-8")
    (tmp_path / "diabla.en-es.tsv").write_text("It rains.\tLlueve.\n", encoding="utf-8")
    times = next(part.times for part in PARTS if part.name == "diabla")
    assert sizes("everyday-en-fr", tmp_path)["diabla"] == times == 3
    docs = "".join(f"Line {n} is short.\tLa ligne {n} est courte.\n" for n in range(4100))
    (tmp_path / "python-docs.en-fr.tsv").write_text(docs, encoding="utf-8")
    assert sizes("everyday-en-fr", tmp_path)["python-docs"] == 4000
