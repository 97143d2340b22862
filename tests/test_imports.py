"""Imports go in one direction: a room only imports from lower floors; only the page imports Gradio, only views Plotly."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# From the lowest floor up. A room can import from its own floor and from lower floors.
FLOORS = (
    ("config", "errors", "schedules", "trace", "files"),
    ("sources",),
    ("models", "data"),
    ("decoding",),
    ("training",),
    ("analysis",),
    ("runs",),
    ("views",),
    ("commands", "ui"),
    ("__main__",),
)
ENGINE = sorted(
    f"seq2seq.{path.relative_to(ROOT / 'seq2seq').with_suffix('').as_posix().replace('/', '.')}"
    for path in (ROOT / "seq2seq").rglob("*.py")
    if not {"ui", "views", "__pycache__"} & set(path.parts) and path.stem not in ("__init__", "__main__")
)


def loaded_by(modules: list[str], path: Path = ROOT) -> set[str]:
    """Return the top-level packages that are loaded after a new Python has imported `modules`."""
    code = f"import sys; sys.path.insert(0, {str(path)!r})\n" + "".join(f"import {m}\n" for m in modules)
    code += "print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_engine_loads_without_gradio_and_plotly() -> None:
    assert len(ENGINE) > 10
    loaded = loaded_by(ENGINE)
    assert "torch" in loaded and not loaded & {"gradio", "plotly"}


def test_the_views_load_without_gradio_and_torch() -> None:
    loaded = loaded_by(["seq2seq.views", "seq2seq.views.train.run"])
    assert "plotly" in loaded and not loaded & {"gradio", "torch"}


def test_the_trace_loads_without_torch() -> None:
    assert not loaded_by(["seq2seq.trace"]) & {"gradio", "plotly", "torch"}


@pytest.mark.parametrize("package", ["gradio", "plotly"])
def test_loaded_packages_are_detected(tmp_path: Path, package: str) -> None:
    (tmp_path / f"{package}.py").touch()  # the real package would take seconds
    (tmp_path / "trespasser.py").write_text(f"import {package}\n")
    assert package in loaded_by(["trespasser"], tmp_path)


def imports_of(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_only_the_ui_imports_gradio_even_inside_functions() -> None:
    users = {
        path.relative_to(ROOT).parts[:2]
        for path in [ROOT / "app.py", *(ROOT / "seq2seq").rglob("*.py")]
        if "gradio" in imports_of(path.read_text(encoding="utf-8"))
    }
    assert users <= {("app.py",), ("seq2seq", "ui")}
    assert imports_of("def f():\n    from gradio import Blocks") == {"gradio"}  # proves that this test can fail


def floor_of(module: str) -> int | None:
    """Return the floor of a module of this project."""
    parts = module.split(".")
    if parts[0] != "seq2seq" or len(parts) < 2:
        return None
    (floor,) = [floor for floor, rooms in enumerate(FLOORS) if parts[1] in rooms]
    return floor


def upward_imports(module: str, source: str) -> list[str]:
    """Return the imports in `source`, the text of `module`, that go to a higher floor or to another room of the same floor."""
    mine, upward = floor_of(module), []
    assert mine is not None
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} has a relative import"
            names = [f"{node.module}.{alias.name}" if node.module == "seq2seq" else str(node.module) for alias in node.names]
        else:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            theirs = floor_of(name)
            other_room = theirs == mine and name.split(".")[1] != module.split(".")[1]
            # Two rooms share a floor so that neither imports from the other; the single files of the ground floor may.
            if theirs is not None and (theirs > mine or (other_room and mine > 0)):
                upward.append(name)
    return upward


def test_no_import_leads_up_a_floor() -> None:
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path.read_text(encoding="utf-8")
        for path in (ROOT / "seq2seq").rglob("*.py")
        if path.relative_to(ROOT).parts != ("seq2seq", "__init__.py")
    }
    assert {name: found for name, text in modules.items() if (found := upward_imports(name, text))} == {}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("seq2seq.models.attention", "from seq2seq.decoding.loop import decode"),
        ("seq2seq.data.corpora", "from seq2seq.models import checkpoint"),
        ("seq2seq.views.pieces", "def f():\n    import seq2seq.ui.app"),
        ("seq2seq.sources.text", "from seq2seq import runs"),
    ],
)
def test_an_import_that_leads_up_a_floor_is_found(module: str, line: str) -> None:
    assert len(upward_imports(module, line)) == 1
