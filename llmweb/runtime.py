"""Runtime: the loaded models of a process, shared by every page, window and command.

Owns loading, the memory budget and unloading. Which request goes first inside a model is its engine's waiting room;
how a prompt is made is the features'.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Literal

import psutil

from llmweb.catalog import MODELS, Catalog
from llmweb.engines import ENGINES
from llmweb.engines.protocol import Engine, EngineKind, until_weighing
from llmweb.errors import BadInput, DoesNotFit, NotDownloaded, Unsupported, UserError
from llmweb.settings import Settings
from llmweb.types import (
    Completion,
    Delta,
    Identity,
    Installed,
    Local,
    LoglikelihoodRequest,
    ModelSpec,
    Precision,
    Prompt,
    Request,
    Task,
    TokenLogprob,
    Vector,
    Weights,
)
from llmweb.weights.download import WeightStore
from llmweb.weights.fetch_queue import FetchQueue
from llmweb.weights.own_models import own_models

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 0.1
BUDGET_SHARE = 0.6
MEGABYTE = 1_000_000

Key = tuple[str, Precision]


@dataclass(eq=False)
class _Slot:
    """One model in one precision: being loaded, ready, or failed. users counts the calls that hold it in memory."""

    spec: ModelSpec
    precision: Precision
    bytes: int
    note: str = "Loading"
    progress: float | None = None
    engine: Engine | None = None
    error: Exception | None = None
    loaded: Event = field(default_factory=Event)
    users: int = 0
    last_used: float = field(default_factory=time.monotonic)

    def report(self, note: str, progress: float | None) -> None:
        self.note, self.progress = note, progress


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """What one loaded model holds: bytes of memory, callers using it now, seconds since it was last used."""

    model: str
    precision: Precision
    state: Literal["loading", "ready"]
    bytes: int
    users: int
    idle_seconds: float


class Runtime:
    """Made once per process, in app.py or by the shell. Every method may be called from any thread."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        fetches: FetchQueue,
        engines: Mapping[str, EngineKind] = ENGINES,
    ) -> None:
        self.settings, self.catalog, self.fetches = settings, catalog, fetches
        self.budget_bytes = settings.memory_bytes or int(psutil.virtual_memory().available * BUDGET_SHARE)
        self._engines = engines
        self._urgent, self._debias = True, ""
        self._slots: dict[Key, _Slot] = {}
        self._lock = threading.Lock()
        self._closed = Event()
        self._idle = threading.Thread(target=self._unload_idle, name="runtime-idle", daemon=True)
        self._idle.start()

    def patient(self) -> "Runtime":
        """The same models and memory for a batch nobody waits for: its requests let those of people go first."""
        view = copy(self)
        view._urgent = False
        return view

    def debiasing(self, prefix: str) -> "Runtime":
        """The same models and memory, where log-likelihoods are those of self-debias decoding with this prefix; ""
        changes nothing. What is written says so in its own options."""
        view = copy(self)
        view._debias = prefix
        return view

    def run(self, model: str, requests: Sequence[Request], cancelled: Event | None = None) -> Iterator[Delta]:
        """Engine.run on a model that is loaded first if it must be: then deltas of phase "loading" come before.

        All requests of a call have one precision. Cancelled while loading, it ends without completions.
        Raises UnknownModel, NotDownloaded, DoesNotFit, Unsupported; what one request raises comes as its delta's error.
        """
        if not requests:
            return
        precisions = {request.options.precision for request in requests}
        if len(precisions) > 1:
            raise BadInput("One call mixes exact and fast precision. Send them in two calls.")
        cancelled = cancelled or Event()
        spec = self._able(model, {request.task for request in requests})
        asked = requests if self._urgent else [replace(request, urgent=False) for request in requests]
        with self._held(spec, precisions.pop()) as slot:
            yield from _until_loaded(slot, cancelled)
            if not cancelled.is_set():
                yield from _engine(slot).run(asked, cancelled)

    def complete(self, model: str, requests: Sequence[Request], cancelled: Event | None = None) -> list[Completion]:
        """The completions of a batch, in the order of the requests. Raises the first error of any of them."""
        done: dict[int, Completion] = {}
        for delta in self.run(model, requests, cancelled):
            if delta.error is not None:
                raise delta.error
            if delta.completion is not None:
                done[delta.index] = delta.completion
        return [done[index] for index in sorted(done)]

    def loglikelihood(
        self,
        model: str,
        requests: Sequence[LoglikelihoodRequest],
        precision: Precision = "exact",
        cancelled: Event | None = None,
    ) -> Iterator[tuple[int, tuple[TokenLogprob, ...]]]:
        """Engine.loglikelihood: (index, tokens of the text), as they finish; none where cancelled while loading."""
        asked = [
            replace(request, urgent=request.urgent and self._urgent, debias=request.debias or self._debias)
            for request in requests
        ]
        cancelled = cancelled or Event()
        with self._held(self._able(model, {"loglikelihood"}), precision) as slot:
            for _ in _until_loaded(slot, cancelled):
                pass
            if not cancelled.is_set():
                yield from _engine(slot).loglikelihood(asked, cancelled)

    def embed(self, model: str, texts: Sequence[str], cancelled: Event | None = None) -> list[Vector]:
        """Unit vectors in the order of the texts, in exact precision."""
        with self._loaded(self._able(model, {"embed"}), "exact") as engine:
            vectors = dict(engine.embed(texts, cancelled or Event()))
        return [vectors[index] for index in sorted(vectors)]

    def count(self, model: str, prompt: Prompt, precision: Precision = "fast") -> int:
        """Tokens of the prompt as the model reads it; loads the model."""
        with self._loaded(self.catalog.find(model), precision) as engine:
            return engine.count(prompt)

    def context_tokens(self, model: str, precision: Precision = "fast") -> int:
        with self._loaded(self.catalog.find(model), precision) as engine:
            return engine.context_tokens

    def abilities(self, model: str, precision: Precision = "fast") -> frozenset[str]:
        with self._loaded(self.catalog.find(model), precision) as engine:
            return engine.abilities

    def identity(self, model: str, precision: Precision = "fast") -> Identity:
        """Which weights, engine and template answer: what every completion will say; loads the model."""
        with self._loaded(self.catalog.find(model), precision) as engine:
            return engine.identity

    def precisions(self, model: str) -> tuple[Precision, ...]:
        """Those that the model's engine offers."""
        return self._kind(self.catalog.find(model)).precisions

    def ready(self, model: str) -> bool:
        """Whether the weights are on disk, so that no download comes before the first answer."""
        spec = self.catalog.find(model)
        return bool(self.settings.engine) or _comes_along(spec) or self.fetches.store.find(spec) is not None

    def loading(
        self, model: str, precision: Precision = "fast", cancelled: Event | None = None, weighing: bool = False
    ) -> Iterator[Delta]:
        """Bring a model into memory: deltas of phase "loading" until it is there, none if it is, or until cancelled.
        weighing: with what its engine opens before it tells the first log-likelihood."""
        cancelled = cancelled or Event()
        with self._held(self.catalog.find(model), precision) as slot:
            yield from _until_loaded(slot, cancelled)
            if not cancelled.is_set():
                engine = _engine(slot)
                yield from until_weighing(engine, cancelled) if weighing else ()

    def loaded(self) -> tuple[LoadedModel, ...]:
        now = time.monotonic()
        with self._lock:
            return tuple(
                LoadedModel(
                    slot.spec.id,
                    slot.precision,
                    "ready" if slot.loaded.is_set() else "loading",
                    slot.bytes,
                    slot.users,
                    now - slot.last_used,
                )
                for slot in self._slots.values()
            )

    def unload(self, model: str) -> None:
        """Take a model out of memory in every precision. Raises UserError while an answer is being written with it."""
        with self._lock:
            slots = [slot for slot in self._slots.values() if slot.spec.id == model]
            if any(slot.users for slot in slots):
                raise UserError(f"{model} is answering right now. Stop its answers, then unload it.")
            for slot in slots:
                del self._slots[slot.spec.id, slot.precision]
        _close(slots)

    def close(self) -> None:
        """Unload everything and end the downloads; answers still being written end with an error."""
        self._closed.set()
        self.fetches.close()
        with self._lock:
            slots = list(self._slots.values())
            self._slots.clear()
        for slot in slots:
            slot.loaded.wait()
        _close(slots)
        self._idle.join()

    def _able(self, model: str, tasks: set[Task]) -> ModelSpec:
        spec = self.catalog.find(model)
        for task in tasks - spec.tasks:
            able = ", ".join(other.id for other in self.catalog.for_task(task)) or "none in the catalog"
            raise Unsupported(f"{spec.name} cannot do {task}. Models that can: {able}.")
        return spec

    @contextmanager
    def _loaded(self, spec: ModelSpec, precision: Precision) -> Iterator[Engine]:
        with self._held(spec, precision) as slot:
            slot.loaded.wait()
            yield _engine(slot)

    @contextmanager
    def _held(self, spec: ModelSpec, precision: Precision) -> Iterator[_Slot]:
        """The slot of a model, made and loading if it was not there, kept in memory until the block ends."""
        key = (spec.id, precision)
        with self._lock:
            slot = self._slots.get(key)
            if slot is None or slot.error is not None:
                slot = self._begin_loading(key, spec)
            slot.users += 1
        try:
            yield slot
        finally:
            with self._lock:
                slot.users -= 1
                slot.last_used = time.monotonic()

    def _begin_loading(self, key: Key, spec: ModelSpec) -> _Slot:
        """With the lock held."""
        if self._closed.is_set():
            raise UserError("The app is shutting down. Start it again, then repeat this.")
        kind = self._kind(spec)
        precision = key[1]
        if precision not in kind.precisions:
            raise Unsupported(f"{spec.name} has no {precision} precision. It has: {', '.join(kind.precisions)}.")
        slot = self._slots[key] = _Slot(spec, precision, 0)
        threading.Thread(target=self._load, args=(slot, kind), name=f"load-{spec.id}", daemon=True).start()
        return slot

    def _kind(self, spec: ModelSpec) -> EngineKind:
        return self._engines[self.settings.engine or spec.engine]

    def _load(self, slot: _Slot, kind: EngineKind) -> None:
        try:
            weights = self._weights(slot)
            evicted = self._make_room(slot, kind.estimate_bytes(weights, slot.precision))
            _close(evicted)
            started = time.monotonic()
            slot.engine = kind.load(weights, slot.precision, slot.report)
            slot.bytes = slot.engine.resident_bytes
            log.info("Loaded %s (%s) in %.1f s", slot.spec.id, slot.precision, time.monotonic() - started)
        except Exception as error:  # handed to every caller that waits for this model
            if not isinstance(error, UserError):
                log.exception("Loading %s failed", slot.spec.id)
            slot.error = error
            with self._lock:
                if self._slots.get((slot.spec.id, slot.precision)) is slot:
                    del self._slots[slot.spec.id, slot.precision]
        finally:
            slot.loaded.set()

    def _weights(self, slot: _Slot) -> Weights:
        """Weights on disk, after a download that is under way. Raises NotDownloaded."""
        spec, store = slot.spec, self.fetches.store
        if self.settings.engine:
            return Weights(spec, self.settings.data_dir)
        fetch = self.fetches.find(spec.id)
        while fetch is not None and not fetch.ended and not self._closed.wait(HEARTBEAT_SECONDS):
            slot.report(fetch.note, fetch.progress)
        weights = store.find(spec)
        if weights is None and _comes_along(spec):
            weights = store.fetch(spec, slot.report)
        if weights is None:
            failed = f" The last try failed: {fetch.error}" if fetch is not None and fetch.error else ""
            raise NotDownloaded(
                f"{spec.name} is not on this machine yet.{failed} Download it on the Models page, "
                f"or with: python -m llmweb models download {spec.id}"
            )
        slot.report("Loading", None)
        return weights

    def _make_room(self, slot: _Slot, needed: int) -> list[_Slot]:
        """Reserve memory for a model; the idle ones to close for it, least recently used first. Raises DoesNotFit."""
        with self._lock:
            others = [other for other in self._slots.values() if other is not slot]
            used = sum(other.bytes for other in others)
            idle = sorted(
                (other for other in others if not other.users and other.loaded.is_set()),
                key=lambda other: other.last_used,
            )
            evicted = []
            while used + needed > self.budget_bytes and idle:
                evicted.append(idle.pop(0))
                used -= evicted[-1].bytes
            if used + needed > self.budget_bytes:
                raise DoesNotFit(
                    f"{slot.spec.name} needs about {needed / MEGABYTE:,.0f} MB, the budget is "
                    f"{self.budget_bytes / MEGABYTE:,.0f} MB and {used / MEGABYTE:,.0f} MB of it are in use. "
                    "Wait for running answers, choose a smaller model, or raise --memory."
                )
            for other in evicted:
                del self._slots[other.spec.id, other.precision]
            slot.bytes = needed
            return evicted

    def _unload_idle(self) -> None:
        limit = self.settings.idle_seconds
        if not limit:
            return
        while not self._closed.wait(min(30.0, limit / 4)):
            now = time.monotonic()
            with self._lock:
                idle = [
                    slot
                    for slot in self._slots.values()
                    if not slot.users and slot.loaded.is_set() and now - slot.last_used > limit
                ]
                for slot in idle:
                    del self._slots[slot.spec.id, slot.precision]
            _close(idle)


def open_runtime(settings: Settings) -> Runtime:
    """The runtime on the weights of a data directory, with the catalog and the user's own models."""
    catalog = Catalog((*MODELS, *own_models(settings.data_dir)))
    return Runtime(settings, catalog, FetchQueue(WeightStore(settings.models_dir)))


def _until_loaded(slot: _Slot, cancelled: Event) -> Iterator[Delta]:
    while not cancelled.is_set() and not slot.loaded.wait(HEARTBEAT_SECONDS):
        yield Delta(0, phase="loading", note=slot.note, progress=slot.progress)


def _engine(slot: _Slot) -> Engine:
    if slot.error is not None:
        raise slot.error
    assert slot.engine is not None
    return slot.engine


def _comes_along(spec: ModelSpec) -> bool:
    return isinstance(spec.source, (Installed, Local))


def _close(slots: Sequence[_Slot]) -> None:
    for slot in slots:
        if slot.engine is not None:
            log.info("Unloading %s (%s)", slot.spec.id, slot.precision)
            slot.engine.close()
