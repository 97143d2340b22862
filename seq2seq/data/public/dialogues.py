"""Dialogues as pairs of a turn and its reply, for a model that only answers the turn before."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from seq2seq.data.corpora import Pair
from seq2seq.data.public.corpora import PublicCorpus, Remote, dialogues
from seq2seq.data.public.downloads import Fetched
from seq2seq.sources.normalise import normalise

HELD_OUT = 200  # dialogues
_SPLIT_KEY = b"seq2seq-unrolled/held-out-dialogues/1"
_MAKERS = "https://raw.githubusercontent.com/liuzeming01/XDailyDialog"
_END = "__eou__"

# The makers' files have separate words and marks: "I ’ d like that , thanks ."
_NO_SPACE_BEFORE = re.compile(r" (?=[,.!?;:)%])")
_APOSTROPHE = re.compile(r" ?' ?(?=(?:s|t|d|m|ll|ve|re)\b)", re.IGNORECASE)
_AFTER_OPENING = re.compile(r"(?<=[($]) ")
_AFTER_STOP = re.compile(r"(?<=[a-z][.!?])(?=[A-Z])")  # "complaining.If"


def _remote(commit: str, path: str, file: str) -> Remote:
    return Remote(f"{_MAKERS}/{commit}/data/{path}", file, (file,), 5_000_000, turn_end=_END)


DIALOGUES = {
    "dialogue-en": PublicCorpus(
        "dialogue-en",
        "XDailyDialog, English turns and their replies",
        "English",
        "English",
        licence="CC BY-NC-SA 4.0",
        attribution="The English side of XDailyDialog (Liu et al. 2023), from DailyDialog (Li et al. 2017), CC BY-NC-SA 4.0",
        files=(
            _remote("6fcfc0f973823987b70d450106e583fd386f455f", "en_dev_human.txt", "xdailydialog-dev-en.txt"),
            _remote(
                "62949b52bf2eae170f47c24c3afc226d94d70c39", "1k_part_data/dialogues_text_En.txt", "xdailydialog-part-en.txt"
            ),
        ),
    )
}


def pairs(corpus: PublicCorpus, fetched: Sequence[Fetched]) -> tuple[list[Pair], list[Pair], int]:
    """Return training and held-out pairs, and the number of training dialogues.

    Raises ValueError for a file that cannot be read.
    """
    read = (
        tuple(tidy(turn) for turn in turns)
        for remote, local in zip(corpus.files, fetched, strict=True)
        for turns in dialogues(remote, local.path.read_bytes())
    )
    train, held = split(read)
    valid = turn_pairs(held)
    taken = set(valid)
    return [pair for pair in turn_pairs(train) if pair not in taken], valid, len(train)


def split(all_dialogues: Iterable[tuple[str, ...]]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Split different dialogues: the `HELD_OUT` ones with the smallest keyed hash of their text are held out, in that order."""

    def hashed(dialogue: tuple[str, ...]) -> bytes:
        return hashlib.blake2b("\n".join(dialogue).encode(), key=_SPLIT_KEY, digest_size=16).digest()

    different = list(dict.fromkeys(all_dialogues))
    held = sorted(different, key=hashed)[:HELD_OUT]
    taken = set(held)
    return [dialogue for dialogue in different if dialogue not in taken], held


def turn_pairs(some: Iterable[tuple[str, ...]]) -> list[Pair]:
    """Return every turn with its reply, each pair once."""
    return list(dict.fromkeys(pair for dialogue in some for pair in pairwise(dialogue) if all(pair)))


def tidy(turn: str) -> str:
    """Return a turn with the spaces of ordinary text."""
    text = normalise(turn)
    for pattern, by in ((_NO_SPACE_BEFORE, ""), (_APOSTROPHE, "'"), (_AFTER_OPENING, ""), (_AFTER_STOP, " ")):
        text = pattern.sub(by, text)
    return text
