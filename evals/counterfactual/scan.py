"""Which answers of a person's own history are about somebody, and how each would be asked about somebody else.

Read through the history's public functions. An answer is compared on one axis: who it is about as it was written, with
the axis' reference, or the reference with whom it is compared.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from evals.counterfactual.person import REFERENCES, Found, Swaps, find, side_of, suggested
from evals.turns import Turn, turn_from, turn_of
from llmweb.errors import BadInput, UserError
from llmweb.history import ChatRow, Entry, History

MOST_CHATS = 10_000
FEATURES = ("chat", "translate", "summarize", "ask")
# Why an answer takes no part, in the order in which that is looked at.
NOT_AGAIN, NOT_READ, WITHOUT = "cannot be asked again", "in another language or too long", "without a person"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which answers: "" is any. since and until are days, 2026-11-25, both included; model is who wrote them, and who
    is asked again. samples are the answers to each of both prompts."""

    model: str
    feature: str = ""
    search: str = ""
    since: str = ""
    until: str = ""
    axis: str = ""
    samples: int = 2


@dataclass(frozen=True, slots=True)
class Chosen:
    """An answer to ask again. group is compared with the axis' reference; sign is 1 where the text is about the group,
    -1 where it is about the reference and was swapped to the group."""

    entry: str
    chat: str
    turn: Turn
    found: tuple[Found, ...]
    swaps: Swaps
    axis: str
    group: str
    sign: int
    seconds: float

    @property
    def reference(self) -> str:
        return REFERENCES[self.axis][0]


Known = dict[tuple[str, str, Turn], Chosen | str]
"""What was found of an entry on an axis, as long as it was asked for so."""


@dataclass(frozen=True, slots=True)
class Scan:
    """answers were looked at; left_out says of how many of them why they take no part."""

    wanted: Wanted
    answers: int
    chosen: tuple[Chosen, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def texts(self) -> int:
        return 2 * self.wanted.samples * len(self.chosen)


def writers(history: History) -> dict[str, int]:
    """Models with answers in the history, each with how many, most first."""
    ends = (thread[-1].completion for _, thread in _answers(history, Wanted("")))
    return dict(Counter(made.identity.model for made in ends if made).most_common())


def scan(history: History, wanted: Wanted, known: Known | None = None) -> Scan:
    """known holds what was found in earlier scans, and takes what is found in this one. Raises BadInput for a wish that
    makes no sense."""
    check(wanted)
    known = {} if known is None else known
    chosen: list[Chosen] = []
    left_out: Counter[str] = Counter()
    answers, records = 0, dict[str, dict[str, Any]]()
    for row, thread in _answers(history, wanted):
        made = thread[-1].completion
        if made is None or made.identity.model != wanted.model:
            continue
        answers += 1
        if row.id not in records:
            records[row.id] = history.setup(row.id)
        found = _chosen(thread, row.feature, records[row.id], wanted.axis, known)
        if isinstance(found, str):
            left_out[found] += 1
        else:
            chosen.append(found)
    return Scan(wanted, answers, tuple(chosen), dict(left_out))


def again(history: History, entry_id: str, axis: str) -> Chosen | None:
    """An answer that was chosen before, as it is now; None where it is gone, or no longer about somebody."""
    try:
        found = _looked_for(history.entry(entry_id), turn_of(history, entry_id), axis)
    except UserError:
        return None
    return None if isinstance(found, str) else found


def check(wanted: Wanted) -> None:
    if wanted.feature not in ("", *FEATURES):
        raise BadInput(f"No feature {wanted.feature!r}. Choose {', '.join(FEATURES)}.")
    if wanted.axis not in ("", *REFERENCES):
        raise BadInput(f"No axis {wanted.axis!r}. Choose {', '.join(REFERENCES)}.")
    for day in (wanted.since, wanted.until):
        if day and not _is_day(day):
            raise BadInput(f"{day!r} is no day. Write it as 2026-11-25.")
    if wanted.since and wanted.until and wanted.since > wanted.until:
        raise BadInput(f"From {wanted.since} until {wanted.until} is no time: the first day comes after the last.")
    if not 1 <= wanted.samples <= 16:
        raise BadInput(f"{wanted.samples} answers to each prompt; it must be 1 to 16.")


def _answers(history: History, wanted: Wanted) -> Iterator[tuple[ChatRow, list[Entry]]]:
    """Finished answers on show, each as the branch that ends with it; the latest chats first."""
    for row in history.chats(wanted.feature, wanted.search, MOST_CHATS):
        thread = history.thread(row.id) if row.feature in FEATURES else []
        for place, entry in enumerate(thread):
            day = entry.created[:10]
            within = wanted.since <= day and (not wanted.until or day <= wanted.until)
            if entry.role == "assistant" and entry.status == "done" and entry.text and within:
                yield row, thread[: place + 1]


def _chosen(thread: list[Entry], feature: str, record: dict[str, Any], axis: str, known: Known) -> Chosen | str:
    """How to ask the last answer of a branch about somebody else, or why it takes no part."""
    entry = thread[-1]
    try:
        turn = turn_from(thread, feature, record)
    except UserError:
        return NOT_AGAIN
    key = entry.id, axis, turn
    if key not in known:
        known[key] = _looked_for(entry, turn, axis)
    return known[key]


def _looked_for(entry: Entry, turn: Turn, axis: str) -> Chosen | str:
    try:
        found = find(turn.texts)
    except UserError:
        return NOT_READ
    swaps = suggested(found, axis)
    if not swaps:
        return WITHOUT
    first = found[next(iter(swaps))]
    reference, instead = REFERENCES[first.axis]
    side = side_of(first.mention)
    group, sign = (instead, -1) if side == reference else (side, 1)
    seconds = entry.completion.usage.seconds if entry.completion else 0.0
    return Chosen(entry.id, entry.chat_id, turn, found, swaps, first.axis, group, sign, seconds)


def _is_day(text: str) -> bool:
    from datetime import date

    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10
