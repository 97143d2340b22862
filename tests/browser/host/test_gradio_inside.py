"""Test what this project assumes about Gradio's own page, one test for each assumption: an upgrade shows which one broke."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from support.apps.server import serve


@pytest.fixture(scope="module")
def gradio(tmp_path_factory) -> str:
    with serve(tmp_path_factory.mktemp("gradio") / "log", "tests/support/apps/gradio_app.py") as url:
        yield url


@pytest.fixture(scope="module")
def page(browser, gradio: str):
    context = browser.new_context()
    page: Page = context.new_page()
    page.goto(gradio)
    page.locator("#go").wait_for()
    yield page
    context.close()


def test_javascript_before_a_request_receives_the_inputs(page: Page) -> None:
    """`gradio_inside.before_request` passes them on unchanged."""
    page.locator("#go").click()
    expect(page.locator("#out input, #out textarea")).to_have_value("sent typed")
    assert page.evaluate("window.values") == ["typed"]


def test_focus_opens_a_menu_and_a_choice_closes_it(page: Page) -> None:
    """The menu of examples therefore sends a choice when it loses the focus, once, and `gradio_inside.open_again` gives the
    focus back to a menu that shows other choices."""
    menu = page.locator("#menu input")
    menu.click()
    page.get_by_role("option").first.click()
    page.wait_for_function("JSON.stringify(window.left) === '[\"first\"]'")
    menu.click()
    expect(page.get_by_role("option")).to_have_count(2)
    menu.select_text()
    page.keyboard.type("sec")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(menu).to_have_value("second")
    page.wait_for_function('JSON.stringify(window.left) === \'["first","second"]\'')
    expect(page.get_by_role("option")).to_have_count(0)
    page.locator("#empty").click()
    expect(menu).to_be_focused()
    expect(page.get_by_role("option")).to_contain_text(["third", "fourth"])
    page.keyboard.press("Escape")


def test_components_of_a_hidden_column_are_rendered_with_their_props(page: Page) -> None:
    """`own_data` puts the preview of a table into such a column, because a component rendered later lacks its own props."""
    expect(page.locator("#part [data-given]")).to_have_attribute("data-given", "prop first")


def test_gradio_selects_the_first_tab_before_the_requested_one(page: Page) -> None:
    """host/address-on-tab.js therefore ignores the first selection."""
    expect(page.locator("#tab-two")).to_be_visible()
    page.wait_for_function("(window.selected || []).includes('two')")
    selected = page.evaluate("window.selected")
    assert selected[-1] == "two" and set(selected) <= {"one", "two"}


def test_gradio_has_the_classes_that_styles_and_lessons_select(page: Page) -> None:
    """app.css and the controls of a lesson use these classes of Gradio."""
    expect(page.locator("#tabs > .tab-wrapper")).to_have_count(1)
    expect(page.locator("button.lg.primary#go")).to_have_count(1)
    expect(page.locator(".block#text")).to_have_count(1)
    assert page.locator("body").evaluate("body => getComputedStyle(body).getPropertyValue('--body-background-fill') !== ''")
