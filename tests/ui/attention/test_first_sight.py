"""At first sight, Edit shows an edit that changes the translation, and Predict shows half of the links."""

from __future__ import annotations

from seq2seq.ui.attention.edit import PER_MILLE, Edit
from seq2seq.ui.attention.predict import Predict
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import gold
from seq2seq.views.attention.edit import common_prefix


def test_edit_opens_with_an_edit_that_changes_the_translation() -> None:
    services = Services.load()
    request = Edit(services).first_sight(services.first)
    assert sum(request.weights) == PER_MILLE and max(request.weights) == PER_MILLE
    translator = services.translator(request.model)
    before = translator.translate(request.text)
    after = translator.translate(request.text, edits={request.step - 1: request.weights})
    assert common_prefix(before, after) == request.step - 1


def test_edit_opens_without_an_edit_if_the_model_has_no_attention() -> None:
    services = Services.load()
    assert Edit(services).first_sight("en-fr-plain").weights == ()


def test_predict_opens_with_the_links_of_the_first_half_of_the_target_words() -> None:
    services = Services.load()
    request = Predict(services).first_sight(services.first)
    aligned = gold.find(request.text, request.reference, services.info(services.first))
    assert aligned is not None and request.links and request.links < aligned.sure
    left = aligned.sure - request.links
    assert max(j for _, j in request.links) < min(j for _, j in left)
