"""The menu of models from which a run can go on."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.small import make_checkpoint, make_info, make_model, small_config

from seq2seq.models.saved import checkpoint
from seq2seq.sources.text import Tokenizer
from seq2seq.training.plan import Plan
from seq2seq.ui.host.limits import Limits
from seq2seq.ui.host.services import Services
from seq2seq.ui.train import start_from

ANN, BOB = "a" * 20, "b" * 20


@pytest.fixture
def services(tmp_path: Path, tokenizer: Tokenizer) -> Services:
    """Return a host with one shared model; a run of Ann has a model."""
    services = Services({"shared": make_info("shared")}, limits=Limits(60, 5, tmp_path))
    run = services.runs.watch(ANN, "mine", "")
    checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), services.runs.checkpoint(run))
    return services


def test_the_menu_has_the_shared_models_and_those_of_the_visitor(services: Services) -> None:
    labels, names = zip(*start_from.menu(services, ANN), strict=True)
    assert labels[0] == "from scratch" and labels[-1] == "mine (your run)" and names[1] == "shared"
    assert len(start_from.menu(services, BOB)) == len(start_from.menu(services, "")) == 2


def test_a_name_becomes_a_checkpoint_and_back(services: Services) -> None:
    own = start_from.menu(services, ANN)[-1][1]
    folder = start_from.folder(services, own)
    assert folder and Plan("sort", start_from=folder).outline().config == small_config()
    assert start_from.name(folder) == own
    assert start_from.folder(services, "shared") == "shared" == start_from.name("shared")
    assert start_from.folder(services, "") is None and start_from.name(None) == ""
    for unknown in ("other", "run-other", "../elsewhere"):
        with pytest.raises(ValueError, match=r"There is no model|not here"):
            start_from.folder(services, unknown)
