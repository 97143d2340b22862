"""`train --from`: go on from the weights of a checkpoint, with its vocabulary or with another one."""

import json
from pathlib import Path

import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.__main__ import main
from seq2seq.config import ModelConfig
from seq2seq.models.saved import checkpoint
from seq2seq.sources.text import Tokenizer
from seq2seq.training.files import Files
from seq2seq.training.plan import Plan


@pytest.fixture
def start(tokenizer: Tokenizer, tmp_path: Path) -> Path:
    folder = tmp_path / "start"
    checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), folder)
    return folder


@pytest.fixture
def call(data: tuple[str, str], tmp_path: Path, start: Path) -> list[str]:
    files = ["--data", data[0], "--valid", data[1]]
    return ["train", *files, "--from", str(start), "--out", str(tmp_path / "more"), "--device", "cpu", "--no-bf16"]


def test_the_first_weights_are_those_of_the_checkpoint(start: Path, call: list[str]) -> None:
    plan = Plan(Files(call[2], call[4]), start_from=str(start), model={"dropout": 0.3})
    tokenizer = plan.tokenizer(plan.pairs()[0], seed=1)
    model, loaded = plan.new_model(tokenizer), checkpoint.load(start)
    assert tokenizer.files() == loaded.tokenizer.files()
    assert model.config.dropout == 0.3
    assert all((a == b).all() for a, b in zip(model.parameters(), loaded.model.parameters(), strict=True))


def test_the_model_goes_on_and_its_card_says_from_what(start: Path, call: list[str], tmp_path: Path) -> None:
    assert main([*call, "--updates", "3", "--learning-rate", "1e-6"]) == 0
    first, after = checkpoint.load(start), checkpoint.load(tmp_path / "more")
    assert all((a - b).abs().max() < 0.02 for a, b in zip(first.model.parameters(), after.model.parameters(), strict=True))
    assert after.origin.source_language == "English"
    assert after.origin.trained_on.endswith("It started from start.")
    card = (tmp_path / "more" / "README.md").read_text(encoding="utf-8")
    assert "--from start" in card and "It started from start." in card
    results = json.loads((tmp_path / "more" / "results.json").read_text(encoding="utf-8"))
    assert "--from start --data pairs.tsv" in results["training"]["command"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--decoder-size", "20"], "--decoder-size 20 is another shape: "),
        (["--cell", "lstm"], "leave out --cell"),
        (["--vocabulary-split-digits"], "leave out --vocabulary-split-digits, or make a new vocabulary"),
        (["--vocabulary-kind", "unigram"], "leave out --vocabulary-kind, or make a new vocabulary"),
        (["--vocabulary-size", "300", "--no-shared-vocabulary"], "leave out --no-shared-vocabulary"),
    ],
)
def test_another_shape_or_an_option_without_effect_is_refused(
    call: list[str], options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*call, *options]) == 2
    assert message in capsys.readouterr().err


def test_with_a_new_vocabulary_pieces_that_both_know_keep_their_rows(start: Path, call: list[str]) -> None:
    plan = Plan(Files(call[2], call[4]), start_from=str(start), vocabulary_size=300, vocabulary_kind="unigram")
    tokenizer = plan.tokenizer(plan.pairs()[0], seed=1)
    model, before = plan.new_model(tokenizer), checkpoint.load(start)
    assert len(tokenizer.target) == 300 == model.config.target_vocabulary != before.model.config.target_vocabulary
    old_pieces = before.tokenizer.target.pieces(range(len(before.tokenizer.target)))
    new_pieces = tokenizer.target.pieces(range(300))
    known = [piece for piece in new_pieces if piece in old_pieces]
    assert 4 < len(known) < 300
    for name in ("target_embedding.weight", "source_embedding.weight", "output.weight", "output.bias"):
        old, new = before.model.state_dict()[name], model.state_dict()[name]
        assert all((new[new_pieces.index(piece)] == old[old_pieces.index(piece)]).all() for piece in known)
    assert (model.state_dict()["decoder.readout.weight"] == before.model.state_dict()["decoder.readout.weight"]).all()
    new = [i for i, piece in enumerate(new_pieces) if piece not in old_pieces]
    assert model.target_embedding.weight[new].std() > 0.01


def test_a_run_with_a_new_vocabulary_trains_and_its_plan_keeps_it(start: Path, call: list[str], tmp_path: Path) -> None:
    assert main([*call, "--updates", "2", "--vocabulary-size", "300", "--trained-on", "Two cats."]) == 0
    after = checkpoint.load(tmp_path / "more")
    assert len(after.tokenizer.target) == 300
    assert after.origin.trained_on == "Two cats. It started from start, trained on Not stated."
    plan = Plan("sort", start_from="en-fr-additive", vocabulary_of="fr-en-additive")
    assert Plan.from_dict(plan.to_dict()) == plan
    assert plan.arguments() == ["--from", "en-fr-additive", "--task", "sort", "--vocabulary-of", "fr-en-additive"]


def test_a_plan_keeps_where_it_starts(start: Path) -> None:
    plan = Plan("sort", start_from="en-fr-additive")
    assert Plan.from_dict(plan.to_dict()) == plan
    assert plan.arguments() == ["--from", "en-fr-additive", "--task", "sort"]
    assert plan.model_config(1, 1) == checkpoint.outline("en-fr-additive").model.config != ModelConfig()
