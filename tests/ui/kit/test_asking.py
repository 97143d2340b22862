"""What a form answers when one of its controls reports a change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from seq2seq.decoding.strategies import Beam
from seq2seq.ui.app import create_app
from seq2seq.ui.attention.beam_tree import BeamRequest
from seq2seq.ui.host.services import Services

TEXT = "the cat likes a boat."


@pytest.fixture(scope="module")
def size_changed(services: Services) -> Callable[..., dict[str, Any]]:
    """Return the handler of the control “Beam size”: state and values of the form -> updates by the component's id or class."""
    app = create_app(services)
    (control,) = [block for block in app.blocks.values() if getattr(block, "elem_id", None) == "beam-size"]
    (handler,) = [
        fn for fn in app.fns.values() if (control._id, "release") in fn.targets or (control._id, "input") in fn.targets
    ]

    def changed(before: BeamRequest | None, **values: Any) -> dict[str, Any]:
        names = [getattr(block, "elem_id", None) for block in handler.inputs[1:]]
        given = [values[str(name).removeprefix("beam-").replace("-", "_")] for name in names]
        updates = handler.fn(before, *given)
        return {getattr(block, "elem_id", None) or type(block).__name__: update for block, update in updates.items()}

    return changed


def test_a_change_of_a_control_is_answered_once(services: Services, size_changed: Callable[..., dict[str, Any]]) -> None:
    values = {"text": TEXT, "model": services.first, "size": 3, "length_penalty": 1.0}
    answered = size_changed(None, **values)
    request = answered["State"]
    assert request == BeamRequest(TEXT, services.first, Beam(3, 1.0)) and answered["beam"]
    # Gradio sends the same value again when the control loses the focus.
    again = size_changed(request, **values)
    assert "State" not in again and "beam" not in again
    assert size_changed(request, **{**values, "size": 2})["State"].beam == Beam(2, 1.0)


def test_a_message_about_a_control_goes_when_its_last_value_returns(
    services: Services, size_changed: Callable[..., dict[str, Any]]
) -> None:
    values = {"text": TEXT, "model": services.first, "size": 3, "length_penalty": 1.0}
    request = size_changed(None, **values)["State"]
    wrong = size_changed(request, **{**values, "size": 99})
    assert "State" not in wrong and "Beam size is a whole number from 1 to 10" in str(wrong)
    assert "Beam size" not in str(size_changed(request, **values))
