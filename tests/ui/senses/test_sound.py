"""Models of sounds are offered in their own view only; the view reads addresses, forms and events with distrust."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.small import make_checkpoint, make_model

from seq2seq.analysis.attribution import deletions
from seq2seq.config import ModelConfig
from seq2seq.data.synthetic import spoken
from seq2seq.decoding.strategies import Greedy
from seq2seq.decoding.translator import Translator
from seq2seq.files import ASSETS
from seq2seq.sources.sound import voices
from seq2seq.sources.sound.reader import SECONDS, samples, wav
from seq2seq.sources.text import Tokenizer
from seq2seq.ui.host.services import Services
from seq2seq.ui.senses.sound import COUNTS, FIRST, WINDOW, Sound, SoundRequest, payload

SAY = "ben; pause 100; four 0; pause 100; nine 1; pause 100"


@pytest.fixture(scope="module")
def hearer(tokenizer: Tokenizer) -> Translator:
    sizes = {"source_vocabulary": 310, "target_vocabulary": 310, "embedding_size": 16, "encoder_size": 12, "decoder_size": 24}
    return Translator(make_checkpoint(make_model(ModelConfig(source_kind="sound", attention="location", **sizes)), tokenizer))


@pytest.fixture(scope="module")
def view(small: Translator, hearer: Translator) -> Sound:
    infos = {"small": small.info, "hearer": hearer.info}
    return Sound(Services(infos, lambda name: hearer if name == "hearer" else small))


def form(**changed: Any) -> dict[str, Any]:
    return {"model": "hearer", "window": False, "digits": 4, "voice": "amy", **changed}


def event(content: bytes) -> Any:
    return SimpleNamespace(data="data:audio/wav;base64," + base64.b64encode(content).decode())


def test_an_address_opens_the_same_utterance_and_a_wrong_one_is_explained(view: Sound) -> None:
    for light in ("attention", "deletion"):
        request = SoundRequest(SAY, "hearer", window=True, light=light)
        assert view.read(dict(view.link(request)))[::2] == (request, [])
    opened, _, problems = view.read({"say": "amy; ten 4", "memory": "small", "light": "both"})
    assert opened == SoundRequest(FIRST, "hearer") and len(problems) == 3
    # The voices of a folder on the server are not for visitors.
    assert "there is no voice" in view.read({"say": "theo; four 12"})[2][0].lower()


@pytest.mark.parametrize("count", COUNTS)
def test_the_button_gives_other_digits_of_the_chosen_voice(view: Sound, count: int) -> None:
    first = view.request(form(voice="zoe", digits=count), None)
    second = view.request(form(voice="zoe", digits=count), first)
    assert first.say != second.say
    for request in (first, second):
        assert request.utterance.voice == "zoe" and len(request.utterance.words) == count
        assert view.fill(request) == form(voice="zoe", digits=count)
    with pytest.raises(ValueError, match="could not be read"):
        view.request(form(voice="theo"), None)
    with pytest.raises(ValueError, match="could not be read"):
        view.request(form(digits=1000), None)


def test_window_and_model_change_only_themselves(view: Sound) -> None:
    before = SoundRequest(SAY, "hearer", own=b"a sound")
    assert view.request(form(window=True), before) == SoundRequest(SAY, "hearer", window=True, own=b"a sound")
    assert view.with_model(form(), before) == (before, {})


def test_the_payload_has_the_trace_and_the_sound(view: Sound, hearer: Translator) -> None:
    data = json.loads(payload(view.services, SoundRequest(SAY, "hearer", window=True)))
    trace = hearer.translate(SAY, Greedy(window=WINDOW))
    assert data["places"] == len(trace.source) and data["text"] == trace.text
    for step, drawn in zip(trace.steps, data["steps"], strict=True):
        assert drawn["weights"] == pytest.approx(step.attention, abs=1e-4)
        start, end = drawn["window"]
        assert all(start <= (i + 0.5) * 0.05 <= end for i, weight in enumerate(step.attention or ()) if weight)
    assert [word["text"] for word in data["spoken"]] == ["four", "nine"] and data["right"] is False
    assert base64.b64decode(data["audio"].partition(",")[2]) == wav(samples(SAY))


def test_the_losses_are_the_engines_also_with_a_window(view: Sound, hearer: Translator) -> None:
    needs, start = view.events()["light"](SoundRequest(SAY, "hearer", window=True), SimpleNamespace(light="deletion")) or (0, 0)
    assert needs == SoundRequest(SAY, "hearer", window=True, light="deletion") and start == {"step": None, "play": False}
    data = json.loads(payload(view.services, needs))
    losses = deletions(hearer, hearer.translate(SAY, Greedy(window=WINDOW)), hearer.source_ids(SAY))
    for step, expected in zip(data["steps"], losses, strict=True):
        assert step["losses"] == pytest.approx(expected, abs=1e-4)
    assert view.request(form(voice="zoe", window=True), needs).light == "deletion"


def test_a_sound_of_the_visitor_is_read_from_its_bytes_and_named_in_no_address(view: Sound, hearer: Translator) -> None:
    content = wav(samples(SAY))
    request, _ = view.events()["own"](SoundRequest(SAY, "hearer"), event(content)) or (None, None)
    assert request == SoundRequest(SAY, "hearer", own=content)
    data = json.loads(payload(view.services, request))
    assert data["text"] == hearer.translate(content).text
    assert data["spoken"] is data["right"] is data["voice"] is None and SAY not in dict(data["link"]).values()


@pytest.mark.parametrize("wrong", [None, 5, "data:audio/wav;base64,%%%", "x" * 41_000_000])
def test_an_unreadable_event_gets_a_sentence(view: Sound, wrong: Any) -> None:
    with pytest.raises(ValueError, match="could not be read"):
        view.events()["own"](SoundRequest(SAY, "hearer"), SimpleNamespace(data=wrong))  # type: ignore[arg-type]


def test_silence_of_the_visitor_gets_a_sentence(view: Sound) -> None:
    silent = wav(np.zeros(voices.RATE, np.float32))
    with pytest.raises(ValueError, match="nothing to hear"):
        payload(view.services, SoundRequest(SAY, "hearer", own=silent))


def test_the_explanation_names_the_voices_that_training_never_heard() -> None:
    text = " ".join((ASSETS / "senses" / "sound" / "sound.html").read_text(encoding="utf-8").split())
    unseen = ", ".join(sorted(spoken.UNSEEN_VOICES))
    assert f"in {len(voices.ours())} voices; four of them ({unseen}) were never heard in training" in text
    back, ahead = (positions * SECONDS for positions in WINDOW)
    assert f"only places from {back:.1f} s before to {ahead:.1f} s after the last heaviest one" in text
