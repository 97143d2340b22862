"""A stand-in for the Hugging Face Hub on this machine: repositories, commits with large files, downloads.

It answers as huggingface_hub expects with HF_HUB_DISABLE_XET=1, and keeps everything in memory. Set HF_ENDPOINT to its address.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

from support.apps.listening import Handler, listening

USER, TOKEN = "somebody", "hf_secret"
KINDS = {"models": "model", "spaces": "space", "datasets": "dataset"}
TEXT_BYTES = 10_000_000  # a text file from this size on is stored as a large file


@dataclass
class Repo:
    about: dict[str, Any]  # the request that created it
    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[dict[str, bytes]] = field(default_factory=lambda: [{}])

    @property
    def sha(self) -> str:
        return _sha(len(self.commits) - 1)

    def at(self, revision: str) -> dict[str, bytes] | None:
        named = {_sha(number): files for number, files in enumerate(self.commits)}
        return named.get(self.sha if revision == "main" else revision)


@dataclass
class Hub:
    """The stand-in's `address`; its repositories by kind and id, such as ("space", "somebody/name"); the requests so far."""

    address: str = ""
    repos: dict[tuple[str, str], Repo] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)  # by SHA-256
    requests: list[str] = field(default_factory=list)

    def variables(self, home: Path, token: str = TOKEN) -> dict[str, str]:
        """Return environment variables that lead huggingface_hub here."""
        settings = {
            "HF_ENDPOINT": self.address,
            "HF_HOME": str(home),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }
        return {**settings, "NO_PROXY": "127.0.0.1", **({"HF_TOKEN": token} if token else {})}


def _sha(number: int) -> str:
    return hashlib.sha1(str(number).encode()).hexdigest()


def _is_large(path: str, sample: bytes, size: int) -> bool:
    return size >= TEXT_BYTES or b"\0" in sample or path.endswith((".safetensors", ".model", ".png"))


def ignored(paths: list[str], rules: str) -> set[str]:
    """Return the paths that a .gitignore with these `rules` ignores; Git itself decides."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "--quiet", folder], check=True)
        Path(folder, ".gitignore").write_text(rules, encoding="utf-8")
        call = ["git", "-C", folder, "check-ignore", "--no-index", "--stdin", "-z"]
        answer = subprocess.run(call, input="\0".join(paths), capture_output=True, text=True)
        return set(filter(None, answer.stdout.split("\0")))


def front_matter(text: str) -> Any:
    """Return the values above the text of a card. Raises ValueError if they are missing or no YAML."""
    found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    try:
        return yaml.safe_load(found[1]) if found else {}
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


class _Handler(Handler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def _answer(self, status: int, content: Any = b"", **headers: str) -> None:
        self.send(status, content if isinstance(content, bytes) else json.dumps(content).encode(), **headers)

    def _refuse(self, status: int, code: str, message: str) -> None:
        self._answer(status, {"error": message}, X_Error_Code=code, X_Error_Message=message)

    def _handle(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append(f"{self.command} {path}")
        body = (
            self.rfile.read(int(self.headers.get("Content-Length", 0))) if "Content-Length" in self.headers else self._chunks()
        )
        changes = self.command in ("POST", "PUT") and path != "/api/validate-yaml" and not path.startswith("/large/")
        if (changes or path == "/api/whoami-v2") and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._refuse(401, "Unauthorized", "Invalid username or password.")
        for pattern, answer in _ROUTES:
            if found := re.fullmatch(pattern, path):
                return answer(self, body, *found.groups())
        return self._refuse(404, "NotFound", f"the stand-in has no {path}")

    def _chunks(self) -> bytes:
        content = bytearray()
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        return bytes(content)

    def _repo(self, kind: str, name: str, revision: str = "main") -> tuple[Repo, dict[str, bytes]] | None:
        repo = self.hub.repos.get((kind, name))
        files = repo.at(revision) if repo else None
        if repo is None:
            # As the Hub does: a stranger cannot tell a private repository from none.
            self._refuse(404 if self.headers.get("Authorization") else 401, "RepoNotFound", "Repository not found")
        elif files is None:
            self._refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        else:
            return repo, files
        return None

    def who(self, _: bytes) -> None:
        self._answer(
            200, {"type": "user", "name": USER, "orgs": [], "auth": {"accessToken": {"displayName": "test", "role": "write"}}}
        )

    def validate(self, body: bytes) -> None:
        try:
            values, faults = front_matter(json.loads(body)["content"]), []
        except ValueError as error:
            values, faults = {}, [{"message": str(error)}]
        if isinstance(values, dict) and "license" in values and not isinstance(values["license"], str):
            faults.append({"message": '"license" must be a string'})
        self._answer(400 if faults else 200, {"errors": faults, "warnings": []})

    def create(self, body: bytes) -> None:
        about = json.loads(body)
        kind, name = about.get("type", "model"), f"{about.get('organization') or USER}/{about['name']}"
        known = (kind, name) in self.hub.repos
        self.hub.repos.setdefault((kind, name), Repo(about))
        url = f"{self.hub.address}/{'' if kind == 'model' else f'{kind}s/'}{name}"
        self._answer(
            409 if known else 200, {"url": url, "name": name, **({"error": "You already created this repo"} if known else {})}
        )

    def info(self, _: bytes, kinds: str, name: str, revision: str | None) -> None:
        if found := self._repo(KINDS[kinds], name, revision or "main"):
            sizes = "blobs" in parse_qs(urlsplit(self.path).query)
            listed = [{"rfilename": path, **({"size": len(data)} if sizes else {})} for path, data in found[1].items()]
            sha = found[0].sha if revision in (None, "main") else revision
            self._answer(200, {"id": name, "modelId": name, "sha": sha, "private": False, "siblings": listed, "tags": []})

    def tree(self, _: bytes, kinds: str, name: str, revision: str) -> None:
        if found := self._repo(KINDS[kinds], name, revision):
            listed = [
                {"type": "file", "path": p, "size": len(d), "oid": hashlib.sha1(d).hexdigest()} for p, d in found[1].items()
            ]
            self._answer(200, listed)

    def preupload(self, body: bytes, kinds: str, name: str, revision: str) -> None:
        if self._repo(KINDS[kinds], name, revision):
            asked = json.loads(body)
            skipped = ignored([file["path"] for file in asked["files"]], asked.get("gitIgnore", ""))
            modes = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs"
                    if _is_large(file["path"], base64.b64decode(file["sample"]), file["size"])
                    else "regular",
                    "shouldIgnore": file["path"] in skipped,
                }
                for file in asked["files"]
            ]
            self._answer(200, {"files": modes})

    def batch(self, body: bytes, _: str | None, __: str) -> None:
        objects = [
            {"oid": o["oid"], "size": o["size"], "actions": {"upload": {"href": f"{self.hub.address}/large/{o['oid']}"}}}
            for o in json.loads(body)["objects"]
        ]
        self._answer(200, {"transfer": "basic", "objects": objects})

    def store(self, body: bytes, oid: str) -> None:
        assert hashlib.sha256(body).hexdigest() == oid
        self.hub.large[oid] = body
        self._answer(200)

    def commit(self, body: bytes, kinds: str, name: str, revision: str) -> None:
        if not (found := self._repo(KINDS[kinds], name, revision)):
            return
        repo, files = found[0], dict(found[1])
        for line in body.decode().splitlines():
            item = json.loads(line)
            key, value = item["key"], item["value"]
            if key == "file":
                files[value["path"]] = base64.b64decode(value["content"])
                if _is_large(value["path"], files[value["path"]][:512], 0):
                    self._refuse(400, "BadRequest", "Your push was rejected because it contains binary files.")
                    return
            elif key == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
            elif key == "deletedFile":
                del files[value["path"]]
        repo.files = files
        repo.commits.append(files)
        prefix = "" if kinds == "models" else f"{kinds}/"
        url = f"{self.hub.address}/{prefix}{name}/commit/{repo.sha}"
        self._answer(200, {"commitUrl": url, "commitOid": repo.sha, "hookOutput": ""})

    def resolve(self, _: bytes, name: str, revision: str, path: str) -> None:
        if found := self._repo("model", name, revision):
            if path not in found[1]:
                self._refuse(404, "EntryNotFound", "Entry not found")
                return
            content = found[1][path]
            sha = found[0].sha if revision == "main" else revision
            self._answer(200, content, ETag=f'"{hashlib.sha256(content).hexdigest()}"', X_Repo_Commit=sha)

    do_GET = do_HEAD = do_POST = do_PUT = _handle


_ID = r"([\w.-]+/[\w.-]+)"
_ROUTES: list[tuple[str, Any]] = [
    ("/api/whoami-v2", _Handler.who),
    ("/api/validate-yaml", _Handler.validate),
    ("/api/repos/create", _Handler.create),
    (rf"/api/(models|spaces)/{_ID}/preupload/([^/]+)", _Handler.preupload),
    (rf"/api/(models|spaces)/{_ID}/commit/([^/]+)", _Handler.commit),
    (rf"/api/(models|spaces)/{_ID}/tree/([^/]+)", _Handler.tree),
    (rf"/api/(models|spaces)/{_ID}(?:/revision/([^/]+))?", _Handler.info),
    (rf"/(spaces/)?{_ID}\.git/info/lfs/objects/batch", _Handler.batch),
    (r"/large/(\w+)", _Handler.store),
    (rf"/{_ID}/resolve/([^/]+)/(.+)", _Handler.resolve),
]


@contextmanager
def standing_in() -> Iterator[Hub]:
    """Serve the stand-in during the block."""
    hub = Hub()
    with listening(type("OfHub", (_Handler,), {"hub": hub})) as port:
        hub.address = f"http://127.0.0.1:{port}"
        yield hub
