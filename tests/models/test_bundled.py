"""The bundled checkpoints: valid, comparable, as good as in their cards, and correct on everyday sentences."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from seq2seq.analysis.inside.language_model import minimal_pairs
from seq2seq.data.synthetic import TASKS
from seq2seq.decoding.metrics import percent
from seq2seq.decoding.model_info import ModelInfo
from seq2seq.decoding.strategies import Beam, Greedy
from seq2seq.decoding.translator import Translator
from seq2seq.models.saved import checkpoint
from seq2seq.models.saved.checkpoint import ROOT, available
from seq2seq.runs import reports
from seq2seq.ui.kit import examples
from seq2seq.views.inside.language import PAIRS

TRANSLATING = [name for name in available() if ModelInfo.read(name).reads_source]
# Of sentences in files, not of examples of a task, and not letters or pictures.
OF_FILES = [n for n in TRANSLATING if ModelInfo.read(n).subject not in TASKS and not ModelInfo.read(n).kind.is_exact]
WRITING = [name for name in available() if name not in TRANSLATING]  # language models

README, MODELS = ((ROOT.parent / name).read_text(encoding="utf-8") for name in ("README.md", "assets/docs/models.md"))
FIRST = "en-fr-additive"  # the page opens with it
PAIR = [FIRST, "en-fr-plain"]  # they differ only in attention
PURE, CURE = "captions-de-en-teacher-forcing", "captions-de-en-scheduled-sampling"  # the first of three seeds each
EVERYDAY = {
    "Where is the station?": {"Où est la gare ?", "Où se trouve la gare ?"},
    "I forgot my umbrella at your house.": {
        f"J'ai oublié mon parapluie {place}."
        for place in ("chez toi", "chez vous", "à ta maison", "à votre maison", "dans ta maison", "dans votre maison")
    },
    "Thank you very much.": {"Merci beaucoup.", "Merci beaucoup !", "Je vous remercie beaucoup.", "Je te remercie beaucoup."},
    "I am hungry.": {"J'ai faim."},
    "What is your name?": {
        "Comment t'appelles-tu ?",
        "Comment vous appelez-vous ?",
        "Quel est ton nom ?",
        "Quel est votre nom ?",
    },
}

TYPED_FIRST = {
    "hello": {"bonjour", "salut"},
    "Hello world": {"Bonjour le monde", "Bonjour le monde !", "Bonjour tout le monde"},
    "Hello, how are you?": {f"Bonjour, comment {end} ?" for end in ("allez-vous", "vas-tu", "ça va")},
    "good morning": {"bonjour"},
    "My name is Anna and I live in Berlin.": {
        "Je m'appelle Anna et j'habite à Berlin.",
        "Je m'appelle Anna et je vis à Berlin.",
    },
    "I have 1,200 dollars.": {"J'ai 1 200 dollars."},
    "do you speak english": {f"{start} anglais{mark}" for start in ("parlez-vous", "parles-tu") for mark in ("", " ?")},
    "I love machine learning.": {"J'adore l'apprentissage automatique.", "J'aime l'apprentissage automatique."},
    "I don't know…": {"Je ne sais pas...", "Je l'ignore..."},
}


# Names that the model has not learned from; it is not right about all such names, see its card.
NAMES = {"Elizabeth": "エリザベス", "Maria": "マリア", "Olga": "オルガ", "Smith": "スミス", "Yuki": "ユキ"}


def results(name: str) -> dict[str, Any]:
    return json.loads((ROOT / name / "results.json").read_text(encoding="utf-8"))


def bleu(name: str, search: str) -> float:
    (found,) = [e["bleu"] for e in results(name)["evaluations"] if e["strategy"]["name"] == search]
    return found


@pytest.mark.parametrize("name", available())
def test_a_bundled_folder_is_complete_and_small_enough_for_a_space(name: str) -> None:
    files = {f.name: f.stat().st_size for f in (ROOT / name).iterdir()}
    assert sum(files.values()) < 10_000_000
    tokenizer = {"tokenizer.model"} if "tokenizer.model" in files else {"source.model", "target.model"}
    info = ModelInfo.read(name)
    exposure = {reports.EXPOSURE} if name in OF_FILES else set()
    named = {"README.md", "config.json", "model.safetensors", "results.json", *exposure, *tokenizer}
    assert files.keys() - {reports.ALIGNMENT, reports.COMPARISON, reports.REPLIES} == named
    assert "Not stated." not in (info.trained_on, info.attribution, info.licence)


@pytest.mark.parametrize("name", TRANSLATING)
def test_a_bundled_model_has_examples_of_its_own_and_finishes_them(name: str) -> None:
    translator = Translator.load(name)
    assert examples.of(translator.info)
    for sentence in examples.of(translator.info):
        assert translator.translate(sentence, Beam(5)).finished


@pytest.mark.parametrize("name", WRITING)
def test_a_language_model_is_as_good_as_its_card_says(name: str) -> None:
    (measured,) = results(name)["evaluations"]
    text = (ROOT / name / "README.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| `{name}` .*$", MODELS, re.MULTILINE)
    for figure in ("perplexity_per_piece", "perplexity_per_word"):
        assert row and f"{measured[figure]:.2f}" in row[0] and f"| {measured[figure]:.2f} |" in text
    assert measured["command"] in text and "A language model: reads no source" in text
    # The same sentences, measured in bfloat16 while training and in int8 matrices from the file.
    assert math.log(measured["perplexity_per_piece"]) == pytest.approx(results(name)["training"]["validation_loss"], rel=0.02)


def test_the_english_language_model_knows_most_minimal_pairs() -> None:
    rows = (ROOT.parent / "assets/inside/language/minimal-pairs.tsv").read_text(encoding="utf-8").splitlines()
    pairs = minimal_pairs(Translator.load("lm-en"), rows)
    right = sum(pair.is_right for pair in pairs)
    assert f"{right} of {len(pairs)}" in MODELS
    parts = [pair for pair in pairs if pair.right == "You say goodbye."]
    assert parts[0].log_prob_right - parts[0].log_prob_wrong > math.log(1000)


def test_the_french_language_model_prefers_the_right_sentence_of_most_of_the_views_pairs() -> None:
    writer = Translator.load("lm-fr")
    right = [writer.score("", pair.first).log_prob > writer.score("", pair.second).log_prob for pair in PAIRS["French"]]
    assert sum(right) >= 4


def test_bundled_pair_differs_only_in_attention() -> None:
    additive, plain = (checkpoint.load(name) for name in PAIR)
    assert additive.training == plain.training
    assert additive.tokenizer.files() == plain.tokenizer.files()
    sizes = [Translator(c).info.parameters for c in (additive, plain)]
    assert max(sizes) / min(sizes) < 1.01
    assert [Translator(c).info.has_attention for c in (additive, plain)] == [True, False]
    assert results(PAIR[0])["training"]["updates"] == results(PAIR[1])["training"]["updates"]


@pytest.mark.parametrize("strategy", [Greedy(), Beam(5)], ids=str)
@pytest.mark.parametrize("name", PAIR[:1])
@pytest.mark.parametrize("sentence", EVERYDAY)
def test_everyday_sentences_are_translated_correctly(sentence: str, name: str, strategy: object) -> None:
    assert Translator.load(name).translate(sentence, strategy).text in EVERYDAY[sentence]


@pytest.mark.parametrize("name", [FIRST, "en-fr-transformer"])
@pytest.mark.parametrize("sentence", TYPED_FIRST)
def test_what_visitors_type_first_is_translated_correctly(sentence: str, name: str) -> None:
    assert Translator.load(name).translate(sentence, Beam(5)).text in TYPED_FIRST[sentence]


@pytest.mark.parametrize("strategy", [Greedy(), Beam(5)], ids=str)
def test_unseen_names_are_written_in_katakana_correctly(strategy: object) -> None:
    translator = Translator.load("names-ja")
    for name, right in NAMES.items():
        assert translator.translate(name, strategy).text == right


def test_attention_beats_one_fixed_vector_and_most_so_where_sentences_are_long() -> None:
    for search in ("greedy", "beam"):
        assert bleu(FIRST, search) > bleu("en-fr-plain", search)
    assert results(PAIR[0])["evaluations"][1]["bleu_by_row"] >= 46
    additive, plain = (
        {(part["low"], part["high"]): part["bleu"] for e in results(name)["evaluations"][:1] for part in e["by_length"]}
        for name in PAIR
    )
    assert additive[11, 15] - plain[11, 15] > additive[1, 4] - plain[1, 4]


@pytest.mark.parametrize("name", TRANSLATING)
def test_card_and_readme_print_the_measured_figures(name: str) -> None:
    card = (ROOT / name / "README.md").read_text(encoding="utf-8")
    rows = "\n".join(re.findall(rf"^\| `{name}` .*$", MODELS, re.MULTILINE))
    evaluations = results(name)["evaluations"]
    assert evaluations
    for evaluation in evaluations:
        by_row = ("bleu_by_row", "chrf_by_row") if evaluation["rows"] > evaluation["sentences"] else ()
        exact = ModelInfo.read(name).kind.is_exact
        figures = [percent(evaluation[key]) for key in (("exact", "word_errors") if exact else ("bleu", "chrf", *by_row))]
        assert all(f"| {figure} |" in card and re.search(rf"\b{figure}\b", rows) for figure in figures)
        assert exact or evaluation["bleu_signature"] in card
        assert all(part in evaluation["command"] for part in evaluation["data"].split(", ")) and evaluation["command"] in card
    assert ModelInfo.read(name).attribution in card and "Seed 1;" in card


def test_the_captions_models_are_one_family_and_the_transformer_meets_its_goal() -> None:
    names = [name for name in available() if name.startswith("captions-de-en-")]
    models = [checkpoint.load(name) for name in names]
    assert len({m.tokenizer.source.model for m in models}) == 1
    sizes = [Translator(m).info.parameters for m in models]
    assert max(sizes) / min(sizes) < 1.06
    (found,) = [
        e["bleu"]
        for e in results("captions-de-en-transformer")["evaluations"]
        if e["data"] == "test_2016_flickr.tsv" and e["strategy"]["name"] == "beam"
    ]
    assert found >= 41.0


@pytest.mark.parametrize("name", OF_FILES)
def test_exposure_report_matches_the_card(name: str) -> None:
    found = reports.read_exposure(ROOT / name)
    assert found is not None
    summary, training = found["report"]["summary"], results(name)["training"]
    assert f"--model {name} --data {found['data']}" in found["command"]
    # The held-out pairs are the same, so the teacher-forced loss is, too, except for duplicates (left out in training) and
    # bfloat16.
    assert summary["loss_forced"] == pytest.approx(training["validation_loss"], rel=0.02)
    assert summary["accuracy_forced"] > summary["accuracy_free"] and summary["accuracy_gap_low"] > 0
    row = re.search(rf"^\| `{name}` \| {100 * summary['accuracy_forced']:.1f} \(.*$", MODELS, re.MULTILINE)
    assert row and f"| {100 * summary['accuracy_free']:.1f} (" in row[0]
    assert row[0].endswith(f"| {summary['loss_forced']:.2f} / {summary['loss_free']:.2f} |")


def test_cure_is_a_fair_comparison_and_readme_has_its_results() -> None:
    found = reports.read_comparison(ROOT / CURE)
    assert found is not None
    told, cured = found["recipes"]
    assert [run["model"] for recipe in (told, cured) for run in recipe["runs"][:1]] == [PURE, CURE]
    assert [run["seed"] for run in told["runs"]] == [run["seed"] for run in cured["runs"]] == [1, 2, 3]
    assert [run["updates"] for run in told["runs"]] == [run["updates"] for run in cured["runs"]]
    assert len({run["parameters"] for recipe in (told, cured) for run in recipe["runs"]}) == 1
    assert set(found["settings"][told["name"]]) == {"teacher_forcing_ratio", "teacher_forcing_schedule"}
    for recipe in (told, cured):
        summary = recipe["report"]["summary"]
        row = re.search(rf"^\| {recipe['name']} \| {100 * summary['accuracy_forced']:.1f} \(.*$", MODELS, re.MULTILINE)
        assert row and f"| {100 * summary['accuracy_free']:.1f} (" in row[0]
        for search in (0, 1):
            scores = [run["quality"][search]["bleu"] for run in recipe["runs"]]
            each = ", ".join(f"{score:.1f}" for score in scores)
            assert f"| {sum(scores) / 3:.1f} ({each}) |" in row[0]


@pytest.mark.parametrize("name", PAIR)
def test_the_readme_prints_the_pairs_bleu_by_length(name: str) -> None:
    rows = "\n".join(re.findall(rf"^\| `{name}` .*$", MODELS, re.MULTILINE))
    (beam,) = [e for e in results(name)["evaluations"] if e["strategy"]["name"] == "beam"]
    assert " | ".join(f"{part['bleu']:.1f}" for part in beam["by_length"]) in rows


def test_readme_configures_the_space() -> None:
    front = README.split("---")[1]
    requirement = re.search(r"gradio>=([\d.]+),<([\d.]+)", (ROOT.parent / "requirements.txt").read_text(encoding="utf-8"))
    version = re.search(r"sdk_version: ([\d.]+)", front)
    assert requirement and version
    assert version[1].startswith(requirement[1])
    assert "sdk: gradio" in front and Path(ROOT.parent / re.search(r"app_file: (\S+)", front)[1]).is_file()  # type: ignore[index]
