"""The same three endpoints as tools of a language model, called by a real client of the Model Context Protocol."""

from __future__ import annotations

import ast
import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support.apps.server import serve

mcp = pytest.importorskip("mcp", reason="needs what tests/requirements.txt lists")
streams = pytest.importorskip("mcp.client.streamable_http")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    log = tmp_path_factory.mktemp("mcp") / "log"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_MCP_SERVER", "True")
        with serve(log) as url:
            yield f"{url}gradio_api/mcp/"
    assert "Traceback" not in log.read_text(), log.read_text()


def asked(address: str, *calls: tuple[str, dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """Return the tools, and the answer to each call."""

    async def session() -> tuple[list[Any], list[Any]]:
        async with streams.streamable_http_client(address) as (read, write, _), mcp.ClientSession(read, write) as client:
            await client.initialize()
            tools = (await client.list_tools()).tools
            return tools, [await client.call_tool(name, given) for name, given in calls]

    with ThreadPoolExecutor() as thread:  # this thread can have an event loop of the browser tests
        return thread.submit(asyncio.run, session()).result()


def test_the_tools_are_the_public_endpoints_and_answer(address):
    sentence = {"text": "I forgot my umbrella."}
    score = {**sentence, "translation": "J'ai oublié mon parapluie."}
    tools, answers = asked(address, ("translate", sentence), ("score", score), ("models", {}))
    assert {tool.name for tool in tools} == {"translate", "score", "models"}
    for tool in tools:
        assert tool.description
    (translate,) = (tool for tool in tools if tool.name == "translate")
    assert translate.inputSchema["properties"]["text"]["description"].startswith(
        "a sentence in the language that the model reads"
    )
    assert not any(answer.isError for answer in answers)
    trace, scored, models = (ast.literal_eval(answer.content[0].text) for answer in answers)
    assert trace["text"] == score["translation"] and trace["steps"]
    assert scored["log_prob"] == pytest.approx(trace["log_prob"], abs=1e-3)
    assert models[0]["name"] == trace["model"]


def test_tool_gets_a_message_about_an_impossible_call(address):
    _, (answer,) = asked(address, ("translate", {"text": ""}))
    assert answer.isError and "There is nothing to translate" in answer.content[0].text
