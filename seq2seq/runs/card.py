"""Write the model card of a checkpoint: README.md from config.json and results.json, so that no figure is typed by hand."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seq2seq.analysis.by_kind import KindQuality, order
from seq2seq.config import LAST, SCORES
from seq2seq.decoding.metrics import Quality, percent
from seq2seq.decoding.strategies import describe
from seq2seq.files import replace_file
from seq2seq.models.saved.checkpoint import Checkpoint, load
from seq2seq.models.seq2seq import count_parameters
from seq2seq.sources.kinds import kind_of
from seq2seq.sources.sound import voices
from seq2seq.training.events import Finished, perplexity

RESULTS = "results.json"


def command(name: str, arguments: Sequence[str], processes: int = 1) -> str:
    """Return a command line that anybody can repeat: of a path, only the last part stays, because folders differ."""
    program = ["python"] if processes == 1 else ["torchrun", "--nproc_per_node", str(processes)]
    names = [Path(a).name if "/" in a and _exists(a) else a for a in arguments]
    recordings = os.environ.get(voices.FOLDER) if "digits-spoken" in arguments else None
    folder = [f"{voices.FOLDER}={Path(recordings).name}"] if recordings else []
    return shlex.join([*folder, *program, "-m", "seq2seq", name, *names])


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except OSError:  # a long text with a slash in it
        return False


@dataclass(frozen=True)
class BestBy:
    """What decided which validation was kept: loss, a score of some measured sentences with sacreBLEU's signature, or none."""

    name: str = "loss"
    sentences: int = 0
    signature: str = ""


def add_training(
    folder: Path, line: str, done: Finished, held_out: str, best_by: BestBy = BestBy(), remarks: Sequence[str] = ()
) -> None:
    """Save how the model was trained. `held_out` names its validation pairs; `remarks` say what the command does not, such as
    why the run stopped early."""
    figures = {"updates": done.update, "epochs": done.epochs, "validation_loss": done.best_loss, "validation_data": held_out}
    if done.best_score is not None or best_by.name == LAST:
        figures["best_by"] = {**asdict(best_by), "score": done.best_score}
    remarked = {"remarks": list(remarks)} if remarks else {}
    _write(folder, {"training": {"command": line, **figures, **remarked}, "evaluations": []})


def add_evaluation(
    folder: Path, line: str, data: str, strategy: Any, quality: Quality, kinds: Sequence[KindQuality] = ()
) -> None:
    """Save a free-running evaluation; replace an earlier one of the same data and strategy. `kinds`: of a task's examples."""
    results = _read(folder)
    entry = {"command": line, "data": data, "strategy": describe(strategy), **asdict(quality)}
    entry |= {"by_kind": [asdict(kind) for kind in kinds]} if kinds else {}
    others = [e for e in results["evaluations"] if (e["data"], e["strategy"]) != (data, entry["strategy"])]
    _write(folder, {**results, "evaluations": [*others, entry]})


def add_likelihood(folder: Path, line: str, data: str, figures: dict[str, Any]) -> None:
    """Save the perplexity of a language model on `data`; replace an earlier one."""
    results = _read(folder)
    others = [e for e in results["evaluations"] if e["data"] != data]
    _write(folder, {**results, "evaluations": [*others, {"command": line, "data": data, **figures}]})


def check(folder: Path) -> None:
    """Raises ValueError unless `folder` has results to which figures can be added."""
    _read(folder)


def updates(folder: Path) -> int:
    """Return the number of updates of the model's training. Raises ValueError if its results do not contain it."""
    return int(_read(folder)["training"]["updates"])


def _read(folder: Path) -> dict[str, Any]:
    try:
        results = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
        return {"training": dict(results["training"]), "evaluations": list(results["evaluations"])}
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(f"{folder.name}: {RESULTS} is missing or damaged, so there is no card to add figures to") from None


def _write(folder: Path, results: dict[str, Any]) -> None:
    text = json.dumps(results, ensure_ascii=False, indent=2) + "\n"
    replace_file(folder / RESULTS, lambda path: path.write_text(text, encoding="utf-8"))
    card = _card(load(folder), results)
    replace_file(folder / "README.md", lambda path: path.write_text(card, encoding="utf-8"))


def _card(checkpoint: Checkpoint, results: dict[str, Any]) -> str:
    origin, model, training = checkpoint.origin, checkpoint.model, results["training"]
    config, reads = model.config, model.architecture.reads_source
    shared = " shared by source and target." if config.shared_vocabulary else f" (source: {config.source_vocabulary:,})."
    evaluations = results["evaluations"]
    table = (_exact if kind_of(config).is_exact else _table) if reads else _perplexities
    lines = [
        "---",
        "library_name: seq2seq-unrolled",
        f"pipeline_tag: {'translation' if reads else 'text-generation'}",
        "---",
        "",
        f"# {checkpoint.name}",
        "",
        f"{origin.title}. {count_parameters(model):,} parameters, {config.target_vocabulary:,} pieces"
        + (shared if reads else "."),
        "",
        (f"Reads {origin.source_language}, writes" if reads else "A language model: reads no source, writes")
        + f" {origin.target_language}. Trained on: {origin.trained_on}",
        "Sentences of another kind, names and long texts may come out wrong; it repeats what its data says, mistakes and",
        "slants included.",
        "",
        "## Data and licence",
        "",
        f"- Data: {_ended(origin.attribution)}",
        f"- Licence of the weights and the tokenizer: {_ended(origin.licence)}",
        "",
        "## Training",
        "",
        f"    {training['command']}",
        "",
        f"Seed {checkpoint.training.seed}; {training['epochs']:.3g} epochs, {training['updates']:,} updates. Held-out loss "
        f"{training['validation_loss']:.4f} nats per piece,",
        f"perplexity {perplexity(training['validation_loss']):.2f} per piece (teacher-forced). The held-out",
        f"pairs{_of(training)} {_chose(training)}",
        *(f"The run {_ended(remark)}" for remark in training.get("remarks", [])),
        "",
        f"## Quality, {'free-running' if reads else 'teacher-forced'}",
        "",
        *(table(evaluations) if evaluations else ["Not evaluated yet."]),
        "",
    ]
    return "\n".join(lines)


def _ended(text: str) -> str:
    """Return `text` with a full stop at its end."""
    return text if text.endswith(".") else f"{text}."


def _of(training: dict[str, Any]) -> str:
    """Return the name of the validation file; the first cards did not save it."""
    return f" of {training['validation_data']}" if "validation_data" in training else ""


def _chose(training: dict[str, Any]) -> str:
    """Return what the held-out pairs decided, and by which score, if it was not the loss."""
    by = training.get("best_by", {"name": "loss"})
    if by["name"] == LAST:
        return "chose nothing: the weights are those of the end of the run."
    score = ""
    if by["name"] in SCORES:
        score = f" by {SCORES[by['name']]}, {by['score']:.1f}, free-running, greedy, "
        score += f"on {by['sentences']:,} of their sentences ({by['signature']})"
    return f"chose the best epoch{score}: figures on them are those of a validation set, not of a test set."


def _table(evaluations: list[dict[str, Any]]) -> list[str]:
    """Return every evaluation as a row, then BLEU by length, then the commands."""
    same = [e for e in evaluations if e["data"] == evaluations[0]["data"]]  # length ranges differ between files
    spans = [(part["low"], part["high"], part["sentences"]) for part in same[0]["by_length"]]
    lines = ["| data | search | sentences / references | BLEU | chrF | rows | BLEU by row | chrF by row |", "|---" * 8 + "|"]
    for e in evaluations:
        cells = [
            e["data"],
            _search(e["strategy"]),
            f"{e['sentences']:,} / {e['references']:,}",
            f"{e['bleu']:.1f}",
            f"{e['chrf']:.1f}",
        ]
        cells += [f"{e['rows']:,}", f"{e['bleu_by_row']:.1f}", f"{e['chrf_by_row']:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", f"BLEU on {same[0]['data']} by words of the source (sentences):", ""]
    lines += ["| search | " + " | ".join(f"{span(low, high)} ({n:,})" for low, high, n in spans) + " |"]
    lines += ["|---" * (len(spans) + 1) + "|"]
    for e in same:
        lines.append(f"| {_search(e['strategy'])} | " + " | ".join(f"{part['bleu']:.1f}" for part in e["by_length"]) + " |")
    lines += _exact_by_kind([e for e in evaluations if "by_kind" in e])
    first = evaluations[0]
    lines += [
        "",
        "BLEU and chrF count every different source sentence once; by row, once for every pair of the file. Either way a",
        "translation is compared with all references of its sentence. sacreBLEU signatures:",
        "",
    ]
    lines += [f"    BLEU {first['bleu_signature']}", f"    chrF {first['chrf_signature']}", "", "Commands:", ""]
    return [*lines, *(f"    {e['command']}" for e in evaluations)]


def _exact(evaluations: list[dict[str, Any]]) -> list[str]:
    """Return every evaluation of a model whose sources have a right target: exact answers and word errors."""
    lines = ["| data | search | sources / references | exactly right, % | word errors, % |", "|---" * 5 + "|"]
    for e in evaluations:
        counts = f"{e['sentences']:,} / {e['references']:,}"
        cells = [e["data"], _search(e["strategy"]), counts, f"{e['exact']:.1f}", percent(e["word_errors"])]
        lines.append(f"| {' | '.join(cells)} |")
    lines += _exact_by_kind([e for e in evaluations if "by_kind" in e])
    lines += ["", "Each source counts once, with its closest reference. Word errors: insertions, deletions and substitutions"]
    lines += ["per word of the reference; in a script without spaces, such as katakana, per character. Commands:", ""]
    return [*lines, *(f"    {e['command']}" for e in evaluations)]


def _exact_by_kind(evaluations: list[dict[str, Any]]) -> list[str]:
    """Return the exact answers to the examples of a task, in all and by their kind."""
    if not evaluations:
        return []
    kinds = sorted({kind["kind"] for e in evaluations for kind in e["by_kind"]}, key=order)
    lines = ["", "Exactly right, % (examples), in all and by the kind of example:", ""]
    lines += [f"| data | search | all | {' | '.join(kinds)} |", "|---" * (len(kinds) + 3) + "|"]
    for e in evaluations:
        found = {kind["kind"]: f"{kind['exact']:.1f} ({kind['examples']:,})" for kind in e["by_kind"]}
        cells = [
            e["data"],
            _search(e["strategy"]),
            f"{e['exact']:.1f} ({e['sentences']:,})",
            *(found.get(k, "–") for k in kinds),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _perplexities(evaluations: list[dict[str, Any]]) -> list[str]:
    """Return the evaluations of a language model as rows, then the commands."""
    lines = ["| data | sentences | words | pieces | perplexity per piece | per word | bits per sentence |", "|---" * 7 + "|"]
    for e in evaluations:
        counts = (f"{e[name]:,}" for name in ("sentences", "words", "pieces"))
        figures = (f"{e[name]:.2f}" for name in ("perplexity_per_piece", "perplexity_per_word", "bits_per_sentence"))
        lines.append(f"| {' | '.join([e['data'], *counts, *figures])} |")
    lines += ["", "Each sentence counts once. A word has its punctuation; the end mark is a piece, but no word.", ""]
    lines += ["Commands:", ""]
    return [*lines, *(f"    {e['command']}" for e in evaluations)]


def _search(strategy: dict[str, Any]) -> str:
    rule = f", no repeat of {strategy['no_repeat']} pieces" if "no_repeat" in strategy else ""
    if "window" in strategy:
        rule += f", window {strategy['window'][0]} back, {strategy['window'][1]} ahead"
    if strategy["name"] == "beam":
        return f"beam {strategy['size']}, length penalty {strategy['length_penalty']:g}{rule}"
    return f"{strategy['name']}{rule}"


def span(low: int, high: int) -> str:
    """Format a range of lengths in words."""
    return f"{low}-{high}" if high < 1000 else f"{low} or more"
