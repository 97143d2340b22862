"""Compressed and cached responses, and responses that stay unchanged."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message

from seq2seq.ui.app import launch_settings
from seq2seq.ui.host import serving
from seq2seq.ui.host.serving import PLOTLY_ADDRESS, Compression
from seq2seq.ui.kit import component

LONG = "a page of many words " * 2000


async def page(_: Request) -> PlainTextResponse:
    return PlainTextResponse(LONG)


async def events(_: Request) -> StreamingResponse:
    async def told() -> AsyncIterator[str]:
        yield f"data: {LONG}\n\n"

    return StreamingResponse(told(), media_type="text/event-stream")


@pytest.fixture
def asked() -> list[str]:
    """Return the paths that reached the inner application."""
    return []


@pytest.fixture(params=["", "/school"])
def client(asked: list[str], request) -> TestClient:
    """Return a client at the server's root, and one under a path of a proxy that keeps the path."""

    async def file(request: Request) -> Response:
        asked.append(request.url.path)
        name = request.path_params["name"]
        if "if-none-match" in request.headers:
            return Response(status_code=304)
        return PlainTextResponse(f"{name}: {LONG}", 404 if name == "none" else 200, {"etag": '"1"'})

    routes = [Route(path, page, methods=["GET", "POST"]) for path in ("/", "/config", "/other")]
    routes += [Route("/assets/{name:path}", file), Route("/file=/assets/{name}", file), Route("/queue/data", events)]
    app = Starlette(routes=routes, middleware=[Middleware(Compression)])
    return TestClient(app, base_url=f"http://testserver{request.param}", root_path=request.param)


def get(client: TestClient, path: str, encoding: str = "identity", **headers: str) -> Any:
    return client.get(path, headers={"accept-encoding": encoding, **headers})


@pytest.mark.parametrize("path", ["/", "/config"])
@pytest.mark.parametrize(("encoding", "packing"), [("gzip, deflate", "gzip"), ("gzip, deflate, br;q=0.9, zstd", "br")])
def test_page_is_compressed_for_clients_that_accept_it(client: TestClient, path: str, encoding: str, packing: str) -> None:
    packed = get(client, path, encoding)
    assert packed.headers["content-encoding"] == packing and packed.text == LONG
    assert int(packed.headers["content-length"]) < len(LONG) / 10
    assert "cache-control" not in packed.headers  # a page belongs to one visitor
    assert packed.headers.get("link") == (f"<{component.MODULES_ADDRESS}>; rel=modulepreload" if path == "/" else None)
    plain = get(client, path)
    assert "content-encoding" not in plain.headers and plain.text == LONG
    assert plain.headers["vary"] == packed.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity"])
def test_files_are_requested_once_and_cacheable(client: TestClient, asked: list[str], encoding: str) -> None:
    for _ in range(3):
        for name in ("a.js", "b.js"):
            answer = get(
                client, f"/assets/{name}", encoding, **{"if-none-match": '"1"'}
            )  # the complete file must be fetched for others
            assert answer.text == f"{name}: {LONG}" and "immutable" in answer.headers["cache-control"]
            assert answer.headers.get("content-encoding") == (None if encoding == "identity" else encoding)
    assert [path[-4:] for path in asked] == ["a.js", "b.js"]


def test_parallel_requests_share_one_file(asked: list[str]) -> None:
    """Thirty clients request the same file before the first one has it."""
    reached, go = asyncio.Event(), asyncio.Event()

    async def slow(request: Request) -> Response:
        asked.append(request.url.path)
        reached.set()
        await go.wait()
        return PlainTextResponse(LONG)

    async def arrive() -> list[httpx.Response]:
        transport = httpx.ASGITransport(Starlette(routes=[Route("/assets/a.js", slow)], middleware=[Middleware(Compression)]))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            visitors = [asyncio.create_task(client.get("/assets/a.js")) for _ in range(30)]
            await reached.wait()
            go.set()
            return await asyncio.gather(*visitors)

    with ThreadPoolExecutor() as thread:  # this thread can have an event loop of the browser tests
        assert {answer.text for answer in thread.submit(asyncio.run, arrive()).result()} == {LONG} and len(asked) == 1


def test_file_is_complete_although_the_first_client_disconnects() -> None:
    """Starlette stops a stream when the browser disconnects; a cached file must be complete."""

    async def streamed(_: Request) -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            for part in ("first", "second", "third"):
                yield part
                await asyncio.sleep(0)

        return StreamingResponse(parts(), media_type="text/javascript")

    async def leave() -> Message:
        return {"type": "http.disconnect"}

    async def ignore(_: Message) -> None:
        pass

    app = Starlette(routes=[Route("/assets/a.js", streamed)], middleware=[Middleware(Compression)])
    scope = {"type": "http", "method": "GET", "path": "/assets/a.js", "root_path": "", "query_string": b"", "headers": []}
    with ThreadPoolExecutor() as thread:
        thread.submit(asyncio.run, app(scope, leave, ignore)).result()
    assert get(TestClient(app), "/assets/a.js").text == "firstsecondthird"


def test_missing_files_and_visitors_files_are_not_cached(client: TestClient, asked: list[str]) -> None:
    for _ in range(2):
        assert get(client, "/assets/none", "br").status_code == 404
        assert "cache-control" not in get(client, "/file=/assets/own.csv", "br").headers
        assert "cache-control" not in get(client, "/assets/a.js", "br", range="bytes=0-10").headers
    assert len(asked) == 6


def test_cache_is_bounded(client: TestClient, asked: list[str], monkeypatch) -> None:
    monkeypatch.setattr(serving, "_CACHE_BYTES", 2.5 * len(LONG))
    for name in ("a", "b", "a", "c", "a", "b"):
        assert get(client, f"/assets/{name}").text.startswith(name)
    assert [path[-1] for path in asked] == ["a", "b", "c", "b"]  # b was the least recently used one


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity"])
def test_served_plotly_is_the_installed_file(client: TestClient, encoding: str) -> None:
    answer = get(client, f"/{PLOTLY_ADDRESS}", encoding)
    assert answer.content == component.PLOTLY.read_bytes()
    assert answer.headers.get("content-encoding") == (None if encoding == "identity" else encoding)
    assert "immutable" in answer.headers["cache-control"] and answer.headers["content-type"].startswith("text/javascript")


def test_modules_and_source_map_are_cacheable(client: TestClient) -> None:
    answer = get(client, f"/{component.MODULES_ADDRESS}", "br")
    assert answer.text == component.MODULES and answer.headers["content-encoding"] == "br"
    assert "immutable" in answer.headers["cache-control"] and answer.headers["content-type"].startswith("text/javascript")
    address = answer.text.splitlines()[-1].removeprefix("//# sourceMappingURL=")  # beside the modules
    sources = [
        source
        for section in get(client, f"/{component.SERVED}/{address}").json()["sections"]
        for source in section["map"]["sources"]
    ]
    assert "stage/player.js" in sources


def test_node_passes_our_files_on() -> None:
    """On a Space Node answers the browser and passes only some folders on to Python."""
    routes = Path(gr.__file__).parent / "templates/node/build/proxy_routes.js"
    passed_on = re.findall(r'^\t"(/[^"]+)",?$', routes.read_text(encoding="utf-8"), re.MULTILINE)
    for address in (component.MODULES_ADDRESS, PLOTLY_ADDRESS):
        assert f"/{address}".startswith(tuple(passed_on))


def test_events_and_other_responses_are_unchanged(client: TestClient) -> None:
    for answer in (
        get(client, "/other", "br"),
        client.post("/", headers={"accept-encoding": "br"}),
        get(client, "/queue/data", "br"),
    ):
        assert "content-encoding" not in answer.headers and LONG in answer.text


def test_app_uses_the_compression_middleware() -> None:
    assert Compression in [middleware.cls for middleware in launch_settings()["app_kwargs"]["middleware"]]
