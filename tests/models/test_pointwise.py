"""The encoder without recurrence: it hands on the vectors themselves, and their mean for the decoder's start."""

import torch
from support.small import make_model, small_config


def test_a_state_is_its_vector_and_the_summary_is_their_mean_without_padding() -> None:
    model = make_model(small_config("pointwise")).eval()
    vectors, lengths = torch.randn(2, 5, model.encoder.memory_size), torch.tensor([5, 3])
    memory = model.encoder(vectors, lengths)
    torch.testing.assert_close(memory.states[0], vectors[0])
    torch.testing.assert_close(memory.states[1, :3], vectors[1, :3])
    torch.testing.assert_close(memory.summary, torch.stack([vectors[0].mean(0), vectors[1, :3].mean(0)]))
