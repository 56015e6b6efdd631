"""The waiting room between callers and an engine's worker thread: who is next, who is where, how results travel back.

Owns order (urgent first, then first come) and the hand-over of deltas. What a batch is and how it runs is the engine's.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from llmweb.types import Delta

HEARTBEAT_SECONDS = 0.1

R = TypeVar("R")


@dataclass(eq=False)
class Ticket(Generic[R]):
    """One request on its way: the worker reads request and cancelled, and puts deltas into out until it closes it."""

    request: R
    index: int
    cancelled: threading.Event
    out: SimpleQueue[Delta]
    urgent: bool = True
    queued_at: float = field(default_factory=time.monotonic)


class WaitingRoom(Generic[R]):
    """Tickets waiting for a worker. Thread-safe; one lock, held only to move tickets."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._urgent: list[Ticket[R]] = []
        self._patient: list[Ticket[R]] = []
        self._closed = False

    def put(self, tickets: Sequence[Ticket[R]]) -> None:
        """Raises RuntimeError once closed."""
        with self._changed:
            if self._closed:
                raise RuntimeError("The model was unloaded while this request was on its way. Send it again.")
            for ticket in tickets:
                (self._urgent if ticket.urgent else self._patient).append(ticket)
            self._changed.notify_all()

    def take(
        self,
        limit: int,
        alike: Callable[[R, R], bool] = lambda first, other: True,
        wait_seconds: float = 0.0,
        urgent_only: bool = False,
    ) -> list[Ticket[R]]:
        """Up to limit tickets that are alike the first in line, urgent before patient; [] if none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._urgent or self._patient or self._closed, wait_seconds)
            taken: list[Ticket[R]] = []
            for line in (self._urgent,) if urgent_only else (self._urgent, self._patient):
                for ticket in list(line):
                    if len(taken) < limit and (not taken or alike(taken[0].request, ticket.request)):
                        line.remove(ticket)
                        taken.append(ticket)
            return taken

    def position(self, ticket: Ticket[R]) -> int | None:
        """1 = next; None when it is no longer waiting."""
        with self._changed:
            line = self._urgent + self._patient
            return line.index(ticket) + 1 if ticket in line else None

    def withdraw(self, ticket: Ticket[R]) -> bool:
        """Take a ticket out of the line; False when a worker already has it."""
        with self._changed:
            for line in (self._urgent, self._patient):
                if ticket in line:
                    line.remove(ticket)
                    return True
            return False

    def take_cancelled(self) -> list[Ticket[R]]:
        """Those whose callers gave up while they waited."""
        with self._changed:
            gone = [ticket for ticket in self._urgent + self._patient if ticket.cancelled.is_set()]
            self._urgent = [ticket for ticket in self._urgent if ticket not in gone]
            self._patient = [ticket for ticket in self._patient if ticket not in gone]
            return gone

    def close(self) -> list[Ticket[R]]:
        """No more tickets; returns those still waiting. Wakes take()."""
        with self._changed:
            self._closed = True
            waiting, self._urgent, self._patient = self._urgent + self._patient, [], []
            self._changed.notify_all()
            return waiting

    @property
    def closed(self) -> bool:
        return self._closed


def deltas(room: WaitingRoom[R], tickets: Sequence[Ticket[R]]) -> Iterator[Delta]:
    """Everything the worker puts out for these tickets, until each has its completion or error.

    tickets share one out queue and one cancelled event. While nothing comes, an empty delta each HEARTBEAT_SECONDS
    tells the place of the first one still waiting. Closing this iterator cancels the rest.
    """
    out, cancelled = tickets[0].out, tickets[0].cancelled
    open_tickets = {ticket.index: ticket for ticket in tickets}
    room.put(tickets)
    try:
        while open_tickets:
            try:
                delta = out.get(timeout=HEARTBEAT_SECONDS)
            except Empty:
                yield _heartbeat(room, next(iter(open_tickets.values())))
                continue
            if delta.completion is not None or delta.error is not None:
                del open_tickets[delta.index]
            yield delta
    finally:
        if open_tickets:
            cancelled.set()


def _heartbeat(room: WaitingRoom[R], first: Ticket[R]) -> Delta:
    position = room.position(first)
    return Delta(first.index, phase="queued" if position else "reading", queue_position=position)
