"""The app in the frame of a Space: its links are those of the Space, and nothing depends on the height of the frame."""

from __future__ import annotations

import pytest
from playwright.sync_api import Frame, expect
from support.apps.frame import BLOCKED, TOKEN, framed
from support.apps.server import serve
from support.browser.lessons import scanned
from support.browser.views import each_view
from support.browser.visitor import SIZE, Visitor

SPACE = {"SPACE_ID": "somebody/unrolled", "SPACE_HOST": "somebody-unrolled.hf.space"}
PAGE, WHOLE = "https://huggingface.co/spaces/somebody/unrolled", "https://somebody-unrolled.hf.space/"
AUTOFOCUS = "Blocked autofocusing"  # a browser's remark on a dialog's first field, which gets the focus when the dialog opens
# Elements in sight that stand still while the page scrolls.
STANDING = """() => [...document.querySelectorAll("body *")].filter((node) => {
  const { position } = getComputedStyle(node), { width, height } = node.getBoundingClientRect();
  if (!width || !height) return false;
  if (position === "fixed") return true;
  if (position !== "sticky") return false;
  for (let up = node.parentElement; up !== document.body; up = up.parentElement)
    if (/auto|scroll/.test(getComputedStyle(up).overflow)) return false; // it sticks to this box, not to the page
  return true;
}).map((node) => node.outerHTML.slice(0, 100))"""

# The height of the page's content, once it has not changed for a while.
HEIGHT = """() => new Promise((done) => {
  let last = 0, same = 0;
  const look = () => {
    const { height } = document.getElementById("tabs").getBoundingClientRect();
    same = height === last ? same + 1 : 0;
    last = height;
    if (same < 12) requestAnimationFrame(look);
    else done(height);
  };
  look();
})"""


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    log = tmp_path_factory.mktemp("space") / "log"
    with serve(log, **SPACE) as app, framed(app) as outer:
        yield app, outer
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture
def enter(browser, space):
    """Return a function that opens the outer page and returns the app's frame. At the end, nothing has failed."""
    app, outer = space
    visitors = []

    def new(query: str = "", ready: str = ".player.ready", script: str = "") -> Frame:
        visitor = Visitor(browser, outer, viewport=SIZE)
        visitors.append(visitor)
        visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
        if script:
            visitor.context.add_init_script(script)
        visitor.page.goto(outer + query)
        frame = next(frame for frame in visitor.page.frames if frame.url.startswith(app))
        frame.locator(ready).wait_for()
        return frame

    yield new
    for visitor in visitors:
        assert [fault for fault in visitor.unexplained if AUTOFOCUS not in fault] == []
        assert [url for url in visitor.strangers if not url.startswith(app)] == []
        visitor.context.close()


def test_links_lead_to_the_space_and_hold_no_token(enter):
    frame = enter("?text=Hello&step=1")
    assert TOKEN in frame.evaluate("location.href")
    frame.wait_for_url("**search=greedy**")
    frame.get_by_test_id("link-open").click()
    link = frame.get_by_test_id("link-page").input_value()
    assert link.startswith(f"{PAGE}?") and "text=Hello" in link and "step=1" in link
    assert frame.get_by_test_id("link-whole").input_value() == link.replace(PAGE, WHOLE)
    expect(frame.get_by_test_id("link-copied")).to_have_text("The link is copied.")
    frame.page.bring_to_front()
    frame.get_by_test_id("link-page").focus()
    assert frame.page.evaluate("navigator.clipboard.readText()") == link
    frame.page.keyboard.press("Escape")

    frame.get_by_test_id("lesson-open").click()
    field = frame.get_by_test_id("lesson-link")
    expect(field).to_have_value(link)
    assert scanned(frame.get_by_test_id("lesson-qr").locator("img").screenshot()) == link
    frame.get_by_test_id("lesson-whole").check()
    expect(field).to_have_value(link.replace(PAGE, WHOLE))
    assert frame.evaluate("[...document.querySelectorAll('a[href]')].filter(({ href }) => href.includes('__sign')).length") == 0


def test_a_link_that_is_followed_within_the_frame_keeps_the_token(enter):
    frame = enter("?tab=beam", ".beam-tree.ready")
    link = frame.locator(".node.leading").first
    assert "__sign" not in link.get_attribute("href")
    link.click()
    frame.wait_for_url("**search=beam**")
    frame.locator(".player.ready").wait_for()
    assert f"__sign={TOKEN}" in frame.evaluate("location.search")


def test_every_view_opens_without_storage_and_nothing_depends_on_the_height_of_the_frame(enter):
    frame = enter("?text=Hello&step=1", script=BLOCKED)
    for name in each_view(frame):
        if name == "edit":  # its table comes late
            frame.locator("#edit .heat-table thead th").first.wait_for()
        assert frame.evaluate(STANDING) == [], name
        heights = []
        for height in (1500, 6000, 1500):
            frame.page.evaluate("height => { document.querySelector('iframe').style.height = `${height}px`; }", height)
            heights.append(frame.evaluate(HEIGHT))
        low, high, again = heights
        # Where the content itself has grown in the meantime (a late picture), the heights say nothing.
        assert high == low or again != low, name


def test_a_dialog_opens_at_the_top_of_a_high_frame(enter):
    frame = enter()
    for name in ("link", "lesson", "about"):
        frame.locator(f"[data-open={name}]").click()
        dialog = frame.locator("dialog[open]")
        assert dialog.bounding_box()["y"] < 100, name
        frame.page.keyboard.press("Escape")
