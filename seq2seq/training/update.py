"""Do one update: gradient, weights, and their running average. If memory is short, process a batch in parts."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import torch
from torch import Tensor

from seq2seq.config import TrainConfig
from seq2seq.data.batches import collate
from seq2seq.data.encoded import Ids, Input
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.training.device import out_of_memory
from seq2seq.training.distributed import ALONE, World
from seq2seq.training.scheduled_sampling import fed_pieces
from seq2seq.training.word_dropout import drop_words

Rows = Sequence[tuple[Input, Ids]]  # the input and the target ids of each row of a batch


class Updater:
    """Updates `model` and `average` in place. Sums a batch's gradient over `parts`, and doubles their number if memory ends."""

    def __init__(
        self,
        model: Seq2Seq,
        average: Seq2Seq,
        optimizer: torch.optim.Optimizer,
        config: TrainConfig,
        bf16: bool,
        world: World = ALONE,
        parts: int = 1,
    ):
        self.parts = parts
        self._model, self._average, self._optimizer = model, average, optimizer
        self._config, self._bf16, self._world = config, bf16, world

    @torch.enable_grad()
    def __call__(self, pairs: Rows, rate: float, forcing: float, update: int) -> tuple[float, float, int]:
        """Do one update; each process computes its share of the batch.

        Returns the loss per piece, the gradient's norm and the number of target pieces of the whole batch. Raises ValueError
        for a loss that is not finite, and if memory is too small for a single sentence.
        """
        model, config = self._model, self._config
        model.train()
        tokens = sum(len(target) for _, target in pairs)
        loss = self._gradient(self._world.share(pairs), tokens, forcing, update)
        mean = float(self._world.sum_gradients(model.parameters(), loss))
        if not math.isfinite(mean):
            raise ValueError(
                f"training diverged: the loss of update {update + 1} is not a finite number; lower the learning rate"
            )
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), config.gradient_clip or math.inf)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._step()
        # The average starts with a short memory, which grows during the run: the first weights are forgotten fast.
        decay = min(config.average_decay, (1 + update) / (10 + update))
        with torch.no_grad():
            torch._foreach_lerp_(list(self._average.parameters()), list(model.parameters()), 1 - decay)
        return mean, float(norm), tokens

    def _step(self) -> None:
        try:
            self._optimizer.step()
        except RuntimeError as error:
            if out_of_memory(error):  # half a step cannot be undone, and a smaller batch would not need less memory here
                raise ValueError("memory is too small for the optimizer's values per weight: choose a smaller model") from error
            raise

    def _gradient(self, rows: Rows, tokens: int, forcing: float, update: int) -> Tensor:
        """Add the gradient of this process's rows to the parameters; return their part of the batch's loss, a scalar []."""
        while True:
            try:
                return self._sum_gradient(rows, tokens, forcing, update)
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
            # The error object is gone here, so its memory is free again.
            if self.parts >= len(rows):
                raise ValueError("memory is too small for a single sentence with this model: choose a smaller model")
            self.parts *= 2
            if self._model.device.type == "cuda":
                torch.cuda.empty_cache()

    def _sum_gradient(self, rows: Rows, tokens: int, forcing: float, update: int) -> Tensor:
        model, config = self._model, self._config
        self._optimizer.zero_grad()
        # Seed from the update and the process, so that no random state must be saved.
        dice = random.Random(f"{config.seed}/{update}/{self._world.rank}")
        torch.manual_seed(dice.getrandbits(63))
        total = torch.zeros((), device=model.device)
        size = math.ceil(len(rows) / self.parts)
        for start in range(0, len(rows), size or 1):
            batch = collate(rows[start : start + size]).to(model.device)
            with torch.autocast(model.device.type, torch.bfloat16, enabled=self._bf16):
                fed = fed_pieces(model, batch, forcing, dice.getrandbits(63)) if forcing < 1 else None
                if config.word_dropout:
                    fed = drop_words(batch.target if fed is None else fed, config.word_dropout)
                loss = model.loss(batch.source, batch.lengths, batch.target, config.label_smoothing, fed) / tokens
            loss.backward()
            total += loss.detach()
        return total
