"""The requirements of a host: README's front matter, the size of files, a start like on a Space, a password."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from huggingface_hub import SpaceCard
from load.space import ROOT, a_folder, play_in_subprocess
from packaging.requirements import Requirement
from packaging.version import Version
from yaml import YAMLError

from seq2seq.ui.app import launch_settings
from seq2seq.ui.host.limits import Limits, password
from seq2seq.ui.host.space import Home, home

COLORS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}  # allowed by the Hub
MAX_BYTES = 10_000_000  # the Hub needs another storage for larger files


@pytest.fixture(scope="module")
def card() -> SpaceCard:
    return SpaceCard((ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def requirements() -> dict[str, Requirement]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return {found.name: found for found in map(Requirement, filter(None, lines))}


def test_front_matter_is_valid_for_the_hub(card):
    data = card.data.to_dict()
    assert card.data.sdk == "gradio" and (ROOT / card.data.app_file).is_file()
    assert card.data.license == "apache-2.0" and card.data.title
    assert len(data["short_description"]) <= 60
    assert {data["colorFrom"], data["colorTo"]} <= COLORS
    assert data["emoji"] and not data["emoji"].isascii()
    assert list(data) == list(dict.fromkeys(data)) and card.text.lstrip().startswith("# ")


def test_malformed_card_is_detected():
    with pytest.raises(YAMLError):
        SpaceCard("---\ntitle: [\n---\n")


def test_the_space_has_the_gradio_that_is_tested(card, requirements):
    wanted = card.data.sdk_version
    assert Version(wanted) in requirements["gradio"].specifier
    assert Version(version("gradio")) in requirements["gradio"].specifier


def test_the_space_has_a_python_that_zero_gpu_has_and_that_readme_allows(card):
    assert card.data.python_version == "3.12"  # of the two that the Hub documents for ZeroGPU, 3.10 is too old
    oldest, newest = re.search(r"Python (3\.\d+) or newer, up to (3\.\d+)", card.text).groups()
    assert Version(oldest) <= Version(card.data.python_version) <= Version(newest)
    assert f"python_version = {oldest}" in (ROOT / ".mypy.ini").read_text()
    assert tomllib.loads((ROOT / ".ruff.toml").read_text())["target-version"] == f"py{oldest.replace('.', '')}"


def test_every_requirement_is_bounded(requirements):
    for name, requirement in requirements.items():
        assert re.search(r"<|==", str(requirement.specifier)), name


def test_no_tracked_file_is_too_large_for_a_plain_repository():
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    sizes = {name: (ROOT / name).stat().st_size for name in names if name and (ROOT / name).is_file()}
    assert sizes and {name: size for name, size in sizes.items() if size > MAX_BYTES} == {}


def test_limits_of_a_space_are_lower():
    space, school = Limits.of({"SPACE_ID": "a/b"}), Limits.of({})
    assert (space.minutes, space.runs) == (5, 5) and space.minutes < school.minutes and space.runs < school.runs
    assert not space.folder.is_relative_to(Path.home())


def test_addresses_of_a_space_are_made_from_its_variables():
    whole = {"SPACE_ID": "some-body/un.rolled", "SPACE_HOST": "some-body-un-rolled.hf.space"}
    assert home(whole) == Home("https://huggingface.co/spaces/some-body/un.rolled", "https://some-body-un-rolled.hf.space/")
    assert home({**whole, "SPACE_HOST": ""}) == Home("https://huggingface.co/spaces/some-body/un.rolled")
    for wrong in ("", "name", "a/b/c", "a/b?x", "a/../b", "a b/c"):
        assert home({**whole, "SPACE_ID": wrong}) == home({}) == Home()
    assert home({**whole, "SPACE_HOST": "evil.org/?"}).whole == ""


@pytest.mark.parametrize("text", ["", None])
def test_no_password_by_default(text):
    assert password({} if text is None else {"SEQ2SEQ_PASSWORD": text}) is None


def test_a_password_may_hold_a_colon(monkeypatch):
    monkeypatch.setenv("SEQ2SEQ_PASSWORD", "class:a:b c")
    assert launch_settings()["auth"] == ("class", "a:b c")


@pytest.mark.parametrize("text", ["secret", ":secret", "user:", ":"])
def test_incomplete_password_is_refused_without_repeating_it(text):
    with pytest.raises(ValueError, match="SEQ2SEQ_PASSWORD must have the form user:password") as caught:
        password({"SEQ2SEQ_PASSWORD": text})
    assert "secret" not in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_app_runs_like_on_a_space():
    """This uses the packages of the tests; `python tests/load/space.py` uses only those of requirements.txt."""
    with a_folder() as folder:
        report = play_in_subprocess(folder, sys.executable)
    assert report["its text is right"]
    assert report["written outside the temporary folder"] == "nothing"
    assert report["of a GPU"] == "nothing"
    assert report["complaints in the log"] == "none"
