"""A sound file of any usual kind gives the same spectrogram; everything else gets a sentence."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import soundfile
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from seq2seq.sources.sound import reader
from seq2seq.sources.sound.front import FRAMES
from seq2seq.sources.sound.reader import MAX_SECONDS, SoundReader, samples, wav
from seq2seq.sources.sound.spectrogram import BANDS, FLOOR, HOP, WINDOW, log_mel
from seq2seq.sources.sound.voices import RATE

LINE = "amy; pause 100; four 0; pause 150; nine 1; pause 100"


def file(sound: np.ndarray, rate: int = RATE, kind: str = "WAV", subtype: str | None = None, channels: int = 1) -> bytes:
    """Return a file with the sound, given at RATE, at another `rate`."""
    moments = np.arange(0, len(sound) / RATE, 1 / rate)
    stretched = np.interp(moments, np.arange(len(sound)) / RATE, sound)
    buffer = io.BytesIO()
    soundfile.write(buffer, np.stack([stretched] * channels, 1), rate, subtype, format=kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "subtype", "rate", "channels"),
    [
        *(
            ("WAV", "PCM_16", 8_000, 1),
            ("WAV", "PCM_24", 44_100, 2),
            ("WAV", "FLOAT", 192_000, 1),
            ("WAV", "PCM_U8", 16_000, 1),
        ),
        *(("FLAC", None, 48_000, 2), ("OGG", "VORBIS", 22_050, 1), ("MP3", None, 44_100, 2), ("AIFF", "PCM_16", 11_025, 1)),
    ],
)
def test_every_kind_of_file_is_the_same_sound(kind: str, subtype: str | None, rate: int, channels: int) -> None:
    sound = samples(LINE)
    plain = samples(wav(sound))
    other = samples(file(sound, rate, kind, subtype, channels))
    size = min(len(plain), len(other))
    # Coders of MP3 and OGG add some silence, which is cut off in blocks of 20 ms; so compare the energy in time.
    energies = [np.convolve(x[:size] ** 2, np.ones(800), "same") for x in (plain, other)]
    assert np.corrcoef(*energies)[0, 1] > 0.97


def test_the_spectrogram_has_a_frame_every_12_ms_and_shows_a_tone_in_its_band() -> None:
    tones = [np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE) for hertz in (300, 1000, 3000)]
    found = log_mel(np.concatenate(tones))
    assert found.shape == (1 + (3 * RATE - WINDOW) // HOP, BANDS) and found.dtype == np.float32
    loudest = [int(found[i * 80 + 40].argmax()) for i in range(3)]
    assert loudest == sorted(loudest) and len(set(loudest)) == 3
    assert found.mean(0) == pytest.approx(0, abs=1e-4)
    assert np.ptp(found, axis=0).max() <= FLOOR + 1e-4


@given(st.floats(0.05, 1.0))
def test_loudness_does_not_matter(gain: float) -> None:
    sound = samples(LINE)
    assert log_mel(gain * sound) == pytest.approx(log_mel(sound), abs=1e-3)


def test_silence_around_a_voice_is_cut_off() -> None:
    sound = samples(LINE)
    padded = np.concatenate([np.zeros(2 * RATE, np.float32), sound, np.zeros(3 * RATE, np.float32)])
    noise = np.random.default_rng(1).standard_normal(len(padded)) * 0.001
    for given_sound in (padded, padded + noise):
        assert abs(len(samples(wav(given_sound))) - len(samples(wav(sound)))) <= 0.04 * RATE


def test_places_are_seconds_and_the_picture_has_a_column_for_each_frame() -> None:
    sounds = SoundReader()
    source = sounds.read(LINE)
    places = sounds.places(source)
    assert [place.box for place in places[:2]] == [(0, 0.05), (0.05, 0.1)] and len(places) == -(-len(source) // 4)
    picture = Image.open(io.BytesIO(base64.b64decode(sounds.media(LINE, source).partition(",")[2])))
    assert picture.size == (len(source), BANDS) and picture.mode == "L"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a sound that can be read: please give a sound file"),
        (b"RIFF\x00\x00\x00\x00WAVE", "not a sound that can be read"),
        (wav(np.zeros(0, np.float32)), "no sound in it"),
        (wav(np.zeros(RATE, np.float32)), "nothing to hear, or it is too quiet"),
        (wav(0.001 * np.ones(RATE, np.float32)), "nothing to hear, or it is too quiet"),
        (file(np.full(RATE, np.nan), subtype="FLOAT"), "no sound in it"),
        (file(np.ones(800), 2_000), "2,000 samples per second; please give one of 4,000 to 192,000"),
        (file(np.ones(80), channels=9), "9 channels"),
        (file(np.sin(np.arange(int(MAX_SECONDS + 1) * RATE))), "lasts 13 s; please keep to 12 s"),
        (file(np.sin(np.arange(31 * RATE))), "lasts more than 30 s; please keep to 12 s"),
        (b"x" * (reader.MAX_BYTES + 1), "the file has 20 MB; please keep to 20 MB"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SoundReader().read(content)


@given(st.integers(0, 400), st.binary(max_size=60))
@example(20, b"\xff\xff\xff\xff")
def test_a_broken_file_gets_a_sentence_or_is_read(place: int, noise: bytes) -> None:
    content = bytearray(wav(samples("amy; four 0")))
    content[place : place + len(noise)] = noise
    try:
        assert SoundReader().read(bytes(content)).shape[1] == BANDS
    except ValueError as error:
        assert str(error)


def test_a_hidden_position_is_silent_and_everything_else_stays() -> None:
    sounds = SoundReader()
    source = sounds.read(LINE)
    places = sounds.places(source)
    for positions in ([3, 4], [len(places) - 1]):  # the last position can have fewer frames than the others
        hidden = sounds.without(source, positions)
        frames = np.isin(np.arange(len(source)) // FRAMES, positions)
        assert (hidden[frames] == source.min(0)).all()
        assert frames.any() and np.array_equal(hidden[~frames], source[~frames])


def test_a_region_is_a_quarter_of_a_second_around_a_position() -> None:
    sounds = SoundReader()
    source = sounds.read(LINE)
    regions, places = sounds.regions(source), sounds.places(source)
    assert len(regions) == len(places)
    assert regions[0] == [0, 1, 2] and regions[1] == [0, 1, 2, 3] and regions[-1] == list(range(len(places) - 3, len(places)))
    start, end = places[regions[5][0]].box, places[regions[5][-1]].box
    assert start is not None and end is not None and end[1] - start[0] == pytest.approx(0.25)
