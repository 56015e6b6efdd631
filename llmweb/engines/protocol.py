"""The one seam: text in, text out. An engine alone knows its tokenizer; it knows no feature and no page."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from llmweb.engines.queue import HEARTBEAT_SECONDS
from llmweb.types import (
    Delta,
    Identity,
    LoglikelihoodRequest,
    Precision,
    Progress,
    Prompt,
    Request,
    Task,
    TokenLogprob,
    Vector,
    Weights,
)


class Engine(Protocol):
    """A loaded model.

    run is the only generating path. It yields deltas of all requests interleaved; the last of each index carries its
    completion or its error, an error ends that request only, and no step blocks longer than 0.2 s: an empty delta
    passes the time. Setting cancelled, or closing the iterator, ends every unfinished request of the call within 0.5 s;
    each then gets a completion with the text so far and stop_reason "cancelled" (none after closing).
    Safe to call from several threads at once; requests of all callers share the engine's batches, urgent ones first.
    """

    identity: Identity
    tasks: frozenset[Task]
    abilities: frozenset[str]  # of "beams", "schema", "top", "alternatives", "sampling", "debias"
    context_tokens: int
    resident_bytes: int

    def count(self, prompt: Prompt) -> int:
        """Tokens of the prompt as the model would read it, template included."""
        ...

    def run(self, requests: Sequence[Request], cancelled: Event) -> Iterator[Delta]: ...

    def loglikelihood(
        self, requests: Sequence[LoglikelihoodRequest], cancelled: Event
    ) -> Iterator[tuple[int, tuple[TokenLogprob, ...]]]:
        """(index, tokens of requests[index].text), as they finish, in any order. Raises Unsupported."""
        ...

    def embed(self, texts: Sequence[str], cancelled: Event) -> Iterator[tuple[int, Vector]]:
        """(index, unit vector), as they finish. Raises Unsupported."""
        ...

    def close(self) -> None:
        """Ends the worker and frees the memory; requests still waiting end with an error."""
        ...


@dataclass(frozen=True)
class EngineKind:
    """How to make engines of one kind. load blocks, reports progress and converts the weights once where it must."""

    load: Callable[[Weights, Precision, Progress], Engine]
    estimate_bytes: Callable[[Weights, Precision], int]
    """Memory the loaded model will hold, before loading it."""
    precisions: tuple[Precision, ...]


def until_weighing(engine: Engine, cancelled: Event) -> Iterator[Delta]:
    """Deltas of phase "loading" while an engine opens what it needs for its first log-likelihood, until cancelled.
    Raises what goes wrong."""
    left = Event()
    with ThreadPoolExecutor(1, thread_name_prefix="opening") as pool:
        opening = pool.submit(lambda: list(engine.loglikelihood((), left)))
        try:
            while not cancelled.is_set() and not wait([opening], HEARTBEAT_SECONDS).done:
                yield Delta(0, phase="loading", note="Preparing to read log-likelihoods")
        finally:
            left.set()
    opening.result()
