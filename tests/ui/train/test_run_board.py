"""The runs of the Train tab without a browser: limits, orders, models, archives and event files."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.small import make_checkpoint, make_model, small_config

from seq2seq.data.synthetic import TASKS
from seq2seq.decoding.translator import Translator
from seq2seq.models.saved import checkpoint
from seq2seq.runs import archive, card
from seq2seq.runs.folders import MODEL
from seq2seq.sources.text import Tokenizer
from seq2seq.training.event_log import to_json
from seq2seq.training.events import BatchSplit, DeviceUsed, Finished, SampleDecoded, Started, StepDone
from seq2seq.training.files import Files
from seq2seq.training.plan import Plan
from seq2seq.ui.forcing import exposure
from seq2seq.ui.host.limits import Limits
from seq2seq.ui.host.services import MOST_TRAINED, Services
from seq2seq.ui.train import recorded, run_board

ANN, BOB = "ann" * 8, "bob" * 8
TINY = Plan("sort", model={"embedding_size": 8, "encoder_size": 8, "decoder_size": 16}, training={"updates": 30})


@pytest.fixture
def host(small: Translator, tmp_path: Path) -> Services:
    """Return services with an empty store of runs; each test adds its own."""
    made = Services({"small": small.info}, lambda _: small, Limits(10, 2, tmp_path))
    made.runs.close()
    return made


def test_host_refuses_too_long_and_too_many_runs(host: Services) -> None:
    for minutes in (11, 0, math.nan, None):
        with pytest.raises(ValueError, match="at most 10 minutes"):
            run_board.start(host, ANN, TINY, minutes, (), 0)
    for _ in range(2):
        run_board.start(host, ANN, TINY, 1, (), 0)
    with pytest.raises(ValueError, match="You have 2 runs"):
        run_board.start(host, ANN, TINY, 1, (), 0)
    run_board.start(host, BOB, TINY, 1, (), 0)


def test_board_shows_the_newest_or_the_requested_run(host: Services) -> None:
    first, second = (run_board.start(host, ANN, TINY, 1, (), 0) for _ in range(2))
    assert json.loads(run_board.payload(host, ANN, ""))["run"] == second.id
    assert json.loads(run_board.payload(host, ANN, first.id))["run"] == first.id
    stranger = json.loads(run_board.payload(host, BOB, first.id))
    assert stranger["run"] == recorded.RUN and "There is no run" in stranger["problem"]


def test_visitor_controls_only_their_own_runs(host: Services) -> None:
    run = run_board.start(host, ANN, TINY, 1, (), 0)
    found = run_board.follow(host, ANN, {"run": run.id})
    assert found["state"] == "queued" and found["waiting"] == 1 and found["open"] == []
    assert found["command"].startswith("python -m seq2seq train --out my-model --minutes 1 --task sort")
    for ask in (run_board.follow, run_board.order):
        with pytest.raises(ValueError, match="There is no run"):
            ask(host, BOB, {"run": run.id, "what": "stop"})
    run_board.order(host, ANN, {"run": run.id, "what": "rename", "name": "mine"})
    run_board.order(host, ANN, {"run": run.id, "what": "stop"})
    assert [(r["name"], r["state"]) for r in run_board.list_runs(host, ANN, {})["runs"]] == [("mine", "stopped")]
    run_board.order(host, ANN, {"run": run.id, "what": "delete"})
    assert run_board.list_runs(host, ANN, {})["runs"] == []


NONSENSE = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
)


@given(asked=NONSENSE | st.fixed_dictionaries({"owner": st.just(ANN), "run": NONSENSE, "what": NONSENSE, "place": NONSENSE}))
@pytest.mark.parametrize("name", ["follow", "order"])
def test_every_call_of_the_page_gets_an_answer(services: Services, name: str, asked: Any) -> None:
    answered = run_board._answering(services, name, getattr(run_board, name))(asked)
    assert answered["problem"] and "went wrong" not in answered["problem"]


def test_model_of_a_run_is_found_by_its_name(host: Services, small: Translator, tokenizer: Tokenizer) -> None:
    run = run_board.start(host, ANN, TINY, 1, (), 0)
    name = f"{MODEL}{run.id}"
    with pytest.raises(ValueError, match="has not saved a model yet"):
        host.info(name)
    checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), host.runs.checkpoint(run))
    assert host.info(name).title == run.name and host.info(name).name == name
    assert [value for _, value in host.offered(name)] == ["small", name]
    assert host.translator(name) is small
    for wrong in (MODEL, f"{MODEL}../x", f"{MODEL}{'x' * 200}", f"{MODEL}nothing"):
        with pytest.raises(ValueError, match="is not here"):
            host.info(wrong)


def test_some_trained_models_stay_in_memory(host: Services, tokenizer: Tokenizer) -> None:
    run = run_board.start(host, ANN, TINY, 1, (), 0)
    folder, saved = host.runs.checkpoint(run), make_checkpoint(make_model(small_config()), tokenizer)
    for _ in range(MOST_TRAINED + 3):  # each time as if the run had saved a better model
        checkpoint.save(saved, folder)
        host.translator(folder.name)
    assert len(host._trained) <= MOST_TRAINED


def test_a_finished_model_goes_through_an_archive_to_another_visitor(
    host: Services, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    run = run_board.start(host, ANN, TINY, 1, (), 0)
    run_board.order(host, ANN, {"run": run.id, "what": "stop"})
    with pytest.raises(ValueError, match="when its run has finished"):
        run_board.download(host, ANN, {"run": run.id})
    folder = host.runs.checkpoint(run)
    checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), folder)
    card.add_training(folder, "python -m seq2seq train --task sort", Finished(30, 1.0, 2.0, 9.0), "the task sort")
    given = run_board.download(host, ANN, {"run": run.id})
    assert given["name"] == "digits-in-order-gru-encoder-decoder-additive-attention.zip"
    with pytest.raises(ValueError, match="There is no run"):
        run_board.download(host, BOB, {"run": run.id})
    file = tmp_path / "given.zip"
    file.write_bytes(base64.b64decode(given["content"]))
    adopted = run_board.load(host, BOB, str(file))
    found = run_board.follow(host, BOB, {"run": adopted.id})
    assert found["state"] == "finished" and found["command"] == "python -m seq2seq train --task sort"
    assert host.info(f"{MODEL}{adopted.id}").parameters == host.info(folder.name).parameters


def test_bad_archive_leaves_no_files(host: Services, small: Translator, tokenizer: Tokenizer, tmp_path: Path) -> None:
    unfinished, file = tmp_path / "unfinished", tmp_path / "own.zip"
    checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), unfinished)
    archive.pack(unfinished, file)
    with pytest.raises(ValueError, match=r"no results\.json"):
        run_board.load(host, ANN, str(file))
    file.write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="The archive is not a zip file"):
        run_board.load(host, ANN, str(file))
    assert host.runs.of(ANN) == [] and list((tmp_path / "runs").iterdir()) == []


def events_file(folder: Path, *lines: str) -> str:
    file = folder / "my run.jsonl"
    file.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return str(file)


STARTED = to_json(Started(1000, "cpu", "fp32", 50, 30, 0))
LOOKED = to_json(SampleDecoded(10, "1 2", "2 1", ("▁1", "▁2", "</s>"), ("▁2", "</s>"), ((0.1, 0.8, 0.1), (0, 0.5, 0.5))))


def test_event_file_is_shown_and_cannot_be_controlled(host: Services, tmp_path: Path) -> None:
    step = to_json(StepDone(1, 0, 0.1, 2.5, 0.001, 1.0, 0.7, 100, 0.5))
    used = to_json(DeviceUsed(10, 2**30, 2**33, 0.5))
    run = run_board.load(host, ANN, events_file(tmp_path, STARTED, step, LOOKED, to_json(BatchSplit(9, 2)), used))
    answer = run_board.follow(host, ANN, {"run": run.id})
    assert (answer["name"], answer["state"], answer["command"], answer["open"]) == ("my run", "elsewhere", "", [])
    told = answer["told"]
    assert told["steps"]["loss"] == [2.5] and told["samples"][0]["hypothesis"] == "2 1"
    assert told["split"]["parts"] == 2 and told["device"]["utilisation"] == 0.5
    for what in ("pause", "resume", "stop"):
        with pytest.raises(ValueError, match="This run is elsewhere"):
            run_board.order(host, ANN, {"run": run.id, "what": what})
    with pytest.raises(ValueError, match="when its run has finished"):
        run_board.download(host, ANN, {"run": run.id})
    run_board.order(host, ANN, {"run": run.id, "what": "delete"})
    assert host.runs.of(ANN) == []


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "has no start event"),
        ([LOOKED], "has no start event"),
        (["not JSON"], "not an event"),
        (['{"event": "Stolen"}'], "event must be one of"),
        ([STARTED.replace("1000", '"1000"')], "is not of type"),
        ([STARTED.replace("1000", "[[[1]]]")], "is not of type"),
        ([STARTED, LOOKED.replace("0.8, ", "")], "a weight for each source piece"),
        ([STARTED, LOOKED.replace("[0.1, 0.8, 0.1]", '"<b>"')], "is not of type"),
        (["[" * 100_000], "not an event"),
        ([STARTED.replace('"update": 0', '"update": 0, "more": 1')], "not an event"),
    ],
)
def test_file_that_is_not_an_event_file_is_refused(host: Services, tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run_board.load(host, ANN, events_file(tmp_path, *lines))
    assert host.runs.of(ANN) == []


def test_event_file_that_cannot_be_stored_leaves_no_files(
    host: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise ValueError("no room")

    monkeypatch.setattr(host.runs, "report", full)
    with pytest.raises(ValueError, match="no room"):
        run_board.load(host, ANN, events_file(tmp_path, STARTED))
    assert host.runs.of(ANN) == []


def test_too_large_or_binary_event_file_is_refused(host: Services, tmp_path: Path) -> None:
    file = Path(events_file(tmp_path, STARTED))
    with open(file, "r+b") as large:
        large.truncate(run_board.EVENT_BYTES + 1)
    with pytest.raises(ValueError, match="larger than 32 MiB"):
        run_board.load(host, ANN, str(file))
    file.write_bytes(b"\x89PNG\r\n\xff\xfe")
    with pytest.raises(ValueError, match="is not an event file like"):
        run_board.load(host, ANN, str(file))


def test_a_visitor_without_runs_gets_the_recorded_run_with_its_true_alignment_and_its_test(host: Services) -> None:
    assert json.loads(run_board.payload(host, ANN, ""))["run"] == recorded.RUN
    answer = run_board.follow(host, ANN, {"run": recorded.RUN})
    told = answer["told"]
    assert answer["state"] == recorded.STATE and answer["command"].startswith("python -m seq2seq train --task reverse")
    assert told["finished"]["update"] == told["started"][0]["updates"] and told["tested"]["sentences"] == 1000
    assert told["samples"][-1]["gold"] and told["measured"]["aligned"][-1] > told["measured"]["aligned"][0]
    json.dumps(answer, allow_nan=False)


def test_a_runs_held_out_pairs_are_measured_but_not_shown(host: Services) -> None:
    pairs = TASKS["sort"].pairs("valid")
    run = run_board.start(host, ANN, TINY, 1, (), 0)
    assert host.runs.held_out(run) == pairs

    def fill(folder: Path) -> None:
        (folder / "valid.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in pairs[:30]), encoding="utf-8")

    own = run_board.start(host, ANN, replace(TINY, data=Files("train.tsv", "valid.tsv")), 1, (), 0, fill)
    assert host.runs.held_out(own) == pairs[:30]
    translator = Translator(make_checkpoint(make_model(small_config()), host.translator("small")._tokenizer))
    checkpoint.save(replace(translator._checkpoint, name=f"{MODEL}{own.id}"), host.runs.checkpoint(own))
    *_, report = map(json.loads, exposure.measured_run(host, f"{MODEL}{own.id}"))
    assert "30 pairs" in report["about"] and report["sentences"] == []
    archive_of_pairs = run_board.download_pairs(host, ANN, {"run": own.id})
    with ZipFile(BytesIO(base64.b64decode(archive_of_pairs["content"]))) as packed:
        assert packed.namelist() == ["valid.tsv"]  # the only file of this run; its command names it
    with pytest.raises(ValueError, match="There is no run"):
        run_board.download_pairs(host, BOB, {"run": own.id})
    with pytest.raises(ValueError, match="makes its pairs itself"):
        run_board.download_pairs(host, ANN, {"run": run.id})
    (host.runs.folder(own.id) / "valid.tsv").unlink()
    with pytest.raises(ValueError, match="held-out pairs of this run are not here"):
        host.runs.held_out(own)
