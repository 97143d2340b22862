"""python -m seq2seq fetch: fetch a public corpus by name and write the two files that training needs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from seq2seq.commands.training import config_file
from seq2seq.config import choose
from seq2seq.data import everyday
from seq2seq.data.everyday import EVERYDAY, Mixed, mixture
from seq2seq.data.public import dialogues, downloads
from seq2seq.data.public.corpora import PUBLIC, PublicCorpus, recordings
from seq2seq.data.public.dialogues import DIALOGUES
from seq2seq.data.public.dictionaries import DICTIONARIES
from seq2seq.data.public.recordings import RECORDINGS
from seq2seq.data.uploaded_table import write
from seq2seq.sources.sound import voices

HELP = "fetch a public corpus by name, as train.tsv and valid.tsv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = [*PUBLIC, *EVERYDAY, *DIALOGUES, *DICTIONARIES, *RECORDINGS]
    parser.add_argument("corpus", metavar="CORPUS", help=", ".join(names))
    parser.add_argument("--out", type=Path, required=True, help="folder for the pairs or recordings, and for the archives")


def run(options: argparse.Namespace) -> int:
    choose("the corpus", options.corpus, {**PUBLIC, **EVERYDAY, **DIALOGUES, **DICTIONARIES, **RECORDINGS})
    return fetch(options.corpus, options.out)


def fetch(name: str, out: Path) -> int:
    """Fetch a corpus by name into the folder `out`, and print what it has. Return the exit status.

    Raises ValueError if it cannot be fetched.
    """
    corpus = {**PUBLIC, **DIALOGUES, **DICTIONARIES, **RECORDINGS}[EVERYDAY.get(name, name)]
    copies = downloads.copies_in(os.environ)
    with tqdm(unit="B", unit_scale=True, desc=corpus.name, leave=False, disable=not sys.stderr.isatty()) as bar:

        def report(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        fetched = downloads.fetch(corpus, out, copies=copies, report=report)
    if name in RECORDINGS:
        return _recordings(corpus, fetched, out)
    if name in DIALOGUES:
        train, valid, count = dialogues.pairs(corpus, fetched)
        print(f"{count:,} dialogues to train on, {dialogues.HELD_OUT} held out")
    else:
        train, valid = downloads.pairs(corpus, fetched)
    for archive in fetched:
        print(f"{archive.path.name}: SHA-256 {archive.sha256}, from {archive.origin}")
    settings, origin = corpus.settings, {"title": corpus.title, "attribution": corpus.attribution, "licence": corpus.licence}
    if name in EVERYDAY:
        train, parts = mixture(name, train, valid, copies)
        print("\n".join(_sizes(parts)))
        settings, origin = everyday.SETTINGS, everyday.origin(parts)
    write(out, train, valid)
    print(f"{len(train):,} pairs in train.tsv, {len(valid):,} in valid.tsv; {corpus.source_language} first")
    print(f"{corpus.attribution}. Licence: {corpus.licence}.")
    if settings:
        data, valid_data = ([str((out / f"{name}.tsv").resolve())] for name in ("train", "valid"))
        languages = {"source_language": corpus.source_language, "target_language": corpus.target_language}
        trained_on = f"{len(train):,} pairs of {name}; {len(valid):,} others were held out."
        values = {"data": data, "valid": valid_data, **settings, **languages, "trained_on": trained_on, **origin}
        config_file.write(out, values, f"Train on this corpus: {config_file.COMMAND} --out MY-MODEL")
        print(f"Train with: python -m seq2seq train --config {out / config_file.FILE} --out MY-MODEL")
    return 0


def _recordings(corpus: PublicCorpus, fetched: Sequence[downloads.Fetched], out: Path) -> int:
    """Unpack the recordings into a folder, and say how to use them."""
    folder = out / "recordings"
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, content in recordings(fetched[0].path.read_bytes()):
        (folder / name).write_bytes(content)
        count += 1
    print(f"{fetched[0].path.name}: SHA-256 {fetched[0].sha256}, from {fetched[0].origin}")
    print(f"{count:,} recordings in {folder}. Use them with the task digits-spoken: set {voices.FOLDER}={folder}")
    print(f"{corpus.attribution}. Licence: {corpus.licence}.")
    return 0


def _sizes(parts: Sequence[Mixed]) -> Iterator[str]:
    """Return a line for each part of a mixture, and which ones are missing."""
    for mixed in parts:
        if mixed.pairs:
            times = f", each {mixed.part.times} times" if mixed.part.times > 1 else ""
            yield f"{mixed.pairs:9,} pairs{times}: {mixed.part.attribution}"
    if missing := [mixed.part.name for mixed in parts if not mixed.pairs]:
        yield (
            f"Left out, because {downloads.FOLDER} names no folder with their files NAME.en-XX.tsv: {', '.join(missing)}. "
            "Their licences differ; assets/docs/sources.md says where they come from."
        )
