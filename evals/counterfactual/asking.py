"""Both prompts, about the person in the text and about another one, asked alike through the feature they came from.

Every answer is one of the feature's own, with the seed of its pair. Measuring is measures.py's and gaps.py's.
"""

import logging
import time
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import islice
from threading import Event
from typing import Generic, TypeVar

from evals.asking import Cancelled
from evals.counterfactual import gaps, measures
from evals.counterfactual.gaps import Gap
from evals.counterfactual.person import NOBODY, Found, Swapped, Swaps, alike, axis_of, exchange, swapped
from evals.turns import Turn, answer_steps
from llmweb.errors import BadInput, UserError
from llmweb.runtime import Runtime

log = logging.getLogger(__name__)

SAMPLES, MOST_SAMPLES = 8, 64
IN_FLIGHT = 8
TOGETHER = 4.0  # answers at once take about a fourth of the time they take one after the other, on two cores
HEARTBEAT_SECONDS = 0.25
# Small models still answer to the point here, and no longer always the same.
STATED_TEMPERATURE = 0.5
READING = "Reading the answers again for their likelihood"
Outcome = TypeVar("Outcome")

ALWAYS_THE_SAME = "This model writes the same text every time, so each prompt is asked once and there is no noise."


@dataclass(frozen=True, slots=True)
class Plan:
    """A turn, whom to swap in it, how many answers to each prompt. answer is the one the person has read, "" for
    none."""

    turn: Turn
    found: tuple[Found, ...]
    swaps: Swaps
    samples: int = SAMPLES
    answer: str = ""

    @property
    def control(self) -> Swaps:
        return alike(self.found, self.swaps)

    @property
    def prompts(self) -> int:
        """How many are asked: the one in the text, the other, and the control where there is one."""
        return 3 if self.control else 2

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(axis_of(self.found[number].mention) for number in self.swaps))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers of one seed: to the prompt as it is, and with the other person."""

    seed: int
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Control:
    """What the same comparison says of another name or age of the same group, which should be of no account."""

    swapped: tuple[Swapped, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a plan. note says how the answers were sampled; likelihoods are those of the answer read, after
    either prompt, in nats, None where they cannot be told; errors why answers are missing; control is None where no
    swapped word has another of its group."""

    plan: Plan
    swapped: tuple[Swapped, ...]
    pairs: tuple[Pair, ...]
    gaps: tuple[Gap, ...]
    note: str
    likelihoods: tuple[float, float] | None = None
    control: Control | None = None
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step(Generic[Outcome]):
    """How far it is: done of total answers; the last step has the result."""

    doing: str
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    result: Outcome | None = None


def planned(turn: Turn, found: tuple[Found, ...], swaps: Swaps, samples: int = SAMPLES, answer: str = "") -> Plan:
    """Raises BadInput where there is nobody to swap, nothing would change, or samples is out of range."""
    if not found:
        raise BadInput(NOBODY)
    if not gaps.FEWEST <= samples <= MOST_SAMPLES:
        raise BadInput(
            f"{samples} answers to each prompt; it must be {gaps.FEWEST} to {MOST_SAMPLES}: fewer can show nothing."
        )
    if turn.texts == tuple(each.text for each in swapped(turn.texts, found, swaps)):
        raise BadInput("With these choices nothing in the text changes. Choose somebody else for a mention.")
    return Plan(replace(turn, prefix=""), found, swaps, samples, answer)


def compare_steps(runtime: Runtime, plan: Plan, cancelled: Event | None = None) -> Generator[Step[Result], None, None]:
    """Ends without a result once cancelled; closing cancels too. Raises what the feature raises where no answer came
    at all."""
    cancelled, began, patient = cancelled or Event(), time.monotonic(), runtime.patient()
    turn = plan.turn
    for delta in patient.loading(turn.model, turn.options.precision, cancelled):
        yield Step(delta.note or "Loading the model")
    if cancelled.is_set():
        return
    asked, note = sampled(patient, turn)
    swaps = [plan.swaps, plan.control] if plan.control else [plan.swaps]
    done = [swapped(turn.texts, plan.found, each) for each in swaps]
    prompts = [asked, *(asked.of([each.text for each in texts]) for texts in done)]
    samples = plan.samples if asked.options.temperature > 0 else 1
    turns = [seeded(each, seed) for seed in range(1, samples + 1) for each in prompts]
    answers: dict[int, str | Exception] = {}
    for came in answers_steps(patient, turns, cancelled):
        answers |= came
        yield Step("Asking", len(answers), len(turns), time.monotonic() - began)
    if cancelled.is_set():
        return
    told = not measures.no_likelihood(patient, asked)
    yield Step(READING if told else "Measuring", len(turns), len(turns), time.monotonic() - began)
    given = [[answers[place] for place in range(side, len(turns), len(prompts))] for side in range(len(prompts))]
    work = _Measuring(patient, plan, cancelled)
    found, read = work.gaps(prompts[:2], given[:2], plan.swaps)
    control = None
    if plan.control:
        control = Control(done[1], work.gaps([asked, prompts[2]], [given[0], given[2]], plan.control)[0])
    if not cancelled.is_set():
        result = Result(plan, done[0], _pairs(given), found, note, read, control, work.errors(given))
        yield Step("Done", len(turns), len(turns), time.monotonic() - began, result)


def sampled(runtime: Runtime, turn: Turn) -> tuple[Turn, str]:
    """The turn at a temperature over 0 where its model can sample, and what to say of that. Loads the model."""
    options = turn.options
    if "sampling" not in runtime.abilities(turn.model, options.precision):
        return replace(turn, options=replace(options, temperature=0.0)), ALWAYS_THE_SAME
    if options.temperature > 0:
        return turn, f"Asked at the temperature of this answer, {options.temperature:g}."
    options = replace(options, temperature=STATED_TEMPERATURE, beams=1, alternatives=1)
    greedy = f"This answer was greedy, the same every time; it was asked again at temperature {STATED_TEMPERATURE:g}."
    return replace(turn, options=options), greedy


def seeded(turn: Turn, seed: int) -> Turn:
    return replace(turn, options=replace(turn.options, seed=seed))


def answers_steps(
    runtime: Runtime, turns: Iterable[Turn], cancelled: Event
) -> Generator[dict[int, str | Exception], None, None]:
    """The answers that have come since, by the number of their turn, or why there is none; {} as time passes. A turn is
    taken once there is room for it in flight: who measures slowly is not run over."""
    pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="counterfactual")
    stop = Event()

    def ask(turn: Turn) -> str:
        text = ""
        for again in answer_steps(runtime, turn):
            if stop.is_set() or cancelled.is_set():
                raise Cancelled
            text = again.text
        return text

    try:
        left, flying = enumerate(turns), dict[Future[str], int]()
        while not cancelled.is_set():
            flying |= {pool.submit(ask, turn): number for number, turn in islice(left, IN_FLIGHT - len(flying))}
            if not flying:
                return
            finished, _ = wait(flying, HEARTBEAT_SECONDS, FIRST_COMPLETED)
            yield {flying.pop(future): _outcome(future) for future in finished}
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _outcome(future: Future[str]) -> str | Exception:
    error = future.exception()
    if error is None:
        return future.result()
    if not isinstance(error, UserError | Cancelled):
        log.error("An answer about somebody else failed", exc_info=error)
    return error if isinstance(error, Exception) else RuntimeError(str(error))


class _Measuring:
    """The answers of a plan on their way to gaps. Empty answers and failed ones are missing, not 0."""

    def __init__(self, runtime: Runtime, plan: Plan, cancelled: Event) -> None:
        self.runtime, self.plan, self.cancelled = runtime, plan, cancelled

    def gaps(
        self, turns: Sequence[Turn], given: Sequence[Sequence[str | Exception]], swaps: Swaps
    ) -> tuple[tuple[Gap, ...], tuple[float, float] | None]:
        """Between two prompts, adjusted; and the log-likelihoods of the answer read, after either. Raises the error of
        the answers where none came at all."""
        sides = [[each for each in answers if isinstance(each, str) and each.strip()] for answers in given]
        failed = [each for answers in given for each in answers if isinstance(each, Exception)]
        if failed and not any(sides):
            raise failed[0]
        language = turns[0].target or "en"
        found = [_gap(measure, sides, self.plan.axes, language) for measure in measures.MEASURES]
        prompts = measures.Prompts(turns[0], turns[1], exchange(self.plan.found, swaps))
        likelihood, read = self._likelihood(prompts, sides)
        return gaps.adjusted([*found, likelihood]), read

    def _likelihood(
        self, prompts: measures.Prompts, sides: Sequence[Sequence[str]]
    ) -> tuple[Gap, tuple[float, float] | None]:
        blank = Gap(measures.LIKELIHOOD, measures.NATS, why=measures.no_likelihood(self.runtime, prompts.first))
        if blank.why or not all(sides):
            return gaps.gap(blank, [], []), None
        texts = [*sides[0], *sides[1], *([self.plan.answer] if self.plan.answer else [])]
        told = measures.likelihoods(self.runtime, prompts, texts, self.cancelled)
        fits = [after - before for before, after in told]
        count, both = len(sides[0]), len(sides[0]) + len(sides[1])
        return gaps.gap(blank, fits[:count], fits[count:both]), told[-1] if told and self.plan.answer else None

    def errors(self, given: Sequence[Sequence[str | Exception]]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_told(each) for side in given for each in side if isinstance(each, Exception)))


def _gap(measure: measures.Measure, sides: Sequence[Sequence[str]], axes: Sequence[str], language: str) -> Gap:
    blank = Gap(measure.name, measure.unit, why=measures.missing(measure, language))
    if blank.why:
        return blank
    first, second = (measures.values(measure, side, axes, language) for side in sides)
    return gaps.gap(blank, first, second, measure.share)


def _pairs(given: Sequence[Sequence[str | Exception]]) -> tuple[Pair, ...]:
    first, second = ([each if isinstance(each, str) else "" for each in side] for side in given[:2])
    return tuple(Pair(seed, *texts) for seed, texts in enumerate(zip(first, second, strict=True), 1))


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
