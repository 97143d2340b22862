"""From samples to a log-mel spectrogram: the energy in bands of frequency over time, as the ear hears them.

Symbols: N samples, F frames, BANDS bands.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from seq2seq.sources.sound.voices import RATE

WINDOW, HOP = 200, 100  # samples: 25 ms, every 12.5 ms
FFT = 256
BANDS = 40
LOWEST = 60.0  # hertz
FLOOR = 5.2  # what is more than 52 decibels below the loudest is as if silent, in powers of 10


@cache
def _filters() -> np.ndarray:
    """Return the triangular bands [FFT // 2 + 1, BANDS], evenly spaced in mel (Davis and Mermelstein 1980)."""
    edges = np.linspace(_mel(LOWEST), _mel(RATE / 2), BANDS + 2)
    bins = _mel(np.fft.rfftfreq(FFT, 1 / RATE))[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rising, falling))


def _mel(hertz: float | np.ndarray) -> np.ndarray:
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Samples [N] -> log energies [F, BANDS] in powers of 10; the mean of each band over the sound is taken off."""
    if len(samples) < WINDOW:
        samples = np.pad(samples, (0, WINDOW - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP] * np.hanning(WINDOW)
    energy = np.abs(np.fft.rfft(frames, FFT)) ** 2 @ _filters()
    logs = np.log10(np.maximum(energy, 1e-10))
    logs = np.maximum(logs, logs.max() - FLOOR)
    return (logs - logs.mean(0)).astype(np.float32)
