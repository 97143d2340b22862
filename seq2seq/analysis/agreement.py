"""Does attention look at what a word needs? Its heaviest place is compared with what hiding each region costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NOTICEABLE = 0.05  # nats: a word that loses less needs no single place
AGREES = 0.5  # attention agrees if hiding its heaviest place costs at least this share of the largest loss


@dataclass(frozen=True)
class Agreement:
    """The comparison for one step."""

    agrees: bool
    chance: float  # the share of the regions that would agree: what a place drawn at random reaches


def agreement(losses: Sequence[float], looked: int | None) -> Agreement | None:
    """Compare the region that attention looks at most with the `losses` [R] (nats) when each region is hidden.

    `looked` is None if attention looks outside of all regions, such as at the end mark of a text: that never agrees. Returns
    None for a step that needs no single region.
    """
    most = max(losses)
    if most < NOTICEABLE:
        return None
    enough = [loss >= AGREES * most for loss in losses]
    return Agreement(looked is not None and enough[looked], sum(enough) / len(enough))


def region_of(position: int, regions: Sequence[Sequence[int]], positions: int) -> int | None:
    """Return the region that attention to a position looks at, or None.

    In a picture or a sound each position has a region of its own, with its neighbours; in a text, regions are words.
    """
    if len(regions) == positions:
        return position
    return next((number for number, region in enumerate(regions) if position in region), None)
