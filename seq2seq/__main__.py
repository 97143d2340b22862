"""The command line: python -m seq2seq and one of COMMANDS."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

import seq2seq
from seq2seq import files
from seq2seq.commands import COMMANDS
from seq2seq.errors import SettingError
from seq2seq.sources.normalise import printable


class _Parser(argparse.ArgumentParser):
    """A parser that reports wrong use in one line, with exit status 2."""

    def error(self, message: str) -> None:  # type: ignore[override]
        print(f"{self.prog}: {message} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _Parser(prog="python -m seq2seq", description="Encoder-decoders that show every step they take.")
    parser.add_argument(
        "--version", action="version", version=f"Seq2Seq Unrolled {seq2seq.__version__}, PyTorch {version('torch')}"
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="|".join(COMMANDS), parser_class=_Parser)
    for name, command in COMMANDS.items():
        command.add_arguments(subparsers.add_parser(name, help=command.HELP, description=command.HELP, allow_abbrev=False))
    given = list(sys.argv[1:] if arguments is None else arguments)
    options, unknown = parser.parse_known_args(given)
    if unknown:
        subparsers.choices[options.command].error(f"unrecognized arguments: {' '.join(unknown)}")
    options.given = given[1:]  # for the model card, which shows how to repeat its figures
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # pieces and JSON are always written in UTF-8
            stream.reconfigure(encoding="utf-8")
    try:
        status = COMMANDS[options.command].run(options) or 0
        sys.stdout.flush()
        return status
    except ValueError as error:
        text = error.named(lambda name: "--" + name.replace("_", "-")) if isinstance(error, SettingError) else str(error)
        print(printable(f"python -m seq2seq {options.command}: {text}"), file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of the output has closed it, so no message can be written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        # The page shows the message of a run's process, and nobody there knows the paths of this machine.
        hidden = error.errno in files.FULL and getattr(options, "controlled", False)
        where = "" if hidden else f"{error.filename or 'a file'}: "
        fault = f"{where}{files.advice(error) or error.strerror}"
        print(printable(f"python -m seq2seq {options.command}: {fault}"), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
