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


def default(setting: str) -> float:
    """The value of `setting` if the visitor has not chosen one."""
    kind = next(kind for kind in STRATEGIES.values() if setting in {field.name for field in fields(kind)})
    return float(getattr(kind(), setting))


def strategy(search: str, values: Mapping[str, Any]) -> Any:
    """The strategy `search` with those of `values` that it takes; text is read as a number.

    Raises ValueError naming the setting, its value and its bounds.
    """
    return _kind(search)(**{name: number(name, values[name]) for name in names_of(search) if name in values})


def settings_of(chosen: Any) -> dict[str, float]:
    """What `strategy` was made from."""
    return asdict(chosen)


def name(text: Any) -> str:
    """`text`, if it is the name of a strategy. Raises ValueError that lists the names."""
    if not isinstance(text, str) or text not in STRATEGIES:
        raise ValueError(f"There is no search “{str(text)[:40]}”. There are: {', '.join(STRATEGIES)}.")
    return text


def _kind(search: str) -> Any:
    return STRATEGIES[name(search)]


def number(name: str, value: Any) -> float:
    """`value`, a number or text, as the setting `name`. Raises ValueError naming the setting, its value and its bounds."""
    setting = SETTINGS[name]
    maximum = SEED_LIMIT if setting.maximum is None else setting.maximum
    bounds = f"{setting.label} is a {'whole ' if setting.whole else ''}number from {setting.minimum:g} to {maximum}"
    if not isinstance(value, (int, float, str)):
        raise ValueError(f"{bounds}.")
    told = str(value)[:40] if not isinstance(value, int) or abs(value) < 10**40 else "so large a one"
    try:
        found = float(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{bounds}, not “{told}”." if value != "" else f"{bounds}.") from None
    if not setting.minimum <= found <= maximum or (setting.whole and found != int(found)):
        raise ValueError(f"{bounds}, not {told}.")
    return int(found) if setting.whole else found
