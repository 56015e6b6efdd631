"""Comparisons that outlive the page: the rounds of each in the history, the one being answered in a thread of its own.

A page that is closed or reloaded finds them again by the conversation's id. How a round is answered is rounds.py's.
"""

import logging
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from threading import Condition, Event, Lock, Thread
from typing import Any

from evals.rounds import Round, Side, round_steps
from evals.systems import System
from llmweb.chat import Turn
from llmweb.errors import BadInput, NotFound
from llmweb.history import History, completion_from
from llmweb.runtime import Runtime
from llmweb.types import Message, Options

log = logging.getLogger(__name__)

FEATURE = "compare"
STOP_SECONDS = 5
CUT_OFF = "The app ended while this was being written. Send the message again."


@dataclass(eq=False)
class _Answering:
    """A round under way, and those before it."""

    before: tuple[Round, ...]
    round: Round
    began: float = field(default_factory=time.monotonic)
    cancelled: Event = field(default_factory=Event)
    changed: Condition = field(default_factory=Condition)

    def tell(self, round_: Round) -> None:
        with self.changed:
            self.round = round_
            self.changed.notify_all()


class SideBySide:
    """Owns the rounds being answered in a process. Every method may be called from any thread."""

    def __init__(self, runtime: Runtime, history: History) -> None:
        self.runtime, self.history = runtime, history
        self._answering: dict[str, _Answering] = {}
        self._lock = Lock()  # one round at a time in a conversation

    def ask(self, conversation: str, begun: Round) -> str:
        """Answer a round after those of a conversation, "" = a new one; its id. Raises BadInput and NotFound."""
        with self._lock:
            if self.is_answering(conversation):
                raise BadInput("Answers are being written. Wait for them or stop them first.")
            before = self.rounds(conversation) if conversation else ()
            conversation = conversation or self.history.new_chat(FEATURE, begun.text)
            self._keep(conversation, (*before, begun))
            answering = self._answering[conversation] = _Answering(before, begun)
        Thread(target=self._answer, args=(conversation, answering), name="round", daemon=True).start()
        return conversation

    def rounds(self, conversation: str) -> tuple[Round, ...]:
        """All that have ended. Raises NotFound."""
        if self.history.chat(conversation).feature != FEATURE:
            raise NotFound("This comparison is gone: it was deleted, perhaps in another window. Begin a new one.")
        answering = self._answering.get(conversation)
        if answering is not None:
            return (*answering.before, answering.round) if answering.round.ended else answering.before
        return tuple(_round(stored) for stored in self.history.setup(conversation).get("rounds", ()))

    def is_answering(self, conversation: str) -> bool:
        answering = self._answering.get(conversation)
        return answering is not None and not answering.round.ended

    def watch(self, conversation: str) -> Iterator[tuple[Round, float]]:
        """The round being answered and the seconds so far, until it has ended. Closing stops the watching only."""
        answering = self._answering.get(conversation)
        seen = None
        while answering is not None and (seen is None or not seen.ended):
            with answering.changed:
                answering.changed.wait_for(lambda seen=seen: answering.round is not seen, timeout=0.2)  # type: ignore[misc]
                seen = answering.round
            yield seen, time.monotonic() - answering.began

    def stop(self, conversation: str) -> None:
        """End the round under way and return when it is kept; nothing happens if there is none."""
        answering = self._answering.get(conversation)
        if answering is not None:
            answering.cancelled.set()
            with answering.changed:
                answering.changed.wait_for(lambda: answering.round.ended, timeout=STOP_SECONDS)

    def change_last(self, conversation: str, last: Round) -> None:
        """What became of the last round: its vote."""
        with self._lock:
            self._keep(conversation, (*self.rounds(conversation)[:-1], last))
            self._answering.pop(conversation, None)

    def delete(self, conversation: str) -> None:
        self.stop(conversation)
        self.history.delete(conversation)

    def close(self) -> None:
        """Stop every round; what it has is kept."""
        for conversation in list(self._answering):
            self.stop(conversation)

    def _answer(self, conversation: str, answering: _Answering) -> None:
        for round_ in round_steps(self.runtime, answering.round, answering.cancelled):
            if not round_.ended:
                answering.tell(round_)
        try:
            self._keep(conversation, (*answering.before, round_))
            self._keep_texts(conversation, round_)
        except (NotFound, sqlite3.Error):  # deleted meanwhile, or no room: shown as long as the process lives
            log.exception("A comparison could not be kept")
            answering.tell(round_)
            return
        answering.tell(round_)
        with self._lock:
            if self._answering.get(conversation) is answering:
                del self._answering[conversation]

    def _keep(self, conversation: str, rounds: Sequence[Round]) -> None:
        self.history.set_setup(conversation, {"rounds": [asdict(each) for each in rounds]})

    def _keep_texts(self, conversation: str, round_: Round) -> None:
        """What can be searched and exported."""
        thread = self.history.thread(conversation)
        said = self.history.add(conversation, thread[-1].id if thread else None, "user", round_.text)
        for side in round_.sides:
            self.history.add(conversation, said, "assistant", side.turn.text)


def _round(stored: dict[str, Any]) -> Round:
    """The inverse of dataclasses.asdict, after JSON; a side the process did not live to end is told as cut off."""
    return Round(**{**stored, "sides": tuple(_side(each) for each in stored["sides"])})


def _side(stored: dict[str, Any]) -> Side:
    system, turn = stored["system"], stored["turn"]
    options = Options(**{**system["options"], "stop": tuple(system["options"]["stop"])})
    completion = completion_from(turn["completion"]) if turn["completion"] else None
    side = Side(
        System(system["model"], options),
        _messages(stored["asked"]),
        Turn(**{**turn, "dropped": _messages(turn["dropped"]), "completion": completion}),
        stored["error"],
        stored["ended"],
    )
    return side if side.ended else replace(side, error=CUT_OFF, ended=True)


def _messages(stored: Sequence[dict[str, str]]) -> tuple[Message, ...]:
    return tuple(Message(**each) for each in stored)  # type: ignore[arg-type]
