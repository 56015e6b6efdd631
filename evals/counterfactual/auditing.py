"""An audit of the own history under way: answers asked again about somebody else, measured, and kept one by one.

It goes on where it was stopped, or its process ended. What is made of the numbers is history_audit.py's.
"""

import logging
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from statistics import fmean
from threading import Event

from evals.asking import Cancelled
from evals.counterfactual import measures
from evals.counterfactual.asking import READING, TOGETHER, Step, answers_steps, sampled, seeded
from evals.counterfactual.history_audit import HistoryAudit, Moved
from evals.counterfactual.ledger import HistoryLedger
from evals.counterfactual.person import exchange, swapped
from evals.counterfactual.scan import Chosen, Scan, again
from evals.turns import Turn
from llmweb.errors import BadInput, UserError
from llmweb.history import History
from llmweb.runtime import Runtime

log = logging.getLogger(__name__)

READ = 2  # answers of either side that are read again: it takes about twice as long as writing them
READ_AT_ONCE = 2.0  # in a half of the time in which an answer was written alone it is read after both prompts
UNREAD = "the model could not read the answers again; the log file has the details"


def expected_seconds(runtime: Runtime, found: Scan) -> float:
    """How long it may take, by what the answers took."""

    def texts(turn: Turn) -> float:
        read = 0 if measures.no_likelihood(runtime, turn) else min(found.wanted.samples, READ)
        return 2 * (found.wanted.samples / TOGETHER + read / READ_AT_ONCE)

    return sum(each.seconds * texts(each.turn) for each in found.chosen)


def audit_steps(
    runtime: Runtime, history: History, ledger: HistoryLedger, audit_id: str, cancelled: Event | None = None
) -> Generator[Step[HistoryAudit], None, None]:
    """Of an audit that the ledger has begun: what is missing is asked. Once cancelled, it tells of what has been asked
    so far, and can go on; where that is nothing, it leaves nothing behind. Raises NotFound and BadInput."""
    audit, cancelled = ledger.unfinished(audit_id), cancelled or Event()
    try:
        yield from _asked_steps(runtime.patient(), history, ledger, audit, cancelled)
        result = ledger.audit(audit.id)
        if not result.stopped:
            result = replace(result, goes_on=False)
            ledger.finish(result)
        if result.asked or result.failed or not result.stopped:
            yield Step("Done", result=result)
    finally:
        ledger.forget_unasked(audit.id)


def _asked_steps(
    runtime: Runtime, history: History, ledger: HistoryLedger, audit: HistoryAudit, cancelled: Event
) -> Iterator[Step[HistoryAudit]]:
    """Each answer is kept in the ledger once it is measured."""
    began, entries = time.monotonic(), ledger.missing(audit.id)
    left = _still_there(history, ledger, audit, entries)
    first = next(left, None)
    if first is None:
        return
    for delta in runtime.loading(audit.wanted.model, first.turn.options.precision, cancelled):
        yield Step(delta.note or "Loading the model")
    if cancelled.is_set():
        return
    samples = _samples(runtime, ledger, audit, first)
    texts, under_way = 2 * samples, dict[int, _Pair]()

    def turns() -> Iterator[Turn]:
        for place, chosen in enumerate(chain([first], left)):
            under_way[place] = pair = _pair(runtime, chosen)
            yield from (seeded(turn, seed) for seed in range(1, samples + 1) for turn in (pair.asked, pair.other))

    done, kept = 0, 0
    for came in answers_steps(runtime, turns(), cancelled):
        for number, answer in came.items():
            under_way[number // texts].answers[number % texts] = answer
        done += len(came)
        yield Step("Asking", done, texts * len(entries), time.monotonic() - began)
        for place in [place for place, pair in under_way.items() if len(pair.answers) == texts]:
            pair = under_way.pop(place)
            if pair.cancelled or cancelled.is_set():
                return
            if not measures.no_likelihood(runtime, pair.asked):
                yield Step(READING, kept, len(entries), time.monotonic() - began)
            moved = _moved(runtime, pair, cancelled)
            if moved is not None:
                ledger.keep(audit.id, moved)
                kept += 1


def _still_there(
    history: History, ledger: HistoryLedger, audit: HistoryAudit, entries: Sequence[str]
) -> Iterator[Chosen]:
    for entry in entries:
        chosen = again(history, entry, audit.wanted.axis)
        if chosen is None:
            ledger.leave_out(audit.id, entry)
        else:
            yield chosen


def _samples(runtime: Runtime, ledger: HistoryLedger, audit: HistoryAudit, first: Chosen) -> int:
    """Answers to each prompt: one of a model that writes the same every time. Notes that, and which model it is. Raises
    BadInput where that is no longer the one of which a part was asked."""
    identity = asdict(runtime.identity(audit.wanted.model, first.turn.options.precision))
    always = sampled(runtime, first.turn)[0].options.temperature == 0
    samples = 1 if always else audit.wanted.samples
    if not audit.identity:
        ledger.note(audit.id, _note(always, samples), identity)
    elif audit.identity != identity and audit.identity["precision"] == identity["precision"]:
        raise BadInput(
            f"{audit.wanted.model} has changed since audit {audit.id} began: other weights, or another engine. "
            "Begin another audit; this one keeps what was asked."
        )
    return samples


def _note(always: bool, samples: int) -> str:
    if always:
        return "This model writes the same text every time, so each prompt was asked once."
    return (
        f"Each prompt was asked {'once' if samples == 1 else f'{samples} times'}, at the answer's own temperature; "
        "greedy ones, always the same, at a stated one."
    )


@dataclass(slots=True)
class _Pair:
    """An answer while it is asked again: both prompts, and what came, by the number of its turn, a side in turn."""

    chosen: Chosen
    asked: Turn
    other: Turn
    answers: dict[int, str | Exception] = field(default_factory=dict)

    @property
    def cancelled(self) -> bool:
        return any(isinstance(each, Cancelled) for each in self.answers.values())

    def side(self, number: int) -> list[str]:
        """The answers that say something, as it is written and with the other person."""
        given = [self.answers[place] for place in range(number, len(self.answers), 2)]
        return [each for each in given if isinstance(each, str) and each.strip()]


def _pair(runtime: Runtime, chosen: Chosen) -> _Pair:
    asked, _ = sampled(runtime, replace(chosen.turn, prefix=""))
    done = swapped(asked.texts, chosen.found, chosen.swaps)
    return _Pair(chosen, asked, asked.of([each.text for each in done]))


def _moved(runtime: Runtime, pair: _Pair, cancelled: Event) -> Moved | None:
    """What the measures say; None once cancelled."""
    chosen, written, other = pair.chosen, pair.side(0), pair.side(1)
    where = (chosen.turn.feature, chosen.chat, chosen.entry, chosen.axis, chosen.group, chosen.reference)
    if not written or not other:
        return Moved(*where, {})
    found, why, language = dict[str, float](), dict[str, str](), chosen.turn.target or "en"
    for measure in measures.MEASURES:
        why[measure.name] = measures.missing(measure, language)
        if not why[measure.name]:
            means = (fmean(measures.values(measure, side, (chosen.axis,), language)) for side in (written, other))
            found |= _difference(measure, chosen.sign, *means)
    why[measures.LIKELIHOOD] = measures.no_likelihood(runtime, pair.asked)
    if not why[measures.LIKELIHOOD]:
        prompts = measures.Prompts(pair.asked, pair.other, exchange(chosen.found, chosen.swaps))
        read, beside = written[:READ], other[:READ]
        try:
            told = measures.likelihoods(runtime, prompts, [*read, *beside], cancelled)
        except Exception as error:  # what goes wrong in reading is this answer's alone
            why[measures.LIKELIHOOD] = str(error) if isinstance(error, UserError) else UNREAD
            log.warning("The answers about somebody else could not be read again", exc_info=error)
        else:
            if not told:
                return None
            fits = [after - before for before, after in told]
            found[measures.LIKELIHOOD] = fmean(fits[len(read) :]) - fmean(fits[: len(read)])
    return Moved(*where, found, {name: reason for name, reason in why.items() if reason})


def _difference(measure: measures.Measure, sign: int, written: float, other: float) -> dict[str, float]:
    """Of one measure; of length in percent of both sides' mean, {} where both are 0."""
    if measure is not measures.LENGTH:
        return {measure.name: sign * (written - other)}
    return {measure.name: sign * 200 * (written - other) / (written + other)} if written + other else {}
