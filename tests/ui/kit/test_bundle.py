"""The bundle of the JavaScript modules."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from seq2seq.ui.kit.bundle import bundle, in_order

FILES = {
    "lib/words.js": 'export const HELLO = "hello";\nexport function twice(word) {\n  return word + word;\n}\n'
    "const hidden = 1;\n",
    "room/part.js": 'import { HELLO, twice } from "../lib/words.js";\n\nexport async function both() {\n'
    "  return twice(HELLO);\n}\nconst hidden = 2;\n",
    "room/entry.js": '// An entry.\nimport { HELLO } from "../lib/words.js";\nimport { both } from "./part.js";\n\n'
    "export function start(given) {\n  return both().then((said) => `${given} ${said} ${HELLO}`);\n}\nconst hidden = 3;\n",
    "other.js": 'export class Thing {}\nexport function start() {\n  return "other";\n}\n',
    "unused.js": "export const NOTHING = 0;\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_bundle_has_each_module_once_after_its_imports(root: Path) -> None:
    assert [name for name, _ in in_order(root, "room/entry")] == ["lib/words", "lib/words", "room/part", "room/entry"]
    text, _ = bundle(root)
    places = [text.index(f'modules["{name}"] =') for name in ("other", "lib/words", "room/part", "room/entry")]
    assert places == sorted(places)
    assert text.count('modules["lib/words"] =') == 1 and "unused" not in text
    assert "import" not in text and text.count("export") == 1


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_the_bundle_runs(root: Path) -> None:
    run = (
        "const { starts } = await import('./bundle.mjs'); console.log(Object.keys(starts).join(), starts.other());"
        "console.log(await starts['room/entry']('I say'));"
    )
    (root / "bundle.mjs").write_text(bundle(root)[0])
    (root / "run.mjs").write_text(run)
    done = subprocess.run(["node", "run.mjs"], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["other,room/entry other", "I say hellohello hello"]


def test_the_source_map_names_the_file_and_line_of_each_line(root: Path) -> None:
    text, mapped = bundle(root)
    lines = text.splitlines()
    sections = json.loads(mapped)["sections"]
    assert [section["map"]["sources"] for section in sections] == [
        ["other.js"],
        ["lib/words.js"],
        ["room/part.js"],
        ["room/entry.js"],
    ]
    for section in sections:
        [content] = section["map"]["sourcesContent"]
        start = section["offset"]["line"]
        assert len(section["map"]["mappings"].split(";")) == len(content.splitlines()) + 1
        for place, line in enumerate(content.splitlines()):
            if "import" not in line:
                assert line.removeprefix("export ") in lines[start + place]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("lib/words.js", 'import { both } from "../room/part.js";', "import each other: lib/words → room/part → lib/words"),
        ("room/entry.js", 'import { x } from "./none.js";\nexport function start() {}', "no module room/none.js"),
        (
            "room/part.js",
            'import { Bye, HELLO } from "../lib/words.js";',
            "part.js imports Bye, which lib/words.js does not export",
        ),
        ("room/part.js", 'import words from "../lib/words.js";', "cannot be bundled: import words"),
        ("room/part.js", 'import { HELLO as H } from "../lib/words.js";', "cannot be bundled: import { HELLO as H }"),
        ("room/part.js", 'import { HELLO } from "words";', "cannot be bundled: import { HELLO }"),
        ("room/part.js", "export default 1;", "cannot be bundled: export default 1;"),
        ("room/part.js", "export let count = 1;", "cannot be bundled: export let count"),
    ],
)
def test_module_that_cannot_be_bundled_is_named(root: Path, name: str, text: str, says: str) -> None:
    (root / name).write_text(text + "\n")
    with pytest.raises(ValueError) as caught:
        bundle(root)
    assert says in str(caught.value)
