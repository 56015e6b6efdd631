"""The shipped fake: answers from a script, word by word, so that every page can be seen and tested without weights.

It obeys the Engine protocol: queueing, streaming, cancelling, errors in one request, log-likelihoods and embeddings.
"""

import hashlib
import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from queue import SimpleQueue
from threading import Event

from llmweb.engines.debias import check_debias
from llmweb.engines.protocol import EngineKind
from llmweb.engines.queue import Ticket, WaitingRoom, deltas
from llmweb.errors import BadInput, Unsupported
from llmweb.types import (
    Alternative,
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

EMBEDDING_SIZE = 64
WORD = re.compile(r"\s*\S+\s*?|\s+")


def echo(request: Request) -> str:
    """The default script: says back what it was asked, in a form each feature can use."""
    text = request.prompt if isinstance(request.prompt, str) else request.prompt[-1].text
    if request.task == "translate":
        return f"[{request.target}] {text}"
    if request.task == "span":
        return request.context.split(".")[0].strip()
    if "boom" in text:
        raise BadInput("The scripted engine fails when asked to say boom. Ask something else.")
    return f"You said: {text}"


class ScriptedEngine:
    """script maps a request to its answer; an exception it raises ends that request only. words_per_second paces it."""

    tasks: frozenset[Task] = frozenset({"generate", "translate", "span", "loglikelihood", "embed"})
    abilities: frozenset[str] = frozenset({"beams", "schema", "top", "alternatives", "sampling"})
    resident_bytes = 1_000_000

    def __init__(
        self,
        identity: Identity,
        script: Callable[[Request], str] = echo,
        words_per_second: float = math.inf,
        slots: int = 16,
        context_tokens: int = 2048,
    ) -> None:
        self.identity, self.script, self.context_tokens = identity, script, context_tokens
        self._pause = 1 / words_per_second
        self._slots = slots
        self._room: WaitingRoom[Request] = WaitingRoom()
        self._worker = threading.Thread(target=self._work, name="scripted-engine", daemon=True)
        self._worker.start()

    def count(self, prompt: Prompt) -> int:
        texts = [prompt] if isinstance(prompt, str) else [message.text for message in prompt]
        return sum(len(WORD.findall(text)) for text in texts)

    def run(self, requests: Sequence[Request], cancelled: Event) -> Iterator[Delta]:
        if not requests:
            return
        out: SimpleQueue[Delta] = SimpleQueue()
        tickets = []
        for index, request in enumerate(requests):
            try:
                check_debias(self.identity.model, self.abilities, (request.options.debias,))
            except Unsupported as error:
                yield Delta(index, error=error)
            else:
                tickets.append(Ticket(request, index, cancelled, out, request.urgent))
        if tickets:
            yield from deltas(self._room, tickets)

    def loglikelihood(
        self, requests: Sequence[LoglikelihoodRequest], cancelled: Event
    ) -> Iterator[tuple[int, tuple[TokenLogprob, ...]]]:
        check_debias(self.identity.model, self.abilities, (request.debias for request in requests))
        for index, request in enumerate(requests):
            if cancelled.is_set():
                return
            yield (
                index,
                tuple(
                    TokenLogprob(match.group(), match.start(), match.end(), -1.0, 1, (("the", -1.0),) * request.top)
                    for match in WORD.finditer(request.text)
                ),
            )

    def embed(self, texts: Sequence[str], cancelled: Event) -> Iterator[tuple[int, Vector]]:
        """Hashed bags of words: texts that share words point the same way."""
        for index, text in enumerate(texts):
            if cancelled.is_set():
                return
            counts = [0.0] * EMBEDDING_SIZE
            for word in re.findall(r"\w+", text.lower()):
                counts[hashlib.sha256(word.encode()).digest()[0] % EMBEDDING_SIZE] += 1.0
            norm = math.sqrt(sum(count * count for count in counts)) or 1.0
            yield index, tuple(count / norm for count in counts)

    def close(self) -> None:
        for ticket in self._room.close():
            ticket.out.put(Delta(ticket.index, error=RuntimeError("The model was unloaded.")))
        self._worker.join()

    def _work(self) -> None:
        """One word of each running answer in turn, as continuous batching does."""
        running: list[_Answer] = []
        while running or not self._room.closed:
            free = self._slots - len(running)
            taken = self._room.take(free, wait_seconds=0.0 if running else 0.05)
            running.extend(_Answer(ticket, self) for ticket in taken)
            if running and self._pause:
                time.sleep(self._pause)
            running = [answer for answer in running if answer.step()]


class _Answer:
    """One running answer of the scripted engine."""

    def __init__(self, ticket: Ticket[Request], engine: ScriptedEngine) -> None:
        self._ticket, self._engine = ticket, engine
        self._started = time.monotonic()
        self._first: float | None = None
        self._text, self._tokens = "", 0
        self._words: list[str] | None = None

    def step(self) -> bool:
        """Write one word; False when the answer has ended."""
        ticket = self._ticket
        if ticket.cancelled.is_set():
            return self._end("cancelled")
        try:
            if self._words is None:
                text = self._engine.script(ticket.request)
                self._words = WORD.findall(text.removeprefix(ticket.request.prefix))
        except Exception as error:  # the script's failure is this request's alone
            ticket.out.put(Delta(ticket.index, error=error))
            return False
        if not self._words:
            return self._end("end")
        if self._tokens >= ticket.request.options.max_tokens:
            return self._end("length")
        return self._write(self._words.pop(0))

    def _write(self, word: str) -> bool:
        self._first = self._first or time.monotonic()
        self._tokens += 1
        whole = self._text + word
        ends = [whole.index(stop) for stop in self._ticket.request.options.stop if stop in whole]
        if ends:
            word = whole[len(self._text) : min(ends)]
        self._text += word
        self._ticket.out.put(Delta(self._ticket.index, word))
        return self._end("stop_string") if ends else True

    def _end(self, reason: StopReason) -> bool:
        request, now = self._ticket.request, time.monotonic()
        usage = Usage(
            tokens_in=self._engine.count(request.prompt),
            tokens_out=self._tokens,
            seconds_queued=self._started - self._ticket.queued_at,
            seconds_to_first_token=None if self._first is None else self._first - self._started,
            seconds=now - self._started,
        )
        best = Alternative(self._text, -float(self._tokens))
        others = tuple(
            Alternative(f"{self._text} ({number})", -float(self._tokens + number))
            for number in range(1, request.options.alternatives)
        )
        start = request.context.find(self._text) if request.task == "span" else None
        completion = Completion(
            self._text,
            reason,
            replace(self._engine.identity, precision=request.options.precision),
            request.options,
            usage,
            log_probability=best.log_probability,
            start=start,
            end=None if start is None else start + len(self._text),
            alternatives=(best, *others) if others else (),
        )
        self._ticket.out.put(Delta(self._ticket.index, completion=completion))
        return False


def load(weights: Weights, precision: Precision, progress: Progress) -> ScriptedEngine:
    progress("Loading the script", 1.0)
    identity = Identity(weights.spec.id, weights.revision, weights.sha256, "scripted", "1", precision)
    return ScriptedEngine(identity, words_per_second=50)


KIND = EngineKind(load, lambda weights, precision: ScriptedEngine.resident_bytes, ("fast", "exact"))
