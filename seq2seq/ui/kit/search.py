"""The settings of the search: which there are, within which bounds, and how text becomes a strategy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from seq2seq.decoding.strategies import STRATEGIES


@dataclass(frozen=True)
class Setting:
    """One number that a strategy takes. `maximum` None: any whole number from `minimum` on."""

    label: str
    minimum: float
    maximum: float | None
    step: float

    @property
    def whole(self) -> bool:
        return self.step == int(self.step)


SETTINGS: dict[str, Setting] = {
    "size": Setting("Beam size", 1, 10, 1),
    "length_penalty": Setting("Length penalty", 0.0, 2.0, 0.1),
    "temperature": Setting("Temperature", 0.1, 2.0, 0.1),
    "top_k": Setting("Top-k (0: all)", 0, 50, 1),
    "top_p": Setting("Top-p", 0.05, 1.0, 0.05),
    "seed": Setting("Seed", 0, None, 1),
}
SEED_LIMIT = 2**31 - 1


def names_of(search: str) -> list[str]:
    """The settings that `search` takes."""
    return [field.name for field in fields(_kind(search))]


def default(name: str) -> float:
    """The value of setting `name` where a visitor has not chosen one."""
    kind = next(kind for kind in STRATEGIES.values() if name in {field.name for field in fields(kind)})
    return float(getattr(kind(), name))


def strategy(search: str, values: Mapping[str, Any]) -> Any:
    """The strategy `search` with those of `values` that it takes; text is read as a number.

    Raises ValueError naming the setting, its value and its bounds.
    """
    return _kind(search)(**{name: _number(name, values[name]) for name in names_of(search) if name in values})


def settings_of(chosen: Any) -> dict[str, float]:
    """What `strategy` was made from."""
    return asdict(chosen)


def _kind(search: str) -> Any:
    if not isinstance(search, str) or search not in STRATEGIES:
        raise ValueError(f"There is no search “{str(search)[:40]}”. There are: {', '.join(STRATEGIES)}.")
    return STRATEGIES[search]


def _number(name: str, value: Any) -> float:
    setting = SETTINGS[name]
    maximum = SEED_LIMIT if setting.maximum is None else setting.maximum
    bounds = f"{setting.label} is a {'whole ' if setting.whole else ''}number from {setting.minimum:g} to {maximum}"
    if not isinstance(value, (int, float, str)):
        raise ValueError(f"{bounds}.")
    told = str(value)[:40] if not isinstance(value, int) or abs(value) < 10**40 else "so large a one"
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{bounds}, not “{told}”." if value != "" else f"{bounds}.") from None
    if not setting.minimum <= number <= maximum or (setting.whole and number != int(number)):
        raise ValueError(f"{bounds}, not {told}.")
    return int(number) if setting.whole else number
