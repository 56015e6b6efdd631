"""The speed card of a system: how fast its engine answers a fixed probe, and the memory it added, measured alone.

The probe is of the engine, without the features' prompts and splitting: what those cost is a run's seconds a sample.
Kept once for each identity by store.py; measured when a run first uses the system, which costs some seconds.
"""

import logging
import os
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event
from typing import Any

import psutil

from evals.standings import Speed
from evals.store import Store
from evals.systems import System
from llmweb.measure import STREAMS, TEXTS, Pace, pace_steps, writing
from llmweb.runtime import Runtime
from llmweb.translate.examples import EXAMPLES
from llmweb.types import ModelSpec, Options, Precision, Request

log = logging.getLogger(__name__)

PROBE_TOKENS, WARM_TOKENS = 32, 2
ALONE_SECONDS = 0.5  # so long sentences or questions are asked one after the other, all or at least one
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
    """requests, one a stream, whose answers are counted in unit."""

    unit: str
    requests: list[Request]


def memory(runtime: Runtime) -> Memory:
    loaded = frozenset((each.model, each.precision) for each in runtime.loaded())
    return Memory(psutil.Process(os.getpid()).memory_info().rss, loaded)


def added(system: System, before: Memory, after: Memory) -> int | None:
    """Bytes that loading the system took; None where it was there before, or another model came or went meanwhile."""
    own = frozenset({(system.model, system.options.precision)})
    if after.models - before.models != own or before.models - after.models:
        return None
    return after.bytes - before.bytes if after.bytes > before.bytes else None


def card_steps(
    system: System, identity: dict[str, Any], memory_bytes: int | None, runtime: Runtime, store: Store
) -> Iterator[str]:
    """Measure a system, which is loaded, and keep its card, unless there is one: what is being done, in words.

    A probe that fails says so on the card; the run it comes before goes on.
    """
    if system.is_baseline:
        return
    card = store.speed(identity)
    if card is not None and card.alone is not None:
        if card.memory_bytes is None and memory_bytes is not None:
            store.keep_speed(identity, card._replace(memory_bytes=memory_bytes))
        return
    try:
        card = yield from _alone(system, runtime)
    except Exception as error:  # of the engine, on a text of ours
        log.error("Measuring the speed of %s failed", system.id, exc_info=error)
        card = Speed(note=f"measuring it failed: {error}")
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    store.keep_speed(identity, card._replace(memory_bytes=memory_bytes, measured=now))


def _alone(system: System, runtime: Runtime) -> Generator[str, None, Speed]:
    """The card, without figures where somebody else used the runtime meanwhile."""
    found = probe(runtime.catalog.find(system.model), system.options)
    if found is None:
        return Speed(note="it writes no texts")
    cancelled = Event()
    steps = _measured(system.model, found, runtime, cancelled)
    try:
        while not _others(system, runtime):
            yield next(steps)
    except StopIteration as ended:
        speed: Speed = ended.value
        return speed
    finally:
        cancelled.set()
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


def _measured(model: str, found: Probe, runtime: Runtime, cancelled: Event) -> Generator[str, None, Speed]:
    """A first answer is not counted: engines set things up on it."""
    requests, in_tokens = found.requests, found.unit == "tokens"
    short = replace(requests[0], options=replace(requests[0].options, max_tokens=WARM_TOKENS))
    yield from pace_steps(runtime, model, [short], cancelled, SAYS)
    paces, began = list[Pace](), time.monotonic()
    for request in requests[: 1 if in_tokens else STREAMS]:
        paces.append((yield from pace_steps(runtime, model, [request], cancelled, SAYS)))
        if time.monotonic() - began > ALONE_SECONDS:
            break
    many = yield from pace_steps(runtime, model, requests, cancelled, SAYS)
    alone = paces[0].tokens if in_tokens else len(paces)
    together = many.tokens if in_tokens else STREAMS
    seconds = sum(pace.seconds for pace in paces)
    return Speed(found.unit, paces[0].first_seconds, alone / seconds, together / many.seconds)


def _others(system: System, runtime: Runtime) -> bool:
    """Whether anybody but the probe uses a model of this process; other programs are not seen."""
    own = (system.model, system.options.precision)
    return any(each.users > int((each.model, each.precision) == own) for each in runtime.loaded())
