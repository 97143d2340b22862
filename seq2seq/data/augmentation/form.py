"""Change the form of a sentence and leave its words: what people type has no final mark, no capitals, or only capitals."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from seq2seq.data.corpora import Pair

EMOJI = "😀😂🙂😍😊😅😢😎🤔👍👏🙏💪🎉🎂🎁❤💙🔥⭐☀🌧🌈🌍🌸🍕🍎☕🍰🐶🐱🐟🏠🚗🚆✈🚀⚽🎵📚💡✅"
_FINAL = re.compile(r"\s*[.!?…。！？]+$")
_SENTENCE_ENDS = re.compile(r"[.!?。！？]\s*\S")

Languages = tuple[str, str]


def change(pair: Pair, languages: Languages, _: Callable[[], Pair], dice: random.Random) -> Pair:
    """Return the pair in another form, the same on both sides."""
    return dice.choices(_FORMS, _WEIGHTS)[0](pair, languages, dice)


def _without_mark(pair: Pair, _: Languages, __: random.Random) -> Pair:
    """Leave out the final mark of both sides, if both are one sentence."""
    if any(_SENTENCE_ENDS.search(side) for side in pair):
        return pair
    bare = (_FINAL.sub("", pair[0]), _FINAL.sub("", pair[1]))
    return bare if all(bare) else pair


def _in_lower_case(pair: Pair, _: Languages, __: random.Random) -> Pair:
    return pair[0].lower(), pair[1].lower()


def _in_lower_case_without_mark(pair: Pair, languages: Languages, dice: random.Random) -> Pair:
    source, target = _without_mark(_in_lower_case(pair, languages, dice), languages, dice)
    # Half of the questions keep the mark of the target, so that a question still looks like one.
    asked = pair[1].endswith(("?", "？")) and dice.random() < 0.5
    return source, pair[1].lower() if asked else target


def _in_capitals(pair: Pair, _: Languages, __: random.Random) -> Pair:
    return pair[0].upper(), pair[1].upper()


def _with_more_marks(pair: Pair, languages: Languages, dice: random.Random) -> Pair:
    """Repeat a final "!" or "?" on both sides, or put "!!!" in the place of a full stop."""
    ends = {_plain(side) for side in pair}
    if len(ends) > 1 or not ends < set(".!?"):
        return pair
    times = dice.randint(2, 4)
    if ends == {"."}:
        pair = _exclaimed(pair[0], languages[0]), _exclaimed(pair[1], languages[1])
    return pair[0] + pair[0][-1] * (times - 1), pair[1] + pair[1][-1] * (times - 1)


def _plain(side: str) -> str:
    """Return the final mark of a sentence, as in English."""
    return {"。": ".", "！": "!", "？": "?"}.get(side[-1:], "" if side.endswith("..") else side[-1:])


def _exclaimed(side: str, language: str) -> str:
    """Return a statement as an exclamation."""
    mark = {".": " !" if language == "fr" else "!", "。": "！"}[side[-1]]
    opened = "¡" if language == "es" and not _SENTENCE_ENDS.search(side) else ""
    return opened + side[:-1] + mark


def _with_emoji(pair: Pair, _: Languages, dice: random.Random) -> Pair:
    mark = dice.choice(EMOJI)
    return f"{pair[0]} {mark}", f"{pair[1]} {mark}"


_FORMS: tuple[Callable[[Pair, Languages, random.Random], Pair], ...] = (
    _without_mark,
    _in_lower_case,
    _in_lower_case_without_mark,
    _in_capitals,
    _with_more_marks,
    _with_emoji,
)
_WEIGHTS = (30, 8, 32, 10, 10, 10)
