"""The options of a run as a YAML file: every run writes one into its folder, `train --config FILE` reads one, and
`train --resume` goes on with the folder's own. Options on the command line have precedence over the file."""

from __future__ import annotations

import argparse
import difflib
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import yaml

from seq2seq.commands.training.options import add_arguments
from seq2seq.config import SCORES
from seq2seq.files import replace_file

FILE = "train.yaml"
COMMAND = f"python -m seq2seq train --config {FILE}"
MAX_BYTES = 1_000_000
_FROM = "from"  # the flag of the option `start_from`
_FILES = ("data", "valid", "probes", "start_from", "vocabulary_of")
_NEVER_SAVED = ("command", "given", "config", "out", "resume", "controlled")
_LENGTH = ("minutes", "updates", "epochs")
# Of the options in a group, at most one decides: a given one replaces those of the file.
_GROUPS = (_LENGTH, ("task", "data"), ("valid", "valid_share"), ("valid", "task"), ("valid_share", "task"))
# These may change when a run is resumed: they do not decide its numbers, or only its length, or the saved state checks them.
_MAY_CHANGE = {*_FILES, *_NEVER_SAVED, *_LENGTH, "patience", "stop_when_solved", "threads", "device", "probe", "log"}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(allow_abbrev=False, add_help=False)
    add_arguments(parser)
    return parser


def save(options: argparse.Namespace, seed: int, updates: int | None = None) -> None:
    """Write the options that differ from their defaults, and the seed, into the folder of the run.

    `updates` is the number that was measured for the minutes, because minutes depend on the machine.
    """
    usual = vars(_parser().parse_args(["--out", "."]))
    values = {name: getattr(options, name) for name, value in usual.items() if getattr(options, name) != value}
    values = {name: _absolute(value) if name in _FILES else value for name, value in values.items()}
    values["seed"] = seed
    if updates is not None:
        values["updates"] = updates
        values.pop("minutes", None)
    names = [name for name in usual if name in values and name not in _NEVER_SAVED]
    write(options.out, {name: values[name] for name in names}, f"Repeat this run: {COMMAND} --out ANOTHER-FOLDER")


def write(folder: Path, values: dict[str, Any], comment: str) -> None:
    """Write options of `train`, by name, as the file FILE in `folder`; its first line is the comment."""
    table = {_key(name): value for name, value in values.items()}
    text = f"# {comment}\n" + yaml.safe_dump(table, allow_unicode=True, sort_keys=False)
    replace_file(folder / FILE, partial(Path.write_text, data=text, encoding="utf-8"))


def _key(name: str) -> str:
    return _FROM if name == "start_from" else name


def _name(key: str) -> str:
    return "start_from" if key == _FROM else key.replace("-", "_")


def _absolute(names: Any) -> Any:
    """Return the absolute name of each existing file; the name of a bundled model, for example, stays."""
    if isinstance(names, list):
        return [_absolute(name) for name in names]
    return str(Path(names).resolve()) if names and Path(names).exists() else names


def configured(options: argparse.Namespace) -> argparse.Namespace:
    """Return the options with those of their `--config` file. Raises ValueError that names the file and its error."""
    return _joined(options, Path(options.config))


def resumed(options: argparse.Namespace) -> argparse.Namespace:
    """Return the options of the run in `options.out`; those of an earlier version of this project are unchanged.

    Raises ValueError that names an option with another value than in the run.
    """
    file = options.out / FILE
    if not file.exists():
        return options
    saved = vars(_parse(file, _read(file), ["--out", str(options.out)]))
    # With these, the measured sentences decide which weights are kept, or when the run stops.
    decides = saved["stop_when_solved"] or saved["best_by"] in SCORES
    measure = set() if decides else {"measure"}
    for name in _given(options):
        value = getattr(options, name)
        if name not in _MAY_CHANGE | measure and value != saved[name]:
            flag = "--" + _key(name).replace("_", "-")
            raise ValueError(
                f"the interrupted run in {options.out} has {_shown(flag, saved[name])}, not {_shown(flag, value)}: "
                f"leave out {flag}, or train into another folder"
            )
    return _joined(options, file)


def _joined(options: argparse.Namespace, file: Path) -> argparse.Namespace:
    given = _given(options)
    replaced = given | {name for group in _GROUPS if given & set(group) for name in group}
    kept = {name: value for name, value in _read(file).items() if name not in replaced}
    joined = _parse(file, kept, options.given)
    return argparse.Namespace(**{**vars(options), **vars(joined)})


def _given(options: argparse.Namespace) -> set[str]:
    """Return the names of the options that were written on the command line."""
    flags = {_name(word.partition("=")[0].removeprefix("--")) for word in options.given if word.startswith("--")}
    return {name for name in vars(options) if name in flags or f"no_{name}" in flags}


def _parse(file: Path, values: dict[str, Any], given: list[str]) -> argparse.Namespace:
    try:
        return _parser().parse_args([*_words(values), *given])
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None


def _words(values: dict[str, Any]) -> list[str]:
    """Return the values as words of a command line."""
    words: list[str] = []
    for name, value in values.items():
        flag = "--" + _key(name).replace("_", "-")
        if isinstance(value, bool):
            only_yes = name in ("as_is", "repeated", "vocabulary_split_digits")
            words += [flag] if value else [] if only_yes else [flag.replace("--", "--no-", 1)]
        elif isinstance(value, list) and name != "probe":
            words += [flag, *map(str, value)]
        elif isinstance(value, list):
            words += [f"{flag}={text}" for text in value]
        else:
            words += [f"{flag}={value}"]
    return words


def _read(file: Path) -> dict[str, Any]:
    """Read options from YAML. Raises ValueError for another file, and for an unknown name, with the nearest one."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ValueError(f"{file} is larger than {MAX_BYTES:,} bytes: it is not a file of options")
        table = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{file} is not YAML: {' '.join(str(error).split())[:200]}") from None
    if not isinstance(table, dict):
        raise ValueError(f"{file} must have one option a line, such as “epochs: 10”")
    usual = vars(_parser().parse_args(["--out", "."]))
    known = [name for name in usual if name not in _NEVER_SAVED]
    values = {}
    for key, value in table.items():
        if (name := _name(str(key))) not in known:
            raise ValueError(f"{file}: {_unknown(str(key), name, [_key(name) for name in known])}")
        if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, dict | list) for part in value)):
            raise ValueError(f"{file}: {key} must be one value or a list, not a table")
        if value is not None and value != []:
            values[name] = value
    return values


def _unknown(key: str, name: str, known: list[str]) -> str:
    if name in _NEVER_SAVED:
        return f"{key[:40]!r} is not an option of a file: give it on the command line"
    near = difflib.get_close_matches(name, known, n=1)
    advice = f"did you mean {near[0]!r}?" if near else "python -m seq2seq train --help lists all options"
    return f"there is no option {key[:40]!r}; {advice}"


def _shown(flag: str, value: Any) -> str:
    if isinstance(value, bool):
        return flag if value else flag.replace("--", "--no-", 1)
    return f"no {flag}" if value is None else f"{flag} {value}"
