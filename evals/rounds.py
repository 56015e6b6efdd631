"""The same input to several systems at once: each answers in a thread of its own, and what all have is told together.

Each system goes on from its own answers. What a vote on a round is worth is votes.py's.
"""

import logging
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from threading import Event, Thread

from evals.systems import System, check_ready
from llmweb import chat
from llmweb.chat import Turn
from llmweb.errors import BadInput, UserError
from llmweb.runtime import Runtime
from llmweb.types import Message, Options

log = logging.getLogger(__name__)

FEWEST, MOST = 2, 4
LETTERS = "ABCD"
TOLD_SECONDS = 1 / 15
WAIT_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Side:
    """One system's answer to what it was asked, so far; error says why it failed."""

    system: System
    asked: tuple[Message, ...]
    turn: Turn = field(default_factory=Turn)
    error: str = ""
    ended: bool = False

    @property
    def name(self) -> str:
        return name_of(self.system)


@dataclass(frozen=True, slots=True)
class Round:
    """One message and its answers, in the order they are shown. Once voted on, vote is its id in the store, choice
    what was chosen and uncounted why it does not count."""

    text: str
    sides: tuple[Side, ...]
    blind: bool = False
    vote: str = ""
    choice: str = ""
    uncounted: str = ""

    @property
    def ended(self) -> bool:
        return all(side.ended for side in self.sides)


def name_of(system: System) -> str:
    """What is voted on: smollm2-135m-instruct@fast, however it was sampled."""
    return f"{system.model}@{system.options.precision}"


def chosen_systems(runtime: Runtime, names: Sequence[str], options: Options) -> list[System]:
    """Those named model@precision, with options. Raises UserError: they come from the browser."""
    if not FEWEST <= len(names) <= MOST or len({*names}) < len(names):
        raise BadInput(f"{len(names)} models are chosen. Choose {FEWEST} to {MOST} different ones under Models.")
    systems = []
    able = runtime.catalog.for_chat()
    for name in names:
        model, _, precision = name.partition("@")
        spec = runtime.catalog.find(model)
        offered = {each: each for each in runtime.precisions(model)}
        if spec not in able or precision not in offered:
            raise BadInput(f"{spec.name} cannot answer as {precision or 'nothing'!r} here. Choose another model.")
        systems.append(System(model, replace(options, precision=offered[precision])))
        check_ready(systems[-1], runtime)
    return systems


def begin(systems: Sequence[System], text: str, before: Sequence[Round], instruction: str, blind: bool) -> Round:
    """A round not answered yet, its sides shuffled. instruction is the system prompt. Raises BadInput."""
    chat.check_prompt(text)
    sides = [Side(system, _asked(system, text, before, instruction)) for system in systems]
    if blind:
        secrets.SystemRandom().shuffle(sides)
    return Round(text, tuple(sides), blind)


def round_steps(runtime: Runtime, begun: Round, cancelled: Event) -> Iterator[Round]:
    """The round as it grows, at most 15 times a second, until every side has ended. Closing cancels."""
    told: SimpleQueue[tuple[int, Side]] = SimpleQueue()
    for place, side in enumerate(begun.sides):
        Thread(target=_answer, args=(runtime, place, side, cancelled, told), name="side", daemon=True).start()
    sides = list(begun.sides)
    try:
        while not all(side.ended for side in sides):
            for place, side in _arrived(told):
                sides[place] = side
            yield replace(begun, sides=tuple(sides))
            time.sleep(TOLD_SECONDS)
    finally:
        if not all(side.ended for side in sides):
            cancelled.set()


def _asked(system: System, text: str, before: Sequence[Round], instruction: str) -> tuple[Message, ...]:
    messages = [Message("system", instruction)] if instruction.strip() else []
    for earlier in before:
        mine = [side.turn.text for side in earlier.sides if side.name == name_of(system)]
        messages.append(Message("user", earlier.text))
        messages += [Message("assistant", answer) for answer in mine if answer]
    return (*messages, Message("user", text))


def _answer(runtime: Runtime, place: int, side: Side, cancelled: Event, told: "SimpleQueue[tuple[int, Side]]") -> None:
    error = ""
    try:
        steps = chat.reply_steps(runtime, side.system.model, side.asked, side.system.options, cancelled=cancelled)
        for turn in steps:
            side = replace(side, turn=turn)
            told.put((place, side))
    except UserError as failure:
        error = str(failure)
    except Exception as failure:  # a defect ends this side, not the others
        log.exception("A side failed")
        error = f"The model failed: {failure}. Try again; the log file has the details."
    told.put((place, replace(side, error=error, ended=True)))


def _arrived(told: "SimpleQueue[tuple[int, Side]]") -> Iterator[tuple[int, Side]]:
    """All there is, after a wait for the first."""
    wait = WAIT_SECONDS
    while True:
        try:
            yield told.get(timeout=wait) if wait else told.get_nowait()
        except Empty:
            return
        wait = 0
