"""One request being answered by an engine's worker: its times, the text shown so far, and its one end.

Owns the truth of usage and provenance. What the text is, and when it ends, the engine decides.
"""

import time
from dataclasses import dataclass, replace
from typing import Any

from llmweb.engines.queue import Ticket
from llmweb.types import (
    Alternative,
    Completion,
    Delta,
    Identity,
    Phase,
    Request,
    StopReason,
    Usage,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was written. options are those really used; log_probability counts the end of the text as written."""

    text: str
    reason: StopReason
    tokens_out: int = 0
    log_probability: float | None = None
    start: int | None = None
    end: int | None = None
    alternatives: tuple[Alternative, ...] = ()


class Answer:
    """begin, then write as text comes, then exactly one of finish and fail; what comes after the end is ignored."""

    def __init__(self, request: Request, ticket: Ticket[Any], identity: Identity) -> None:
        self.request, self.options = request, request.options
        self.text = ""
        self.ended = False
        self._ticket, self._identity = ticket, identity
        self._started = time.monotonic()
        self._first: float | None = None
        self._tokens_in = 0

    @property
    def cancelled(self) -> bool:
        return self._ticket.cancelled.is_set()

    @property
    def begun(self) -> bool:
        """Whether something was already shown: such an answer cannot start over."""
        return bool(self.text)

    def cancel(self) -> None:
        self._ticket.cancelled.set()

    def begin(self, tokens_in: int) -> None:
        """tokens_in: length of the prompt as the model reads it."""
        self._started, self._tokens_in = time.monotonic(), tokens_in
        self.tell("reading")

    def tell(self, phase: Phase) -> None:
        self._ticket.out.put(Delta(self._ticket.index, phase=phase))

    def first_token(self) -> None:
        """The time to the first token ends here, whether or not it can be shown yet."""
        if self._first is None:
            self._first = time.monotonic()

    def write(self, text: str) -> None:
        if text and not self.ended:
            self.text += text
            self._ticket.out.put(Delta(self._ticket.index, text))

    def finish(self, outcome: Outcome) -> None:
        """outcome.text is the whole text; what of it was not shown yet is shown now."""
        if self.ended:
            return
        self.write(outcome.text.removeprefix(self.text))
        self.ended = True
        now = time.monotonic()
        usage = Usage(
            tokens_in=self._tokens_in,
            tokens_out=outcome.tokens_out,
            seconds_queued=self._started - self._ticket.queued_at,
            seconds_to_first_token=None if self._first is None else self._first - self._started,
            seconds=now - self._started,
        )
        completion = Completion(
            text=outcome.text,
            stop_reason=outcome.reason,
            identity=self._identity,
            options=replace(self.options, precision=self._identity.precision),
            usage=usage,
            log_probability=outcome.log_probability,
            start=outcome.start,
            end=outcome.end,
            alternatives=outcome.alternatives,
        )
        self._ticket.out.put(Delta(self._ticket.index, completion=completion))

    def fail(self, error: Exception) -> None:
        if not self.ended:
            self.ended = True
            self._ticket.out.put(Delta(self._ticket.index, error=error))
