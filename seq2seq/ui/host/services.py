"""Models shared by all visitors (they never change); each one is loaded on first use.

A model that a visitor trained has the name of its run. The name is random, so only people who received it can use the model.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from cachetools import LRUCache

from seq2seq.decoding.model_info import ModelInfo
from seq2seq.decoding.strategies import Greedy
from seq2seq.decoding.translator import Translator
from seq2seq.models.saved import checkpoint
from seq2seq.models.saved.checkpoint import UNUSABLE, WEIGHTS, available
from seq2seq.runs.folders import MODEL
from seq2seq.runs.process import Launch, launch
from seq2seq.runs.queue import Runs
from seq2seq.sources.kinds import KINDS
from seq2seq.trace import DecodingTrace
from seq2seq.ui.host import zero_gpu
from seq2seq.ui.host.limits import Limits
from seq2seq.ui.kit.form import menu

PREFERRED = "en-fr-additive"
PARALLEL = max(2, os.cpu_count() or 1)  # decodings at a time for all visitors; further requests wait in the queue
MOST_TRAINED = 8  # trained models in memory
MOST_REMEMBERED = 20_000  # source positions and steps of the latest translations: about 30 MB
_log = logging.getLogger(__name__)


class Services:
    """`infos` of the models that read text or letters, by name and in menu order; the page opens with the first. `apart` has
    the infos of the others, which only views of their own offer. `faults` has a message for each installed model that cannot be
    used."""

    def __init__(
        self,
        infos: Mapping[str, ModelInfo],
        load: Callable[[str], Translator] = Translator.load,
        limits: Limits | None = None,
        launcher: Launch | None = None,
    ):
        self.infos = {name: info for name, info in infos.items() if info.reads_source and info.kind.is_text}
        self.apart = {name: info for name, info in infos.items() if name not in self.infos}
        self.limits = limits or Limits.of(os.environ)
        self.runs = Runs(self.limits.folder / "runs", launcher or launch)
        # The key has the file time, because a run replaces its model.
        self._trained: LRUCache[tuple[Path, int], Translator] = LRUCache(MOST_TRAINED)
        self._trained_lock = Lock()
        self._translations: LRUCache[tuple[Any, ...], DecodingTrace] = LRUCache(
            MOST_REMEMBERED, getsizeof=lambda trace: len(trace.source) + len(trace.steps)
        )
        self._translations_lock = Lock()
        self._load = load
        self._loaded: dict[str, Translator] = {}
        self._locks = {name: Lock() for name in infos}
        self.faults: dict[str, str] = {}

    @classmethod
    def load(cls) -> Services:
        """Find every installed model. Only the weights of the first one are read now."""
        torch.set_num_threads(1)  # a decode's matrix products are small: one core per visitor is faster than two cores for one
        names = available()
        if not names:
            raise ValueError("no model found: train one with `python -m seq2seq train`, or restore the folder checkpoints/")
        infos, faults = {}, dict.fromkeys(checkpoint.without_config(), "config.json is missing")
        for name in names:
            try:
                infos[name] = ModelInfo.of(checkpoint.checked_outline(name))
            except ValueError as error:  # the other models must still be offered
                faults[name] = _fault(error)
        limits = Limits.of(os.environ)
        services = cls(menu.ordered(infos, PREFERRED), limits=limits, launcher=zero_gpu.launcher(os.environ))
        services.faults |= faults
        while services.infos:
            try:
                services.translator(services.first)
                return services
            except ValueError:  # the same for bad weights
                del services.infos[services.first]
        raise ValueError("no model could be loaded: restore the folder checkpoints/")

    @property
    def first(self) -> str:
        return next(iter(self.infos))

    def info(self, name: str) -> ModelInfo:
        """Return the facts about a model that need no loading. Raises ValueError with the choices."""
        if not isinstance(name, str):  # a client can send any type
            raise ValueError("The name of a model must be text.")
        name = checkpoint.RENAMED.get(name, name)
        if name in self.infos:
            return self.infos[name]
        if name.startswith(MODEL):
            return _translates(self.trained_info(name))
        if name in self.apart:
            return _translates(self.apart[name])
        if name in self.faults:
            raise ValueError(self._unusable(name))
        raise ValueError(f"There is no model “{name[:80]}”. There are: {', '.join(self.infos)}.")

    def trained_info(self, name: str) -> ModelInfo:
        """Return the facts about a model that a visitor trained. Raises ValueError for an unknown run."""
        run, folder = self.runs.model(name)
        return replace(ModelInfo.read(folder), title=run.name)

    def offered(self, name: str) -> list[tuple[str, str]]:
        """Return the menu of models: the shared ones, and the trained one that this visitor chose."""
        return menu.labels({**self.infos, name: self.info(name)})

    def translator(self, name: str) -> Translator:
        """Return the model; load it first if needed. Parallel requests wait for the same loading.

        Raises ValueError for an unknown name, and every time for a folder with a bad tokenizer or bad weights.
        """
        if not isinstance(name, str) or name not in self.infos:
            name = self.info(name).name  # a former name has become today's
        return self._shared(name) if name in self.infos else self._of_run(name)

    @property
    def language_models(self) -> dict[str, ModelInfo]:
        """The models without a source."""
        return {name: info for name, info in self.apart.items() if not info.reads_source}

    def readers(self, source: str) -> dict[str, ModelInfo]:
        """The models that read the kind `source`, which is not text."""
        return {name: info for name, info in self.apart.items() if info.reads_source and info.source == source}

    def language_model(self, name: str) -> Translator:
        """Do the same for a model without a source. Raises ValueError with the choices for another name."""
        return self._shared(_one_of(name, self.language_models, "language model"))

    def reader(self, name: str, source: str) -> Translator:
        """Do the same for a model that reads the kind `source`, shared or trained by a visitor. Raises ValueError with the
        choices for another name."""
        if isinstance(name, str) and name.startswith(MODEL) and self.trained_info(name).source == source:
            return self._of_run(name)
        return self._shared(_one_of(name, self.readers(source), f"model that reads {KINDS[source].title}"))

    def _shared(self, name: str) -> Translator:
        with self._locks[name]:
            if name not in self._loaded:
                try:
                    self._loaded[name] = self._load(name)
                except ValueError as error:
                    self.faults[name] = _fault(error)
                    raise ValueError(self._unusable(name)) from None
                self.faults.pop(name, None)  # the host has repaired it
            return self._loaded[name]

    def translate(self, name: str, text: str, strategy: Any = Greedy(), prefix: Sequence[int] = ()) -> DecodingTrace:
        """Translate with the model `name`; see `Translator.translate`. The latest translations of the shared models are cached,
        because a class sends the same sentences. Raises ValueError with a message for the user."""
        translator = self.translator(name)
        if name not in self.infos or not isinstance(text, str):
            return translator.translate(text, strategy, prefix)
        key = (name, text, strategy, tuple(prefix))
        with self._translations_lock:
            known = self._translations.get(key)
        if known is None:
            known = translator.translate(text, strategy, prefix)  # without the lock, so that others do not wait for this
            with self._translations_lock:
                self._translations[key] = known
        return known

    def _unusable(self, name: str) -> str:
        return f"The model “{name}” cannot be used here: {self.faults[name]}."

    def _of_run(self, name: str) -> Translator:
        _, folder = self.runs.model(name)
        with self._trained_lock:
            key = (folder, (folder / WEIGHTS).stat().st_mtime_ns)
            if key not in self._trained:
                self._trained[key] = self._load(str(folder))
            return self._trained[key]


def _one_of(name: Any, offered: Mapping[str, ModelInfo], what: str) -> str:
    """Return `name`. Raises ValueError with the choices if it is none of the offered ones; a client can send any type."""
    if not isinstance(name, str) or name not in offered:
        raise ValueError(f"There is no {what} “{str(name)[:80]}”. There are: {', '.join(offered) or 'none'}.")
    return name


def _translates(info: ModelInfo) -> ModelInfo:
    """Return `info`. Raises ValueError for a model that does not read text."""
    if not info.kind.is_text:
        raise ValueError(f"“{info.title}” reads {info.kind.title}, not text: open it in the tab Senses.")
    if not info.reads_source:
        raise ValueError(f"“{info.title}” is a language model and reads no source: open it in Inside, The decoder alone.")
    return info


def _fault(error: ValueError) -> str:
    """Return a short fault message without the folder and the library's text, which only go to the log."""
    _log.error("%s", error)
    why = str(error).partition(UNUSABLE)[2] or str(error)
    return why.partition(" (")[0][:200]
