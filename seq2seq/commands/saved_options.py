"""The options of an interrupted run, kept in its folder, so that `train --resume --out FOLDER` needs no others."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

from seq2seq.files import replace_file

FILE = "options.json"
_FILES = ("data", "valid", "probes", "start_from")
_NEVER_SAVED = ("command", "given", "out", "resume", "controlled")
# These may change when a run is resumed: they do not decide its numbers, or the saved state checks them.
_MAY_CHANGE = {*_FILES, *_NEVER_SAVED, "threads", "device", "probe", "measure"}


def save(options: argparse.Namespace) -> None:
    """Write the options of a run into its folder."""
    values = {name: value for name, value in vars(options).items() if name not in _NEVER_SAVED}
    values |= {name: _absolute(values[name]) for name in _FILES}
    text = json.dumps(values, ensure_ascii=False, indent=2) + "\n"
    replace_file(options.out / FILE, partial(Path.write_text, data=text, encoding="utf-8"))


def _absolute(names: Any) -> Any:
    """Return the absolute name of each existing file; the name of a bundled model, for example, stays."""
    if isinstance(names, list):
        return [_absolute(name) for name in names]
    return str(Path(names).resolve()) if names and Path(names).exists() else names


def completed(options: argparse.Namespace) -> argparse.Namespace:
    """Return the options of the interrupted run in `options.out`; those of an earlier version of this project are unchanged.

    Raises ValueError that names an option with another value than in the interrupted run.
    """
    try:
        saved: dict[str, Any] = json.loads((options.out / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return options
    except (OSError, ValueError) as error:
        raise ValueError(f"{options.out / FILE} cannot be read: {error}") from None
    given = _given(options)
    for name, value in given.items():
        if name not in _MAY_CHANGE and value != saved.get(name):
            flag = "--" + name.replace("_", "-")
            raise ValueError(
                f"the interrupted run in {options.out} has {_shown(flag, saved.get(name))}, not {_shown(flag, value)}: "
                f"leave out {flag}, or train into another folder"
            )
    return argparse.Namespace(**{**vars(options), **saved, **given})


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options that were written on the command line."""
    flags = {word.partition("=")[0].removeprefix("--").replace("-", "_") for word in options.given if word.startswith("--")}
    flags |= {"start_from"} if "from" in flags else set()
    return {name: value for name, value in vars(options).items() if name in flags or f"no_{name}" in flags}


def _shown(flag: str, value: Any) -> str:
    if isinstance(value, bool):
        return flag if value else flag.replace("--", "--no-", 1)
    return f"no {flag}" if value is None else f"{flag} {value}"
