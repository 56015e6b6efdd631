"""A scripted engine that opens something before it weighs its first text, as the real ones open a graph."""

from collections.abc import Iterator, Sequence
from threading import Event

from llmweb.engines.scripted import ScriptedEngine
from llmweb.types import Identity, LoglikelihoodRequest, TokenLogprob

Weighed = Iterator[tuple[int, tuple[TokenLogprob, ...]]]


class OpeningEngine(ScriptedEngine):
    """It takes until opened is set; whoever cancels does not wait for it."""

    def __init__(self, identity: Identity, opened: Event) -> None:
        super().__init__(identity)
        self.opened = opened

    def loglikelihood(self, requests: Sequence[LoglikelihoodRequest], cancelled: Event) -> Weighed:
        while not self.opened.wait(0.01):
            if cancelled.is_set():
                return
        yield from self.weighed(requests, cancelled)

    def weighed(self, requests: Sequence[LoglikelihoodRequest], cancelled: Event) -> Weighed:
        yield from super().loglikelihood(requests, cancelled)
