"""Tests of the task "scenes": one clear sentence for each scene, and shapes that training never shows."""

import random
import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from seq2seq.data.synthetic import TASKS, scenes
from seq2seq.sources.picture.scene import Scene

drawn = given(st.integers(0, 2**32).map(random.Random))


@drawn
def test_a_sentence_names_all_shapes_in_order_with_true_relations(numbers: random.Random) -> None:
    example = scenes.draw(numbers)
    scene = Scene.parse(example.source)
    names = re.split(r" (?:which )?is (?:left of|right of|above|below) ", example.target)
    relations = re.findall(r"is (left of|right of|above|below)", example.target)
    shapes = sorted(scene.shapes, key=lambda shape: shape.x + shape.y)
    assert names == [f"a {shape.name}" for shape in shapes]
    for relation, (one, other) in zip(relations, pairwise(shapes), strict=True):
        across, down = other.x - one.x, other.y - one.y
        held = {"left of": across > abs(down), "right of": -across > abs(down), "above": down > abs(across)}
        assert held.get(relation, -down > abs(across))


@drawn
def test_links_join_a_name_with_its_shape(numbers: random.Random) -> None:
    example = scenes.draw(numbers)
    for (a, b), (c, d) in example.links:
        assert example.source[a:b].startswith(example.target[c:d])


@drawn
def test_shapes_do_not_touch(numbers: random.Random) -> None:
    boxes = [shape.box for shape in Scene.parse(scenes.draw(numbers).source).shapes]
    assert all(0 <= side <= 1 for box in boxes for side in box)
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert all(left > r or right < l or top > b or bottom < t for l, t, r, b in boxes[:i])  # noqa: E741


def test_six_pairs_of_colour_and_shape_are_only_in_the_set_of_unseen_pairs() -> None:
    def pairs(split: str) -> list[set[tuple[str, str]]]:
        drawn = [Scene.parse(source).shapes for source, _ in TASKS["scenes"].pairs(split)]
        return [{(shape.colour, shape.shape) for shape in shapes} for shapes in drawn]

    assert not any(found & scenes.UNSEEN for found in pairs("valid"))
    assert all(found & scenes.UNSEEN for found in pairs("unseen-pairs"))
    assert len(set().union(*pairs("unseen-pairs")) & scenes.UNSEEN) == 6
