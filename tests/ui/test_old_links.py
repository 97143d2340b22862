"""Test that links of earlier versions of the page still name the same request. tests/browser/host opens some in a browser."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import pytest

from seq2seq.ui.attention.attribution import Attribution
from seq2seq.ui.attention.beam_tree import BeamSearch
from seq2seq.ui.attention.edit import Edit
from seq2seq.ui.attention.predict import Predict
from seq2seq.ui.forcing.score import Score
from seq2seq.ui.forcing.two_lanes import TwoLanes
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit.asking import Asking
from seq2seq.ui.translate.tab import Translate

TEXT = "text=We+were+waiting+for+you+in+the+garden."
REFERENCE = "reference=Nous+t%27attendions+dans+le+jardin."
MODEL = "model=en-fr-additive"
LINKS: list[tuple[type[Asking], str]] = [
    (Translate, f"{TEXT}&{MODEL}&search=beam&size=3&length_penalty=0.5&step=2"),
    (Translate, f"{TEXT}&model=en-fr-plain&search=sample&temperature=0.7&top_k=5&top_p=0.9&seed=7&step=0"),
    (Attribution, f"tab=attribution&{TEXT}&{MODEL}&step=2"),
    (Edit, f"tab=edit&{TEXT}&{MODEL}&step=2&weights=1000-0-0-0-0-0-0-0-0-0"),
    (Predict, f"tab=predict&{TEXT}&{MODEL}&{REFERENCE}&links=0-0.3-1&revealed=1"),
    (BeamSearch, f"tab=beam&{TEXT}&{MODEL}&size=3&length_penalty=0.5&step=2"),
    (TwoLanes, f"tab=teacher-forcing&{TEXT}&{MODEL}&{REFERENCE}&rescue=2-3&step=2"),
    (Score, f"tab=score&{TEXT}&{MODEL}&first=Nous+t%27attendions.&other=Nous+attendons."),
]


@pytest.fixture(scope="module")
def bundled() -> Services:
    return Services.load()


@pytest.mark.parametrize(("view", "link"), LINKS, ids=[link for _, link in LINKS])
def test_an_old_link_names_its_request(view: type[Asking], link: str, bundled: Services) -> None:
    asking, query = view(bundled), dict(parse_qsl(link))
    request, values, problems = asking.read(query)
    answer = asking.answer(asking.attempts(request)[0])
    shown = json.loads(asking.show(answer, **asking.start(answer, values, problems)))
    assert problems == []
    written = dict(map(tuple, shown["link"]))
    assert written | {name: query[name] for name in ("tab", "step") if name in query} == query


def test_a_former_name_of_a_model_is_read_and_not_written(bundled: Services) -> None:
    asking = Translate(bundled)
    request, _, problems = asking.read(dict(parse_qsl(f"{TEXT}&model=en-fr-everyday")))
    assert problems == []
    assert dict(asking.link(request))["model"] == "en-fr-additive"
