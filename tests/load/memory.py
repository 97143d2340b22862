"""Measure the peak memory of preparing many sentence pairs, on Linux: python tests/load/memory.py [PAIRS, default a million]

The script generates different pairs from the tests' small grammar, writes them to a file, and reads it as
`python -m seq2seq train` does.
"""

import random
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.extend(str(Path(__file__).resolve().parents[n]) for n in (1, 2))

from support.small import grammar_pairs

from seq2seq.config import TrainConfig
from seq2seq.data.batches import TrainingData, collate
from seq2seq.data.corpora import Corpus
from seq2seq.sources.text import Tokenizer


def write(path: Path, count: int) -> None:
    """Write sentences of about fourteen words: two clauses, and two numbers below a thousand that make each different."""
    clauses, draw = grammar_pairs(), random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            page, line = divmod(7919 * number % 1_000_000, 1000)  # each pair of numbers occurs once in a million
            (first, first_fr), (second, second_fr) = draw.choices(clauses, k=2)
            file.write(
                f"Page {page}: {first[:-1]} and {second} ({line})\tPage {page} : {first_fr[:-1]} et {second_fr} ({line})\n"
            )


def report(what: str, start: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    now = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    print(
        f"{what:<42} {time.monotonic() - start:5.0f} s, {now / 1e6:6.0f} MB now, {peak / 1e6:6.0f} MB at most so far",
        flush=True,
    )


def main(count: int) -> None:
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.tsv"
        write(path, count)
        report(f"written, {path.stat().st_size / 1e6:.0f} MB of {count:,} pairs", start)
        corpus = Corpus(path)
        report(f"read once, {len(corpus):,} different pairs", start)
        tokenizer = Tokenizer.train(corpus, 1000, shared=True)
        report("vocabulary trained", start)
        data = TrainingData(corpus, tokenizer, TrainConfig())
        report("encoded", start)
        epoch = data.epoch(0)
        tokens = sum(collate(epoch[index]).tokens for index in range(100))
        report(f"epoch of {len(epoch):,} batches planned", start)
        print(f"{tokens / 100:.0f} target pieces per batch, mean of the first 100")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
