"""The settings of the search strategies: their bounds, and how values become a strategy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from seq2seq.decoding.strategies import STRATEGIES, Strategy


@dataclass(frozen=True)
class Setting:
    """One numeric setting of a strategy. If `maximum` is None, any whole number from `minimum` on is allowed."""

    label: str
    minimum: float
    maximum: float | None
    step: float

    @property
    def whole(self) -> bool:
        return self.step == int(self.step)


NO_REPEAT = "no_repeat"  # the setting of all strategies that every view can have; `window` is for sounds
SETTINGS: dict[str, Setting] = {
    "size": Setting("Beam size", 1, 10, 1),
    "length_penalty": Setting("Length penalty", 0.0, 2.0, 0.1),
    "temperature": Setting("Temperature", 0.1, 2.0, 0.1),
    "top_k": Setting("Top-k (0: all)", 0, 50, 1),
    "top_p": Setting("Top-p", 0.05, 1.0, 0.05),
    "seed": Setting("Seed", 0, None, 1),
    NO_REPEAT: Setting("Never repeat n pieces (0: off)", 0, Strategy.MAX_NO_REPEAT, 1),
}
SEED_LIMIT = 2**31 - 1


def names_of(search: str) -> list[str]:
    """Return the names of the settings that only `search` has."""
    common = {field.name for field in fields(Strategy)}
    return [field.name for field in fields(_kind(search)) if field.name not in common]


def default(setting: str) -> float:
    """Return the default of `setting`."""
    kind = next(kind for kind in STRATEGIES.values() if setting in {field.name for field in fields(kind)})
    return float(getattr(kind(), setting))


def strategy(search: str, values: Mapping[str, Any]) -> Any:
    """Return the strategy `search` with its settings from `values`; text is read as a number.

    Raises ValueError naming the setting, its value and its bounds.
    """
    names = (*names_of(search), NO_REPEAT)
    return _kind(search)(**{name: number(name, values[name]) for name in names if name in values})


def settings_of(strategy: Any) -> dict[str, float]:
    """Return the settings that only this kind of strategy has."""
    return {name: getattr(strategy, name) for name in names_of(strategy.name)}


def name(text: Any) -> str:
    """Check that `text` is the name of a strategy. Raises ValueError that lists the names."""
    if not isinstance(text, str) or text not in STRATEGIES:
        raise ValueError(f"There is no search “{str(text)[:40]}”. There are: {', '.join(STRATEGIES)}.")
    return text


def _kind(search: str) -> Any:
    return STRATEGIES[name(search)]


def number(name: str, value: Any) -> float:
    """Read `value`, a number or text, as the setting `name`. Raises ValueError naming the setting, its value and its bounds."""
    setting = SETTINGS[name]
    maximum = SEED_LIMIT if setting.maximum is None else setting.maximum
    bounds = f"{setting.label} is a {'whole ' if setting.whole else ''}number from {setting.minimum:g} to {maximum}"
    if not isinstance(value, (int, float, str)):
        raise ValueError(f"{bounds}.")
    shown_value = str(value)[:40] if not isinstance(value, int) or abs(value) < 10**40 else "such a large number"
    try:
        parsed = float(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{bounds}, not “{shown_value}”." if value != "" else f"{bounds}.") from None
    if not setting.minimum <= parsed <= maximum or (setting.whole and parsed != int(parsed)):
        raise ValueError(f"{bounds}, not {shown_value}.")
    return int(parsed) if setting.whole else parsed
