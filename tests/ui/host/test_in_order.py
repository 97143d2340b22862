"""The answer to a new event does not arrive before the close of the old stream."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from seq2seq.ui.app import launch_settings
from seq2seq.ui.host import in_order
from seq2seq.ui.host.in_order import InOrder


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """Record the delays of answers instead of waiting."""
    found: list[float] = []

    async def sleep(seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr(in_order, "asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(in_order, "APART", 600.0)
    return found


@pytest.fixture
def client() -> TestClient:
    async def stream(_: Request) -> Response:
        return PlainTextResponse("data: closed")

    async def join(request: Request) -> Response:
        await request.body()
        return JSONResponse({"event_id": "1"})

    routes = [Route("/gradio_api/queue/data", stream), Route("/gradio_api/queue/join", join, methods=["POST"])]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(InOrder)]))


def join(client: TestClient, body: str) -> None:
    assert client.post("/gradio_api/queue/join", content=body).json() == {"event_id": "1"}


def test_event_right_after_a_stream_close_is_delayed(client: TestClient, waits: list[float]) -> None:
    join(client, '{"session_hash": "one"}')
    assert waits == []  # it has no stream yet
    client.get("/gradio_api/queue/data?session_hash=one")
    join(client, '{"session_hash": "two"}')
    assert waits == []  # the stream of another visitor
    join(client, '{"session_hash": "one"}')
    assert len(waits) == 1 and 0 < waits[0] <= 600


@pytest.mark.parametrize("body", ["", "[]", "{", '{"session_hash": null}', "[" * 100_000, "\x00", '{"session_hash": {}}'])
def test_any_body_is_passed_on(client: TestClient, waits: list[float], body: str) -> None:
    client.get("/gradio_api/queue/data")
    join(client, body)
    assert waits == []


def test_app_uses_the_order_middleware() -> None:
    assert InOrder in [middleware.cls for middleware in launch_settings()["app_kwargs"]["middleware"]]
