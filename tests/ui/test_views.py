"""The registry of views: everything that the page knows of a view derives from its record, as one view more shows."""

from __future__ import annotations

import json
import re
from typing import Any

import gradio as gr
import pytest

from seq2seq.ui import views
from seq2seq.ui.app import create_app, styles
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address
from seq2seq.ui.kit.component import ASSETS
from seq2seq.ui.kit.view import Slot, View, address_of
from seq2seq.ui.lesson import lesson
from seq2seq.ui.views import PARAMETERS, TABS, VIEWS

EXTRA_PARAMETER = address.number("depth")


def build_extra(slot: Slot) -> None:
    board = slot.board()
    slot.tab.select(lambda: json.dumps({"says": slot.view.title}), None, board, api_visibility="private")


EXTRA = View(
    name="extra",
    title="One view more",
    tab="attention",
    part="attention/attribution",
    element="extra",
    build=build_extra,
    parameters=(address.TEXT, EXTRA_PARAMETER),
    styles=("forcing/score",),
    controls={"steps": (".extra .steps",)},
)


@pytest.fixture
def with_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (views, lesson):
        monkeypatch.setattr(module, "VIEWS", (*VIEWS, EXTRA))
    monkeypatch.setattr("seq2seq.ui.app.VIEWS", (*VIEWS, EXTRA))


def blocks_of(page: gr.Blocks) -> list[dict[str, Any]]:
    return page.get_config_file()["components"]


@pytest.mark.usefixtures("with_extra")
def test_a_view_is_one_record(services: Services) -> None:
    page = create_app(services)
    tabs = [block["props"] for block in blocks_of(page) if block["type"] == "tabitem"]
    assert [tab["label"] for tab in tabs if tab["elem_id"] == "view-extra"] == ["One view more"]
    given = {block["props"].get("elem_id"): block["props"].get("props") for block in blocks_of(page)}
    assert given["extra"]["address"]["tab"] == "extra" and given["extra"]["address"]["own"] == ["text", "depth"]
    assert "depth" in given["extra"]["address"]["all"]
    assert "depth" in given["stage"]["address"]["all"]  # another view takes it out of the address
    assert ".extra .steps" in lesson._control("steps").parts
    assert ASSETS / "forcing/score.css" in styles()


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_record_names_what_is_there(view: View) -> None:
    assert view.tab in [tab.name for tab in TABS]
    assert (ASSETS / f"{view.part}.html").is_file() and (ASSETS / f"{view.part}.js").is_file()
    assert all((ASSETS / f"{name}.css").is_file() for name in view.styles)
    assert view.controls.keys() | view.kept.keys() <= lesson.CONTROLS.keys()
    assert address_of(view, VIEWS)["all"] == sorted(PARAMETERS)


def test_every_style_of_the_assets_is_sent() -> None:
    assert sorted(styles()) == sorted(ASSETS.rglob("*.css"))


def test_type_corners_and_gaps_come_from_one_set_of_variables() -> None:
    own = re.compile(r"(?:font-size|border-radius|gap): [^;}]*\d+px")
    assert {path.name: own.findall(path.read_text(encoding="utf-8")) for path in styles()} == {
        path.name: [] for path in styles()
    }


def test_no_change_of_a_training_setting_is_lost_while_an_earlier_one_is_described(services: Services) -> None:
    page = create_app(services)
    ids = {block["props"].get("elem_id"): block["id"] for block in blocks_of(page)}
    changes = [each for each in page.config["dependencies"] if (ids["train-length"], "input") in map(tuple, each["targets"])]
    assert [each["trigger_mode"] for each in changes] == ["multiple"]


def test_names_and_elements_are_different() -> None:
    for field in ("name", "element"):  # two views can share a component, such as the stage
        values = [getattr(view, field) for view in VIEWS]
        assert len(set(values)) == len(values)


def test_a_file_has_the_colours_of_the_light_page() -> None:
    paper = re.search(r"PAPER = \{(.*?)\};", (ASSETS / "lib/charts/shade.js").read_text(encoding="utf-8"), re.DOTALL)
    assert paper
    colours = dict(re.findall(r'"?([\w-]+)"?: "(#\w{6})"', paper[1]))
    light = (ASSETS / "shell/app.css").read_text(encoding="utf-8").split("body.dark")[0]
    assert len(colours) > 5 and colours.items() <= dict(re.findall(r"--([\w-]+): (#\w{6});", light)).items()
