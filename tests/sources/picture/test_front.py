"""Tests of the convolutions: one vector for each place, which depends on the pixels that the place sees and on no others."""

import pytest
import torch
from support.small import make_model, small_config

from seq2seq.sources.picture.reader import GRID
from seq2seq.sources.picture.scene import SIDE


@pytest.mark.parametrize("sees", [15, 31])
@pytest.mark.parametrize(("row", "column"), [(3, 4), (0, 7)])
def test_a_place_sees_a_square_of_pixels_around_its_first_pixel(sees: int, row: int, column: int) -> None:
    model = make_model(small_config("pointwise", source_kind="picture", place_sees=sees))
    pixels = torch.rand(1, SIDE, SIDE, 3) * 255
    memory, _ = model.encode(pixels.requires_grad_(), torch.tensor([SIDE]))
    assert memory.states.shape == (1, GRID * GRID, model.encoder.memory_size)
    memory.states[0, GRID * row + column].abs().sum().backward()
    assert pixels.grad is not None
    seen = pixels.grad[0].abs().sum(-1) > 0
    inside = torch.zeros_like(seen)
    top, left = (max(0, 8 * at - sees // 2) for at in (row, column))
    inside[top : 8 * row + sees // 2 + 1, left : 8 * column + sees // 2 + 1] = True
    assert seen.any() and not (seen & ~inside).any()
    assert seen[top].any() and seen[:, left].any()
