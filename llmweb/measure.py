"""What a model does on this machine: how fast it writes, and how far fast precision strays from exact.

The texts are the project's own.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from threading import Event
from typing import TypeVar

from llmweb.runtime import Runtime
from llmweb.types import LoglikelihoodRequest, Options, Precision, Request

T = TypeVar("T")

TEXTS = (
    "The ferry leaves the old harbour at seven, and by noon the island is a thin grey line behind it.",
    "To reset the router, hold the small button on its back for ten seconds until every light goes out.",
    "Our council voted nine to four to keep the library open on Sundays, though the budget is tight this year.",
    "A glacier moves a little every day: ice melts under its own weight, flows downhill and freezes again.",
    "She wrote the letter three times, tore it up twice, and in the end sent only a photograph of the garden.",
    "If the total of an invoice is above 500 euros, a second person must sign it before it can be paid.",
    "Bread needs four things, flour, water, salt and time, and the last is the one most people leave out.",
    "The committee found that the bridge had been inspected in March, but that nobody had read the report.",
)
PROMPT = "Tell me about the sea in winter."
SPEED_TOKENS = 64
STREAMS = 16


@dataclass(frozen=True, slots=True)
class Measurement:
    """speed_one and speed_many: tokens a second of one stream and of 16 together, in fast precision.

    deviation: mean absolute difference between fast and exact log-probabilities of the tokens of our texts, in nats;
    None where the engine gives none. done and total count the steps while it is being measured.
    """

    model: str
    done: int = 0
    total: int = 4
    doing: str = ""
    speed_one: float | None = None
    speed_many: float | None = None
    deviation: float | None = None
    tokens: int = 0


def measure_steps(runtime: Runtime, model: str) -> Iterator[Measurement]:
    """The measurement as it grows; under a minute for a small model. Closing cancels. Raises what runtime.run does."""
    cancelled = Event()
    state = Measurement(model, doing="Writing one answer")
    try:
        one = yield from _speed(runtime, state, 1, cancelled)
        state = replace(state, done=1, speed_one=one, doing=f"Writing {STREAMS} answers at once")
        many = yield from _speed(runtime, state, STREAMS, cancelled)
        state = replace(state, done=2, speed_many=many, doing="Reading in fast precision")
        fast = yield from _log_probabilities(runtime, state, "fast", cancelled)
        state = replace(state, done=3, doing="Reading in exact precision")
        exact = yield from _log_probabilities(runtime, state, "exact", cancelled)
        deviation = fmean(abs(a - b) for a, b in zip(fast, exact, strict=True))
        yield replace(state, done=4, doing="", deviation=deviation, tokens=len(exact))
    finally:
        cancelled.set()


@dataclass(frozen=True, slots=True)
class Pace:
    """What answering a batch took: seconds to the first text of any request, tokens written, answers that were not
    cancelled, seconds in all."""

    first_seconds: float | None
    tokens: int
    answers: int
    seconds: float


def writing(streams: int, options: Options) -> list[Request]:
    """The texts that are written to measure speed, one a stream."""
    return [Request("generate", f"{PROMPT} Part {number}.", options) for number in range(streams)]


def pace_steps(
    runtime: Runtime, model: str, requests: Sequence[Request], cancelled: Event, said: T
) -> Generator[T, None, Pace]:
    """All requests at once, of a model that is loaded; yields said as time passes. Raises the first error of any."""
    began, first, tokens, answers = time.monotonic(), None, 0, 0
    for delta in runtime.run(model, requests, cancelled):
        if delta.error is not None:
            raise delta.error
        if first is None and (delta.text or delta.completion is not None):
            first = time.monotonic() - began
        if delta.completion is not None:
            tokens += delta.completion.usage.tokens_out
            answers += delta.completion.stop_reason != "cancelled"
        yield said
    return Pace(first, tokens, answers, time.monotonic() - began)


def _speed(
    runtime: Runtime, state: Measurement, streams: int, cancelled: Event
) -> Generator[Measurement, None, float | None]:
    """Tokens a second of all streams together, prompts read included, once the model is loaded."""
    options = Options(max_tokens=SPEED_TOKENS)
    for _ in runtime.loading(state.model, options.precision, cancelled):
        yield state
    pace = yield from pace_steps(runtime, state.model, writing(streams, options), cancelled, state)
    return pace.tokens / pace.seconds if pace.tokens else None


def _log_probabilities(
    runtime: Runtime, state: Measurement, precision: Precision, cancelled: Event
) -> Generator[Measurement, None, list[float]]:
    requests = [LoglikelihoodRequest("", text) for text in TEXTS]
    found: dict[int, list[float]] = {}
    for index, tokens in runtime.loglikelihood(state.model, requests, precision, cancelled):
        found[index] = [token.log_probability for token in tokens]
        yield state
    return [value for index in sorted(found) for value in found[index]]
