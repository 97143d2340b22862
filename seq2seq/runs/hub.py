"""Models on the Hugging Face Hub: push a checkpoint folder to a repository, and load one as `hf:USER/NAME[@REVISION]`.

A repository is as untrusted as an archive: only a model's own files are loaded, within the limits of `archive.py`, nothing is
unpickled, and the model moves to its place after it has computed finite values. Its place is named by the commit.

huggingface_hub comes with Gradio. It is slow to import: import this module where it is used.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub import CommitOperationAdd, HfApi, ModelInfo, constants
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    HTTPError,
    LocalTokenNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import disable_progress_bars, validate_repo_id

from seq2seq.models.saved import checkpoint
from seq2seq.models.saved.checkpoint import CONFIG, HUB, WEIGHTS
from seq2seq.runs import archive
from seq2seq.runs.archive import CARD, LIMITS, MAX_UNPACKED_BYTES
from seq2seq.runs.hub_card import with_front_matter

_COMMIT = re.compile(r"[0-9a-f]{40}")
_LOG_IN = "log in with `hf auth login`, with a token that may write"


def push(folder: Path, name: str, private: bool = False, licence: str = "", datasets: tuple[str, ...] = ()) -> tuple[str, str]:
    """Upload a model to the repository `name` (USER/NAME), which is created if it does not exist; return its address and the
    commit. `licence` (an id of the Hub) and `datasets` replace what the model's origin says, in the card.

    Raises ValueError with one sentence, before anything is sent for a model that could not be loaded again.
    """
    files = archive.contents(folder, folder.resolve().name)
    card = with_front_matter(files.get(CARD, b"").decode("utf-8"), checkpoint.load(folder), folder, licence, datasets)
    files[CARD] = card.encode("utf-8")
    api = HfApi()
    with _explained(name):
        validate_repo_id(name)
        if "/" not in name:
            raise ValueError(f"a repository on the Hub is USER/NAME, not {name!r}")
        api.whoami()
        url = api.create_repo(name, private=private or None, exist_ok=True)
        operations = [CommitOperationAdd(path, content) for path, content in files.items()]
        disable_progress_bars()
        commit = api.create_commit(name, operations, commit_message=f"Seq2Seq Unrolled: {folder.resolve().name}")
    return str(url), commit.oid


def local(model: str) -> str:
    """Return the folder of the model `hf:USER/NAME[@REVISION]`, after downloading it if it is not here yet.

    Raises ValueError with one sentence; then no file is left.
    """
    name, _, revision = model.removeprefix(HUB).partition("@")
    with _explained(name, revision):
        validate_repo_id(name)
        if "/" not in name:
            raise ValueError(f"give a model on the Hub as {HUB}USER/NAME, not {model!r}")
        if not (_COMMIT.fullmatch(revision) and _place(name, revision).is_dir()):  # a commit that is here needs no network
            info = HfApi().model_info(name, revision=revision or None, files_metadata=True)
            revision = str(info.sha)
            if not _place(name, revision).is_dir():
                _download(name, revision, _files(name, info))
    return str(_place(name, revision))


def _place(name: str, commit: str) -> Path:
    """Return the folder of a model at a commit. Its name is that of the repository, because messages name a model so."""
    user, _, short = name.partition("/")
    return Path(constants.HF_HOME, "seq2seq-unrolled", user, commit, short)


def _files(name: str, info: ModelInfo) -> list[str]:
    """Return the repository's files that belong to a model, after checking their sizes. Raises ValueError."""
    sizes = {file.rfilename: file.size for file in info.siblings or [] if file.rfilename in LIMITS}
    if missing := [file for file in (CONFIG, WEIGHTS) if file not in sizes]:
        raise ValueError(f"{HUB}{name} is not a model of this project: it has no {missing[0]}")
    for file, size in sizes.items():
        if size is None or size > LIMITS[file]:
            told = "an unknown number of" if size is None else f"{size:,}"
            raise ValueError(f"{HUB}{name} cannot be used: {file} has {told} bytes; at most {LIMITS[file]:,} can be loaded")
    if (total := sum(filter(None, sizes.values()))) > MAX_UNPACKED_BYTES:
        raise ValueError(f"{HUB}{name} has {total:,} bytes; at most {MAX_UNPACKED_BYTES:,} can be loaded")
    return sorted(sizes, key=lambda file: file != CONFIG)  # the description first: it says whether the rest is needed


def _download(name: str, commit: str, files: list[str]) -> None:
    place = _place(name, commit)
    place.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".", suffix=".partial", dir=place.parent) as partial:
        folder = Path(partial, place.name)
        for file in files:
            HfApi().hf_hub_download(name, file, revision=commit, local_dir=folder)
            if file == CONFIG:
                _check_format(name, folder)
        shutil.rmtree(folder / ".cache", ignore_errors=True)  # of the download
        archive.load_checked(folder, f"{HUB}{name}")
        os.replace(folder, place)


def _check_format(name: str, folder: Path) -> None:
    try:
        checkpoint.outline(folder)
    except ValueError as error:
        reason = str(error).partition(checkpoint.UNUSABLE)[2] or str(error)
        raise ValueError(f"{HUB}{name} is not a model of this project: {reason}") from None


@contextmanager
def _explained(name: str, revision: str = "") -> Iterator[None]:
    """Turn every error of the Hub into a ValueError with one sentence that says what to do."""
    try:
        yield
    except RevisionNotFoundError:
        raise ValueError(f"{HUB}{name} has no revision {revision!r}: give a branch, a tag or a commit of it") from None
    except GatedRepoError:
        raise ValueError(f"{name} asks for an agreement first: open it on the Hub, and log in with `hf auth login`") from None
    except RepositoryNotFoundError:
        raise ValueError(
            f"the Hub has no model {name}, or it is private: check the name, or log in with `hf auth login`"
        ) from None
    except EntryNotFoundError:
        raise ValueError(f"{name} has changed during the download: try again") from None
    except LocalTokenNotFoundError:
        raise ValueError(f"you are not logged in to the Hub: {_LOG_IN}") from None
    except HFValidationError as error:
        raise ValueError(f"{name!r} is no name of a repository: {str(error).partition('.')[0]}") from None
    except HfHubHTTPError as error:
        status = error.response.status_code
        reasons = {
            401: f"the Hub does not know your token: {_LOG_IN}",
            403: f"your token may not write to {name}: {_LOG_IN}, or choose another USER/NAME",
            413: "a file is larger than the Hub accepts",
            429: "the Hub gets too many requests: try again in some minutes",
        }
        other = f"the Hub refused with status {status}: {str(error.server_message or error).splitlines()[0][:200]}"
        raise ValueError(reasons.get(status, other)) from None
    except (HTTPError, ConnectionError, TimeoutError):  # also offline mode
        raise ValueError(f"the Hub cannot be reached at {constants.ENDPOINT}: check the network, or HF_ENDPOINT") from None
