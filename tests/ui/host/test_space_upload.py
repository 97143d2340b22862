"""README's way to a Space, and the Action's, against a stand-in of the Hub: what is created, and which files arrive."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from huggingface_hub import SpaceCard
from load.space import ROOT, a_folder, copy
from support.apps.hub import TOKEN, USER, Hub, Repo, standing_in

HF = Path(sys.executable).parent / "hf"
NAME = f"{USER}/seq2seq-unrolled"
SPACE = ("space", NAME)


def commands(document: str) -> list[str]:
    """Return the commands of a document that call `hf`, for the stand-in's user."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return [line.replace("USER", USER) for line in re.findall(r"^    (hf .+)$", text, re.MULTILINE)]


@pytest.fixture(scope="module")
def clone() -> Iterator[Path]:
    """Return a clone with files of other kinds: Git's own, an environment, and caches."""
    with a_folder() as folder:
        app = copy(folder)
        app.chmod(0o755)
        for name in (".git/HEAD", ".venv/bin/python", "runs/x", "seq2seq.pyc", ".mypy_cache/3.11/cache"):
            (app / name).parent.mkdir(parents=True, exist_ok=True)
            (app / name).write_text("not for the Space")
        yield app


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with standing_in() as hub:
        yield hub


def run(command: str, clone: Path, variables: dict[str, str]) -> str:
    called = shlex.split(command)
    call = [str(HF), *called[1:], *(["--token", TOKEN] if called[1:] == ["auth", "login"] else [])]  # instead of typing it
    done = subprocess.run(call, cwd=clone, env={**os.environ, **variables}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def space(hub: Hub, clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Return the Space that README's commands make."""
    home = tmp_path_factory.mktemp("home")
    for command in commands("README.md"):
        run(command, clone, hub.variables(home, token=""))
    return hub.repos[SPACE]


def tracked() -> set[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


def test_readme_and_hosting_give_the_same_three_commands() -> None:
    assert len(commands("README.md")) == 3 and commands("README.md") == commands("assets/docs/hosting.md")


def test_the_space_is_a_gradio_space_with_zero_gpu(space: Repo) -> None:
    assert {name: space.about[name] for name in ("type", "sdk", "hardware")} == {
        "type": "space",
        "sdk": "gradio",
        "hardware": "zero-a10g",
    }


def test_exactly_the_tracked_files_arrive_unchanged(space: Repo) -> None:
    assert set(space.files) == tracked()
    assert all(content == (ROOT / name).read_bytes() for name, content in space.files.items())


def test_the_front_matter_arrives(space: Repo) -> None:
    data = SpaceCard(space.files["README.md"].decode()).data
    assert (data.sdk, data.app_file, data.python_version, data.license) == ("gradio", "app.py", "3.12", "apache-2.0")


def test_the_action_updates_the_space_and_deletes_what_is_gone(hub: Hub, clone: Path, space: Repo, tmp_path: Path) -> None:
    space.commits.append({**space.files, "gone.py": b"old"})
    steps = yaml.safe_load((ROOT / "assets/docs/space.yml").read_text())["jobs"]["upload"]["steps"]
    (line,) = [step["run"] for step in steps if step.get("run", "").startswith("hf ")]
    line = line.replace("$HF_SPACE", NAME).replace("$GITHUB_SHA", "0123abc")
    run(line, clone, hub.variables(tmp_path))
    assert set(space.files) == tracked()
