"""Align held-out pairs with a statistical word aligner, as a reference for `python -m seq2seq align`.

    pip install eflomal
    python .alignments/statistical.py --languages English French --data valid.tsv --train train.tsv --out aligned.tsv
    python -m seq2seq align --model en-fr-additive --data aligned.tsv

Eflomal (Östling and Tiedemann 2016) aligns all pairs together in both directions; words are lower-cased for it. Links of both
directions are sure; links that grow-diag-final-and (Koehn et al. 2005) adds are possible. Eflomal draws random samples: another
run gives slightly different links.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from eflomal import Aligner

from seq2seq.sources.words import Words, split

Link = tuple[int, int]  # source word, target word
NEIGHBOURS = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y]


def read_pairs(path: Path, languages: list[str], columns: list[int]) -> Iterator[tuple[Words, Words]]:
    """Yield the words of each row of a table without a header."""
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        source, target = (split(cells[column], language) for column, language in zip(columns, languages, strict=True))
        if len(source) and len(target):
            yield source, target


def aligned(pairs: list[tuple[Words, Words]]) -> tuple[list[set[Link]], list[set[Link]]]:
    """Return the links of each pair in both directions: each target word has at most one, then each source word."""
    sides = [
        [" ".join(word.lower().replace(" ", "_") for word in words) for words in side] for side in zip(*pairs, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        forward, reverse = Path(folder, "forward"), Path(folder, "reverse")
        Aligner().align(*sides, links_filename_fwd=str(forward), links_filename_rev=str(reverse))
        return _read(forward), _read(reverse)


def _read(path: Path) -> list[set[Link]]:
    lines = path.read_text().splitlines()
    return [{(int(i), int(j)) for i, j in (link.split("-") for link in line.split())} for line in lines]


def grow_diag_final_and(forward: set[Link], reverse: set[Link]) -> set[Link]:
    """Combine two directions: begin with the links of both; add neighbours of a link that link a new word; then add links
    of either direction between two words that have no link yet."""
    union, links = forward | reverse, forward & reverse
    growing = True
    while growing:
        near = [(i + x, j + y) for i, j in sorted(links) for x, y in NEIGHBOURS]
        growing = False
        for i, j in near:
            if (i, j) in union - links and not (_has_source(links, i) and _has_target(links, j)):
                links.add((i, j))
                growing = True
    for direction in (forward, reverse):
        for i, j in sorted(direction):
            if not _has_source(links, i) and not _has_target(links, j):
                links.add((i, j))
    return links


def _has_source(links: set[Link], word: int) -> bool:
    return any(i == word for i, _ in links)


def _has_target(links: set[Link], word: int) -> bool:
    return any(j == word for _, j in links)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--languages", nargs=2, required=True, metavar=("SOURCE", "TARGET"))
    parser.add_argument(
        "--columns", nargs=2, type=int, default=[0, 1], metavar=("SOURCE", "TARGET"), help="of the tables; from 0"
    )
    parser.add_argument("--data", type=Path, required=True, help="pairs to write with their links")
    parser.add_argument("--train", type=Path, nargs="*", default=[], help="more pairs, from which the aligner learns")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--swapped", type=Path, help="also write the pairs with their sides exchanged, for a model back")
    options = parser.parse_args()
    pairs = list(read_pairs(options.data, options.languages, options.columns))
    more = [pair for path in options.train for pair in read_pairs(path, options.languages, options.columns)]
    lines, swapped = [], []
    for (source, target), forward, reverse in zip(pairs, *aligned(pairs + more), strict=False):
        sure, all_links = forward & reverse, grow_diag_final_and(forward, reverse)
        links = [(i, "-" if (i, j) in sure else "p", j) for i, j in sorted(all_links)]
        if links:
            sides = [" ".join(source), " ".join(target)]
            lines.append("\t".join([*sides, " ".join(f"{i}{kind}{j}" for i, kind, j in links)]))
            swapped.append("\t".join([*sides[::-1], " ".join(f"{j}{kind}{i}" for i, kind, j in links)]))
    for path, written in ((options.out, lines), (options.swapped, swapped)):
        if path:
            path.write_text("\n".join(written) + "\n", encoding="utf-8")
    print(f"{len(lines):,} of {len(pairs):,} pairs have links: {options.out}")


if __name__ == "__main__":
    main()
