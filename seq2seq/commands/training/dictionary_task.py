"""The tasks whose pairs come from a public dictionary: fetch it, and train with its settings."""

from __future__ import annotations

import argparse

from seq2seq.commands import fetch
from seq2seq.commands.kit.options import refuse_with_task
from seq2seq.commands.training import config_file
from seq2seq.config import choose
from seq2seq.data.synthetic import TASKS

CORPORA = {"letters": "letters-en", "katakana": "names-ja"}  # the dictionary of each task


def resolved(options: argparse.Namespace) -> argparse.Namespace:
    """Replace a task of CORPORA by the file of options that `fetch` writes for its dictionary; return other options unchanged.

    The dictionary is fetched into the folder OUT-data, next to the folder of the model; a resumed run has it already. Raises
    ValueError for an unknown task, for options that contradict the task, and if the dictionary cannot be fetched.
    """
    if options.task:
        choose("task", options.task, {**TASKS, **CORPORA})
    if options.task not in CORPORA:
        return options
    refuse_with_task(options, "data", "valid", "valid_share", "source", "target")
    if options.config:
        raise ValueError(f"--task {options.task} has its own file of options: leave out --config, or leave out --task")
    config = None
    if not options.resume:
        out = options.out.resolve()
        folder = out.with_name(f"{out.name}-data")
        fetch.fetch(CORPORA[options.task], folder)
        config = str(folder / config_file.FILE)
    return argparse.Namespace(**{**vars(options), "task": None, "config": config, "given": _without_task(options.given)})


def _without_task(given: list[str]) -> list[str]:
    """Return the words of a command line without --task and its value."""
    words = iter(given)
    kept = []
    for word in words:
        if word == "--task":
            next(words, None)
        elif not word.startswith("--task="):
            kept.append(word)
    return kept
