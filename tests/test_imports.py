"""Imports point one way: the engine knows neither Gradio nor Plotly, the views know no model."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGINE = sorted(
    f"seq2seq.{path.relative_to(ROOT / 'seq2seq').with_suffix('').as_posix().replace('/', '.')}"
    for path in (ROOT / "seq2seq").rglob("*.py")
    if not {"ui", "views", "__pycache__"} & set(path.parts) and path.stem not in ("__init__", "__main__")
)


def loaded_by(modules: list[str], path: Path = ROOT) -> set[str]:
    """Top-level packages in memory after a fresh Python has imported `modules`."""
    code = f"import sys; sys.path.insert(0, {str(path)!r})\n" + "".join(f"import {m}\n" for m in modules)
    code += "print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_engine_loads_without_gradio_and_plotly() -> None:
    assert len(ENGINE) > 10
    loaded = loaded_by(ENGINE)
    assert "torch" in loaded and not loaded & {"gradio", "plotly"}


def test_the_views_load_without_gradio_and_torch() -> None:
    loaded = loaded_by(["seq2seq.views"])
    assert "plotly" in loaded and not loaded & {"gradio", "torch"}


def test_the_trace_loads_without_torch() -> None:
    assert not loaded_by(["seq2seq.trace"]) & {"gradio", "plotly", "torch"}


@pytest.mark.parametrize("package", ["gradio", "plotly"])
def test_these_tests_can_fail(tmp_path: Path, package: str) -> None:
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


def test_gradio_is_named_in_the_ui_alone_even_inside_functions() -> None:
    users = {
        path.relative_to(ROOT).parts[:2]
        for path in [ROOT / "app.py", *(ROOT / "seq2seq").rglob("*.py")]
        if "gradio" in imports_of(path.read_text(encoding="utf-8"))
    }
    assert users <= {("app.py",), ("seq2seq", "ui")}
    assert imports_of("def f():\n    from gradio import Blocks") == {"gradio"}  # this test can fail, too
