"""Tests of the command line, with the calls that README shows."""

import io
import json
import sys
import unicodedata
from pathlib import Path

import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq import __version__
from seq2seq.__main__ import main
from seq2seq.analysis import alignment
from seq2seq.analysis.exposure import measure
from seq2seq.analysis.exposure_report import Report
from seq2seq.data.synthetic import TASKS
from seq2seq.decoding.translator import Translator
from seq2seq.models import checkpoint
from seq2seq.runs import card
from seq2seq.runs.lock import alone_in
from seq2seq.sources.normalise import printable
from seq2seq.sources.text import Tokenizer
from seq2seq.trace import DecodingTrace

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def model(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("models") / "small"
    checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), folder)
    return str(folder)


@pytest.fixture
def data(tmp_path: Path, pairs: list[tuple[str, str]]) -> tuple[str, str]:
    for name, part in (("pairs.tsv", pairs[:80]), ("valid.tsv", pairs[80:])):
        (tmp_path / name).write_text("".join(f"{s}\t{t}\n" for s, t in part), encoding="utf-8")
    return str(tmp_path / "pairs.tsv"), str(tmp_path / "valid.tsv")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def test_translate_uses_every_strategy(model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    sentence = ["translate", "--model", model, "I see the key."]
    assert run(capsys, *sentence) == run(capsys, *sentence, "--beam", "1")
    drawn = [run(capsys, *sentence, "--sample", "--temperature", "0.8", "--seed", "1") for _ in range(2)]
    assert drawn[0] == drawn[1]
    drawn_trace = json.loads(run(capsys, *sentence, "--sample", "--temperature", "0.8", "--seed", "1", "--trace", "-"))
    assert drawn_trace["strategy"] == {"name": "sample", "temperature": 0.8, "top_k": 0, "top_p": 1.0, "seed": 1}
    assert printable(drawn_trace["text"]) + "\n" == drawn[0]
    for search in ([], ["--beam", "2"], ["--sample"]):
        assert json.loads(run(capsys, *sentence, *search, "--no-repeat", "3", "--trace", "-"))["strategy"]["no_repeat"] == 3
    trace_file = tmp_path / "trace.json"
    out = run(capsys, *sentence, "--beam", "5", "--trace", str(trace_file))
    trace = DecodingTrace.from_json(trace_file.read_text(encoding="utf-8"))
    assert printable(trace.text) + "\n" == out and trace.strategy["size"] == 5
    assert json.loads(run(capsys, *sentence, "--trace", "-"))["source_text"] == "I see the key."


def test_translate_reads_a_file_line_by_line(
    model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["I see the key.", "", "the cat likes a red boat and the garden", "we"]
    (tmp_path / "lines.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    run(capsys, "translate", "--model", model, "--input", str(tmp_path / "lines.txt"), "--output", str(tmp_path / "lines.out"))
    written = (tmp_path / "lines.out").read_text(encoding="utf-8").split("\n")
    # Each translation is written on one line: any line or word separator becomes a single space.
    alone = [" ".join(run(capsys, "translate", "--model", model, line).split()) if line else "" for line in lines]
    assert written == [*alone, ""]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\r\n".join(lines).encode())))
    assert run(capsys, "translate", "--model", model, "--input", "-") == "\n".join(written)


def test_score_prints_every_piece_and_their_sum(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["score", "--model", model, "--source", "I see the key.", "--target", "je vois la clé."]
    result = json.loads(run(capsys, *call, "--json"))
    assert result["mode"] == "teacher-forced" and result["pieces"][-1]["piece"] == "</s>"
    assert sum(p["log_prob"] for p in result["pieces"]) == pytest.approx(result["log_prob"], abs=1e-3)
    assert f"{result['log_prob']:.4f}" in run(capsys, *call)


def test_evaluate_counts_sentences_and_references(model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = tmp_path / "pairs.tsv"
    data.write_text("I see the key.\tx\tje vois la clé.\nI see the key.\tx\tje la vois.\nwe\tx\tnous\n", encoding="utf-8")
    call = ["evaluate", "--model", model, "--data", str(data), "--source", "0", "--target", "2"]
    result = json.loads(run(capsys, *call, "--beam", "2", "--json"))
    assert (result["sentences"], result["references"], result["mode"]) == (2, 3, "free-running")
    assert "tok:13a" in result["bleu_signature"] and result["strategy"]["size"] == 2
    assert "BLEU" in run(capsys, *call)


def test_evaluate_is_equal_for_every_form_of_the_references(
    model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pairs = [("I see the key.", "j'ai été là !"), ("we", "nous l'avons vu..."), ("the cat", 'le "chat"')]
    forms = {
        "plain": str,
        "NFD": lambda text: unicodedata.normalize("NFD", text),
        "curly": lambda text: text.replace("'", "’").replace('"', "”").replace("...", "…"),
        "narrow": lambda text: text.replace(" !", "\u202f!") + "  ",
    }
    found = {}
    for name, form in forms.items():
        data = tmp_path / "pairs.tsv"
        data.write_text("".join(f"{s}\t{form(t)}\n" for s, t in pairs), encoding="utf-8")
        call = ["evaluate", "--model", model, "--data", str(data), "--json"]
        found[name] = run(capsys, *call)
        raw = json.loads(run(capsys, *call, "--raw"))
        assert raw["bleu_signature"].endswith("|text:raw") and raw["chrf_signature"].endswith("|text:raw")
    assert len(set(found.values())) == 1


def test_forcing_prints_the_exposure_report(model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pairs = [("the cat likes the key.", "le chat aime la clé."), ("we find two apples.", "nous trouve deux pommes.")]
    file, table = tmp_path / "pairs.tsv", tmp_path / "positions.csv"
    file.write_text("".join(f"{s}\t{t}\n" for s, t in [*pairs, ("word " * 190, "too long")]), encoding="utf-8")
    common = ["forcing", "--model", model, "--data", str(file), "--seed", "4"]
    assert main([*common, "--json", "--csv", str(table)]) == 0
    printed = json.loads(capsys.readouterr().out)
    expected = Report.of([row for batch in measure(Translator.load(model), pairs, 4) for row in batch], seed=4).to_dict()
    assert printed == {"model": model, "data": "pairs.tsv", "seed": 4, "left_out": 1, **expected}
    lines = table.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(expected["by_position"]) and lines[0].startswith("position,sentences,accuracy_forced,")
    assert main(common) == 0
    output = capsys.readouterr().out
    assert f"{printed['summary']['accuracy_forced']:.3f} (" in output and "1 left out: too long" in output
    assert main([*common, "--csv", "-"]) == 0
    assert capsys.readouterr().out.splitlines() == lines


def test_align_prints_the_alignment_report(model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "gold.tsv"
    lines = ["the key .\tla clé .\t0-0 1-1 2-2", "we\tnous\t0p0", "we " * 300 + "\tnous\t0-0"]
    file.write_text("\n".join(lines), encoding="utf-8")
    call = ["align", "--model", model, "--data", str(file)]
    printed = json.loads(run(capsys, *call, "--json"))
    rows = list(alignment.measure(Translator.load(model), alignment.read_aligned(file)))
    counts = {"sentences": 2, "left_out": 1, "target_words": 4, "sure": 3, "possible": 1}
    about = {"mode": "teacher-forced", "model": model, "data": "gold.tsv", **counts}
    assert printed == {**about, **alignment.report(rows)}
    assert printed["diagonal"]["error_rate"] == 0
    output = run(capsys, *call)
    assert f"{printed['attention']['error_rate']:.3f} (" in output and "1 sentences left out: too long" in output


def test_compare_prints_the_comparison_that_is_saved(
    data: tuple[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = {"free": tmp_path / "free", "forced": tmp_path / "forced"}
    common = ["--data", data[1], "--valid", data[1], "--epochs", "1", "--vocabulary-size", "300", "--embedding-size", "8"]
    common += ["--encoder-size", "8", "--decoder-size", "8", "--device", "cpu"]
    assert main(["train", "--out", str(out["forced"]), *common]) == 0
    sampling = ["--teacher-forcing-ratio", "0.25", "--vocabulary-of", str(out["forced"])]
    assert main(["train", "--out", str(out["free"]), *common, *sampling]) == 0
    capsys.readouterr()
    recipes = ["--recipe", "teacher forcing", str(out["forced"]), "--recipe", "always sampling", str(out["free"])]
    call = ["compare", *recipes, "--data", data[1], "--test", data[1]]
    assert main([*call, "--json", "--card"]) == 0
    printed = json.loads(capsys.readouterr().out)
    ratios = {name: settings["teacher_forcing_ratio"] for name, settings in printed["settings"].items()}
    assert ratios == {"teacher forcing": 1.0, "always sampling": 0.25}
    line = "compare --recipe 'teacher forcing' forced --recipe 'always sampling' free --data valid.tsv --test valid.tsv"
    assert card.read_comparison(out["free"]) == {"command": f"python -m seq2seq {line}", **printed}
    output = run(capsys, *call)
    gap = printed["differences"][0]["summary"]["loss_free"]
    assert "always sampling minus teacher forcing" in output and f"loss_free       {gap:.4f} (" in output


def test_train_saves_a_model_and_resume_refuses_a_finished_run(
    data: tuple[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "mine"
    call = ["train", "--data", data[0], "--valid", data[1], "--out", str(out), "--vocabulary-size", "310", "--epochs", "1"]
    sizes = ["--embedding-size", "16", "--encoder-size", "8", "--decoder-size", "8", "--no-bf16", "--device", "cpu"]
    printed = run(capsys, *call, *sizes, "--attention", "none", "--source-language", "English")
    assert "validation loss" in printed and "teacher-forced" in printed
    assert sorted(p.name for p in out.iterdir()) == [
        "README.md",
        "config.json",
        "events.jsonl",
        "model.safetensors",
        "results.json",
        "tokenizer.model",
    ]
    run(capsys, "evaluate", "--model", str(out), "--data", data[1], "--beam", "2", "--card")
    run(capsys, "evaluate", "--model", str(out), "--data", data[1], "--beam", "2", "--no-repeat", "3", "--card")
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "python -m seq2seq train --out mine --data pairs.tsv --valid valid.tsv" in card
    assert "| valid.tsv | beam 2, length penalty 1 | 20 / 20 |" in card and "tok:13a" in card
    assert "| valid.tsv | beam 2, length penalty 1, no repeat of 3 pieces | 20 / 20 |" in card
    assert "pairs of valid.tsv chose the best epoch" in card
    assert str(tmp_path) not in card
    run(capsys, "translate", "--model", str(out), "the key")
    assert main([*call, *sizes, "--resume"]) == 2
    assert "its run has finished" in capsys.readouterr().err
    assert main([*call, *sizes]) == 2
    assert "contains a model already: choose another folder" in capsys.readouterr().err


def test_train_uses_the_papers_settings_and_another_models_vocabulary(
    model: str, data: tuple[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    call = ["train", "--data", data[0], "--valid", data[1], "--epochs", "1", "--device", "cpu", "--vocabulary-of", model]
    sizes = ["--embedding-size", "16", "--encoder-size", "8", "--decoder-size", "8"]
    run(capsys, *call, *sizes, "--architecture", "luong", "--no-input-feeding", "--out", str(tmp_path / "luong"))
    trained = checkpoint.load(tmp_path / "luong")
    config = trained.model.config
    # The settings of the paper, except for the given ones.
    assert (config.cell, config.attention, config.encoder_layers, config.bidirectional) == ("lstm", "general", 2, False)
    assert not config.input_feeding
    assert trained.tokenizer.files() == checkpoint.load(model).tokenizer.files()
    assert "encoder-decoder of Luong et al. 2015" in Translator(trained).info.architecture


def test_task_is_trained_for_minutes_and_evaluated_by_exact_match(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "reverse"
    run(capsys, "train", "--task", "reverse", "--minutes", "0.02", "--out", str(out), "--decoder-size", "8", "--device", "cpu")
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))["training"]
    # The card's command gives the number of updates, so that it repeats the run on a machine of any speed.
    assert (
        results["command"]
        == f"python -m seq2seq train --out reverse --task reverse --decoder-size 8 --device cpu --updates {results['updates']}"
    )
    assert (
        checkpoint.load(out).training.updates == results["updates"]
        and "of the task reverse chose" in (out / "README.md").read_text()
    )
    measured = json.loads(run(capsys, "evaluate", "--task", "reverse", "--model", str(out), "--json"))
    translator = Translator.load(out)
    pairs = TASKS["reverse"].pairs("test")
    translations = dict(translator.translate_lines([source for source, _ in pairs]))
    right = sum(translations[i] == target for i, (_, target) in enumerate(pairs))
    assert measured["exact"] == pytest.approx(100 * right / len(pairs)) and measured["sentences"] == 1000


def test_version_names_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out.startswith(f"Seq2Seq Unrolled {__version__}, PyTorch ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required"),
        (["dance"], "invalid choice: 'dance'"),
        (["translate", "hello"], "required: --model"),
        (["translate", "--model", "nowhere", "hello"], "no model 'nowhere'"),
        (["translate", "--model", "M"], "give either one sentence or --input FILE"),
        (["translate", "--model", "M", "a", "--input", "b"], "give either one sentence or --input FILE"),
        (["translate", "--model", "M", "--input", "-", "--trace", "t"], "--trace records one sentence"),
        (["translate", "--model", "M", ""], "there is nothing to translate"),
        (["translate", "--model", "M", "😀"], "there are no words"),
        (["translate", "--model", "M", "x" * 10_000], "10,000 characters; please keep to 1,000"),
        (["translate", "--model", "M", "a", "--beam", "0"], "beam size must be between 1"),
        (["translate", "--model", "M", "a", "--beam", "2", "--sample"], "not allowed with"),
        (["translate", "--model", "M", "a", "--no-repeat", "-1"], "--no-repeat must be between 0 and 10, not -1"),
        (["translate", "--model", "M", "a", "--temperature", "0.5"], "--temperature needs --sample"),
        (["translate", "--model", "M", "a", "--length-penalty", "0.5"], "--length-penalty needs --beam"),
        (["translate", "--model", "M", "--input", "/nowhere.txt"], "/nowhere.txt cannot be read: No such file"),
        (["score", "--model", "M", "--source", "a"], "required: --target"),
        (["evaluate", "--model", "M", "--data", "/nowhere.tsv"], "/nowhere.tsv cannot be read"),
        (["train", "--data", "d", "--valid", "/nowhere.tsv", "--out", "O"], "/nowhere.tsv cannot be read"),
        (["train", "--data", "d", "--valid", "v", "--out", "O", "--epochs", "0"], "--epochs must be between 1"),
        (["train", "--data", "d", "--valid", "v", "--out", "O", "--cell", "qrnn"], "--cell must be one of"),
        (
            ["train", "--data", "d", "--valid", "v", "--out", "O", "--architecture", "cnn"],
            "--architecture must be one of recurrent, ",
        ),
        (
            ["train", "--data", "d", "--valid", "v", "--out", "O", "--architecture", "cho", "--attention", "dot"],
            "--architecture 'cho' needs --attention 'none', not 'dot'",
        ),
        (["train", "--data", "d", "--valid", "v", "--out", "O", "--device", "tpu"], "--device must be one of auto"),
        (["train", "--task", "juggle", "--out", "O"], "--task must be one of reverse, sort"),
        (["train", "--task", "sort", "--data", "d", "--out", "O"], "--task makes its own pairs: leave out --data"),
        (["train", "--data", "d", "--out", "O"], "--valid is missing: name a file of pairs"),
        (["train", "--task", "sort", "--minutes", "0", "--out", "O"], "minutes must be between 0 and"),
        (["train", "--task", "sort", "--source", "0", "--out", "O"], "--task makes its own pairs: leave out --source"),
        (["train", "--task", "sort", "--out", "O", "--learning", "0.1"], "--learning 0.1 (see python -m seq2seq train --help)"),
        (["train", "--task", "sort", "--minutes", "1", "--epochs", "2", "--out", "O"], "--minutes and --epochs both set"),
        (["train", "--task", "sort", "--updates", "9", "--epochs", "2", "--out", "O"], "--updates and --epochs both set"),
        (["evaluate", "--task", "sort", "--target", "0", "--model", "M"], "leave out --target"),
        (["evaluate", "--task", "juggle", "--model", "M"], "--task must be one of reverse, sort"),
        (["train", "--data", "d", "--valid", "v", "--out", "O", "--threads", "-3"], "threads must be between 0"),
        (["train", "--data", "d", "--valid", "v", "--out", "O", "--resume"], "it contains no interrupted run"),
        (["translate", "--model", "x" * 400, "hello"], "no model 'xxx"),
        (["score", "--model", "M", "--source", "a", "--target", " "], "nothing to score"),
        (["forcing", "--model", "M", "--data", "/nowhere.tsv"], "/nowhere.tsv cannot be read"),
        (["forcing", "--model", "M", "--data", "d", "--seed", "-1"], "seed must be between 0 and"),
        (["align", "--model", "M"], "required: --data"),
        (["align", "--model", "M", "--data", "/nowhere.tsv"], "/nowhere.tsv cannot be read"),
        (["compare", "--recipe", "one", "M", "--data", "d", "--test", "d"], "give 2 to 3 recipes"),
        (["compare", "--recipe", "one", "M", "--recipe", "one", "M", "--data", "d", "--test", "d"], "give 2 to 3 recipes"),
        (["compare", "--recipe", "one", "M", "--recipe", "two", "--data", "d", "--test", "d"], "give 2 to 3 recipes"),
    ],
)
def test_wrong_use_prints_one_line_and_returns_2(
    model: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = [{"M": model, "O": str(tmp_path / "out")}.get(a, a) for a in arguments]
    try:
        status = main(arguments)
    except SystemExit as stopped:
        status = stopped.code  # type: ignore[assignment]
    printed = capsys.readouterr()
    assert status == 2 and printed.out == ""
    assert message in printed.err and printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "broken.tsv is empty: it needs one sentence pair a row"),
        (b"one column\n", "the file has one column, but two are needed"),
        ("été\ttwo\n".encode() + b"one\xff\ttwo\n", "line 2 is not UTF-8 text"),
        (b"one\t\ntwo\t \n", "contains no sentence pair with visible characters on both sides. 2 rows have an empty side"),
    ],
)
def test_broken_file_of_pairs_is_reported(
    model: str, tmp_path: Path, content: bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.tsv").write_bytes(content)
    assert main(["evaluate", "--model", model, "--data", str(tmp_path / "broken.tsv")]) == 2
    assert message in capsys.readouterr().err


def test_second_process_cannot_train_into_the_same_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "model"
    arguments = ["train", "--task", "sort", "--updates", "2", "--decoder-size", "8", "--device", "cpu", "--out", str(out)]
    with alone_in(out):
        assert main(arguments) != 0
        assert "another process trains into model" in capsys.readouterr().err
    assert not out.exists()  # the refused command leaves no folder
    assert main(arguments) == 0 and (out / "model.safetensors").exists() and not (out / ".lock").exists()
    assert (
        main(["train", "--task", "sort", "--resume", "--out", str(tmp_path / "none")]) != 0 and not (tmp_path / "none").exists()
    )
