"""The modules under `assets/`: imports, exports and syntax."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from seq2seq.ui.app import create_app
from seq2seq.ui.kit.bundle import START, bundle, entries, read
from seq2seq.ui.kit.component import ASSETS, component

NO_MODULE = ASSETS / "host" / "address-on-tab.js"  # a function that Python inserts into an event
NAMES = sorted(path.relative_to(ASSETS).with_suffix("").as_posix() for path in ASSETS.rglob("*.js") if path != NO_MODULE)
GLOBAL = re.compile(r"\b(?:window|globalThis|self)(?:\.\w+|\[[^\]]+\]) *=(?!=)")
MOST_LINES = 300
PARSE = """const { SourceTextModule } = require("node:vm"), { readFileSync } = require("node:fs");
const names = process.argv.slice(1);
for (const identifier of names) new SourceTextModule(readFileSync(identifier, "utf8"), { identifier });
console.log(`${names.length} parsed`);"""


def text(name: str) -> str:
    return (ASSETS / f"{name}.js").read_text(encoding="utf-8")


def test_every_import_names_a_module_and_a_name_that_it_exports() -> None:
    assert len(NAMES) > 40
    for name in NAMES:
        for other, names in read(ASSETS, name).imports.items():
            assert set(names) <= set(read(ASSETS, other).exports), (name, other)


def test_every_import_is_used_and_every_export_is_imported_or_a_start() -> None:
    imported = {(other, item) for name in NAMES for other, items in read(ASSETS, name).imports.items() for item in items}
    exported = {(name, item) for name in NAMES for item in read(ASSETS, name).exports}
    assert exported - imported == {(name, START) for name in entries(ASSETS)}
    for name in NAMES:
        for items in read(ASSETS, name).imports.values():
            for item in items:
                assert len(re.findall(rf"\b{item}\b", text(name))) > 1, (name, item)


def test_every_entry_has_a_template_and_is_on_the_page() -> None:
    starts = [block.js_on_load for block in create_app().blocks.values() if getattr(block, "js_on_load", None)]
    used = {found[1] for start in starts if (found := re.search(r'starts\["([^"]+)"\]', start))}
    assert used == set(entries(ASSETS))
    assert all((ASSETS / f"{name}.html").is_file() for name in used)


def test_no_module_defines_a_global() -> None:
    found = {name: GLOBAL.findall(text(name)) for name in NAMES}
    # Plotly itself defines one: it goes back to a copy that was there before.
    assert {name: places for name, places in found.items() if places} == {"lib/charts/plotly": ["window.Plotly ="]}


def test_a_part_names_the_events_of_its_modules_for_python_to_listen_to() -> None:
    assert component("stage/player").js_on_load.endswith(' // events: ["force_token", "navigate", "restore"]')
    assert component("forcing/two-lanes/lanes").js_on_load.endswith('["clear", "every_word", "inject", "rescue"]')


def test_no_module_is_long() -> None:
    assert {name for name in NAMES if len(text(name).splitlines()) > MOST_LINES} == set()


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_every_module_parses(tmp_path: Path) -> None:
    parts = {name.replace("/", "-"): text(name) for name in NAMES} | {"bundle": bundle(ASSETS)[0]}
    parts["address-on-tab"] = NO_MODULE.read_text(encoding="utf-8")
    for name, part in parts.items():
        (tmp_path / f"{name}.mjs").write_text(part, encoding="utf-8")
    call = ["node", "--experimental-vm-modules", "--no-warnings", "-e", PARSE, *(f"{name}.mjs" for name in parts)]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout == f"{len(parts)} parsed\n", done.stderr
