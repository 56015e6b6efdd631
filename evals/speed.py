"""The speed card of a system: how fast its engine answers a fixed probe, and the memory it added, measured alone.

The probe is of the engine, without the features' prompts and splitting: what those cost is a run's seconds a sample.
Kept once for each identity by store.py; measured when a run first uses the system, which costs some seconds.
"""

import logging
import os
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

import psutil

from evals.standings import Speed
from evals.store import Store
from evals.systems import System
from llmweb.database import now
from llmweb.measure import STREAMS, TEXTS, Pace, pace_steps, writing
from llmweb.runtime import Runtime
from llmweb.translate.examples import EXAMPLES
from llmweb.types import ModelSpec, Options, Precision, Request

log = logging.getLogger(__name__)

PROBE_TOKENS, WARM_TOKENS = 32, 2
PROBE_SECONDS = 4  # of one stream, and of 16: whoever waits for a run does not wait long for this
ALONE_SECONDS = 0.5  # so long sentences or questions are asked one after the other, all or at least one
OTHERS_SHARE = 0.25  # of all cores: from there on the card says that others were busy, and the next run measures again
QUESTION = "Who must sign the invoice?"
BUSY = "something else was running on the models then; the next run measures it"
SAYS = "Measuring the speed"


@dataclass(frozen=True, slots=True)
class Memory:
    """What this process holds: bytes resident, and the models loaded."""

    bytes: int
    models: frozenset[tuple[str, Precision]]


@dataclass(frozen=True, slots=True)
class Probe:
    """requests, one a stream, whose answers are counted in unit, those that come within so many seconds."""

    unit: str
    requests: list[Request]
    seconds: float = PROBE_SECONDS


@dataclass(frozen=True, slots=True)
class Loading:
    """What was seen while a system was loaded: the bytes it added, None where that is not known, and whether other
    programs were busy."""

    memory_bytes: int | None = None
    crowded: bool = False


class Before:
    """What there is before a system is loaded."""

    def __init__(self, runtime: Runtime) -> None:
        self._memory, self._processor = memory(runtime), Processor()

    def loaded(self, system: System, runtime: Runtime) -> Loading:
        return Loading(added(system, self._memory, memory(runtime)), bool(self._processor.note()))


def memory(runtime: Runtime) -> Memory:
    loaded = frozenset((each.model, each.precision) for each in runtime.loaded())
    return Memory(psutil.Process(os.getpid()).memory_info().rss, loaded)


def added(system: System, before: Memory, after: Memory) -> int | None:
    """Bytes that loading the system took; None where it was there before, or another model came or went meanwhile."""
    own = frozenset({(system.model, system.options.precision)})
    if after.models - before.models != own or before.models - after.models:
        return None
    return after.bytes - before.bytes if after.bytes > before.bytes else None


class Processor:
    """How much of the processor other programs take from now on."""

    def __init__(self) -> None:
        self._began = self._times()

    def note(self) -> str:
        """ "" where they take little."""
        (busy, idle, own), (busy_before, idle_before, own_before) = self._times(), self._began
        spent = busy - busy_before
        others = max(0.0, spent - (own - own_before)) / max(spent + idle - idle_before, 1e-9)
        return f"others used {100 * others:.0f} % of the processor" if others > OTHERS_SHARE else ""

    def _times(self) -> tuple[float, float, float]:
        """Seconds of all cores busy and idle, and those of this process."""
        every, own = psutil.cpu_times(), psutil.Process(os.getpid()).cpu_times()
        idle = every.idle + getattr(every, "iowait", 0.0)
        return every.user + every.system + getattr(every, "nice", 0.0), idle, own.user + own.system


def card_steps(
    system: System,
    identity: dict[str, Any],
    loading: Loading,
    runtime: Runtime,
    store: Store,
    watch: Callable[[], Processor] = Processor,
) -> Iterator[str]:
    """Measure a system, which is loaded, and keep its card, unless it has one: what is being done, in words.

    A card taken while other programs were busy is replaced once they are not. A probe that fails says so on the card;
    the run it comes before goes on.
    """
    if system.is_baseline or system.mitigation:
        return  # a mitigation changes what is asked, not how fast the engine answers
    before = store.speed(identity)
    after = before or Speed()
    if after.alone is None or (after.note and not loading.crowded):
        try:
            measured = yield from _alone(system, runtime, watch())
        except Exception as error:  # of the engine, on a text of ours
            log.error("Measuring the speed of %s failed", system.id, exc_info=error)
            measured = Speed(note=f"measuring it failed: {error}")
        # Figures taken while others were busy are worth more than none.
        if measured.alone is not None or after.alone is None:
            after = measured._replace(measured=now(), memory_bytes=after.memory_bytes)
    if loading.memory_bytes is not None:
        after = after._replace(memory_bytes=loading.memory_bytes)
    if after != before:
        store.keep_speed(identity, after)


def _alone(system: System, runtime: Runtime, processor: Processor) -> Generator[str, None, Speed]:
    """The card, without figures where somebody else used the runtime meanwhile."""
    found = probe(runtime.catalog.find(system.model), system.options)
    if found is None:
        return Speed(note="it writes no texts")
    steps = measured_steps(system.model, found, runtime)
    try:
        while not _others(system, runtime):
            yield next(steps)
    except StopIteration as ended:
        speed: Speed = ended.value
        return speed if speed.note else speed._replace(note=processor.note())
    finally:
        steps.close()
    return Speed(note=BUSY)


def probe(spec: ModelSpec, options: Options) -> Probe | None:
    """What a model is asked by its task; None where it does none that ends in a text."""
    if "generate" in spec.tasks:
        return Probe("tokens", writing(STREAMS, replace(options, max_tokens=PROBE_TOKENS)))
    pair = next((pair for pair in sorted(spec.pairs) if pair[0] in EXAMPLES and pair[1] in EXAMPLES), None)
    if "translate" in spec.tasks and pair is not None:
        sentences = [EXAMPLES[pair[0]][place % len(EXAMPLES[pair[0]])] for place in range(STREAMS)]
        asked = [Request("translate", text, options, source=pair[0], target=pair[1]) for text in sentences]
        return Probe("sentences", asked)
    if "span" in spec.tasks:
        return Probe("answers", [Request("span", QUESTION, options, context=" ".join(TEXTS))] * STREAMS)
    return None


def measured_steps(model: str, found: Probe, runtime: Runtime) -> Generator[str, None, Speed]:
    """A first answer is not counted: engines set things up on it."""
    requests, in_tokens = found.requests, found.unit == "tokens"
    short = replace(requests[0], options=replace(requests[0].options, max_tokens=WARM_TOKENS))
    yield from _bounded(model, found, [short], runtime)
    paces, began = list[Pace](), time.monotonic()
    for request in requests[: 1 if in_tokens else STREAMS]:
        paces.append((yield from _bounded(model, found, [request], runtime)))
        if time.monotonic() - began > ALONE_SECONDS:
            break
    many = yield from _bounded(model, found, requests, runtime)
    alone = sum(pace.tokens if in_tokens else pace.answers for pace in paces)
    together = many.tokens if in_tokens else many.answers
    if not alone or not together:
        return Speed(note=f"it finished nothing within {found.seconds:g} seconds")
    seconds = sum(pace.seconds for pace in paces)
    return Speed(found.unit, paces[0].first_seconds, alone / seconds, together / many.seconds)


def _bounded(model: str, found: Probe, requests: list[Request], runtime: Runtime) -> Generator[str, None, Pace]:
    """The requests, cut off after the probe's seconds: what was written by then counts."""
    cut, began = Event(), time.monotonic()
    steps = pace_steps(runtime, model, requests, cut, SAYS)
    try:
        while True:
            yield next(steps)
            if time.monotonic() - began > found.seconds:
                cut.set()
    except StopIteration as ended:
        pace: Pace = ended.value
        return pace
    finally:
        steps.close()


def _others(system: System, runtime: Runtime) -> bool:
    """Whether anybody but the probe uses a model of this process; other programs are not seen."""
    own = (system.model, system.options.precision)
    return any(each.users > int((each.model, each.precision) == own) for each in runtime.loaded())
