"""Helpers of the browser tests for the beam tree: its link and its nodes."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlparse

from playwright.sync_api import Page

from seq2seq.decoding.beam_tree import BeamTree

TEXT = "Could you lend me your bicycle this afternoon?"
LINK = f"&text={quote(TEXT)}&size=4"


def root(page: Page):
    return page.get_by_test_id("beam-tree")


def details(page: Page):
    return root(page).get_by_test_id("pointed")


def parameters(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlparse(address).query).items()}


def visible_nodes(page: Page) -> dict[str, tuple[str, list[str]]]:
    """Return the text and the classes of each visible node, by its prefix."""
    nodes = page.locator(".node").evaluate_all(
        """nodes => nodes.filter((node) => getComputedStyle(node).visibility === "visible").map((node) =>
          [node.getAttribute("href"), node.querySelector("text").firstChild.textContent, node.getAttribute("class")])"""
    )
    return {parameters(href).get("prefix", ""): (text, classes.split()) for href, text, classes in nodes}


def prefix(tree: BeamTree, index: int) -> str:
    return "-".join(str(node.token) for node in tree.path(index))


def node(page: Page, tree: BeamTree, index: int):
    return page.locator(f'.node[href*="prefix={prefix(tree, index)}&"]')
