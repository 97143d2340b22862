"""Many models: known at start, loaded on first use, and offered in a fixed order with suitable examples."""

from __future__ import annotations

import logging
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier

import pytest
from safetensors.torch import load_file, save_file
from support.small import make_checkpoint, make_info, make_model, small_config

from seq2seq.decoding.model_info import ModelInfo
from seq2seq.decoding.strategies import Beam, Greedy
from seq2seq.decoding.translator import Translator
from seq2seq.models.saved import checkpoint
from seq2seq.ui.app import faults_of
from seq2seq.ui.host import services
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.form import menu

# --- services --------------------------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path, tokenizer, monkeypatch):
    """Install three models: a, b and the preferred one."""
    for name in ("a", "b", services.PREFERRED):
        checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), tmp_path / name)
    monkeypatch.setattr(checkpoint, "ROOT", tmp_path)
    monkeypatch.setattr(checkpoint.available, "__defaults__", (tmp_path,))
    return tmp_path


@pytest.fixture
def loaded(monkeypatch):
    """Record the names of the models whose weights are read."""
    names = []
    read = checkpoint.load
    monkeypatch.setattr(checkpoint, "load", lambda name: names.append(name) or read(name))
    return names


def test_at_the_start_every_model_is_known_and_the_preferred_one_loaded(root, loaded):
    found = Services.load()
    assert list(found.infos) == [services.PREFERRED, "a", "b"] and found.first == services.PREFERRED
    assert loaded == [services.PREFERRED]
    assert found.translator("b").translate("the old man").steps
    assert found.translator("b") is found.translator("b")
    assert loaded == [services.PREFERRED, "b"]


def test_info_before_loading_equals_the_loaded_models(root):
    for name in ("a", services.PREFERRED):
        assert ModelInfo.read(name) == Translator.load(name).info


def test_equal_requests_use_a_bounded_cache(root, monkeypatch):
    asked = []
    translate = Translator.translate
    monkeypatch.setattr(Translator, "translate", lambda self, *what: asked.append((self.name, *what)) or translate(self, *what))
    found = Services.load()
    first = found.translate("a", "the old man")
    assert found.translate("a", "the old man") is first and len(asked) == 1
    forced = first.steps[0].candidates[1].token
    others = [
        found.translate("b", "the old man"),
        found.translate("a", "the old woman"),
        found.translate("a", "the old man", Beam(2)),
        found.translate("a", "the old man", Greedy(), [forced]),
    ]
    assert len(asked) == 5 and others[3].steps[0].token == forced
    assert others == [translate(found.translator(name), *what) for name, *what in asked[1:]]
    monkeypatch.setattr(services, "MOST_REMEMBERED", len(first.source) + len(first.steps))
    found = Services.load()
    for text in ("the old man", "the old man", "the old woman", "the old man"):
        found.translate("a", text)
    assert [what[1] for what in asked[5:]] == ["the old man", "the old woman", "the old man"]


def test_bad_text_is_refused_every_time(root):
    found = Services.load()
    for text in ("", "", ["the old man"], None):
        with pytest.raises(ValueError, match=r"nothing to translate|is text|text"):
            found.translate("a", text)
    with pytest.raises(ValueError, match="There is no model “c”"):
        found.translate("c", "the old man")


def test_a_malformed_folder_is_logged_and_left_out(root, caplog):
    (root / "a" / "config.json").write_text("{")
    with caplog.at_level(logging.ERROR):
        assert list(Services.load().infos) == [services.PREFERRED, "b"]
    assert "checkpoint 'a' cannot be used: config.json is not JSON text" in caplog.text


def test_folder_fault_is_shown_on_the_page_and_on_use(root):
    (root / "a" / "config.json").write_text('{"a": ' * 10_000)
    (root / "b" / "tokenizer.model").unlink()
    shutil.copytree(root / services.PREFERRED, root / "c")
    (root / "c" / "config.json").unlink()
    os.truncate(shutil.copytree(root / services.PREFERRED, root / "d") / "model.safetensors", 9000)
    found = Services.load()
    assert list(found.infos) == [services.PREFERRED]
    wrong = {"a": "config.json is not JSON text", "b": "tokenizer.model is missing", "c": "config.json is missing"}
    assert {name: found.faults[name] for name in wrong} == wrong
    assert found.faults["d"].startswith("model.safetensors is truncated or of another kind")
    line = faults_of(found)
    assert line.startswith("4 models are installed here but cannot be used: “a” (config.json is not JSON text); “b” (")
    assert str(root) not in line
    for name in wrong:
        with pytest.raises(ValueError, match=f"The model “{name}” cannot be used here: {wrong[name]}"):
            found.info(name)


def test_without_faults_there_is_no_message(root):
    assert faults_of(Services.load()) == ""


def test_bad_weights_are_reported_on_use_only(root):
    state = load_file(root / "a" / "model.safetensors")
    save_file({**state, "output.bias": state["output.bias"] * float("nan")}, root / "a" / "model.safetensors")
    found = Services.load()
    assert faults_of(found) == ""  # the weights have not been read yet
    for _ in range(2):
        with pytest.raises(ValueError, match=r"“a” cannot be used here: model\.safetensors holds numbers that are not finite"):
            found.translator("a")
    assert found.translator("b").name == "b"
    assert "One model is installed here but cannot be used: “a” (model.safetensors holds" in faults_of(found)
    save_file(state, root / "a" / "model.safetensors")
    assert found.translator("a").name == "a" and faults_of(found) == ""


def test_first_model_with_bad_weights_is_replaced_by_the_next(root, caplog):
    os.truncate(root / services.PREFERRED / "model.safetensors", 100)
    assert Services.load().first == "a"
    assert f"checkpoint '{services.PREFERRED}' cannot be used" in caplog.text


def test_start_without_usable_models_raises_an_error(root):
    for folder in root.iterdir():
        (folder / "model.safetensors").unlink()
    with pytest.raises(ValueError, match="no model could be loaded"):
        Services.load()


def test_parallel_requests_share_one_loading():
    visitors = 8
    loads, together = [], Barrier(visitors)

    def load(name):
        loads.append(name)
        for _ in range(100):
            time.sleep(0)  # let other threads run, which could enter without a lock
        return object()

    found = Services({"a": make_info("a")}, load)

    def ask(_):
        together.wait()
        return found.translator("a")

    with ThreadPoolExecutor(visitors) as pool:
        given = list(pool.map(ask, range(visitors)))
    assert loads == ["a"] and len(set(map(id, given))) == 1


def test_loading_one_model_does_not_block_another():
    found: Services

    def load(name):
        return (name, found.translator("b")) if name == "a" else name

    found = Services({"a": make_info("a"), "b": make_info("b")}, load)
    assert found.translator("a") == ("a", "b")


def test_unknown_name_lists_the_choices():
    with pytest.raises(ValueError, match=r"There is no model “c”\. There are: a, b\."):
        Services({"a": make_info("a"), "b": make_info("b")}).translator("c")


# --- menu ------------------------------------------------------------------------------------------------------------

INFOS = {
    found.name: found
    for found in [
        make_info("captions-de-en-dot", "German", "English", "GRU encoder-decoder, dot attention"),
        make_info("captions-de-en-lstm", "German", "English", "LSTM encoder-decoder, no attention"),
        make_info("captions-en-fr-additive", "English", "French", "GRU encoder-decoder, additive attention"),
        make_info("en-es-additive", "English", "Spanish", "GRU encoder-decoder, additive attention"),
        make_info("en-fr-additive", "English", "French", "GRU encoder-decoder, additive attention"),
        make_info("en-fr-plain", "English", "French", "GRU encoder-decoder, no attention"),
        make_info("fr-en-additive", "French", "English", "GRU encoder-decoder, additive attention"),
    ]
}


def test_preferred_model_is_first_and_directions_are_grouped():
    assert list(menu.ordered(INFOS, "en-fr-additive")) == [
        *("en-fr-additive", "en-fr-plain", "en-es-additive", "fr-en-additive"),
        *("captions-en-fr-additive", "captions-de-en-dot", "captions-de-en-lstm"),
    ]
    assert list(menu.ordered({"b": make_info("b"), "a": make_info("a")}, "not installed")) == ["a", "b"]


def test_label_has_direction_subject_and_architecture():
    labels = {name: text for text, name in menu.labels(INFOS)}
    assert labels["en-fr-additive"] == "English → French: GRU, additive attention"
    assert labels["captions-en-fr-additive"] == "English → French, captions: GRU, additive attention"
    assert len(set(labels.values())) == len(INFOS)


def test_equal_labels_get_the_model_name():
    texts = [text for text, _ in menu.labels({"mine": make_info("mine"), "yours": make_info("yours")})]
    assert texts == [f"English → French: GRU ({name})" for name in ("mine", "yours")]


# --- examples --------------------------------------------------------------------------------------------------------


def test_no_sentence_is_an_example_twice():
    sentences = [sentence for group in examples.EXAMPLES.values() for sentence in group]
    assert len(set(sentences)) == len(sentences) and all(examples.EXAMPLES.values())


def test_example_is_replaced_by_one_of_the_new_model():
    for old, new in pairwise(INFOS.values()):
        own = examples.of(new)
        for sentence in examples.of(old):
            assert examples.fitting(sentence, new) == (sentence if sentence in own else own[0])


def test_a_visitors_sentence_stays_whatever_the_model():
    for found in INFOS.values():
        assert examples.fitting("My own sentence.", found) == "My own sentence."


def test_model_without_examples_keeps_the_sentence():
    finnish = make_info("fi-en", "Finnish", "English")
    assert examples.of(finnish) == () and examples.fitting(examples.FIRST, finnish) == examples.FIRST
