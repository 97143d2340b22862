"""An utterance is one line of text, and always the same sound."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.sources.sound import voices
from seq2seq.sources.sound.utterance import PAUSE, SETTINGS, Utterance
from seq2seq.sources.sound.voices import RATE, WORDS

PARTS = st.one_of(st.tuples(st.sampled_from(WORDS), st.integers(0, 2)), st.tuples(st.just(PAUSE), st.integers(1, 900)))
UTTERANCES = st.builds(
    Utterance,
    st.sampled_from(sorted(voices.ours())),
    st.lists(PARTS, min_size=1, max_size=5).map(tuple),
    **{name: st.integers(low, high) for name, (low, high, _) in SETTINGS.items()},
)


@given(UTTERANCES)
def test_the_line_of_text_gives_the_same_utterance_and_sound(utterance: Utterance) -> None:
    again = Utterance.parse(str(utterance))
    assert again == utterance
    sound = utterance.sound()
    assert np.array_equal(sound, again.sound()) and np.abs(sound).max() <= 1
    for start, end in utterance.spans:
        assert 0 <= start < end <= len(sound) / RATE + 0.01
    assert len(utterance.spans) == len(utterance.words)


def test_a_word_is_heard_where_its_span_says() -> None:
    utterance = Utterance.parse("amy; pause 300; four 0; pause 400; nine 2; pause 100; speed 80")
    sound = utterance.sound()
    heard = np.zeros(len(sound), bool)
    for start, end in utterance.spans:
        heard[int(start * RATE) : int(end * RATE) + 1] = True
    assert np.abs(sound[~heard]).max() < 0.02 < np.abs(sound[heard]).max()
    said = sum(len(voices.clip("amy", *part)) for part in (("four", 0), ("nine", 2)))
    assert len(sound) == pytest.approx((0.8 * RATE + said) / 0.8, abs=2)


def test_noise_is_as_loud_as_said_and_an_echo_lasts() -> None:
    plain, noisy, echo = (Utterance.parse(f"ben; seven 1; pause 200{more}").sound() for more in ("", "; noise 20", "; room 50"))
    level = np.sqrt(np.mean(plain[plain != 0] ** 2))
    assert np.sqrt(np.mean((noisy - plain) ** 2)) == pytest.approx(level / 10, rel=0.02)
    assert np.abs(plain[-800:]).max() == 0 < np.abs(echo[-800:]).max()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "an utterance is a voice and 1 to 45 parts"),
        ("amy", "an utterance is a voice and 1 to 45 parts"),
        ("amy; noise 20", "needs a digit or a pause"),
        ("amy; ten 1", "'ten 1' is not a part of an utterance: write zero, one, "),
        ("amy; four", "the number of 'four' must be between 0 and 999, not ''"),
        ("amy; four 99999", "the number of 'four' must be between 0 and 999"),
        ("amy; four ²", "the number of 'four' must be between 0 and 999"),
        ("amy; pause 0", "the number of 'pause' must be between 1 and 3000"),
        ("amy; four 0; speed 500", "the number of 'speed' must be between 70 and 140"),
        ("amy; " + "; ".join(["four 0"] * 46), "1 to 45 parts"),
        ("amy; " + "; ".join(["pause 3000"] * 11), "the utterance lasts 33 s; please keep to 30 s"),
        ("nobody; four 0", "there is no recording 0 of 'four' by the voice 'nobody'; the voices are amy, ben, "),
        ("../../etc/passwd; four 0", "there is no recording 0"),
        ("amy; four 3", "there is no recording 3 of 'four' by the voice 'amy'"),
    ],
)
def test_a_wrong_line_gets_a_sentence(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        Utterance.parse(line).sound()


def test_a_folder_adds_voices_with_all_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for digit, word in enumerate(WORDS):
        soundfile.write(tmp_path / f"{digit}_ada_12.wav", np.pad(voices.clip("amy", word, 1), 800), RATE)
    shutil.copy(tmp_path / "7_ada_12.wav", tmp_path / "7_ada_13.wav")  # the other digits of take 13 are missing
    shutil.copy(tmp_path / "7_ada_12.wav", tmp_path / "7_amy_50.wav")
    monkeypatch.setenv(voices.FOLDER, str(tmp_path))
    assert voices.recorded() == {"ada": (12,)}
    assert voices.clip("ada", "seven", 12) == pytest.approx(voices.clip("amy", "seven", 1), abs=1e-3)
    with pytest.raises(ValueError, match="no recording 13"):
        voices.clip("ada", "seven", 13)
    soundfile.write(tmp_path / "8_ada_12.wav", np.zeros(100), 16_000)
    with pytest.raises(ValueError, match=r"8_ada_12\.wav must be a recording of 8,000 samples per second"):
        voices.clip("ada", "eight", 12)
    monkeypatch.setenv(voices.FOLDER, str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="must name a folder of recordings"):
        voices.recorded()
