"""The view Stories without a browser: its stories, its addresses, and a page without a model of stories."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from seq2seq.decoding.model_info import ModelInfo
from seq2seq.decoding.translator import Translator
from seq2seq.ui.app import create_app
from seq2seq.ui.host.services import Services
from seq2seq.ui.senses.stories import FIRST, OURS, Stories, StoryRequest, another, ours, payload


@pytest.fixture(scope="module")
def summing() -> Services:
    return Services({"stories": ModelInfo.read("stories")}, Translator.load)


def test_the_payload_has_the_story_and_knows_the_right_summary_of_ours(summing: Services) -> None:
    example = Stories(summing).first_sight("stories")
    assert example.text == list(ours())[FIRST] and ours()[example.text].startswith("Lucy bought 12 toys")
    data = json.loads(payload(summing, example, step=2, play=False))
    assert data["right"] == ours()[example.text] and data["start"] == {"step": 2, "play": False}
    assert [" ".join(row) for row in data["rows"][:-1]] == [f"{part}." for part in example.text.removesuffix(".").split(". ")]
    changed = replace(example, text=example.text.replace("7", "8"))
    assert json.loads(payload(summing, changed))["right"] is None


def test_another_story_is_one_of_ours_and_the_stories_go_round(summing: Services) -> None:
    request, seen = Stories(summing).first_sight("stories"), set()
    for _ in range(OURS):
        request = another(request)
        seen.add(request.text)
    assert seen == set(ours()) and request.text == list(ours())[FIRST]
    typed = Stories(summing).request({"text": "Max ran.", "model": "stories"}, request)
    assert another(typed).text == another(request).text


def test_lines_of_a_typed_story_become_one_text_and_an_address_opens_it(summing: Services) -> None:
    stories = Stories(summing)
    request = stories.request({"text": "Max went home.\n He saw 2 ducks. ", "model": "stories"}, None)
    assert request == StoryRequest("Max went home. He saw 2 ducks.", "stories")
    opened, values, problems = stories.read({**dict(stories.link(request)), "step": "3"})
    assert (opened, stories.start(opened, values, []), problems) == (request, {"step": 3, "play": False}, [])


def test_a_page_without_a_model_of_stories_says_how_to_get_one(services: Services) -> None:
    parts = create_app(services).get_config_file()["components"]
    texts = [str(part["props"].get("value")) for part in parts if part["type"] == "markdown"]
    assert any("No model of stories is installed" in text for text in texts)
