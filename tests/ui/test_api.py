"""The public API: its endpoints, their answers, and the examples of `assets/docs/api.md`."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import gradio as gr
import pytest
from gradio.exceptions import AppError
from gradio_client import Client
from support.apps.server import ROOT

from seq2seq.analysis.forcing import scoring
from seq2seq.decoding.strategies import Beam, Greedy
from seq2seq.trace import SCHEMA, DecodingTrace
from seq2seq.ui import api
from seq2seq.ui.app import create_app
from seq2seq.ui.host.services import Services

ADDRESS = "http://127.0.0.1:7860"  # as in the document
PUBLIC = {"/translate", "/score", "/models"}
SERVER_FUNCTIONS = {("train-board", name) for name in ("follow", "order", "list_runs", "download", "download_pairs")} | {
    ("header", "lesson_link")
}


@pytest.fixture(scope="module")
def app(services: Services) -> gr.Blocks:
    return create_app(services)


def public(app: gr.Blocks) -> set[str]:
    """Return every endpoint that programs can call, listed or not."""
    known = app.get_api_info(all_endpoints=True)
    assert not known["unnamed_endpoints"]
    open_to_all = {f"/{fn.api_name}" for fn in app.fns.values() if fn.fn and fn.api_visibility != "private"}
    assert open_to_all == known["named_endpoints"].keys()
    return open_to_all


def server_functions(app: gr.Blocks) -> set[tuple[str, str]]:
    """Return the functions that a page can call outside of its events."""
    return {
        (block.elem_id, name)
        for block in app.blocks.values()
        for name in dir(block)
        if getattr(getattr(block, name, None), "_is_server_fn", False)
    }


def test_only_the_intended_endpoints_are_public(app):
    assert public(app) == PUBLIC
    assert server_functions(app) == SERVER_FUNCTIONS


def test_accidental_endpoint_is_detected(services):
    app = create_app(services)
    with app:
        gr.Button().click(lambda: None)
        gr.HTML(server_functions=[lambda asked: asked], elem_id="accident")
    assert public(app) - PUBLIC and server_functions(app) - SERVER_FUNCTIONS == {("accident", "<lambda>")}


def test_every_parameter_is_named_typed_and_described(app):
    endpoints = app.get_api_info()["named_endpoints"]
    for endpoint in endpoints.values():
        assert endpoint["description"] and all(parameter["type"] for parameter in endpoint["parameters"])
        assert all(value["type"] for value in endpoint["returns"])
    for fn in app.fns.values():
        if fn.api_visibility == "public":
            _, described, returns = gr.utils.get_function_description(fn.fn)
            assert all(described.values()) and returns
    parameters = {p["parameter_name"]: p for p in endpoints["/translate"]["parameters"]}
    assert [name for name, p in parameters.items() if not p["parameter_has_default"]] == ["text"]
    assert parameters["search"]["type"] == {"enum": ["greedy", "beam", "sample"]}


def test_programs_wait_in_the_queue_of_the_page(app):
    lines = {fn.api_name: (fn.concurrency_id, fn.concurrency_limit) for fn in app.fns.values()}
    assert {lines[name.removeprefix("/")] for name in PUBLIC} == {lines["show_request"]}


# --- what the functions answer ---


@pytest.fixture(scope="module")
def call(services: Services):
    """call(name, **parameters) calls an endpoint like a program."""
    with gr.Blocks() as app:
        api.build(services)
    return lambda name, **parameters: next(fn.fn for fn in app.fns.values() if fn.api_name == name)(**parameters)


def test_a_translation_is_the_whole_trace(call, small):
    found = call("translate", text="the old man", search="beam", size=3, length_penalty=0.5)
    assert found["schema"] == SCHEMA
    assert found == small.translate("the old man", Beam(3, 0.5)).to_dict()
    assert DecodingTrace.from_json(small.translate("the old man", Beam(3, 0.5)).to_json()).to_dict() == found


@pytest.mark.parametrize(("name", "strategy"), [("greedy", Greedy(no_repeat=1)), ("beam", Beam(no_repeat=1))])
def test_no_repeat_belongs_to_every_search(call, small, name, strategy):
    found = call("translate", text="the old man", search=name, no_repeat=1)
    assert found == small.translate("the old man", strategy).to_dict()
    assert DecodingTrace.from_json(json.dumps(found)).strategy["no_repeat"] == 1


def test_output_begins_with_the_prefix(call, small):
    token = small.translate("the old man").steps[0].candidates[-1].token
    found = call("translate", text="the old man", prefix=[token])
    assert (found["steps"][0]["token"], found["steps"][0]["forced"]) == (token, True)


def test_the_same_seed_gives_the_same_sample(call):
    drawn = [call("translate", text="the old man", search="sample", seed=seed)["steps"] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_score_is_the_sum_of_its_pieces(call, small):
    found = call("score", text="the old man", translation="le vieil homme")
    assert found["mode"] == "teacher-forced" and found["target"] == "le vieil homme"
    assert math.isclose(sum(piece["log_prob"] for piece in found["pieces"]), found["log_prob"], rel_tol=1e-6)
    assert math.isclose(found["log_prob"], small.score("the old man", "le vieil homme").log_prob)


def test_infinite_perplexity_is_none(small):
    trace = small.score("the old man", "le")
    object.__setattr__(trace, "log_prob", -1e6)
    assert scoring.scored(trace)["perplexity_per_piece"] is None


def test_models_endpoint_returns_the_model_infos(call, services):
    (model,) = call("models")
    assert model["name"] == services.first and model["source_language"] and model["parameters"] > 0


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"text": ""}, "There is nothing to translate"),
        ({"text": None}, "A sentence must be text."),
        ({"text": ["a"]}, "A sentence must be text."),
        ({"text": "x" * 10_000}, "The text has 10,000 characters"),
        ({"text": "a \ud800"}, "not valid Unicode"),
        ({"text": "a", "model": "../../etc/passwd"}, "There is no model “../../etc/passwd”"),
        ({"text": "a", "model": "run-../x"}, "This model is not here"),
        ({"text": "a", "model": ["small"]}, "The name of a model must be text."),
        ({"text": "a", "model": None}, "The name of a model must be text."),
        ({"text": "a", "search": "wide"}, "There is no search “wide”"),
        ({"text": "a", "search": {}}, "There is no search"),
        ({"text": "a", "search": "beam", "size": 1e400}, "Beam size is a whole number from 1 to 10, not inf"),
        (
            {"text": "a", "search": "beam", "size": 10**5000},
            "Beam size is a whole number from 1 to 10, not “such a large number”",
        ),
        ({"text": "a", "search": "beam", "size": "9" * 10**6}, "Beam size is a whole number from 1 to 10"),
        ({"text": "a", "search": "beam", "size": [4]}, "Beam size is a whole number from 1 to 10."),
        ({"text": "a", "search": "beam", "length_penalty": math.nan}, "Length penalty is a number from 0 to 2"),
        ({"text": "a", "prefix": "12"}, "A prefix is a list of whole numbers"),
        ({"text": "a", "prefix": [True]}, "A prefix is a list of whole numbers"),
        ({"text": "a", "prefix": [[1]]}, "A prefix is a list of whole numbers"),
        ({"text": "a", "prefix": [10**5000]}, "A prefix is a list of whole numbers"),
        ({"text": "a", "prefix": [10**6]}, "A prefix must contain ids from 0 to"),
        ({"text": "a", "prefix": [-1]}, "A prefix must contain ids from 0 to"),
        ({"text": "a", "prefix": [5] * 10**5}, "A prefix may have at most"),
    ],
)
def test_impossible_call_gets_one_sentence(call, parameters, said):
    with pytest.raises(AppError) as caught:
        call("translate", **parameters)
    assert said in caught.value.message and len(caught.value.message) < 300
    assert not caught.value.print_exception and caught.value.__suppress_context__


def test_internal_error_has_no_details(monkeypatch, call, services):
    def fail(name):
        raise OSError(f"no such file: {ROOT}")

    monkeypatch.setattr(services, "translator", fail)
    for name, parameters in {"translate": {}, "score": {"translation": "b"}}.items():
        with pytest.raises(AppError, match="Something went wrong on the server") as caught:
            call(name, text="a", **parameters)
        assert str(ROOT) not in caught.value.message


# --- the document, and the app as it is served ---


@pytest.fixture(scope="module")
def address(address):
    return address.rstrip("/")  # as in the document


def examples(language: str) -> list[str]:
    text = (ROOT / "assets/docs/api.md").read_text(encoding="utf-8")
    return [block for kind, block in re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL) if kind == language]


def printed(call: list[str], script: str, address: str, tmp_path: Path) -> str:
    assert ADDRESS in script
    program = tmp_path / "program"
    program.write_text(script.replace(ADDRESS, address), encoding="utf-8")
    return subprocess.run([*call, program], cwd=tmp_path, text=True, capture_output=True, check=True, timeout=120).stdout


def test_the_example_with_the_client_runs(address, tmp_path):
    with_client, _ = examples("python")
    lines = printed([sys.executable], with_client, address, tmp_path).splitlines()
    assert lines[0] == "J'ai oublié mon parapluie."
    assert lines[1].startswith("▁J' ") and lines[-1].startswith("['en-fr-additive', ")
    assert lines[-3].endswith(" True")  # a translation that the model does not choose is less probable


def test_the_example_without_the_client_runs(address, tmp_path):
    _, without = examples("python")
    lines = printed([sys.executable], without, address, tmp_path).splitlines()
    assert len(lines) == 2 and lines[0].startswith("Le chat")
    assert lines[1] == "Beam size is a whole number from 1 to 10, not 11."


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("sh")), reason="needs curl and a shell")
def test_the_example_from_a_shell_runs(address, tmp_path):
    from_shell, _ = examples("sh")
    said = printed(["sh"], from_shell, address, tmp_path)
    assert said.startswith('event: complete\ndata: [{"schema"') and '"model": "en-fr-plain"' in said


def test_served_trace_equals_the_engines_trace(address):
    client = Client(address, verbose=False)
    found = client.predict("I forgot my umbrella.", search="sample", seed=3, api_name="/translate")
    assert found["strategy"]["name"] == "sample" and found["strategy"]["seed"] == 3
    with pytest.raises(AppError, match="There is no model “nothing”"):
        client.predict("a", "b", model="nothing", api_name="/score")
    with pytest.raises(ValueError, match="Cannot find a function"):
        client.predict("a", api_name="/show_translation")
