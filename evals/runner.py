"""A run: every sample of a suite asked of a system, stored as it finishes, then scored and compared.

Killed anywhere, the same call goes on where it stopped and asks no stored sample again. What is kept is store.py's,
what is made of it scoring.py's, how a sample is asked systems.py's.
"""

import logging
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from threading import Event
from typing import Any

import numpy as np

from evals import speed, systems
from evals.keys import prompt_sha256, sha256
from evals.metrics.imported import PREFIX as IMPORTED
from evals.metrics.setting import Embed
from evals.metrics.similarity import MODEL as EMBEDDER
from evals.records import OutputRow, Run, Status
from evals.scoring import asked_samples, judge, measurable
from evals.store import Store
from evals.systems import Cancelled, System
from evals.types import Metric, Sample, Statistics, Suite
from llmweb.errors import BadInput, UserError
from llmweb.runtime import Runtime

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 0.2
LIBRARIES = ("numpy", "sacrebleu", "nltk", "sentencex")  # those that shape outputs or statistics


@dataclass(frozen=True, slots=True)
class Asking:
    """limit asks so many samples, spread over the suite; in_flight are asked at once. again makes a new run where one
    that is finished stands."""

    limit: int | None = None
    in_flight: int = 32  # 20 fill a language model's batch; of more texts to be weighed, more are of like length
    again: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """A run so far: done of total samples stored, failed of them with an error, resumed of them from before.

    run is its id, "" while the model is loading, of which note tells. remaining is an estimate in seconds, None until a
    sample has finished. running is the leading metric's value over the samples finished in this go, None without.
    """

    suite: str
    system: str
    run: str = ""
    status: Status = "running"
    done: int = 0
    failed: int = 0
    resumed: int = 0
    total: int = 0
    seconds: float = 0.0
    remaining: float | None = None
    running: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rescored:
    """Outputs scored again so far, done of total; finished once the run has its new scores and comparisons."""

    done: int
    total: int
    finished: bool = False


def run_suite(suite: Suite, system: System, runtime: Runtime, store: Store, asking: Asking = Asking()) -> Progress:
    """The last of run_steps."""
    *_, last = run_steps(suite, system, runtime, store, asking)
    return last


def run_steps(
    suite: Suite, system: System, runtime: Runtime, store: Store, asking: Asking = Asking()
) -> Generator[Progress, None, None]:
    """The run as it grows. Closing the iterator stops it; it can go on later, in any process.

    A sample's failure is stored with it and ends nothing else. Raises UserError, before anything is stored, where the
    system cannot take the suite or is not here.
    """
    if asking.in_flight < 1:
        raise BadInput(f"{asking.in_flight} samples in flight; ask at least 1 at once.")
    systems.check(system, suite, runtime)
    systems.check_ready(system, runtime)
    patient, before = runtime.patient(), speed.Before(runtime)
    state = Progress(suite.id, system.id, total=len(asked_samples(suite, asking.limit)))
    if not system.is_baseline:
        for delta in patient.loading(system.model, system.options.precision):
            yield replace(state, note=delta.note or "Loading the model")
    loading = before.loaded(system, runtime)
    if not system.is_baseline and systems.needs_embedder(suite, runtime):
        for delta in patient.loading(EMBEDDER, "exact"):
            yield replace(state, note=f"{delta.note or 'Loading'}: the model that compares meanings")
    planned = _planned(suite, system, patient, asking)
    for note in speed.card_steps(system, planned.identity, loading, patient, store):
        yield replace(state, note=note)
    run = store.begin(planned, suite, asking.again)
    work = _Work(suite, system, patient, store, run)
    try:
        if work.unmeasured:
            for scored in rescore_steps(run.id, store, patient):
                note = "Scoring stored outputs by metrics that are new"
                yield replace(state, note=f"{note}: {scored.done:,} of {scored.total:,}")
        if run.status == "finished":
            yield work.state("finished")
            return
        yield from work.steps(asking.in_flight)
    except BaseException as error:
        if run.status != "finished":  # one that is stays so, whatever becomes of metrics that are new
            stopped = isinstance(error, GeneratorExit | KeyboardInterrupt)
            store.end(run.id, "cancelled" if stopped else "failed", str(error))
        raise


def rescore(run_id: str, store: Store, runtime: Runtime | None = None) -> Run:
    """All of rescore_steps; the run."""
    for _ in rescore_steps(run_id, store, runtime):
        pass
    return store.run(run_id)


def rescore_steps(
    run_id: str, store: Store, runtime: Runtime | None = None, every_seconds: float = HEARTBEAT_SECONDS
) -> Generator[Rescored, None, None]:
    """A run's stored outputs scored and compared again, with no model asked to answer; kept so often.

    Ended before the last step, what was scored again by then stays, and the run keeps the scores it had. Without a
    runtime, or the embedder on disk, what is measured by embeddings keeps the statistics it has. Raises BadInput for a
    run that was imported.
    """
    run = store.run(run_id)
    suite = store.suite(run.suite_sha256)
    if suite.metrics[0].startswith(IMPORTED):
        raise BadInput(f"Run {run.id} was imported: its scores are those of {run.identity['imported']}, not made here.")
    metrics = measurable(suite, _embed(runtime) if runtime is not None else None)
    samples = {sample.id: sample for sample in suite.samples}
    outputs, done, began = store.outputs(run.id), 0, time.monotonic()
    rescored: list[OutputRow] = []
    yield Rescored(done, len(outputs))
    for output in outputs:
        rescored.append(_rescored(output, samples[output.sample], metrics))
        if time.monotonic() - began >= every_seconds:
            store.rewrite(run.id, rescored)
            done, rescored = done + len(rescored), []
            yield Rescored(done, len(outputs))
            began = time.monotonic()
    store.rewrite(run.id, rescored)
    yield Rescored(len(outputs), len(outputs))
    if run.status == "finished":
        judged = judge(run, suite, store)
        store.finish(run.id, judged.scores, judged.comparisons)
    yield Rescored(len(outputs), len(outputs), finished=True)


class _Work:
    """One run under way in this process."""

    def __init__(self, suite: Suite, system: System, runtime: Runtime, store: Store, run: Run) -> None:
        self.suite, self.system, self.runtime, self.store, self.run = suite, system, runtime, store, run
        self.metrics = measurable(suite, _embed(runtime))
        self.cancelled = Event()
        self.began = self.kept = time.monotonic()
        stored = store.outputs(run.id)
        self.resumed = self.done = len(stored)
        self.failed = sum(bool(output.error) for output in stored)
        names = {each.name for each in self.metrics}
        self.unmeasured = any(names - output.statistics.keys() for output in stored if not output.error)
        self.totals: Statistics | None = None

    def steps(self, in_flight: int) -> Iterator[Progress]:
        done = self.store.done(self.run.id)
        left = [sample for sample in asked_samples(self.suite, self.run.limit) if sample.id not in done]
        pool = ThreadPoolExecutor(in_flight, thread_name_prefix="evals")
        try:
            yield self.state("running")
            yield from self._opened(left)
            self.kept = time.monotonic()
            waiting = {pool.submit(self._ask, sample) for sample in left}
            while waiting:
                finished, waiting = wait(waiting, HEARTBEAT_SECONDS, FIRST_COMPLETED)
                self._keep(finished)
                yield self.state("running")
        finally:
            self.cancelled.set()
            pool.shutdown(cancel_futures=True)
        yield replace(self.state("running"), note="Comparing with the other runs")
        judged = judge(self.run, self.suite, self.store)
        self.store.finish(self.run.id, judged.scores, judged.comparisons)
        yield self.state("finished")

    def _opened(self, left: Sequence[Sample]) -> Iterator[Progress]:
        """What the first log-likelihood would wait for."""
        if left and systems.weighs(self.system, self.suite, self.runtime):
            model, precision = self.system.model, self.system.options.precision
            for delta in self.runtime.loading(model, precision, self.cancelled, weighing=True):
                yield replace(self.state("running"), note=delta.note)

    def state(self, status: Status) -> Progress:
        """remaining is what the samples of this go have taken, for those that are left."""
        seconds, now = time.monotonic() - self.began, self.done - self.resumed
        remaining = seconds / now * (self.run.asked - self.done) if now else None
        running = None if self.totals is None else float(self.metrics[0].combine(self.totals))
        return Progress(
            self.suite.id,
            self.system.id,
            self.run.id,
            status,
            self.done,
            self.failed,
            self.resumed,
            self.run.asked,
            seconds,
            remaining,
            None if running is None or np.isnan(running) else running,
        )

    def _keep(self, finished: set[Future[OutputRow]]) -> None:
        for future in finished:
            output = future.result()
            before, self.kept = self.kept, time.monotonic()
            self.store.keep(self.run.id, output, working_seconds=self.kept - before)
            self.done, self.failed = self.done + 1, self.failed + bool(output.error)
            rows = output.statistics.get(self.metrics[0].name)
            if rows is not None:
                self.totals = np.asarray(rows) + (0 if self.totals is None else self.totals)

    def _ask(self, sample: Sample) -> OutputRow:
        """The edge where a sample's failure becomes its error. Raises Cancelled."""
        began = time.monotonic()
        row = OutputRow(sample.id)
        try:
            output = systems.answer(self.system, self.suite, sample, self.runtime, self.cancelled)
            row = replace(row, text=output.text, completions=[asdict(each) for each in output.completions])
            row = replace(row, statistics=statistics_of(row.text, sample, self.metrics))
        except Cancelled:
            raise
        except Exception as error:
            row = replace(row, error=_told(error, sample))
        return replace(row, seconds=time.monotonic() - began)


def _planned(suite: Suite, system: System, runtime: Runtime, asking: Asking) -> Run:
    """What the run would be, for the store to find or to begin."""
    identity: dict[str, Any] = systems.identity(system, suite, runtime)
    engine = (
        {}
        if system.is_baseline
        else {"engine": runtime.identity(system.model, system.options.precision).engine_version}
    )
    return Run(
        suite=suite.id,
        suite_sha256=suite.sha256,
        system=system.id,
        identity=identity,
        identity_sha256=sha256(identity),
        prompt_sha256=prompt_sha256(suite.kind),
        limit=asking.limit,
        asked=len(asked_samples(suite, asking.limit)),
        versions={"python": sys.version.split()[0], **engine, **{name: version(name) for name in LIBRARIES}},
    )


def _embed(runtime: Runtime) -> Embed | None:
    return partial(runtime.embed, EMBEDDER) if runtime.ready(EMBEDDER) else None


def statistics_of(text: str, sample: Sample, metrics: Sequence[Metric]) -> dict[str, list[float]]:
    return {metric.name: metric.statistics([text], [sample])[0].tolist() for metric in metrics}


def _rescored(output: OutputRow, sample: Sample, metrics: Sequence[Metric]) -> OutputRow:
    """An output that has an error and no text was never given, and stays so."""
    if output.error and not output.text:
        return output
    try:
        return replace(output, error="", statistics=output.statistics | statistics_of(output.text, sample, metrics))
    except Exception as error:
        return replace(output, error=_told(error, sample))


def _told(error: Exception, sample: Sample) -> str:
    """A person's mistake in its own words; a defect with its kind, and where it happened in the log."""
    if isinstance(error, UserError):
        return str(error)
    log.error("Sample %s failed", sample.id, exc_info=error)
    return f"{type(error).__name__}: {error}"
