"""Models of pictures are offered in their own view only; the view reads addresses and events with distrust."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from PIL import Image
from support.small import make_checkpoint, make_model

from seq2seq.analysis.attribution import deletions
from seq2seq.config import ModelConfig
from seq2seq.decoding.translator import Translator
from seq2seq.sources.text import Tokenizer
from seq2seq.ui.app import create_app
from seq2seq.ui.host.services import Services
from seq2seq.ui.senses.pictures import FIRST, OURS, PictureRequest, Pictures, payload

SCENE = "dark; small green ring 12 50"


@pytest.fixture(scope="module")
def seeing(small: Translator, tokenizer: Tokenizer) -> Services:
    """Services with a model of text and an untrained model of pictures."""
    sizes = {"source_vocabulary": 310, "target_vocabulary": 310, "embedding_size": 16, "decoder_size": 24}
    config = ModelConfig(architecture="pointwise", source_kind="picture", attention_size=8, **sizes)
    seer = Translator(make_checkpoint(make_model(config), tokenizer))
    return Services({"small": small.info, "seer": seer.info}, lambda name: seer if name == "seer" else small)


@pytest.fixture(scope="module")
def view(seeing: Services) -> Pictures:
    return Pictures(seeing)


def test_a_model_of_pictures_is_in_no_menu_of_translation_models(seeing: Services) -> None:
    assert list(seeing.infos) == ["small"] and list(seeing.readers("picture")) == ["seer"]
    for use in (seeing.info, seeing.translator):
        with pytest.raises(ValueError, match="reads a picture, not text: open it in the tab Senses"):
            use("seer")
    with pytest.raises(ValueError, match=r"There is no model that reads a picture “small”\. There are: seer\."):
        seeing.reader("small", "picture")


def test_an_address_opens_the_same_scene(view: Pictures) -> None:
    for request in (PictureRequest(SCENE, "seer"), PictureRequest(SCENE, "seer", light="deletion")):
        opened, _, problems = view.read(dict(view.link(request)))
        assert (opened, problems) == (request, [])
    assert "light" not in dict(view.link(PictureRequest(SCENE, "seer")))
    opened, _, problems = view.read({"scene": "dark; a cat", "sees": "small", "step": "1", "light": "<b>"})
    assert opened == PictureRequest(FIRST, "seer") and len(problems) == 3
    assert problems[-1] == "In this address, “light” should be attention or deletion, not “<b>”."


def test_the_button_shows_one_scene_after_another(view: Pictures) -> None:
    request, seen = PictureRequest(SCENE, "seer", own=b"a picture", light="deletion"), set()
    for _ in range(OURS):
        request = view.request({"model": "seer"}, request)
        seen.add(request.scene)
        assert not request.own and request.light == "deletion"  # the light stays as it is
    assert len(seen) == OURS


def test_the_payload_has_the_picture_and_its_scene(seeing: Services) -> None:
    data = json.loads(payload(seeing, PictureRequest(SCENE, "seer")))
    assert data["scene"] == {
        "ground": "dark",
        "shapes": [{"size": "small", "colour": "green", "shape": "ring", "x": 12, "y": 50}],
    }
    assert data["media"].startswith("data:image/png;base64,") and data["right"] == "a small green ring"
    assert data["unseen"] == [] and not data["touch"]
    touching = "light; small purple star 20 20; small red star 24 24"
    data = json.loads(payload(seeing, PictureRequest(touching, "seer")))
    assert data["touch"] and data["unseen"] == ["small purple star"]


def test_events_of_the_client_are_read_with_distrust(view: Pictures, seeing: Services) -> None:
    events, answer = view.events(), PictureRequest(SCENE, "seer")
    changed, _ = events["scene"](answer, SimpleNamespace(scene="light;  small red star 20 20"))  # type: ignore[misc, arg-type]
    assert changed.scene == "light; small red star 20 20"
    for scene in (None, 3, ["light"], "light; " + "x" * 500, "light; <b>"):
        with pytest.raises(ValueError, match=r"could not be read|is not a shape"):
            events["scene"](answer, SimpleNamespace(scene=scene))  # type: ignore[arg-type]
    for data in (None, 7, "data:image/png;base64,???", {"a": 1}):
        with pytest.raises(ValueError, match="could not be read"):
            events["own"](answer, SimpleNamespace(data=data))  # type: ignore[arg-type]
    svg = "data:image/svg+xml;base64," + base64.b64encode(b"<svg onload='alert(1)'/>").decode()
    own, _ = events["own"](answer, SimpleNamespace(data=svg))  # type: ignore[misc, arg-type]
    with pytest.raises(ValueError, match="not a picture that can be read"):
        payload(seeing, own)


def test_the_light_is_switched_by_an_event_and_its_losses_are_the_engines(view: Pictures, seeing: Services) -> None:
    events, request = view.events(), PictureRequest(SCENE, "seer")
    needs, start = events["light"](request, SimpleNamespace(light="deletion"))  # type: ignore[misc, arg-type]
    assert needs == replace(request, light="deletion") and start == {"step": None, "play": False}
    for light in (None, 1, ["deletion"], "other"):
        with pytest.raises(ValueError, match="could not be read"):
            events["light"](request, SimpleNamespace(light=light))  # type: ignore[arg-type]
    seer = seeing.reader("seer", "picture")
    losses = deletions(seer, seer.translate(SCENE), seer.source_ids(SCENE))
    with_losses, without = (json.loads(payload(seeing, each)) for each in (needs, request))
    assert (with_losses["light"], without["light"]) == ("deletion", "attention")
    for step, expected in zip(with_losses["steps"], losses, strict=False):
        assert step["losses"] == pytest.approx(expected, abs=1e-4)
    assert not any("losses" in step for step in without["steps"])  # computed only when asked for


def test_an_own_picture_is_described_and_is_in_no_address(view: Pictures, seeing: Services) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (90, 40), "red").save(buffer, "PNG")
    url = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    own, _ = view.events()["own"](PictureRequest(SCENE, "seer"), SimpleNamespace(data=url))  # type: ignore[misc, arg-type]
    data = json.loads(payload(seeing, own))
    assert data["scene"] is None and data["right"] is None and not data["touch"]
    assert view.link(own) == [("sees", "seer")]


def test_without_a_model_of_pictures_the_view_says_how_to_train_one(services: Services) -> None:
    texts = [block["props"].get("value") for block in create_app(services).config["components"]]
    assert any("train --task scenes" in text for text in texts if isinstance(text, str))
