"""Choosing the next token of one row: its own options and its own seed, whatever else is in the batch."""

from typing import cast

import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from llmweb.types import Options


class Chooser:
    """The order is that of transformers' generate: penalty, temperature, top k, top p, min p, draw."""

    def __init__(self, options: Options, device: torch.device) -> None:
        self._processors = LogitsProcessorList()
        self._generator: torch.Generator | None = None
        if options.repetition_penalty != 1:
            self._processors.append(RepetitionPenaltyLogitsProcessor(options.repetition_penalty))
        if options.temperature > 0:
            self._generator = torch.Generator(device).manual_seed(options.seed)
            self._processors.append(TemperatureLogitsWarper(options.temperature))
            if options.top_k > 0:
                self._processors.append(TopKLogitsWarper(options.top_k))
            if options.top_p < 1:
                self._processors.append(TopPLogitsWarper(options.top_p))
            if options.min_p > 0:
                self._processors.append(MinPLogitsWarper(options.min_p))

    def choose(self, ids: torch.Tensor, logits: torch.Tensor) -> int:
        """ids (tokens,) is what the row holds so far, without padding; logits (vocabulary,)."""
        scores = self._processors(cast("torch.LongTensor", ids[None]), cast("torch.FloatTensor", logits[None]))
        if self._generator is None:
            return int(scores.argmax())
        chances = scores.softmax(dim=-1)
        return int(torch.multinomial(chances, 1, generator=self._generator))
