"""How far back a piece depends on earlier ones: the gradient through time (Bengio et al. 1994; Pascanu et al. 2013).

The reach of step t is the norm of d log p(y_t) / d embedding, for each source piece and each earlier target piece. The decoder
is fed the given target (teacher forcing). Symbols: S source positions, T target positions, E embedding units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch

from seq2seq.config import BOS, PAD
from seq2seq.data.batches import Ids, pad
from seq2seq.decoding.translator import Translator
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.reader import TooLong
from seq2seq.training.events import DISTANCES

PROBES = 4  # random directions
BATCH = 24  # sentences between two reports of the finished share: a page draws each one
FEWEST = 20  # sentences: a distance that fewer reach is left out


@dataclass(frozen=True)
class Reach:
    """The reach of one step (from 0), in nats per unit of embedding."""

    step: int
    log_prob: float
    source: np.ndarray  # [S]
    target: np.ndarray  # [step + 1]: what the decoder was fed: the start mark, and the pieces before this step

    def shares(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the reach of source and target as shares that sum to 1. The norms alone are small for a sure model, because
        the gradient of log p goes to 0 as p goes to 1; shares compare models."""
        total = self.source.sum() + self.target.sum()
        return self.source / (total or 1), self.target / (total or 1)


def reach(model: Seq2Seq, source: Ids, target: Ids, step: int) -> Reach:
    """Return the reach of `target[step]`. Raises ValueError for a step that the target does not have."""
    if not 0 <= step < len(target):
        raise ValueError(f"there is no step {step + 1}: this target has {len(target)}")
    with torch.enable_grad():
        embedded = model.embed_source(torch.tensor([source])).requires_grad_()  # [1, S, E]
        fed = model.embed_target(torch.tensor([[BOS, *target[:step]]])).requires_grad_()  # [1, step + 1, E]
        memory, state = model.encode_embedded(embedded, torch.tensor([len(source)]))
        features = model.decoder(fed, state, memory)[0][:, -1]
        log_prob = model.output(features).log_softmax(-1)[0, target[step]]
        gradients = torch.autograd.grad(log_prob, (embedded, fed), allow_unused=True)
    norms = [  # what the model does not read has no gradient
        np.zeros(inputs.shape[1]) if g is None else g[0].norm(dim=-1).numpy()
        for inputs, g in zip((embedded, fed), gradients, strict=True)
    ]
    return Reach(step, float(log_prob.detach()), norms[0], norms[1])


def reads_in_order(model: Seq2Seq) -> bool:
    """Whether the encoder reads pieces of a text one after the other."""
    return model.reads_text and bool({"forward", "backward"} & set(model.encoder.order))


def source_reach(model: Seq2Seq, pairs: Sequence[tuple[Ids, Ids]], probes: int = 1) -> list[np.ndarray]:
    """Return for each source and target the reach of each source piece [S] over all steps t: the root of the mean square of the
    norm of d log p(y_t) / d embedding. It is estimated by one pass backwards, with `probes` random signs for each step
    (Hutchinson 1989).

    Raises ValueError for a model that does not read text piece by piece.
    """
    if not reads_in_order(model):
        raise ValueError("this model does not read text piece by piece: choose a recurrent model")
    random = torch.Generator().manual_seed(1)
    sources, lengths = pad([source for source, _ in pairs for _ in range(probes)])
    targets, _ = pad([target for _, target in pairs for _ in range(probes)])  # [B * probes, T]
    fed, _ = pad([[BOS, *target[:-1]] for _, target in pairs for _ in range(probes)])
    signs = (targets != PAD) * (2 * torch.randint(0, 2, targets.shape, generator=random) - 1)
    device = model.device
    with (
        torch.enable_grad(),
        torch.backends.cudnn.flags(enabled=False),
    ):  # cuDNN goes backwards only through a model in training
        embedded = model.embed_source(sources.to(device)).detach().requires_grad_()  # [B * probes, S, E]
        memory, state = model.encode_embedded(embedded, lengths.to(device))
        features = model.decoder(model.embed_target(fed.to(device)), state, memory)[0]
        log_probs = model.output(features).log_softmax(-1).gather(-1, targets.to(device)[..., None])[..., 0]
        (gradient,) = torch.autograd.grad((log_probs * signs.to(device)).sum(), embedded)
    squares = gradient.square().sum(-1).cpu() / (targets != PAD).sum(1, keepdim=True)
    norms = squares.unflatten(0, (len(pairs), probes)).mean(1).sqrt()  # [B, S]
    return [row[: len(source)].numpy() for row, (source, _) in zip(norms, pairs, strict=True)]


def by_distance(model: Seq2Seq, norms: Sequence[np.ndarray]) -> dict[int, float]:
    """Return the mean norm of the source pieces in each band of DISTANCES, by its begin; a band without pieces is left out. The
    distance of a piece is the number of pieces that are read after it."""
    backward = model.encoder.order == ("backward",)
    ordered = [row if backward else row[::-1] for row in norms]
    ends = (*DISTANCES[1:], None)
    bands = {start: np.concatenate([row[start:end] for row in ordered]) for start, end in zip(DISTANCES, ends, strict=True)}
    return {start: float(values.mean()) for start, values in bands.items() if len(values)}


def relative(norms: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the norms of each sentence, divided by their mean: a sure model has small norms, and an unsure sentence would hide
    all others. A sentence without any is left out."""
    return [row / row.mean() for row in norms if row.any()]


@dataclass(frozen=True)
class Fading:
    """How the encoder's last forward state depends on the piece that it read d steps before: the norm of the Jacobian, relative
    to d = 0. Median and quartiles over sentences."""

    model: str
    distance: tuple[int, ...]
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    counts: tuple[int, ...]  # sentences that are long enough


def state_reach(model: Seq2Seq, sources: Sequence[Ids], probes: int = PROBES) -> list[np.ndarray]:
    """Return for each sentence the norm of d state / d embedding of each source piece [S], for the last state of the top
    encoder layer, read forwards. The Frobenius norm is estimated with `probes` random directions (Hutchinson 1989).

    Raises ValueError for a model that does not read its source forwards.
    """
    if "forward" not in model.encoder.names:
        raise ValueError("this model does not read its source forwards: choose a recurrent model")
    random = torch.Generator().manual_seed(1)
    with torch.enable_grad():
        # A sentence stands in the batch once per direction. So all of them go through time once, forwards and backwards.
        ids, lengths = pad([source for source in sources for _ in range(probes)])
        embedded = model.embed_source(ids).requires_grad_()  # [B * probes, S, E]
        memory = model.encoder(embedded, lengths)
        last = memory.states[torch.arange(len(ids)), lengths - 1, : model.encoder.size]
        directions = torch.stack([torch.randn(last.shape[1], generator=random) for _ in range(probes)]).to(last)
        (gradient,) = torch.autograd.grad((last * directions.repeat(len(sources), 1)).sum(), embedded)
    norms = gradient.square().sum(-1).unflatten(0, (len(sources), probes)).mean(1).sqrt()  # [B, S]
    return [row[: len(source)].numpy() for row, source in zip(norms, sources, strict=True)]


def fading(translator: Translator, sentences: Sequence[str]) -> Iterator[Fading | float]:
    """Yield the finished share of the work, and at the end the result. Sentences that are too long are left out."""
    found: list[list[float]] = []
    for start in range(0, len(sentences), BATCH):
        yield start / len(sentences)
        sources = []
        for text in sentences[start : start + BATCH]:
            with suppress(TooLong):
                sources.append(translator.source_ids(text))
        for norms in state_reach(translator.model, sources) if sources else []:
            found += [[] for _ in range(len(norms) - len(found))]
            for values, norm in zip(found, norms[::-1] / norms[-1], strict=False):
                values.append(float(norm))
    kept = [(distance, values) for distance, values in enumerate(found) if len(values) >= FEWEST]
    low, median, high = (tuple(float(np.quantile(values, q)) for _, values in kept) for q in (0.25, 0.5, 0.75))
    yield Fading(translator.name, tuple(d for d, _ in kept), median, low, high, tuple(len(v) for _, v in kept))
