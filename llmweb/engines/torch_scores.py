"""Log-likelihoods from logits: each token of a text with its probability, its rank and the likelier alternatives."""

from collections.abc import Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from threading import Event

import torch

from llmweb.engines.debias import debiased
from llmweb.engines.token_text import TokenText
from llmweb.engines.torch_loading import Loaded
from llmweb.engines.torch_rows import Rows
from llmweb.types import LoglikelihoodRequest, TokenLogprob

Scored = tuple[int, float, int, tuple[tuple[int, float], ...]]
"""Token, log-probability, rank, alternatives."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A request with the tokens of prompt and text, and where those of the text begin. beside, where the request
    debiases: the tokens of the biased prompt and the same ones of the text.
    """

    request: LoglikelihoodRequest
    row: list[int]
    begin: int
    beside: list[int]


def token_logprobs(loaded: Loaded, placed: Sequence[Placed], cancelled: Event) -> list[tuple[TokenLogprob, ...]]:
    """In a decoder-only model. Raises CancelledError between two forward passes."""
    debiasing = [index for index, each in enumerate(placed) if each.beside]
    beside = {index: len(placed) + place for place, index in enumerate(debiasing)}
    rows = [each.row for each in placed] + [placed[index].beside for index in debiasing]
    batch = Rows(loaded.model, rows, loaded.device)
    width = batch.ids.shape[1]
    # Rows end together: in a biased row the text stands in the same columns.
    begins = [width - len(each.row) + each.begin for each in placed]
    scored: list[list[Scored]] = [[] for _ in placed]
    while batch.unread and batch.read < width - 1:
        if cancelled.is_set():
            raise CancelledError
        logits = batch.advance(since=min(begins) - 1)
        column = batch.read - logits.shape[1] + 1  # logits of a column foretell the next one
        logits = logits[:, : width - column]
        for index, each in enumerate(placed):
            skip = max(0, begins[index] - column)
            found = logits[index, skip:]
            if index in beside:
                found = debiased(found, logits[beside[index], skip:])
            scored[index] += score(found, batch.ids[index, column + skip :], each.request.top)
    return [
        described(loaded, each.request.text, found, each.row[: each.begin])
        for each, found in zip(placed, scored, strict=True)
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
