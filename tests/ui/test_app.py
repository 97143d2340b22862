"""Checks of untrusted input from a browser: addresses, settings, clicks."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
import pytest
from support.small import make_info

from seq2seq.decoding.strategies import STRATEGIES, Beam, Greedy, Sample
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.form import search
from seq2seq.ui.kit.message import reported, sentence
from seq2seq.ui.kit.view import Slot, address_of
from seq2seq.ui.translate.tab import Translate
from seq2seq.ui.translate.visit import TranslateAnswer, TranslateRequest, forced_request
from seq2seq.ui.views import PARAMETERS, TABS, VIEWS

SERVICES = Services({name: make_info(name) for name in ("first", "second")})
FALLBACK = TranslateRequest("a cat", "first")


def read(services=SERVICES, **query):
    request, values, problems = Translate(services).read(query)
    return request, values.get("step", 0), problems


@pytest.mark.parametrize(
    "request_",
    [
        TranslateRequest("Où ? & = #", "second"),
        TranslateRequest("x", "first", Beam(size=3, length_penalty=0.5)),
        TranslateRequest("x", "first", Beam(no_repeat=4)),
        TranslateRequest("x", "first", Sample(temperature=0.7, top_k=5, top_p=0.9, seed=2**31 - 1), prefix=(4, 0, 17)),
    ],
)
def test_address_restores_the_whole_request(request_):
    assert read(**dict(Translate(SERVICES).link(request_)), step="3") == (request_, 3, [])


def test_address_without_a_sentence_opens_an_example_of_its_model():
    services = Services({"first": make_info("first"), "second": make_info("second", "French", "English")})
    english, french = (examples.of(services.info(name))[0] for name in ("first", "second"))
    assert read(services, model="second")[0].text == french
    assert read(services, model="second", text=english)[0].text == english
    assert read(services, model="nothing")[0] == TranslateRequest(english, "first")


def test_an_address_is_read_without_loading_a_model():
    def load(name):
        raise AssertionError("loaded")

    services = Services({"first": make_info("first"), "second": make_info("second")}, load)
    assert read(services, model="second")[0].model == "second"


def test_every_setting_of_a_strategy_is_written():
    for name, kind in STRATEGIES.items():
        written = dict(Translate(SERVICES).link(TranslateRequest("x", "first", kind(), (1,))))
        assert written.keys() == {"text", "model", "search", "prefix", *search.names_of(name)}


def test_a_parameter_means_the_same_in_every_view():
    for view in VIEWS:
        assert [PARAMETERS[parameter.name] for parameter in view.parameters] == list(view.parameters), view.name


def test_the_first_view_of_a_tab_has_its_name_and_the_first_of_all_needs_none():
    firsts = [next(view.name for view in VIEWS if view.tab == tab.name) for tab in TABS]
    assert firsts == [tab.name for tab in TABS]
    assert [view.name for view in VIEWS if address_of(view, VIEWS)["tab"] is None] == [VIEWS[0].name]


def test_an_unknown_view_in_an_address_is_reported():
    slot = Slot(SERVICES, VIEWS[0], VIEWS, None, None)
    slot.check({})
    slot.check({"tab": "teacher-forcing"})
    with pytest.raises(ValueError, match=r"no tab “x”. There are: translate, attention, attribution"):
        slot.check({"tab": "x"})


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"model": "../../etc"}, "no model “../../etc”"),
        ({"search": "__class__"}, "no search “__class__”"),
        ({"search": "beam", "size": "1e9"}, "Beam size is a whole number from 1 to 10, not 1e9"),
        ({"search": "beam", "size": "2.5"}, "Beam size"),
        ({"search": "beam", "length_penalty": "nan"}, "Length penalty"),
        ({"search": "sample", "temperature": "0"}, "Temperature is a number from 0.1 to 2"),
        ({"search": "sample", "seed": "-1"}, "Seed"),
        ({"prefix": "1--2-x"}, "“prefix” should be a whole number"),
        ({"prefix": "9" * 4000}, "“prefix” should be a whole number"),
        ({"step": "٣"}, "“step” should be a whole number"),
        ({"step": "1.5"}, "“step” should be a whole number"),
    ],
)
def test_bad_parameter_is_reported_and_the_others_are_used(query, said):
    request, step, problems = read(text="a dog", **query)
    assert len(problems) == 1 and said in problems[0]
    assert (request.text, request.model, request.prefix, step) == ("a dog", "first", (), 0)
    assert request.strategy == STRATEGIES[query["search"] if query.get("search") in STRATEGIES else "greedy"]()


def test_settings_are_converted_to_the_types_of_the_strategy():
    assert search.strategy("beam", {"size": "4", "length_penalty": "1"}) == Beam(4, 1.0)
    assert search.strategy("sample", {"temperature": 1, "top_k": 3.0, "top_p": 0.5, "seed": 7.0}) == Sample(1.0, 3, 0.5, 7)
    assert search.strategy("greedy", {"size": "nonsense"}) == Greedy()


def test_greedy_ignores_a_setting_that_the_page_does_not_show():
    assert read(text="a dog", search="greedy", no_repeat="4")[0].strategy == Greedy()
    assert read(text="a dog", search="sample", no_repeat="4")[0].strategy == Sample(no_repeat=4)


@pytest.mark.parametrize("name", search.SETTINGS)
def test_defaults_lie_within_their_bounds(name):
    setting = search.SETTINGS[name]
    assert setting.minimum <= search.default(name) <= (setting.maximum or search.SEED_LIMIT)


@pytest.mark.parametrize("search_name", STRATEGIES)
def test_every_setting_of_every_strategy_has_a_control(search_name):
    assert set(search.names_of(search_name)) <= set(search.SETTINGS)


@pytest.mark.parametrize("search_name", STRATEGIES)
@pytest.mark.parametrize("edge", ["minimum", "maximum"])
def test_the_bounds_of_every_control_are_accepted_by_its_strategy(search_name, edge):
    values = {name: getattr(search.SETTINGS[name], edge) or 0 for name in search.names_of(search_name)}
    assert search.settings_of(search.strategy(search_name, values)) == values


def seen() -> TranslateAnswer:
    steps = tuple(
        SimpleNamespace(token=10 + t, candidates=(SimpleNamespace(token=10 + t), SimpleNamespace(token=90 + t)))
        for t in range(3)
    )
    return TranslateAnswer(FALLBACK, SimpleNamespace(id="abc", steps=steps))


def test_clicked_candidate_becomes_a_prefix():
    assert forced_request(seen(), gr.EventData(None, {"trace_id": "abc", "step": 3, "token": 92})).prefix == (10, 11, 92)


@pytest.mark.parametrize(
    "data",
    [
        None,
        "trace_id step token",
        [],
        {},
        {"trace_id": "abc", "step": 1},
        {"trace_id": "other", "step": 1, "token": 90},
        {"trace_id": "abc", "step": 0, "token": 90},
        {"trace_id": "abc", "step": 4, "token": 90},
        {"trace_id": "abc", "step": True, "token": 90},
        {"trace_id": "abc", "step": "1", "token": 90},
        {"trace_id": "abc", "step": 1.0, "token": 90},
        {"trace_id": "abc", "step": 1, "token": 91},
        {"trace_id": "abc", "step": 1, "token": "90"},
        {"trace_id": "abc", "step": 1, "token": None},
        {"trace_id": "abc", "step": 1, "token": [90]},
        {"trace_id": ["abc"], "step": 1, "token": 90},
    ],
)
def test_invalid_click_is_refused(data):
    with pytest.raises(ValueError, match=r"[.]$"):
        forced_request(seen(), gr.EventData(None, data))


def test_messages_are_sentences():
    assert sentence(ValueError("the text is empty")) == "The text is empty."
    assert sentence(ValueError("Really?")) == "Really?"


@pytest.mark.parametrize(
    ("fault", "said"),
    [(ValueError("too long"), "Too long."), (RuntimeError("/secret/path"), "Something went wrong on the server.")],
)
def test_every_error_becomes_a_message_without_details(fault, said):
    def handler():
        raise fault

    ((place, value),) = reported("place")(handler)().items()
    assert place == "place" and said in value and "secret" not in value
