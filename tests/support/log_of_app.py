"""Read the log of the app: which tracebacks are not explained."""

from __future__ import annotations

import re

from support.apps.server import ROOT

# Log entries of Gradio and its libraries about requests that they refuse. They do not pass through our code, and only the
# sender gets an answer. Key: last line of the traceback; value: the reason.
THEIRS = {
    r"IndexError: function has no backend method": "a listener that is JavaScript alone was called by its number",
    r"gradio\.exceptions\.Error: .*is not in the list of choices": "a menu refuses what it does not offer",
    r"gradio\.exceptions\.Error: .*(greater|less) than": "a slider refuses what is beyond its ends",
    r"gradio\.exceptions\.ComponentProcessingError": "a component refuses a value of another type",
    r"gradio\.exceptions\.(InvalidPathError|Error: .*not in the cache folder)": "a file that nobody uploaded is refused",
    r"TypeError: .* not supported between instances of": "a slider compares before it checks the type",
    r"(TypeError|ValueError): (float|int)\(\) argument|ValueError: could not convert string": "a number that is none",
    r"pydantic_core\._pydantic_core\.ValidationError": "a file that is none",
    r"fastapi\.exceptions\.RequestValidationError": "the note beside the refusal of a body",
    r"ValueError: Out of range float values": "a refusal that quotes infinity cannot be written as JSON",
    r"UnicodeEncodeError: .*surrogates": "a refusal that quotes half a character cannot be sent",
    r"TypeError: str is not valid UTF-8": "the same in a stream of events, which breaks off",
    r"TypeError: Integer exceeds 64-bit range": "a refusal that quotes a long number cannot be sent",
    r"KeyError: ": "a function, component or session that is not there",
    r"ValueError: An event handler .* didn't receive enough input": "fewer values than parameters",
    r"TypeError: (Parameter|No value provided|Too many)": "parameters of an endpoint that it does not have, or lacks",
    r"gradio\.exceptions\.FnIndexInferError|gradio\.route_utils\.FnIndexInferError|FnIndexInferError": "no such endpoint",
    r"RecursionError": "nested more deeply than Gradio's own loops can follow",
    r"(AttributeError|TypeError): '?\w+'? object": "a component was given another type than its own",
    r"ValueError: .*(validat|URL|hostname|address)": "an address that Gradio refuses to fetch for a visitor",
    r"(httpx|httpcore)\.|ConnectionRefusedError|ExceptionGroup|starlette\.requests\.": "a connection that ended",
}


def surprises(log: str) -> list[str]:
    """Return the tracebacks that pass through our code or have no explanation in THEIRS."""
    found = [line[:300] for line in log.splitlines() if "a handler failed" in line[:300]]
    for part in log.split("Traceback (most recent call last):\n")[1:]:
        last = next((line for line in part.splitlines() if re.match(r"[\w.]+", line) and not line.startswith("During ")), "")
        # Every request passes through `ui/host/serving.py` and `ui/host/in_order.py`, which are middleware in front of Gradio.
        ours = re.search(rf'File "{re.escape(str(ROOT))}/seq2seq/(?!ui/host/(?:serving|in_order)\.py")', part.split("\n\n")[0])
        if ours or not any(re.match(pattern, last) for pattern in THEIRS):
            found.append(part[-3000:])
    return found
