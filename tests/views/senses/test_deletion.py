"""What a word needs, as plain values: shares of the losses, and true sentences that compare them with attention."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seq2seq.analysis.agreement import NOTICEABLE
from seq2seq.analysis.attribution import deletions
from seq2seq.decoding.translator import Translator
from seq2seq.sources.picture.scene import Scene
from seq2seq.trace import DecodingTrace
from seq2seq.views.matrix import percent
from seq2seq.views.senses import pictures, sound
from seq2seq.views.senses.deletion import Deletion, shares
from seq2seq.views.senses.spans import probability

SCENE = "light; large blue square 16 16; small red star 46 14"
RED = 9  # a step


@pytest.fixture(scope="module")
def scenes() -> tuple[DecodingTrace, Deletion]:
    translator = Translator.load("scenes")
    source, trace = translator.source_ids(SCENE), translator.translate(SCENE)
    return trace, Deletion(translator.regions(source), deletions(translator, trace, source))


def text(spans: list[dict[str, str]]) -> str:
    return "".join(span["text"] for span in spans)


def changed(deletion: Deletion, step: int, losses: list[float]) -> Deletion:
    return replace(deletion, losses=[losses if i == step else row for i, row in enumerate(deletion.losses)])


def test_shares_are_the_positive_losses_and_a_small_loss_is_no_need() -> None:
    assert shares([-1.0, 0.5, 2.0]) == [0, 0.25, 1]
    assert shares([-1.0, NOTICEABLE / 2]) == shares([-1.0, -2.0]) == [0, 0]


def test_a_picture_has_the_losses_of_each_word(scenes: tuple[DecodingTrace, Deletion]) -> None:
    trace, deletion = scenes
    drawn = pictures.view(trace, Scene.parse(SCENE), deletion)
    for step, losses in zip(drawn["steps"], deletion.losses, strict=False):  # the end mark is not drawn
        assert step["losses"] == pytest.approx(losses, abs=1e-4) and step["needed"] == pytest.approx(shares(losses), abs=1e-4)
        assert step["p"] == step["candidates"][0]["p"]  # greedy
    assert all("losses" not in step for step in pictures.view(trace, None)["steps"])


def test_a_sentence_names_what_is_hidden_the_loss_and_both_probabilities(scenes: tuple[DecodingTrace, Deletion]) -> None:
    trace, deletion = scenes
    at = [step.piece for step in trace.steps].index("▁red")
    step, losses = trace.steps[at], deletion.losses[at]
    place = max(range(64), key=losses.__getitem__)
    said = text(pictures.said(trace, step, Scene.parse(SCENE).shapes, deletion))
    assert f"Without row {place // 8 + 1}, column {place % 8 + 1} and its neighbours on the small red star, “red” would" in said
    before, after = probability(step.log_prob), probability(step.log_prob - losses[place])
    assert f"lose {losses[place]:.2f} nats (probability {before} → {after})" in said


def test_a_sentence_says_whether_attention_agrees(scenes: tuple[DecodingTrace, Deletion]) -> None:
    trace, deletion = scenes
    step = trace.steps[RED]
    weights = list(step.attention or ())
    looked = max(range(64), key=weights.__getitem__)
    other = (looked + 30) % 64
    place = f"row {looked // 8 + 1}, column {looked % 8 + 1} ({percent(weights[looked])})"
    for at_looked, ending in (
        (2.0, f"Attention agrees: it has its most weight there ({percent(weights[looked])})."),
        (0.6, f"Attention agrees: its heaviest place is {place}, and hiding that costs 0.60 nats."),
        (0.4, f"Attention disagrees: its heaviest place is {place}, and hiding that costs 0.40 nats."),
        (0.001, f"Attention disagrees: its heaviest place is {place}, and hiding that costs less than 0.01 nats."),
        (-0.3, f"Attention disagrees: its heaviest place is {place}, and hiding that gains 0.30 nats."),
    ):
        losses = [0.0] * 64
        losses[other], losses[looked] = 1.0, at_looked
        assert text(pictures.said(trace, step, (), changed(deletion, RED, losses))).endswith(ending)
    word = step.piece.strip("▁")
    for most, ending in ((0.03, "at most 0.03 nats"), (-0.2, "less than 0.01 nats")):
        said = text(pictures.said(trace, step, (), changed(deletion, RED, [most] * 64)))
        assert f"No place is needed on its own: whichever is hidden, with its neighbours, “{word}” loses {ending}." in said


def test_a_sentence_about_a_sound_names_seconds_and_spoken_words() -> None:
    translator, say = Translator.load("spoken-digits"), "ben; pause 150; three 0; pause 250; eight 1; pause 200"
    source, trace = translator.source_ids(say), translator.translate(say)
    losses = [[0.0] * len(trace.source) for _ in trace.steps]
    losses[0][10] = losses[-1][10] = 1.0
    deletion = Deletion(translator.regions(source), losses)
    spoken = [sound.Spoken("three", 0.2, 0.45), sound.Spoken("eight", 0.6, 0.9)]
    drawn = sound.view(trace, spoken, deletion)
    assert "Without 0.40 s to 0.65 s, where the voice says “three” and “eight”, “three” would lose 1.00 nats" in text(
        drawn["said"][1]
    )
    assert "“eight”, the end would lose 1.00 nats" in text(drawn["said"][-1])
    assert "Without 0.40 s to 0.65 s, “three” would" in text(sound.view(trace, None, deletion)["said"][1])
    assert drawn["steps"][0]["needed"] == [float(i == 10) for i in range(len(trace.source))]
