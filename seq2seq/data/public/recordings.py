"""Recorded digits, for models that read sounds."""

from __future__ import annotations

from seq2seq.data.public.corpora import PublicCorpus, Remote

RECORDINGS = {
    "digits-spoken": PublicCorpus(
        "digits-spoken",
        "The Free Spoken Digit Dataset",
        "spoken digits",
        "English",
        licence="CC BY-SA 4.0",
        attribution="The Free Spoken Digit Dataset, Zohar Jackson et al.",
        files=(
            Remote(
                "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/heads/master.zip",
                "free-spoken-digit-dataset.zip",
                (),
                60_000_000,
                has_recordings=True,
            ),
        ),
    )
}
