"""The gradient through time equals finite differences, for every architecture, and fades as the theory says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.small import KINDS, make_checkpoint, make_model, small_config

from seq2seq.analysis.inside.reach import by_distance, fading, reach, relative, source_reach, state_reach
from seq2seq.config import BOS, EOS
from seq2seq.decoding.translator import Translator
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.text import Tokenizer

SOURCE, TARGET, SMALL_CHANGE = [5, 6, 7, 8, EOS], [9, 10, 11, EOS], 1e-5
BACKWARD = "recurrent-reverse_source=True-bidirectional=False"


def log_prob(model: Seq2Seq, embedded: torch.Tensor, fed: torch.Tensor, token: int) -> float:
    memory, state = model.encode_embedded(embedded, torch.tensor([embedded.shape[1]]))
    return float(model.output(model.decoder(fed, state, memory)[0][:, -1]).log_softmax(-1)[0, token])


@pytest.mark.parametrize("config", KINDS.values(), ids=KINDS.keys())
def test_the_norm_equals_finite_differences(config) -> None:
    model = make_model(config).double()
    step = 2
    found = reach(model, SOURCE, TARGET, step)
    with torch.no_grad():
        embedded = model.embed_source(torch.tensor([SOURCE]))
        fed = model.embed_target(torch.tensor([[BOS, *TARGET[:step]]]))
        before = log_prob(model, embedded, fed, TARGET[step])
        assert found.log_prob == pytest.approx(before)
        for norms, tensor in ((found.source, embedded), (found.target, fed)):
            slopes = torch.zeros_like(tensor[0])
            for place, unit in np.ndindex(*slopes.shape):
                tensor[0, place, unit] += SMALL_CHANGE
                slopes[place, unit] = (log_prob(model, embedded, fed, TARGET[step]) - before) / SMALL_CHANGE
                tensor[0, place, unit] -= SMALL_CHANGE
            np.testing.assert_allclose(norms, slopes.norm(dim=-1), rtol=1e-3, atol=1e-5)


def test_shares_of_source_and_target_sum_to_one() -> None:
    source, target = reach(make_model(small_config()), SOURCE, TARGET, 3).shares()
    assert source.sum() + target.sum() == pytest.approx(1)
    assert (len(source), len(target)) == (5, 4)


def test_a_step_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no step 5"):
        reach(make_model(small_config()), SOURCE, TARGET, 4)


def test_the_estimated_norm_of_a_state_is_close_to_the_exact_one() -> None:
    model = make_model(small_config()).double()
    embedded = model.embed_source(torch.tensor([SOURCE]))

    def last(x: torch.Tensor) -> torch.Tensor:
        return model.encoder(x, torch.tensor([len(SOURCE)])).states[0, -1, : model.encoder.size]

    jacobian = torch.autograd.functional.jacobian(last, embedded)[:, 0]  # [D, S, E]
    exact = jacobian.square().sum((0, 2)).sqrt()
    (found,) = state_reach(model, [SOURCE], probes=4000)
    np.testing.assert_allclose(found, exact, rtol=0.1)


def test_sentences_of_a_batch_have_the_norms_that_each_has_alone() -> None:
    model = make_model(small_config()).double()
    sources = [SOURCE, [9, EOS], [5, 6, 7, 8, 9, 10, EOS]]
    for source, norms in zip(sources, state_reach(model, sources), strict=True):
        np.testing.assert_allclose(norms, state_reach(model, [source])[0])


@pytest.mark.parametrize("name", ["recurrent-usual", "recurrent-attention=none", BACKWARD, "luong-usual"])
def test_the_reach_of_a_source_is_close_to_that_of_all_steps(name: str) -> None:
    model = make_model(KINDS[name]).double()
    pairs = [(SOURCE, TARGET), ([9, 5, EOS], [7, EOS])]
    for (source, target), found in zip(pairs, source_reach(model, pairs, probes=2000), strict=True):
        steps = np.stack([reach(model, source, target, step).source for step in range(len(target))])
        np.testing.assert_allclose(found, np.sqrt(np.square(steps).mean(0)), rtol=0.1)


def test_the_distance_of_a_piece_is_the_number_of_pieces_that_are_read_after_it() -> None:
    norms = [np.array([7.0, 6, 5, 4, 3, 2, 1]), np.array([4.0, 2])]
    assert by_distance(make_model(small_config()), norms) == {0: (1 + 2 + 2 + 4) / 4, 2: 4, 5: 6.5}
    reading_backwards = make_model(KINDS[BACKWARD])
    assert by_distance(reading_backwards, norms) == {0: (7 + 6 + 4 + 2) / 4, 2: 4, 5: 1.5}


def test_a_relative_norm_is_one_for_a_mean_piece_of_its_sentence() -> None:
    found = relative([np.array([0.0, 2, 1]), np.zeros(3), np.array([1e-9, 1e-9])])
    np.testing.assert_allclose(np.concatenate(found), [0, 2, 1, 1, 1])


@pytest.mark.parametrize("architecture", ["transformer", "language-model", "pointwise"])
def test_a_model_that_does_not_read_piece_by_piece_has_no_reach_of_a_source(architecture: str) -> None:
    with pytest.raises(ValueError, match="does not read text piece by piece"):
        source_reach(make_model(small_config(architecture)), [(SOURCE, TARGET)])


def test_a_state_that_forgets_everything_has_no_reach(tokenizer: Tokenizer) -> None:
    """A GRU whose update gate is shut writes each state anew, and with a shut reset gate it does not use the old one."""
    model = make_model(small_config(encoder_layers=1))
    with torch.no_grad():
        model.encoder.forwards[0].cell.bias_ih_l0[: 2 * model.encoder.size] = -100
    (norms,) = state_reach(model, [SOURCE])
    assert norms[-1] > 0.01 and norms[:-1].max() < 1e-6


def test_a_transformer_does_not_read_forwards(tokenizer: Tokenizer) -> None:
    with pytest.raises(ValueError, match="does not read its source forwards"):
        state_reach(make_model(small_config("transformer")), [SOURCE])


def test_fading_starts_at_one_and_leaves_out_rare_distances(tokenizer: Tokenizer) -> None:
    translator = Translator(make_checkpoint(make_model(small_config()), tokenizer))
    sentences = ["the old man likes two apples"] * 20 + ["the old man likes two apples and the garden"] * 3
    *shares, found = fading(translator, sentences)
    assert shares == [0]  # few reports, because a page draws each one
    assert found.distance[0] == 0 and found.median[0] == found.low[0] == found.high[0] == 1
    assert len(found.distance) == len(translator.source_ids(sentences[0])) and found.counts[-1] >= 20
