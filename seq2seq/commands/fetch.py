"""python -m seq2seq fetch: fetch a public corpus by name and write the two files that training needs."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tqdm import tqdm

from seq2seq.config import choose
from seq2seq.data import downloads
from seq2seq.data.public_corpora import PUBLIC
from seq2seq.data.uploaded_table import write

HELP = "fetch a public corpus by name, as train.tsv and valid.tsv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", metavar="CORPUS", help=", ".join(PUBLIC))
    parser.add_argument("--out", type=Path, required=True, help="folder for train.tsv and valid.tsv, and for the archives")


def run(options: argparse.Namespace) -> int:
    corpus = choose("the corpus", options.corpus, PUBLIC)
    with tqdm(unit="B", unit_scale=True, desc=corpus.name, leave=False, disable=not sys.stderr.isatty()) as bar:

        def report(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        fetched = downloads.fetch(corpus, options.out, copies=downloads.copies_in(os.environ), report=report)
    train, valid = downloads.pairs(corpus, fetched)
    write(options.out, train, valid)
    for archive in fetched:
        print(f"{archive.path.name}: SHA-256 {archive.sha256}, from {archive.origin}")
    print(f"{len(train):,} pairs in train.tsv, {len(valid):,} in valid.tsv; {corpus.source_language} first")
    print(f"{corpus.attribution}. Licence: {corpus.licence}.")
    return 0
