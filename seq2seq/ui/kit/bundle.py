"""Bundle the page's JavaScript modules into one file: a first view then makes 71 requests; with a file per module it makes 88.

A module imports with `import { a, b } from "./x.js";` on one line, and exports with `export` before a `function`, `const` or
`class`. The bundler reads only these forms; any other import or export is an error.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

START = "start"  # what an entry module exports
_IMPORT = re.compile(r'^import \{ (\w+(?:, \w+)*) \} from "(\.{1,2}/[\w./-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


@dataclass(frozen=True)
class Module:
    """A module's `text`; its imported names by module; its exported names; and `body`, the same lines as a function's body."""

    text: str
    imports: dict[str, list[str]]
    exports: list[str]
    body: str


def read(root: Path, name: str) -> Module:
    """Read the module `name`, a path under `root` without its ending. Raises ValueError for a file that is missing, and for an
    import or export of another form."""
    path = root / f"{name}.js"
    if not path.is_file():
        raise ValueError(f"there is no module {name}.js")
    text = path.read_text(encoding="utf-8")
    imports = {_resolved(name, found[2]): found[1].split(", ") for found in _IMPORT.finditer(text)}
    body = _EXPORT.sub("", _IMPORT.sub(lambda found: _taken(_resolved(name, found[2]), found[1]), text))
    if other := _OTHER.search(body):
        raise ValueError(f"{name}.js has an import or export that cannot be bundled: {other[0]}")
    return Module(text, imports, _EXPORT.findall(text), body)


def in_order(root: Path, name: str, above: tuple[str, ...] = ()) -> Iterator[tuple[str, Module]]:
    """Yield the modules that `name` needs, itself last: each after those that it imports, some more than once.

    Raises ValueError for a cycle, and for a name that is imported but not exported.
    """
    if name in above:
        raise ValueError(f"modules import each other: {' → '.join([*above[above.index(name) :], name])}")
    module = read(root, name)
    for other, names in module.imports.items():
        yield from in_order(root, other, (*above, name))
        if missing := set(names) - set(read(root, other).exports):
            raise ValueError(f"{name}.js imports {', '.join(sorted(missing))}, which {other}.js does not export")
    yield name, module


def entries(root: Path) -> list[str]:
    """Return the names of the modules that export `start`."""
    paths = sorted(root.rglob("*.js"))
    return [
        path.relative_to(root).with_suffix("").as_posix()
        for path in paths
        if START in _EXPORT.findall(path.read_text(encoding="utf-8"))
    ]


def bundle(root: Path) -> tuple[str, str]:
    """Return one module and its source map. It exports `starts`: by the name of each entry under `root`, its `start`."""
    modules = {name: module for entry in entries(root) for name, module in in_order(root, entry)}
    text, sections = "const modules = {};\n", []
    for name, module in modules.items():
        lines = {"version": 3, "sources": [f"{name}.js"], "sourcesContent": [module.text], "names": []}
        # A line of a module is a line of the bundle: "AAAA" maps the first to the first, each "AACA" the next to the next.
        lines["mappings"] = "AAAA" + ";AACA" * module.text.count("\n")
        sections.append({"offset": {"line": text.count("\n"), "column": 0}, "map": lines})
        text += f"modules[{json.dumps(name)}] = (() => {{ {module.body}return {{ {', '.join(module.exports)} }};\n}})();\n"
    starts = ", ".join(f"{json.dumps(name)}: modules[{json.dumps(name)}].{START}" for name in entries(root))
    return f"{text}export const starts = {{ {starts} }};\n", json.dumps({"version": 3, "sections": sections})


def _resolved(name: str, address: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), address)).removesuffix(".js")


def _taken(name: str, names: str) -> str:
    return f"const {{ {names} }} = modules[{json.dumps(name)}];"
