import random
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.config import EOS, TrainConfig
from seq2seq.data.augmentation import CHANGES, UNCHANGED, Augmenter, form, lists, names, numbers, patterns, shares, typos
from seq2seq.data.batches import TrainingData
from seq2seq.data.corpora import Pair
from seq2seq.sources.normalise import normalise
from seq2seq.sources.text import Tokenizer
from seq2seq.sources.text_reader import MAX_PIECES

EN_FR = ("en", "fr")
PAIRS = [
    ("Tom lives in London.", "Tom habite à Londres."),
    ("Mary has 25 cats.", "Mary a 25 chats."),
    ("Is Anna here?", "Anna est-elle ici ?"),
    ("I'm tired.", "Je suis fatigué."),
    ("Come on Monday!", "Viens lundi !"),
]


def no_partner() -> Pair:
    raise AssertionError("only concat needs another pair")


def changed(change: Callable[..., Pair], pair: Pair, languages: tuple[str, str] = EN_FR, times: int = 200) -> set[Pair]:
    """Return all results of many draws."""
    return {change(pair, languages, no_partner, random.Random(seed)) for seed in range(times)}


def test_form_changes_both_sides_alike() -> None:
    found = changed(form.change, ("Thank you very much.", "Merci beaucoup."))
    assert ("THANK YOU VERY MUCH.", "MERCI BEAUCOUP.") in found
    assert ("thank you very much", "merci beaucoup") in found
    assert ("Thank you very much", "Merci beaucoup") in found
    assert ("Thank you very much!!!", "Merci beaucoup !!!") in found
    assert any(source[-1] == target[-1] and source[-1] in form.EMOJI for source, target in found)


def test_exclamations_follow_the_target_language() -> None:
    assert ("Thank you!!", "¡Gracias!!") in changed(form.change, ("Thank you.", "Gracias."), ("en", "es"))
    assert ("Thank you!!", "谢谢！！") in changed(form.change, ("Thank you.", "谢谢。"), ("en", "zh"))


def test_two_sentences_keep_their_marks() -> None:
    pair = ("Hello. I am Anna.", "Bonjour. Je suis Anna.")
    assert all(source.casefold().startswith("hello. i am anna") for source, _ in changed(form.change, pair))
    assert ("Hello. I am Anna", "Bonjour. Je suis Anna") not in changed(form.change, pair)


@given(text=st.text(st.sampled_from("abcdé' ."), max_size=40), seed=st.integers(0, 999))
def test_typos_leave_the_target_and_most_of_the_source(text: str, seed: int) -> None:
    source, target = typos.make((text, "cible"), EN_FR, no_partner, random.Random(seed))
    assert target == "cible"
    assert abs(len(source) - len(text)) <= max(1, text.count("'"))
    assert set(source) <= set(text)


def test_a_name_is_exchanged_on_both_sides() -> None:
    for source, target in changed(names.exchange, ("Tom lives in London.", "Tom habite à Londres.")):
        found = re.fullmatch(r"(.+) lives in (.+)\.", source), re.fullmatch(r"(.+) habite à (.+)\.", target)
        assert found[0] and found[1]
        assert found[0][1] == found[1][1] or (found[0][1], found[1][1]) in lists.pairs_of("names", *EN_FR)
        assert found[0][2] == found[1][2] or (found[0][2], found[1][2]) in lists.pairs_of("cities", *EN_FR)


def test_a_name_keeps_its_gender() -> None:
    feminine = set(lists.first_names_of("f")) | {name for name, _ in lists.pairs_of("names", *EN_FR)}
    for source, _ in changed(names.exchange, ("Mary left.", "Mary est partie.")):
        assert source.removesuffix(" left.") in feminine


def test_a_word_that_elides_is_never_left_wrong() -> None:
    for _, target in changed(names.exchange, ("Tom's dog.", "Le chien de Tom.")):
        assert not re.search(r"\bde [AEIOUÉÈ]", target)
    for _, target in changed(names.exchange, ("Tom and Mary.", "Tom y Mary."), ("en", "es")):
        assert not re.search(r"\by H?[IÍ]", target)


def test_a_name_on_one_side_only_stays() -> None:
    pair = ("Tom is here.", "Il est ici.")
    assert changed(names.exchange, pair) == {pair}


@pytest.mark.parametrize(
    ("pair", "pattern"),
    [
        (("I have 1,200 dollars.", "J'ai 1 200 dollars."), (r"I have ([\d,]+) dollars\.", r"J'ai ([\d ]+) dollars\.")),
        (("He has 3 or 14.", "Il en a 3 ou 14."), (r"He has (\d+ or \d+)\.", r"Il en a (\d+ ou \d+)\.")),
    ],
)
def test_numbers_stay_equal_and_keep_the_form_of_their_language(pair: Pair, pattern: tuple[str, str]) -> None:
    found = changed(numbers.exchange, pair)
    assert len(found) > 20
    for sides in found:
        values = []
        for side, expected in zip(sides, pattern, strict=True):
            match = re.fullmatch(expected, side)
            assert match
            values.append(re.findall(r"\d+", re.sub(r"(?<=\d)[ ,](?=\d{3})", "", match[1])))
        assert values[0] == values[1]


def test_weekdays_and_number_words_are_exchanged_in_both_languages() -> None:
    days = {("Come on Monday!", "Viens lundi !"), ("Come on Friday!", "Viens vendredi !")}
    assert days < changed(numbers.exchange, ("Come on Monday!", "Viens lundi !"))
    assert ("I see seven cats.", "Je vois sept chats.") in changed(numbers.exchange, ("I see two cats.", "Je vois deux chats."))
    assert all("de a" not in target for _, target in changed(numbers.exchange, ("May is long.", "Le mois de mai est long.")))


def test_numbers_that_differ_on_the_two_sides_stay() -> None:
    pair = ("It is 7:45 and 3 cats sleep.", "Il est 19 h 45 et 4 chats dorment.")
    assert changed(numbers.exchange, pair) == {pair}


def test_concat_joins_two_sentences_in_order() -> None:
    pair, other = PAIRS[0], PAIRS[1]
    joined = CHANGES["concat"].apply(pair, EN_FR, lambda: other, random.Random(1))
    assert joined == (f"{pair[0]} {other[0]}", f"{pair[1]} {other[1]}")
    chinese = CHANGES["concat"].apply(("Hi.", "你好。"), ("en", "zh"), lambda: ("Go.", "走。"), random.Random(1))
    assert chinese == ("Hi. Go.", "你好。走。")
    no_end = ("Hello", "Bonjour")
    assert CHANGES["concat"].apply(no_end, EN_FR, lambda: other, random.Random(1)) == no_end


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_leaves_some_pairs_unchanged_and_repeats_with_its_seed(name: str) -> None:
    augmenter = Augmenter(shares(name), ("English", "French"))
    once, again = (list(augmenter.all(PAIRS * 60, 7)) for _ in range(2))
    assert once == again
    assert 0 < sum(a == b for a, b in zip(PAIRS * 60, once, strict=True)) < len(once)


def test_unknown_changes_and_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="augment must be one of names, numbers, concat, form, typos, not 'colour'"):
        shares("form,colour")
    for share in ("1.5", "x", "nan"):
        with pytest.raises(ValueError, match="share of 'form' must be between 0 and 1"):
            shares(f"form={share}")
    assert shares("form=0.5, names") == {"names": CHANGES["names"].share, "form": 0.5}
    assert shares("") == shares("none") == {}


def test_an_epoch_contains_changed_and_unchanged_pairs_and_repeats(tokenizer: Tokenizer, pairs: list[Pair]) -> None:
    config = TrainConfig(augment="form,concat", subword_sampling=0.0)
    data = TrainingData(pairs, tokenizer, config, Augmenter(shares(config.augment), ("English", "French")))

    def texts(number: int) -> list[Pair]:
        epoch = data.epoch(number)
        rows = [row for i in range(len(epoch)) for row in epoch[i]]
        assert all(ids[-1] == EOS and len(ids) <= MAX_PIECES for row in rows for ids in row)
        return sorted((tokenizer.source.decode(s), tokenizer.target.decode(t)) for s, t in rows)

    first = texts(0)
    assert first == texts(0) != texts(1)
    assert len(first) == len(pairs)
    assert 0.4 * len(pairs) < len(set(first) & set(pairs)) < 0.9 * len(pairs)
    assert not UNCHANGED


@pytest.mark.parametrize("code", [code for code in patterns.CODES if code != "en"])
def test_patterns_are_filled_alike_on_both_sides(code: str) -> None:
    made = list(patterns.generate(("en", code), 900, 1))
    assert made == list(patterns.generate(("en", code), 900, 1)) != list(patterns.generate(("en", code), 900, 2))
    for source, target in made:
        assert "{" not in source + target
        assert source and target and source[0] == source[0].upper()
        assert normalise(source) == source and normalise(target) == target, (source, target)


def test_prices_times_and_dates_have_the_form_of_their_language() -> None:
    made = " | ".join(target for _, target in patterns.generate(("en", "fr"), 3000, 1))
    assert re.search(r"\d \d{3} dollars", made) and not re.search(r"\d,\d{3}|\$", made)
    assert re.search(r"à \d+ h \d\d", made)
    assert re.search(r"le \d+ (janvier|mars|août)", made)
