"""What is sent light, and what is left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from seq2seq.ui import assets, launch_settings
from seq2seq.ui.serving import PLOTLY_ADDRESS, Light

LONG = "a page of many words " * 2000


async def page(_: Request) -> PlainTextResponse:
    return PlainTextResponse(LONG)


async def events(_: Request) -> StreamingResponse:
    async def told() -> AsyncIterator[str]:
        yield f"data: {LONG}\n\n"

    return StreamingResponse(told(), media_type="text/event-stream")


@pytest.fixture(scope="module")
def client() -> TestClient:
    routes = [Route(path, page, methods=["GET", "POST"]) for path in ("/", "/config", "/school/", "/other")]
    return TestClient(Starlette(routes=[*routes, Route("/queue/data", events)], middleware=[Middleware(Light)]))


@pytest.mark.parametrize("path", ["/", "/config", "/school/"])
def test_the_page_is_packed_for_those_who_can_unpack(client: TestClient, path: str) -> None:
    packed = client.get(path, headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and packed.text == LONG
    assert int(packed.headers["content-length"]) < len(LONG) / 10
    plain = client.get(path, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.text == LONG


@pytest.mark.parametrize("prefix", ["", "/school"])
def test_plotly_is_the_file_that_came_with_it(client: TestClient, prefix: str) -> None:
    for encoding in ("gzip", "identity"):
        answer = client.get(f"{prefix}/{PLOTLY_ADDRESS}", headers={"accept-encoding": encoding})
        assert answer.content == assets.PLOTLY.read_bytes()
        assert answer.headers.get("content-encoding") == ("gzip" if encoding == "gzip" else None)
        assert "immutable" in answer.headers["cache-control"] and answer.headers["content-type"].startswith("text/javascript")


def test_events_and_everything_else_pass_as_they_are(client: TestClient) -> None:
    for answer in (client.get("/other"), client.post("/"), client.get("/queue/data")):
        assert "content-encoding" not in answer.headers and LONG in answer.text


def test_the_page_is_served_so() -> None:
    (middleware,) = launch_settings()["app_kwargs"]["middleware"]
    assert middleware.cls is Light
