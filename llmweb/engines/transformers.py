"""Any PyTorch model the transformers library reads: choosing its kind, and the one thread that runs it.

Owns the order of the work: urgent requests first, alike requests together, log-likelihoods and embeddings in bounded
bites between the decoding steps. Files, device and arithmetic are torch_loading.py's; what a batch is and how it runs
belongs to the kind of model: torch_causal.py, torch_seq2seq.py, torch_span.py, torch_embed.py. load imports them (and
so torch); importing this file does not.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from llmweb.engines.answer import Answer, Outcome
from llmweb.engines.debias import check_debias
from llmweb.engines.part import Part, isolated
from llmweb.engines.protocol import EngineKind
from llmweb.engines.queue import Ticket, WaitingRoom, deltas
from llmweb.errors import Unsupported
from llmweb.types import (
    Delta,
    Identity,
    LoglikelihoodRequest,
    ModelSpec,
    Precision,
    Progress,
    Prompt,
    Request,
    Task,
    TokenLogprob,
    Vector,
    Weights,
)

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

# Activations and caches beside the parameters.
WORKING_BYTES = 300_000_000
# Log-likelihoods or texts computed between two decoding steps: about 500 tokens, which two cores read in a second.
BITE_CHARACTERS = 2000
BITE = 32
IDLE_SECONDS = 0.2

T = TypeVar("T")


@dataclass(eq=False)
class Errand(Generic[T]):
    """Work without streaming, done by the worker in one bite."""

    work: Callable[[], T]
    result: Future[T] = field(default_factory=Future)

    def do(self) -> None:
        if self.result.set_running_or_notify_cancel():
            try:
                self.result.set_result(self.work())
            except Exception as error:  # ends this errand only, and travels to its caller
                self.result.set_exception(error)

    def refuse(self, error: Exception) -> None:
        if self.result.set_running_or_notify_cancel():
            self.result.set_exception(error)


Work = Request | Errand[Any]


class TransformersEngine:
    """One part, one waiting room, one worker thread."""

    def __init__(self, part: Part, identity: Identity, resident_bytes: int) -> None:
        self.identity, self.resident_bytes = identity, resident_bytes
        self.tasks, self.abilities, self.context_tokens = part.tasks, part.abilities, part.context_tokens
        self._part = part
        self._room: WaitingRoom[Work] = WaitingRoom()
        self._running: list[Answer] = []
        self._worker = threading.Thread(target=self._work, name="transformers-engine", daemon=True)
        self._worker.start()

    def count(self, prompt: Prompt) -> int:
        return self._part.count(prompt)

    def run(self, requests: Sequence[Request], cancelled: Event) -> Iterator[Delta]:
        out: SimpleQueue[Delta] = SimpleQueue()
        tickets: list[Ticket[Work]] = []
        for index, request in enumerate(requests):
            try:
                self._able(request.task, request.options.debias)
                self._part.check(request)
            except Exception as error:  # ends this request only, and travels to its caller
                yield Delta(index, error=error)
            else:
                tickets.append(Ticket(request, index, cancelled, out, request.urgent))
        if tickets:
            yield from deltas(self._room, tickets)

    def loglikelihood(
        self, requests: Sequence[LoglikelihoodRequest], cancelled: Event
    ) -> Iterator[tuple[int, tuple[TokenLogprob, ...]]]:
        self._able("loglikelihood", *(request.debias for request in requests))
        for bite in _bites([_characters(request) for request in requests]):
            chosen = [requests[index] for index in bite]
            urgent = any(request.urgent for request in chosen)
            found = self._ask(partial(self._part.loglikelihood, chosen, cancelled), urgent, cancelled)
            yield from zip(bite, found or (), strict=False)

    def embed(self, texts: Sequence[str], cancelled: Event) -> Iterator[tuple[int, Vector]]:
        self._able("embed")
        for bite in _bites([len(text) for text in texts]):
            found = self._ask(partial(self._part.embed, [texts[index] for index in bite]), True, cancelled)
            yield from zip(bite, found or (), strict=False)

    def close(self) -> None:
        gone = RuntimeError("The model was unloaded while this request was on its way. Send it again.")
        for ticket in self._room.close():
            if isinstance(ticket.request, Errand):
                ticket.request.refuse(gone)
            else:
                ticket.out.put(Delta(ticket.index, error=gone))
        for answer in list(self._running):
            answer.cancel()
        self._worker.join()
        self._part = Part()  # lets the weights go

    def _able(self, task: Task, *prefixes: str) -> None:
        if task not in self.tasks:
            raise Unsupported(f"{self.identity.model} cannot do {task}. It can: {', '.join(sorted(self.tasks))}.")
        check_debias(self.identity.model, self.abilities, prefixes)

    def _ask(self, work: Callable[[], T], urgent: bool, cancelled: Event) -> T | None:
        """The worker's result, or None when cancelled first."""
        errand = Errand(work)
        if cancelled.is_set():
            return None
        self._room.put([Ticket(errand, 0, cancelled, SimpleQueue(), urgent)])
        while True:
            try:
                return errand.result.result(timeout=0.1)
            except StillRunning:
                if cancelled.is_set():
                    errand.result.cancel()
                    return None
            except CancelledError:
                return None

    def _work(self) -> None:
        while not self._room.closed:
            if answers := self._take(self._part.rows, wait_seconds=IDLE_SECONDS):
                isolated(self._part.write, answers, lambda limit: self._take(limit, urgent_only=True))
                self._running.clear()

    def _take(self, limit: int, wait_seconds: float = 0.0, urgent_only: bool = False) -> list[Answer]:
        """The next batch, after the errands that stood before it; the cancelled leave the line."""
        for ticket in self._room.take_cancelled():
            if not isinstance(ticket.request, Errand):
                Answer(ticket.request, ticket, self.identity).finish(Outcome("", "cancelled"))
        answers: list[Answer] = []
        while not answers and (tickets := self._room.take(limit, self._alike, wait_seconds, urgent_only=urgent_only)):
            for ticket in tickets:
                if isinstance(ticket.request, Errand):
                    ticket.request.do()
                else:
                    answers.append(Answer(ticket.request, ticket, self.identity))
        self._running += answers
        return answers

    def _alike(self, first: Work, other: Work) -> bool:
        if isinstance(first, Errand) or isinstance(other, Errand):
            return False
        return first.urgent == other.urgent and self._part.alike(first, other)


def _bites(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Numbers of things of these lengths in characters, alike lengths together, as many as make one bite."""
    bite: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: lengths[index]):
        if bite and (len(bite) == BITE or (len(bite) + 1) * lengths[index] > BITE_CHARACTERS):
            yield bite
            bite = []
        bite.append(index)
    if bite:
        yield bite


def _characters(request: LoglikelihoodRequest) -> int:
    """To read: twice where the request debiases."""
    prompt = request.prompt
    before = len(prompt) if isinstance(prompt, str) else sum(len(message.text) for message in prompt)
    once = before + len(request.text)
    return 2 * once + len(request.debias) if request.debias else once


def load(weights: Weights, precision: Precision, progress: Progress) -> TransformersEngine:
    """Raises Unsupported for pickled weights and for models of no kind this engine runs."""
    progress("Starting PyTorch", None)
    from llmweb.engines.torch_loading import model_folder, read_config, version

    folder = model_folder(weights, progress)
    progress("Reading the weights", None)
    part = _part(folder, read_config(folder), weights.spec, precision)
    identity = Identity(
        model=weights.spec.id,
        revision=weights.revision,
        weights_sha256=weights.sha256,
        engine="transformers",
        engine_version=version(part.loaded),
        precision=precision,
        template_sha256=part.loaded.template_sha256,
    )
    return TransformersEngine(part, identity, part.loaded.parameter_bytes + WORKING_BYTES)


def _part(folder: Path, config: "PreTrainedConfig", spec: ModelSpec, precision: Precision) -> Part:
    """The kind of model its configuration names: the first architecture, or the task it was trained for."""
    from llmweb.engines.torch_causal import Causal
    from llmweb.engines.torch_embed import Embedder
    from llmweb.engines.torch_seq2seq import Seq2Seq
    from llmweb.engines.torch_span import Spans

    name = (config.architectures or [""])[0]
    if config.is_encoder_decoder:
        return Seq2Seq(folder, spec, precision)
    if name.endswith(("ForCausalLM", "LMHeadModel")):
        return Causal(folder, spec, precision)
    if name.endswith("ForQuestionAnswering"):
        return Spans(folder, spec, precision)
    return Embedder(folder, spec, precision)


def estimate_bytes(weights: Weights, precision: Precision) -> int:
    """Four bytes a parameter: fast may need half, where the processor has bfloat16."""
    return 4 * weights.spec.parameters + WORKING_BYTES


KIND = EngineKind(load, estimate_bytes, ("fast", "exact"))
