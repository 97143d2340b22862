"""Test that links of earlier versions of the page still open the same view; tests/ui/test_old_links.py reads more of them."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import expect

TEXT = "text=We+were+waiting+for+you+in+the+garden."
REFERENCE = "reference=Nous+t%27attendions+dans+le+jardin."
MODEL = "model=en-fr-additive"
# Links, each with the selector of its open view. The open page writes a new address, which must have the same parameters.
LINKS = {
    f"{TEXT}&{MODEL}&search=greedy&prefix=40-50&step=2": ".player.ready",
    f"tab=attention&{TEXT}&panels=en-fr-additive,en-fr-transformer:cross.3.2&unit=pieces&step=2": ".attention.ready",
    "tab=bottleneck&family=english-french-everyday&clauses=2&sentence=3": ".bottleneck.ready",
    f"tab=teacher-forcing&{TEXT}&{MODEL}&{REFERENCE}&inject=forced-2-~1&every=free&step=2": ".lanes.ready",
    "tab=sentences&model=en-fr-additive": ".exposure.ready",
}


@pytest.mark.parametrize("link", LINKS)
def test_an_old_link_opens_its_view(visit, link: str) -> None:
    page = visit(f"?{link}", ready=LINKS[link])
    parameters = parse_qsl(link)
    page.wait_for_function(
        "parameters => parameters.every(([name, value]) => new URLSearchParams(location.search).get(name) === value)",
        arg=[list(pair) for pair in parameters],
    )
    assert sorted(parse_qsl(urlsplit(page.url).query)) == sorted(parameters)
    expect(page.get_by_test_id("message").filter(visible=True).filter(has_text="address")).to_have_count(0)


def test_an_old_lesson_link_opens_its_lesson(visit) -> None:
    """The lesson has a question and two controls: {"q": "Where does it look?", "h": ["model"], "l": ["sentence"]}."""
    lesson = "1.eyJxIjoiV2hlcmUgZG9lcyBpdCBsb29rPyIsImgiOlsibW9kZWwiXSwibCI6WyJzZW50ZW5jZSJdfQ"
    page = visit(f"?{TEXT}&{MODEL}&search=greedy&step=2&lesson={lesson}")
    page.locator(".lesson.ready").wait_for()
    expect(page.locator(".lesson")).to_contain_text("Where does it look?")
    expect(page.locator("#model")).to_be_hidden()
    expect(page.locator("#text")).to_be_visible()
