"""Convert the frames of a decode to a trace, after decoding and for all steps at once, which is cheap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from seq2seq.decoding.hypotheses import HypothesisPath
from seq2seq.decoding.loop import Frame
from seq2seq.decoding.strategies import describe
from seq2seq.models.attention import Memory
from seq2seq.sources.kinds import TEXT
from seq2seq.sources.pieces import word_indices
from seq2seq.sources.reader import Place
from seq2seq.sources.text import Tokenizer
from seq2seq.trace import SUMMARY_GROUPS, Candidate, DecodingStep, DecodingTrace, Hypothesis, Reading, SourcePosition

CANDIDATES = 5  # K


def _summary(hidden: Tensor) -> list[tuple[float, ...]]:
    """Reduce states [T, units] to T tuples of G means over neighbouring units."""
    pooled = F.adaptive_avg_pool1d(hidden.float()[:, None], SUMMARY_GROUPS)[:, 0]
    return [tuple(row) for row in pooled.double().round(decimals=4).tolist()]


@torch.inference_mode()
def record(
    *,
    model_name: str,
    architecture: str,
    source_text: str,
    places: Sequence[Place],
    memory: Memory,
    reading: Reading,
    frames: Sequence[Frame],
    hypotheses: Sequence[HypothesisPath],
    strategy: Any,
    tokenizer: Tokenizer,
    notes: Sequence[str] = (),
    kind: str = TEXT,
    media: str | None = None,
) -> DecodingTrace:
    """Return the trace of the best of `hypotheses`, which come from the `frames` of one sentence."""
    best = hypotheses[0]
    settings = describe(strategy)
    return DecodingTrace(
        model=model_name,
        architecture=architecture,
        source_text=source_text,
        reading=reading,
        source=_source(places, memory, reading),
        context=None if memory.context is None else _summary(memory.context)[0],
        strategy=settings,
        steps=_steps(frames, best, len(settings.get("prefix", ())), tokenizer),
        text=tokenizer.target.decode(best.tokens),
        log_prob=best.totals[-1],
        score=best.score,
        finished=best.finished,
        hypotheses=tuple(Hypothesis(tokenizer.target.decode(h.tokens), h.totals[-1], h.score, h.finished) for h in hypotheses),
        notes=tuple(notes),
        kind=kind,
        media=media,
    )


def _source(places: Sequence[Place], memory: Memory, reading: Reading) -> tuple[SourcePosition, ...]:
    by_part = [_summary(states) for states in memory.states[0].chunk(len(reading.names), -1)]
    rows = zip(places, zip(*by_part, strict=True), strict=True)
    return tuple(SourcePosition(place.token, place.piece, place.word, states, place.box) for place, states in rows)


def _steps(frames: Sequence[Frame], path: HypothesisPath, forced: int, tokenizer: Tokenizer) -> tuple[DecodingStep, ...]:
    at = list(zip(frames, path.rows, strict=False))  # the path can end before the search
    log_probs = torch.stack([frame.log_probs[row] for frame, row in at])  # [T, V]
    hidden = torch.stack([frame.hidden[row] for frame, row in at])
    attention: list[list[float] | None] = [None] * len(at)
    if frames[0].attention is not None:
        attention = [frame.attention[row].tolist() for frame, row in at]  # type: ignore[index]
    chosen = log_probs.gather(1, torch.tensor(path.tokens, device=log_probs.device)[:, None])  # [T, 1]
    ranks = ((log_probs > chosen).sum(-1) + 1).tolist()
    entropy = (-(log_probs.exp() * log_probs).sum(-1) / torch.log(torch.tensor(2.0))).tolist()
    top_log_probs, top_tokens = (tensor.tolist() for tensor in log_probs.topk(min(CANDIDATES, log_probs.shape[1])))
    pieces = tokenizer.target.pieces(path.tokens)
    own = chosen[:, 0].tolist()
    states = _summary(hidden)
    words = word_indices(pieces)
    return tuple(
        DecodingStep(
            position=t,
            token=path.tokens[t],
            piece=pieces[t],
            word=words[t],
            log_prob=own[t],
            total=path.totals[t],
            rank=ranks[t],
            forced=t < forced,
            parent=path.rows[t],
            entropy=max(0.0, entropy[t]),
            candidates=tuple(
                Candidate(token, piece, log_prob)
                for token, piece, log_prob in zip(
                    top_tokens[t], tokenizer.target.pieces(top_tokens[t]), top_log_probs[t], strict=True
                )
            ),
            attention=None if (weights := attention[t]) is None else tuple(weights),
            state=states[t],
        )
        for t in range(len(path.tokens))
    )
