"""A visitor of the measured app that makes the page's own calls, without a browser."""

from __future__ import annotations

import json
import random
import uuid
from typing import Any

import httpx

PAGE = 0  # id of the page among the components
TEACHERS = "The children are playing in the garden."
WORDS = ("old", "small", "red", "new", "green"), ("house", "garden", "book", "car", "dog", "station", "table")


def sentence(rng: random.Random) -> str:
    """Return one of so many sentences that two visitors rarely send the same."""
    adjectives, nouns = WORDS
    pick = rng.choice
    return f"My {pick(adjectives)} {pick(nouns)} is near the {pick(adjectives)} {pick(nouns)}, and I like the {pick(nouns)}."


class Visitor:
    """A visitor that makes the page's own calls, through its queue."""

    def __init__(self, client: httpx.AsyncClient, url: str, config: dict[str, Any], seed: int):
        self.client, self.url, self.config, self.rng = client, url, config, random.Random(seed)
        self.session = uuid.uuid4().hex[:12]
        self.values = {component["id"]: component["props"].get("value") for component in config["components"]}
        self.ids = {component["props"].get("elem_id"): component["id"] for component in config["components"]}
        self.trace: dict[str, Any] = {}
        self.opened: set[str] = set()  # views opened so far

    async def arrive(self) -> None:
        """Make the call that the page makes after loading."""
        await self._call(None, "load", "stage")

    async def translate(self) -> None:
        """Translate a random sentence, or with probability 1/4 the teacher's sentence."""
        own = sentence(self.rng)
        self.values[self.ids["text"]] = own if self.rng.random() < 0.75 else TEACHERS
        answer = await self._call("text", "submit", "stage")
        self.trace = json.loads(answer)

    async def fork(self) -> None:
        """Choose another candidate at a random step."""
        steps = self.trace["trace"]["steps"]
        step = self.rng.randrange(1, len(steps) + 1)
        others = [other["token"] for other in steps[step - 1]["candidates"] if other["token"] != steps[step - 1]["token"]]
        choice = {"trace_id": self.trace["id"], "step": step, "token": self.rng.choice(others)}
        self.trace = json.loads(await self._call("stage", "force_token", "stage", choice))

    async def switch(self) -> None:
        """Open a view of another tab, which fills it; translate in it if it is open already."""
        view = self.rng.choice(["attribution", "edit", "beam"])
        if view not in self.opened:
            self.opened.add(view)
            await self._call(f"view-{view}", "select", view)
        else:
            self.values[self.ids[f"{view}-text"]] = sentence(self.rng)
            await self._call(f"{view}-text", "submit", view)

    async def _call(self, element: str | None, event: str, output: str, event_data: dict[str, Any] | None = None) -> str:
        """Trigger `event` of an element (None: the page); return the new value of the part `output`."""
        target = [self.ids[element] if element else PAGE, event]
        call = next(
            dependency
            for dependency in self.config["dependencies"]
            if target in map(list, dependency["targets"]) and self.ids[output] in dependency["outputs"]
        )
        body = {"data": [self.values.get(component) for component in call["inputs"]], "event_data": event_data}
        body |= {"fn_index": call["id"], "session_hash": self.session, "trigger_id": target[0]}
        joined = await self.client.post(f"{self.url}gradio_api/queue/join", json=body)
        joined.raise_for_status()
        event_id = joined.json()["event_id"]
        line = self.client.stream("GET", f"{self.url}gradio_api/queue/data", params={"session_hash": self.session})
        async with line as answer:
            async for text in answer.aiter_lines():
                news = json.loads(text[5:]) if text.startswith("data:") else {}
                if news.get("event_id") == event_id and news["msg"] == "process_completed":
                    if not news["success"]:
                        raise RuntimeError(str(news)[:150])
                    value = news["output"]["data"][call["outputs"].index(self.ids[output])]
                    if event != "load" and not isinstance(value, str):  # an update without a picture
                        raise RuntimeError(f"{target} did not change {output}: {str(news)[:150]}")
                    return value
        raise RuntimeError("the answer never came")
