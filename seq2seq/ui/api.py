"""The public API: three endpoints for programs. The page's own handlers are private.

`assets/docs/api.md` describes the calls with tested examples. Values arrive as arbitrary JSON, so each one is checked here or
where it is used. Every error becomes one sentence.
"""

# No postponed annotations here: Gradio publishes the return annotation of a function as it is.
import functools
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Literal

import gradio as gr

from seq2seq.analysis.forcing import scoring
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit.form import fields, search
from seq2seq.ui.kit.message import explain

MAX_ID = 2**31 - 1  # far above every vocabulary size; larger numbers cannot even be displayed


def build(services: Services) -> None:
    """Add the endpoints to the page that is being built."""
    for endpoint in _endpoints(services):
        gr.api(_guarded(endpoint), api_name=endpoint.__name__, **fields.LINE)


def _endpoints(services: Services) -> list[Callable[..., Any]]:
    """Return the endpoints; their names are public. Each raises ValueError with a message for the user."""

    def translate(
        text: str,
        model: str = services.first,
        search: Literal["greedy", "beam", "sample"] = "greedy",
        size: int = int(search.default("size")),
        length_penalty: float = search.default("length_penalty"),
        temperature: float = search.default("temperature"),
        top_k: int = int(search.default("top_k")),
        top_p: float = search.default("top_p"),
        seed: int = int(search.default("seed")),
        prefix: list[int] | None = None,
        no_repeat: int = int(search.default("no_repeat")),
    ) -> dict[str, Any]:
        """Translate one sentence with a small neural network, and show how it was done. The network writes one piece of a
        word at a time; each step has the piece that it wrote, the pieces that it could have written instead, with their
        probabilities, and the attention weights over the source.

        Parameters:
            text: a sentence in the language that the model reads ("source_language" in the answer of "models")
            model: name of the model, from the answer of "models"
            search: greedy (always the most probable piece), beam (the best of several hypotheses) or sample (at random)
            size: beam: number of hypotheses, 1 to 10
            length_penalty: beam: 0 for none, at most 2
            temperature: sample: 0.1 to 2; below 1 probable pieces become more probable
            top_k: sample: draw only from this many pieces, at most 50; 0 for all
            top_p: sample: draw only from the most probable pieces with this total probability, 0.05 to 1
            seed: sample: the same seed gives the same translation
            prefix: ids of target pieces that the output is forced to begin with
            no_repeat: never write the same sequence of so many pieces twice, at most 10; 0 allows it

        Returns:
            the trace, a JSON object that names its schema; log-probabilities are natural logarithms
        """
        given = {"size": size, "length_penalty": length_penalty, "temperature": temperature}
        given |= {"top_k": top_k, "top_p": top_p, "seed": seed, "no_repeat": no_repeat}
        strategy, forced = _strategy(search, given), _prefix(prefix)
        return services.translate(model, text, strategy, forced).to_dict()

    def score(text: str, translation: str, model: str = services.first) -> dict[str, Any]:
        """Score a translation of your own: how probable is it for the network, piece by piece? Nothing is translated. Each
        piece is scored given the sentence and all pieces before it (teacher-forced).

        Parameters:
            text: a sentence in the language that the model reads ("source_language" in the answer of "models")
            translation: the translation to score, in the language that the model writes
            model: name of the model, from the answer of "models"

        Returns:
            the total log-probability, that of each piece (natural logarithms), each piece's rank, and the perplexity per piece
        """
        return scoring.scored(services.translator(model).score(text, translation))

    def models() -> list[dict[str, Any]]:
        """List the models that the other two functions can use; the first one is the default. Each has its name, the
        languages that it reads and writes, what it learned from, its architecture, its size, and the longest text it reads.

        Returns:
            one JSON object per model
        """
        return [asdict(info) for info in services.infos.values()]

    return [translate, score, models]


def _strategy(name: Any, values: dict[str, Any]) -> Any:
    return search.strategy(name, values)


def _prefix(given: Any) -> tuple[int, ...]:
    """Check that the prefix is a list of whole numbers, or raise ValueError. The model checks its length."""
    if given is None:
        return ()
    if not isinstance(given, list) or not all(type(token) is int and abs(token) <= MAX_ID for token in given):
        raise ValueError("a prefix is a list of whole numbers: ids of target pieces, as in a trace")
    return tuple(given)


def _guarded(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an endpoint: an error becomes one sentence without details of the server."""

    @functools.wraps(endpoint)
    def guarded(*values: Any, **named: Any) -> Any:
        try:
            return endpoint(*values, **named)
        except Exception as error:
            raise gr.Error(explain(error), print_exception=False) from None

    return guarded
