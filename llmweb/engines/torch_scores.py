"""Log-likelihoods from logits: each token of a text with its probability, its rank and the likelier alternatives."""

from collections.abc import Sequence
from concurrent.futures import CancelledError
from threading import Event

import torch

from llmweb.engines.token_text import TokenText
from llmweb.engines.torch_loading import Loaded
from llmweb.engines.torch_rows import Rows
from llmweb.types import LoglikelihoodRequest, TokenLogprob

Scored = tuple[int, float, int, tuple[tuple[int, float], ...]]
"""Token, log-probability, rank, alternatives."""


def token_logprobs(
    loaded: Loaded, placed: Sequence[tuple[LoglikelihoodRequest, list[int], int]], cancelled: Event
) -> list[tuple[TokenLogprob, ...]]:
    """In a decoder-only model. placed holds (request, its tokens, prompt included, where those of its text begin).

    Raises CancelledError between two forward passes.
    """
    requests, rows, begins = zip(*placed, strict=True)
    batch = Rows(loaded.model, rows, loaded.device)
    width = batch.ids.shape[1]
    first = min(width - len(row) + begin for row, begin in zip(rows, begins, strict=True))
    scored: list[list[Scored]] = [[] for _ in rows]
    while batch.unread and batch.read < width - 1:
        if cancelled.is_set():
            raise CancelledError
        logits = batch.advance(since=first - 1)
        column = batch.read - logits.shape[1] + 1  # logits of a column foretell the next one
        logits = logits[:, : width - column]
        for index, (row, begin) in enumerate(zip(rows, begins, strict=True)):
            skip = max(0, width - len(row) + begin - column)
            scored[index] += score(logits[index, skip:], batch.ids[index, column + skip :], requests[index].top)
    return [
        described(loaded, request.text, found, row[:begin])
        for request, found, row, begin in zip(requests, scored, rows, begins, strict=True)
    ]


def score(logits: torch.Tensor, targets: torch.Tensor, top: int) -> list[Scored]:
    """logits (tokens, vocabulary), float32; targets (≥ tokens,)."""
    log_probabilities = logits.log_softmax(dim=-1)
    targets = targets[: len(logits)]
    chosen = log_probabilities.gather(1, targets[:, None])
    ranks = (log_probabilities > chosen).sum(dim=1) + 1
    best = log_probabilities.topk(min(top, logits.shape[1]), dim=1)
    return [
        (token, value, rank, tuple(zip(tokens, values, strict=True)))
        for token, value, rank, tokens, values in zip(
            targets.tolist(),
            chosen[:, 0].tolist(),
            ranks.tolist(),
            best.indices.tolist(),
            best.values.tolist(),
            strict=True,
        )
    ]


def described(
    loaded: Loaded, text: str, scored: Sequence[Scored], before: Sequence[int] = ()
) -> tuple[TokenLogprob, ...]:
    """Placed in text. A token that holds only part of a character is empty; the one that completes it holds it."""
    growing = TokenText(loaded.decode, (), before)
    told = []
    for token, value, rank, alternatives in scored:
        start = min(len(growing.text), len(text))
        growing.add(token)
        end = min(len(growing.text), len(text))
        others = tuple((loaded.decode([other]), chance) for other, chance in alternatives)
        told.append(TokenLogprob(text[start:end], start, end, value, rank, others))
    return tuple(told)
