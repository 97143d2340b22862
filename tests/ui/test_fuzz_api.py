"""The real app with hostile HTTP requests: it stays alive, answers other visitors correctly, and reveals nothing.

Short by default; `SEQ2SEQ_FUZZ=long` sends every value to every function, one at a time, too, and 30 MB at once.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import secrets
import tempfile
from pathlib import Path

import plotly
import pytest
from support.apps.server import ROOT, serve
from support.hostile import (
    BODIES,
    BROKEN,
    LONG,
    MODELS,
    SCRIPT,
    UPLOADS,
    VALUES,
    Answer,
    Visitor,
    calls_of,
    secret_places,
    session,
    single_calls_of,
)
from support.log_of_app import surprises

from seq2seq.runs.queue import Runs
from seq2seq.ui.api import MAX_ID
from seq2seq.ui.host import upload_folder

SENTENCE = "I forgot my umbrella."
OWNER, STRANGER = "owner-" + "a" * 24, "stranger-" + "b" * 24
# Gradio refuses some values before any of our functions is called (files, deep nesting); these answers have no sentence or
# break off.
SILENT = re.compile(r'"error": null|surrogates|64-bit')
BATCH = 100  # calls in the queue at a time


@pytest.fixture(scope="module")
def log(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "log"


@pytest.fixture(scope="module")
def secret() -> str:
    return secrets.token_hex(16)


@pytest.fixture(scope="module")
def visitor(log, secret):
    """Return a hostile visitor of an app with a secret in its environment and without training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQ2SEQ_SOME_SECRET", secret)
        patch.setenv("SEQ2SEQ_TRAIN_RUNS", "0")
        with serve(log) as url:
            visitor = Visitor(url)
            yield visitor
            visitor.close()


@pytest.fixture(autouse=True)
def _unharmed(visitor, log):
    """After each test, another visitor gets a correct answer, and the log has no traceback through our code."""
    before = len(log.read_text(encoding="utf-8", errors="replace"))
    yield
    answer = Visitor(visitor.address).call("translate", text=SENTENCE)
    assert '"text": "J\'ai oubli\\u00e9 mon parapluie."' in answer.text, answer
    assert surprises(log.read_text(encoding="utf-8", errors="replace")[before:]) == []


@pytest.fixture
def check(secret):
    """check(answers): no answer has a traceback, a path of the server, or a part of its environment that was not in the
    request."""
    home, python = str(Path.home()), str(Path(os.__file__).parents[1])
    # Gradio's page has the path of Plotly, and the answer to an upload has its path.
    forbidden = [
        secret,
        "Traceback (most",
        'File "/',
        str(ROOT),
        f"{home}/",
        f"{tempfile.gettempdir()}/",
        f"{python}/",
        "root:x:0",
    ]
    shown = f"file={Path(plotly.__file__).parent.as_posix()}"

    def check(answers: list[Answer]) -> None:
        for answer in answers:
            text = answer.text.replace(shown, "")
            found = [word for word in forbidden if word in text and word not in answer.asked]
            assert not found, (found, answer)

    return check


def test_a_traceback_through_our_code_is_a_surprise():
    theirs = 'Traceback (most recent call last):\n  File "gradio/x.py", line 1, in y\nKeyError: 3\n'
    assert surprises(theirs) == []
    assert surprises(theirs.replace("gradio/x.py", f"{ROOT}/seq2seq/ui/x.py"))
    assert surprises(theirs.replace("KeyError: 3", "OSError: disk"))
    assert surprises("a handler failed")


@pytest.mark.parametrize("made", [calls_of, single_calls_of])
def test_every_function_survives_hostile_values(visitor, check, made):
    calls, name = made(visitor), session()
    for start in range(0, len(calls), BATCH):
        answers = visitor.many(calls[start : start + BATCH], name)
        check(answers)
        if any(answer.text == BROKEN for answer in answers):  # a refusal that cannot be sent ends the stream of its visitor
            name = session()


@pytest.mark.parametrize(
    "path", ["queue/join", "run/show_translation", "call/translate", "call/v2/translate", "component_server"]
)
def test_invalid_bodies_are_survived(visitor, check, path):
    answers = [visitor.post(f"gradio_api/{path}", body) for body in BODIES]
    check(answers)
    assert all(answer.status in (200, 400, 404, 422, 500) for answer in answers)


@pytest.mark.parametrize(
    "path", ["cancel", "reset", "stream/x", "stream/../x/close", "vibe-edit", "undo-vibe-edit", "vibe-code"]
)
def test_unused_routes_reveal_nothing(visitor, check, path):
    bodies = [
        *BODIES,
        {"session_hash": "x", "fn_index": 0, "event_id": "y"},
        {"event_id": "\ud800"},
        {"prompt": SCRIPT, "code": "1"},
    ]
    check([visitor.post(f"gradio_api/{path}", body) for body in bodies])


@pytest.mark.parametrize("name", ["translate", "score"])
def test_public_endpoints_answer_or_give_a_reason(visitor, check, name):
    other = {"translation": SENTENCE} if name == "score" else {}
    models = [visitor.call(name, text=SENTENCE, **{**other, "model": model}) for model in MODELS]
    answers = [*models]
    turn = 0
    for word in ("text", "model", *(("search", "size", "prefix") if name == "translate" else ("translation",))):
        given = {"text": SENTENCE, "search": "beam"} if name == "translate" else {"text": SENTENCE, **other}
        picked = list(VALUES.values())[turn :: 1 if LONG else 5]
        answers += [visitor.call(name, **{**given, word: value}) for value in picked]
        turn = 0 if LONG else (turn + 1) % 5
    check(answers)
    for answer in answers:
        assert answer.status in (400, 422) or answer.text.startswith(("event: complete\n", "event: error\n")), answer
        if answer.text.startswith("event: error"):
            assert SILENT.search(answer.text) or json.loads(answer.text.partition("data: ")[2])["error"], answer
    assert all('"error": "' in answer.text for answer in models)


def test_extreme_numbers_are_survived(visitor, check):
    ends = [0, -1, 1, 10, 11, 2**31 - 1, 2**31, 2**63, -(2**63), 1e-300, 1.5, "1", "٣", "NaN", MAX_ID]
    names = ("size", "length_penalty", "temperature", "top_k", "top_p", "seed", "no_repeat")
    picked = list(itertools.product(names, ends)) if LONG else list(itertools.product(names, ends))[::4]
    answers = [
        visitor.call(
            "translate",
            text=SENTENCE,
            search="sample" if name in ("temperature", "top_k", "top_p", "seed") else "beam",
            **{name: end},
        )
        for name, end in picked
    ]
    check(answers)
    assert all(answer.text.startswith(("event: complete\n", "event: error\n")) for answer in answers)


def test_many_parallel_calls_are_answered(visitor, check):
    size = 30_000_000 if LONG else 2_000_000
    check([visitor.call("translate", text="word " * (size // 5)), visitor.call("score", text=SENTENCE, translation="a" * size)])
    check(
        [visitor.post("gradio_api/component_server", {**SERVED, "component_id": board(visitor), "data": {"owner": "x" * size}})]
    )
    wide = [{"a": [None]}] * (size // 20)
    check([visitor.call("translate", text=SENTENCE, prefix=wide)])
    check(
        visitor.many(
            [(fn["id"], ["x" * size] * len(fn["inputs"]), None) for fn in visitor.functions()[:: 9 if LONG else 60]], session()
        )
    )


def test_file_paths_reveal_nothing(visitor, check):
    answers = [visitor.raw(place) for place in secret_places(ROOT, Path.home())]
    check(answers)
    for answer in answers:
        assert answer.status != 200 or "seq2seq.ui.app import" not in answer.text, answer
    refused = [answer for answer in answers if "file=" in answer.asked]
    assert len(refused) > 10 and {answer.status for answer in refused} <= {403, 404}


def test_uploads_stay_in_the_upload_folder(visitor, check, secret):
    for name in UPLOADS:
        answer = visitor.send("POST", "gradio_api/upload", files={"files": (name, f"a\t{secret}\n".encode())})
        if answer.status == 200:
            (place,) = json.loads(answer.text)
            folder = upload_folder.OWN.resolve()
            assert Path(place).resolve().is_relative_to(folder) and len(Path(place).relative_to(folder).parts) == 2, answer
            fetched = visitor.send("GET", f"gradio_api/file={place}")
            assert fetched.status in (200, 403, 404, 422)
        else:
            check([answer])
    assert not Path(tempfile.gettempdir(), "escaped.tsv").exists()


def test_invalid_uploads_are_refused(visitor, check):
    content = {"content-type": "multipart/form-data; boundary=x"}
    for body in (b"--x", b"--x\r\n\r\n\r\n--x--", b"--x\r\nContent-Disposition: attachment\r\n\r\n\xff\r\n--x--"):
        answer = visitor.send("POST", "gradio_api/upload", content=body, headers=content)
        check([answer])
        assert answer.text == "[]" or answer.status >= 400, answer


SERVED = {"session_hash": "x", "fn_name": "follow"}


def board(visitor: Visitor, name: str = "train-board") -> int:
    return next(c["id"] for c in visitor.config["components"] if c["props"].get("elem_id") == name)


def test_server_functions_survive_hostile_values(visitor, check):
    number, answers = board(visitor), []
    for name in ("follow", "order", "list_runs", "download", "download_pairs"):
        for value in VALUES.values():
            sent = [value, {"owner": value}, {"owner": STRANGER, "run": value, "place": value, "what": value, "name": value}]
            answers += [
                visitor.post("gradio_api/component_server", {**SERVED, "fn_name": name, "component_id": number, "data": v})
                for v in sent
            ]
    for value in VALUES.values():
        told = {"address": value, "question": value, "hidden": [value], "locked": [value]}
        sent = {**SERVED, "fn_name": "lesson_link", "component_id": board(visitor, "header")}
        answers += [visitor.post("gradio_api/component_server", {**sent, "data": data}) for data in (value, told)]
    check(answers)
    for answer in answers:
        assert answer.status == 400 or (answer.status == 500 and "{" not in answer.text) or "problem" in answer.text, answer
    for name in ("__init__", "postprocess", "_answering", "server", "../follow", "", "__class__"):
        for component in (number, 0, -1, 10**9):
            answer = visitor.post(
                "gradio_api/component_server", {**SERVED, "fn_name": name, "component_id": component, "data": {}}
            )
            assert answer.status in (404, 500), answer
            check([answer])


def test_run_of_another_visitor_looks_like_a_missing_run(visitor, log, check):
    run = Runs(log.parent / "data" / "runs").watch(OWNER, "a run of mine", "")

    def ask(owner: str, function: str, run: str, **more: str) -> Answer:
        data = {"owner": owner, "run": run, **more}
        return visitor.post(
            "gradio_api/component_server", {**SERVED, "fn_name": function, "component_id": board(visitor), "data": data}
        )

    assert "a run of mine" in ask(OWNER, "follow", run.id).text
    nowhere = "x" * len(run.id)
    for name, more in [
        ("follow", {}),
        ("download", {}),
        ("download_pairs", {}),
        *(("order", {"what": w, "name": "b"}) for w in ("delete", "rename", "stop")),
    ]:
        theirs, none = ask(STRANGER, name, run.id, **more), ask(STRANGER, name, nowhere, **more)
        assert theirs.text.replace(run.id, nowhere) == none.text and "There is no run" in none.text
        for trick in (f"../runs/{run.id}", f"{run.id}/", f"{run.id}\0", f"./{run.id}", "..", "."):
            assert "There is no run" in ask(OWNER, name, trick, **more).text
        check([theirs, none])
    assert "a run of mine" not in ask(STRANGER, "list_runs", "").text
    assert "a run of mine" in ask(OWNER, "follow", run.id).text
