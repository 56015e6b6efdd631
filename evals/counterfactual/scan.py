"""Which answers of a person's own history are about somebody, and how each would be asked about somebody else.

Read through the history's public functions. An answer is compared on one axis: who it is about as it was written, with
the axis' reference, or the reference with whom it is compared.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from evals.counterfactual.person import REFERENCES, Found, Swaps, find, side_of, suggested, swapped
from evals.turns import Turn, turn_of
from llmweb.errors import BadInput, UserError
from llmweb.history import Entry, History

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
    counted = Counter(entry.completion.identity.model for entry in _answers(history, Wanted("")) if entry.completion)
    return dict(counted.most_common())


def scan(history: History, wanted: Wanted) -> Scan:
    """Raises BadInput for a wish that makes no sense."""
    check(wanted)
    chosen: list[Chosen] = []
    left_out: Counter[str] = Counter()
    answers = 0
    for entry in _answers(history, wanted):
        if entry.completion is None or entry.completion.identity.model != wanted.model:
            continue
        answers += 1
        found = _chosen(history, entry, wanted.axis)
        if isinstance(found, str):
            left_out[found] += 1
        else:
            chosen.append(found)
    return Scan(wanted, answers, tuple(chosen), dict(left_out))


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


def _answers(history: History, wanted: Wanted) -> Iterator[Entry]:
    """Finished answers of the branches on show, the latest chats first."""
    for row in history.chats(wanted.feature, wanted.search, MOST_CHATS):
        if row.feature not in FEATURES:
            continue
        for entry in history.thread(row.id):
            day = entry.created[:10]
            within = wanted.since <= day and (not wanted.until or day <= wanted.until)
            if entry.role == "assistant" and entry.status == "done" and entry.text and within:
                yield entry


def _chosen(history: History, entry: Entry, axis: str) -> Chosen | str:
    """How to ask it about somebody else, or why it takes no part."""
    try:
        turn = turn_of(history, entry.id)
    except UserError:
        return NOT_AGAIN
    try:
        found = find(turn.texts)
    except UserError:
        return NOT_READ
    swaps = suggested(found, axis)
    if not swaps or turn.texts == tuple(each.text for each in swapped(turn.texts, found, swaps)):
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
