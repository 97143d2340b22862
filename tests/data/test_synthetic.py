"""Tests of the synthetic tasks: correct answers, true alignments, and the same data on every machine."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache

import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from seq2seq.config import UNK
from seq2seq.data.corpora import Pair
from seq2seq.data.synthetic import TASKS, Draw, Example, Task, grammar, spoken, stories
from seq2seq.models.architectures import ARCHITECTURES
from seq2seq.sources.normalise import normalise
from seq2seq.sources.picture.scene import Scene
from seq2seq.sources.pieces import WORD_START
from seq2seq.sources.sound import voices
from seq2seq.sources.sound.utterance import PAUSE, Utterance
from seq2seq.sources.text_reader import MAX_PIECES
from seq2seq.training.plan import Plan

every_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.keys())
drawn = given(st.integers(0, 2**32).map(random.Random))


@pytest.fixture(scope="module", autouse=True)
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder of recordings, without which some splits of spoken digits have no examples."""
    folder = tmp_path_factory.mktemp("recordings")
    for digit, word in enumerate(voices.WORDS):
        for take in (3, 12):
            soundfile.write(folder / f"{digit}_ada_{take}.wav", voices.clip("amy", word, 0), voices.RATE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(voices.FOLDER, str(folder))
        yield


# Some tasks train on 60,000 examples, which take long to draw. The first ones are the same with a smaller number.
SMALL = {name: replace(task, training=min(task.splits["train"], 4000)) for name, task in TASKS.items()}


@cache
def _pairs(name: str, split: str) -> list[Pair]:
    return SMALL[name].pairs(split)


def pairs_of(task: Task, split: str) -> list[Pair]:
    """Return the pairs of a split, of the training pairs the first ones. They are made once."""
    return _pairs(task.name, split)


@every_task
def test_task_examples_are_reproducible_and_splits_are_disjoint(task: Task) -> None:
    sources = {name: [source for source, _ in pairs_of(task, name)] for name in task.splits}
    splits = SMALL[task.name].splits
    assert {name: len(split) for name, split in sources.items()} == splits
    assert len({source for split in sources.values() for source in split}) == sum(splits.values())
    assert splits.keys() == task.splits.keys() and task.splits["train"] >= splits["train"]
    assert task.pairs("valid") == pairs_of(task, "valid")
    assert all(normalise(text) == text for pair in pairs_of(task, "valid") for text in pair)
    with pytest.raises(ValueError, match=r"split must be one of test, valid, train.*, not 'dev'"):
        task.examples("dev")


@every_task
def test_task_vocabulary_holds_all_words_and_needs_no_bytes(task: Task) -> None:
    plan = Plan(task.name)
    tokenizer = plan.tokenizer(pairs_of(task, "train"), seed=1)
    if task.vocabulary_kind == "bpe":
        assert len(tokenizer.source) == task.vocabulary_size
    for side, vocabulary in enumerate((tokenizer.source, tokenizer.target)):
        if side == 0 and not plan.source_kind.is_text:
            continue
        pieces = [piece for pair in pairs_of(task, "test")[:200] for piece in vocabulary.pieces(vocabulary.encode(pair[side]))]
        assert not any(piece.startswith("<") for piece in pieces) and vocabulary.pieces([UNK])[0] not in pieces
        # A digit without a space before it must be a piece of its own, so that attention can select it.
        inner = [piece for piece in pieces if task.split_digits or not piece.startswith(WORD_START)]
        assert not any(sum(character.isdigit() for character in piece) > 1 for piece in inner)


@every_task
@drawn
def test_links_cover_whole_parts_of_both_texts(task: Task, numbers: random.Random) -> None:
    example = task.draw(numbers)
    assert example.links or not example.target  # in silence, nothing is written
    for texts, spans in ((example.source, [s for s, _ in example.links]), (example.target, [t for _, t in example.links])):
        assert all(0 <= start < end <= len(texts) for start, end in spans)
        assert all(texts[start:end].strip() == texts[start:end] for start, end in spans)


@drawn
def test_reverse_and_sort_targets_and_links_are_correct(numbers: random.Random) -> None:
    reverse, ordered = TASKS["reverse"].draw(numbers), TASKS["sort"].draw(numbers)
    assert reverse.target.split() == reverse.source.split()[::-1]
    assert ordered.target.split() == sorted(ordered.source.split())
    for example in (reverse, ordered):
        assert len(example.links) == len(example.source.split())
        assert all(example.source[a:b] == example.target[c:d] for (a, b), (c, d) in example.links)
    equal = [(source, target) for source, target in ordered.links if ordered.source[slice(*source)] == "7"]
    assert equal == sorted(equal)  # equal digits keep their order


@drawn
def test_a_digit_is_recalled_over_a_gap_of_letters(numbers: random.Random) -> None:
    example = TASKS["recall"].draw(numbers)
    digit, *gap = example.source.split()
    assert digit.isdigit() and example.target == digit and 1 <= len(gap) <= 40 and set(gap) <= set("abcd")
    assert example.links == (((0, 1), (0, 1)),)


@drawn
def test_date_source_and_target_are_the_same_day(numbers: random.Random) -> None:
    example = TASKS["dates"].draw(numbers)
    plain = re.sub(r"^\w+day, |the |of |,|(?<=\d)(st|nd|rd|th)", "", example.source)
    day = next(datetime.strptime(plain, form) for form in ("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y") if fits(plain, form))
    assert example.target == f"{day:%Y-%m-%d}"
    if weekday := re.match(r"\w+day", example.source):
        assert weekday[0] == f"{day:%A}"
    assert [example.target[c:d] for _, (c, d) in sorted(example.links, key=lambda link: link[1])] == example.target.split("-")


def fits(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


@drawn
def test_number_words_equal_those_of_num2words(numbers: random.Random) -> None:
    english, french = TASKS["numbers-en"].draw(numbers), TASKS["numbers-fr"].draw(numbers)
    assert english.target == num2words(int(english.source)).replace(" and", "").replace(",", "")
    assert french.target == num2words(int(french.source), lang="fr")


@pytest.mark.parametrize(
    ("task", "source", "links"),
    [
        ("numbers-fr", "81", [("8", "quatre-vingt"), ("1", "-un")]),
        ("numbers-fr", "71", [("7", "soixante"), ("7", "onze"), ("1", "onze")]),
        ("numbers-en", "312", [("3", "three"), ("3", "hundred"), ("1", "twelve"), ("2", "twelve")]),
    ],
)
def test_links_of_digits_that_are_read_together(task: str, source: str, links: list[tuple[str, str]]) -> None:
    example = find(TASKS[task], lambda example: example.source == source)
    assert [(example.source[a:b], example.target[c:d]) for (a, b), (c, d) in example.links] == links


def find(task: Task, wanted) -> Example:  # type: ignore[no-untyped-def]
    numbers = random.Random(1)
    return next(example for _ in range(200_000) if wanted(example := task.draw(numbers)))


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("old tree", "vieil arbre"),
        ("old church", "vieille église"),
        ("new bird", "nouvel oiseau"),
        ("black house", "maison noire"),
        ("this bird", "cet oiseau"),
        ("this boat", "ce bateau"),
        ("this small bird", "ce petit oiseau"),
        ("my church", "mon église"),
        ("my old church", "ma vieille église"),
        ("the umbrella", "le parapluie"),
        ("the tree", "l'arbre"),
        ("an old", "un vie"),
        ("I admire", "J'admire"),
        ("I do not like", "Je n'aime pas"),
        ("does not sell", "ne vend pas"),
        ("We do not paint", "Nous ne peignons pas"),
        ("They see", "Ils voient"),
        ("The happy woman", "La femme heureuse"),
    ],
)
def test_grammar_translation_has_agreement_and_elision(english: str, french: str) -> None:
    match = find(TASKS["grammar"], lambda example: re.search(rf"\b{english}\b", example.source))
    assert french in match.target


@drawn
def test_grammar_links_everything_except_the_full_stop(numbers: random.Random) -> None:
    example = grammar.draw(numbers)
    for text, side in ((example.source, 0), (example.target, 1)):
        linked = {position for link in example.links for position in range(*link[side])}
        assert {text[position] for position in range(len(text)) if position not in linked} <= {" ", "."}


@given(st.integers(0, 2**32).map(random.Random), st.sampled_from([stories.draw, stories.unseen, stories.long]))
def test_a_summary_has_the_sum_of_the_heros_amounts(numbers: random.Random, draw: Draw) -> None:
    example = draw(numbers)
    told = re.fullmatch(r"(\w+) (\w+) (\d+) (\w+) at the (\w+)\.", example.target)
    assert told
    hero, verb, total, what, place = told.groups()
    linked: dict[str, list[str]] = {}
    for (a, b), (c, d) in example.links:
        linked.setdefault(example.target[c:d], []).append(example.source[a:b])
    assert sum(map(int, linked[total])) == int(total) and f"{len(linked[total])} amount" in example.kind
    assert set(linked[hero]) == {hero} and linked[place] == [place]
    assert set(linked[what]) <= {what, *stories.KINDS.get(what, ())} and (what in linked[what]) == (what not in stories.KINDS)
    (action,) = [action for action in stories.ACTIONS if action.summary == verb]
    assert set(linked[verb]) <= set(action.verbs)


@given(st.integers(0, 2**32).map(random.Random), st.sampled_from([stories.draw, stories.unseen, stories.long]))
def test_only_the_hero_is_linked_and_a_pronoun_means_the_person_named_last(numbers: random.Random, draw: Draw) -> None:
    example = draw(numbers)
    hero, *_, place = example.target.removesuffix(".").split(" ")
    amounts = [span for span, (c, d) in example.links if example.target[c:d].isdigit()]
    last, at = "", 0
    for sentence in re.findall(r"[^.]+\.", example.source):
        names = [word for word in re.findall(r"\w+", sentence) if word in stories.PEOPLE]
        pronouns = re.findall(r"\b(?:he|she)\b", sentence, re.IGNORECASE)
        subject = names[-1] if names else hero if pronouns else ""
        assert not pronouns or last == hero
        assert all(pronoun.lower() == ("he" if hero in stories.HE else "she") for pronoun in pronouns)
        acts = any(verb in sentence.split() for action in stories.ACTIONS for verb in action.verbs)
        linked = any(at <= start < at + len(sentence) for start, _ in amounts)
        assert linked == (acts and subject == hero)
        last, at = subject or last, at + len(sentence)
    assert ((hero, place) in stories.UNSEEN) == (draw is stories.unseen)


def test_one_pair_in_ten_is_never_in_training() -> None:
    assert len(stories.PAIRS) == 200 and len(stories.UNSEEN) == 20
    assert {sum(who == name for who, _ in stories.UNSEEN) for name in stories.PEOPLE} == {1}
    assert {sum(where == place for _, where in stories.UNSEEN) for place in stories.PLACES} == {2}
    shown = {(target.split(" ")[0], target.removesuffix(".").split(" ")[-1]) for _, target in TASKS["stories"].pairs("valid")}
    assert shown <= set(stories.SEEN)


@given(st.integers(0, 2**32).map(random.Random))
def test_a_story_has_3_to_9_sentences_and_a_long_one_still_fits_the_model(numbers: random.Random) -> None:
    assert 3 <= stories.draw(numbers).source.count(".") <= 9
    pieces = len(re.findall(r"\w+|[.,]", stories.long(numbers).source))
    assert pieces < MAX_PIECES


@pytest.mark.parametrize("attention", ["additive", "dot", "general", "none"])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_is_small_on_a_task(name: str, attention: str) -> None:
    architecture = ARCHITECTURES[name]
    chosen = {"attention": attention} if "attention" in architecture.own - architecture.fixed.keys() else {}
    model = Plan("reverse", model={"architecture": name, **chosen}).outline()
    assert sum(p.numel() for p in model.parameters()) < 1_100_000


def test_plan_prefers_chosen_values_to_those_of_the_task() -> None:
    plan = Plan("dates", model={"decoder_size": 32}, training={"learning_rate": 1e-3}, origin={"title": "Mine"})
    assert plan.model_config(400, 400).decoder_size == 32 and plan.train_config().learning_rate == 1e-3
    origin = plan.full_origin()
    assert origin.title == "Mine" and origin.source_language == "English dates" and "10,000 examples" in origin.trained_on
    with pytest.raises(ValueError, match="task must be one of reverse, sort, "):
        Plan("juggle").pairs()


@drawn
def test_a_spoken_digit_is_where_its_region_says(numbers: random.Random) -> None:
    example = TASKS["digits-spoken"].draw(numbers)
    utterance = Utterance.parse(example.source)
    assert example.target.split() == utterance.words
    assert list(example.regions) == utterance.spans and len(example.links) == len(utterance.words)
    for (start, end), (first, last) in example.links:
        assert example.source[start:end].split()[0] == example.target[first:last]
    assert utterance.voice not in spoken.UNSEEN_VOICES
    if utterance.voice == "ada":
        assert all(take == 12 for word, take in utterance.parts if word != PAUSE)


def test_splits_of_spoken_digits_need_recordings_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(voices.FOLDER)
    with pytest.raises(ValueError, match="this split needs recordings: fetch digits-spoken"):
        TASKS["digits-spoken"].examples("unseen-recordings")
    assert 7 <= len(TASKS["digits-spoken"].examples("long")[0].target.split()) <= 10


@drawn
def test_a_word_of_a_scene_is_linked_to_the_box_of_the_shape_that_it_names(numbers: random.Random) -> None:
    example = TASKS["scenes"].draw(numbers)
    shapes = {(shape.name, shape.x, shape.y): shape.box for shape in Scene.parse(example.source).shapes}
    assert len(example.links) == len(example.regions)
    for (source, target), region in zip(example.links, example.regions, strict=True):
        *name, x, y = example.source[slice(*source)].split()
        assert example.target[slice(*target)] == " ".join(name)
        assert region == shapes[" ".join(name), int(x), int(y)]
