"""Command line arguments that several commands share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from seq2seq.data.corpora import Pair, read_pairs
from seq2seq.data.lines import lines
from seq2seq.decoding.hypotheses import Hypothesis
from seq2seq.decoding.model_info import ModelInfo
from seq2seq.decoding.strategies import Beam, Greedy, Sample
from seq2seq.decoding.translator import Translator
from seq2seq.models.saved.checkpoint import HUB
from seq2seq.sources.kinds import TEXT
from seq2seq.sources.normalise import printable


def add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        required=True,
        metavar="NAME_OR_DIR",
        help=f"a bundled model's name, a checkpoint folder, or {HUB}USER/NAME[@REVISION] for a model on the Hugging Face Hub",
    )


def model_of(options: argparse.Namespace) -> str:
    """Return the name or folder of the chosen model; see `local`."""
    return local(options.model)


def local(model: str) -> str:
    """Return the name or folder of a model, after downloading a model of the Hub. Raises ValueError."""
    if not model.startswith(HUB):
        return model
    from seq2seq.runs import hub  # slow to import

    return hub.local(model)


def text_model_of(options: argparse.Namespace, command: str) -> str:
    """Return the name or folder of a model that reads text. Raises ValueError for another one; `command` is the reason."""
    name = model_of(options)
    info = ModelInfo.read(name)
    if not info.reads_source or info.source != TEXT:
        what = info.kind.title if info.reads_source else "no source"
        raise ValueError(f"{command} is for models that read text, but {info.name} reads {what}")
    return name


def translator_of(options: argparse.Namespace) -> Translator:
    """Load a model that translates. Raises ValueError for a language model, with the commands that it has."""
    translator = Translator.load(model_of(options))
    if not translator.info.reads_source:
        raise ValueError(
            f"{translator.name} is a language model and has no source to translate: write with it by `generate`, or score "
            "sentences by `score` and `evaluate`"
        )
    return translator


def given_of(translator: Translator, argument: str) -> str | bytes:
    """Return what an argument gives to a model: its text, or the content of the file that it names if the model reads files.

    Raises ValueError for a file that is far too large; the model's reader has its own limit.
    """
    if translator.info.kind.is_text:
        return argument
    try:
        path = Path(argument)
        if not path.is_file():
            return argument
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"{path.name} has {path.stat().st_size / 1e6:.0f} MB; at most {MAX_FILE_BYTES / 1e6:.0f} are read")
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{argument[:80]} cannot be read: {error.strerror}") from None


MAX_FILE_BYTES = 100_000_000
PAIRS = "CSV, TSV, JSON Lines, TMX, Excel (.xlsx), two files with matching lines, or a zip of these"


def add_columns(parser: argparse.ArgumentParser) -> None:
    # No defaults here, so that `refuse_with_task` can tell a given column from an omitted one.
    parser.add_argument("--source", type=int, metavar="COLUMN", help="column of the source, counted from 0 (default: guessed)")
    parser.add_argument("--target", type=int, metavar="COLUMN", help="column of the target (default: guessed)")


def pairs_of(files: str | Sequence[str], options: argparse.Namespace, raw: bool = False) -> list[Pair]:
    """Read the pairs of files of any kind; print on standard error how they were read, if that is not the usual way."""
    pairs, remarks = read_pairs(files, options.source, options.target, raw)
    warn(remarks)
    return pairs


def warn(remarks: Iterable[str]) -> None:
    for remark in remarks:
        print(remark, file=sys.stderr)


def file_names(files: str | Sequence[str]) -> str:
    """Return the names of the files without their folders."""
    return " and ".join(Path(file).name for file in ([files] if isinstance(files, str) else files))


def refuse_with_task(options: argparse.Namespace, *names: str) -> None:
    """Raises ValueError for options that a task does not have, because it makes its own pairs."""
    for name in names:
        if getattr(options, name) is not None:
            raise ValueError(f"--task makes its own pairs: leave out --{name.replace('_', '-')}, or leave out --task")


def add_strategy(parser: argparse.ArgumentParser) -> None:
    """Add options for the search: greedy, unless --beam or --sample is given."""
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--beam", type=int, metavar="SIZE", help="beam search with this many hypotheses")
    choice.add_argument("--sample", action="store_true", help="draw every piece at random")
    parser.add_argument("--length-penalty", type=float, help="for --beam; 0 means none (default 1.0)")
    parser.add_argument(
        "--window",
        type=int,
        nargs=2,
        metavar=("BACK", "AHEAD"),
        help="attention looks only so many source positions back and ahead of its last heaviest one (default: anywhere)",
    )
    add_sampling(parser, "for --sample")


def add_sampling(parser: argparse.ArgumentParser, when: str) -> None:
    """Add the settings of sampling, and the one of all strategies. `when` begins their help."""
    # No defaults here, so that `strategy` can tell a given setting from an omitted one.
    parser.add_argument(
        "--no-repeat",
        type=int,
        metavar="N",
        help="never write the same N pieces twice; 0 allows it (default); 3 is a good start",
    )
    parser.add_argument("--temperature", type=float, help=f"{when} (default 1.0)")
    parser.add_argument("--top-k", type=int, help=f"{when}: draw from the k best pieces (default: all)")
    parser.add_argument("--top-p", type=float, help=f"{when}: draw from the best pieces up to this share (default 1.0)")
    parser.add_argument("--seed", type=int, help=f"{when} (default 0)")


def add_nbest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--nbest",
        type=int,
        metavar="N",
        help="write the N best hypotheses of a beam: number of the line, rank, score and text, separated by tabs",
    )


def nbest_rows(number: int, best: Sequence[Hypothesis]) -> list[str]:
    """Return a row for each hypothesis of line `number`, counted from 1."""
    return [f"{number}\t{rank}\t{each.score:.4f}\t{each.text}" for rank, each in enumerate(best, start=1)]


def strategy(options: argparse.Namespace) -> Any:
    """Return the chosen strategy; with --nbest N and no --beam, a beam of N.

    Raises ValueError for a setting out of range, or one that the strategy does not use.
    """
    nbest = getattr(options, "nbest", None)
    if nbest is not None and (options.sample or nbest < 1 or (options.beam is not None and nbest > options.beam)):
        raise ValueError("--nbest needs --beam with at least as many hypotheses, and at least one")
    if nbest is not None and options.beam is None:
        options = argparse.Namespace(**{**vars(options), "beam": nbest})
    beam_settings = {"length_penalty": options.length_penalty}
    sample_settings = {name: getattr(options, name) for name in ("temperature", "top_k", "top_p", "seed")}
    if options.beam is None and (given := _given(beam_settings)):
        raise ValueError(f"--{next(iter(given)).replace('_', '-')} needs --beam")
    if not options.sample and (given := _given(sample_settings)):
        raise ValueError(f"--{next(iter(given)).replace('_', '-')} needs --sample")
    shared = _given({"no_repeat": options.no_repeat, "window": tuple(options.window) if options.window else None})
    if options.sample:
        return Sample(**_given(sample_settings), **shared)
    return Greedy(**shared) if options.beam is None else Beam(options.beam, **_given(beam_settings), **shared)


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}


def read_lines(path: str) -> list[str]:
    """Read the lines of a UTF-8 file, or of standard input for "-". Raises ValueError with the file's name."""
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    try:
        return list(lines(BytesIO(data)))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def write_text(path: str, text: str) -> None:
    """Write text without control characters, which a terminal would obey, to a file, or to standard output for "-"."""
    text = printable(text)
    if path == "-":
        sys.stdout.write(text)
        return
    try:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror}") from None
