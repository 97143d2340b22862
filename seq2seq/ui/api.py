"""What a program may ask of the app: three public endpoints beside the page, whose own handlers are all private.

How programs call them is described, with tested examples, in `assets/docs/api.md`. Values arrive as the JSON that was sent, of
type, so that each is checked here or by what reads it. Whatever goes wrong becomes one sentence.
"""

# No postponed annotations here: Gradio publishes the type that a function returns as it finds it.
import functools
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Literal

import gradio as gr

from seq2seq.analysis import scoring
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import fields, search
from seq2seq.ui.kit.message import explain

MAX_ID = 2**31 - 1  # no vocabulary is nearly so large, and a longer number could not even be shown


def build(services: Services) -> None:
    """The endpoints of the page that is being built."""
    for endpoint in _endpoints(services):
        gr.api(_guarded(endpoint), api_name=endpoint.__name__, **fields.LINE)


def _endpoints(services: Services) -> list[Callable[..., Any]]:
    """By their public names. Each raises ValueError, fit to be shown."""

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
    ) -> dict[str, Any]:
        """Translate one sentence, and return every step of its decoding: what was written, what else was probable, and
        where the decoder looked.

        Parameters:
            text: a sentence in the language that the model reads
            model: a name that the endpoint "models" gives
            search: how the translation is looked for; the settings of another search are not read
            size: beam: how many hypotheses are kept, 1 to 10
            length_penalty: beam: 0 for none, at most 2
            temperature: sample: 0.1 to 2; below 1 the probable becomes more probable
            top_k: sample: only among so many pieces, at most 50; 0 for all
            top_p: sample: only among the most probable pieces that together have this probability, 0.05 to 1
            seed: sample: the same seed gives the same translation
            prefix: ids of target pieces that are written first, whatever the model would choose

        Returns:
            the trace, a JSON object of the schema that it names; log-probabilities are natural logarithms
        """
        given = {"size": size, "length_penalty": length_penalty, "temperature": temperature}
        given |= {"top_k": top_k, "top_p": top_p, "seed": seed}
        strategy, forced = _strategy(search, given), _prefix(prefix)
        return services.translate(model, text, strategy, forced).to_dict()

    def score(text: str, translation: str, model: str = services.first) -> dict[str, Any]:
        """Score a given translation of one sentence, piece by piece, teacher-forced: each piece is judged given the
        source and all pieces before it.

        Parameters:
            text: a sentence in the language that the model reads
            translation: the translation to be scored, in the language that the model writes
            model: a name that the endpoint "models" gives

        Returns:
            the log-probability in total and of each piece (natural logarithms), each piece's rank, and the perplexity per piece
        """
        return scoring.scored(services.translator(model).score(text, translation))

    def models() -> list[dict[str, Any]]:
        """List the models, the first of which is the default, with what is known of each: its languages, what it was
        trained on, its architecture, its size and its limits.

        Returns:
            one JSON object a model
        """
        return [asdict(info) for info in services.infos.values()]

    return [translate, score, models]


def _strategy(name: Any, values: dict[str, Any]) -> Any:
    return search.strategy(name, values)


def _prefix(given: Any) -> tuple[int, ...]:
    """The ids; how many there are is the model's business. Raises ValueError for what is no list of whole numbers."""
    if given is None:
        return ()
    if not isinstance(given, list) or not all(type(token) is int and abs(token) <= MAX_ID for token in given):
        raise ValueError("a prefix is a list of whole numbers: ids of target pieces, as a trace gives them")
    return tuple(given)


def _guarded(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """With an error that is one sentence, and nothing of the server's."""

    @functools.wraps(endpoint)
    def guarded(*values: Any, **named: Any) -> Any:
        try:
            return endpoint(*values, **named)
        except Exception as error:
            raise gr.Error(explain(error), print_exception=False) from None

    return guarded
