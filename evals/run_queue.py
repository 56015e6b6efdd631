"""Runs in the background, one after the other, seen and stopped from every window; a page that is reloaded finds them.

How a run is made is runner.py's, what is kept of it store.py's. The runner asks patiently: people's requests go first.
"""

import logging
import sqlite3
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Literal

from evals import systems
from evals.records import QueuedRow
from evals.runner import Asking, Progress, Rescored, rescore_steps, run_steps
from evals.scoring import asked_samples
from evals.store import Store
from evals.suites import SUITES
from evals.systems import System
from evals.types import Suite
from llmweb.errors import BadInput, UserError
from llmweb.jobs import STOP_SECONDS, Jobs
from llmweb.runtime import Runtime
from llmweb.types import Options

log = logging.getLogger(__name__)

State = Literal["waiting", "running", "finished", "stopped", "failed"]
QUICK_SECONDS = 0.8  # what ends within that needs no progress


@dataclass(frozen=True, slots=True)
class Planned:
    """A system to ask a suite. goes_on is the id of the run that is to go on, if the store still finds it the same."""

    suite: Suite
    system: System
    asking: Asking
    goes_on: str = ""


@dataclass(eq=False)
class QueuedRun:
    """A run that waits, is made, or has ended; number names it in this process, error says why it failed."""

    number: int
    planned: Planned
    progress: Progress
    state: State = "waiting"
    error: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def run(self) -> str:
        """Its id in the store, "" before it has one."""
        return self.progress.run or self.planned.goes_on

    @property
    def ended(self) -> bool:
        return self.state in ("finished", "stopped", "failed")


class RunQueue:
    """Owns the runs of a process and the thread that makes them. Every method may be called from any thread."""

    def __init__(self, runtime: Runtime, store: Store) -> None:
        self.runtime, self.store = runtime, store
        self.version = 0  # another one: what the store holds, or who waits, has changed
        self.rescoring = Jobs[Rescored]("Scoring again")
        self._left = store.queued()
        self._own: dict[str, Suite] = {}  # hash → suite, those a person has
        self._runs: list[QueuedRun] = []
        self._number = 0
        self._changed = threading.Condition()
        self._closed = False
        self._worker = threading.Thread(target=self._work, name="runs", daemon=True)
        self._worker.start()

    def suites(self) -> dict[str, Suite]:
        """Every suite there is to run, by its id."""
        own = self.store.own_suites()
        self._own = {sha256: self._own.get(sha256) or self.store.suite(sha256) for sha256 in own.values()}
        return _shipped() | {name: self._own[sha256] for name, sha256 in own.items()}

    def start(self, plan: Iterable[Planned]) -> int:
        """Queue them all, but for those that wait or run already; how many were new. None is queued where one is wrong.

        Raises BadInput, Unsupported, UnsupportedPair and NotDownloaded.
        """
        wanted = {_asked(each): each for each in plan}
        for each in wanted.values():
            systems.check(each.system, each.suite, self.runtime)
            systems.check_ready(each.system, self.runtime)
        states = {asked: _waiting(each) for asked, each in wanted.items()}
        with self._changed:
            left = [row for row in self._left if (row.suite_sha256, _system(row), row.limit) in wanted]
            self._runs = [run for run in self._runs if not run.ended]
            known = {_asked(run.planned) for run in self._runs}
            new = [asked for asked in wanted if asked not in known]
            numbers = self.store.queue([(wanted[asked].suite, _row(wanted[asked])) for asked in new])
            self._runs += [
                QueuedRun(number, wanted[asked], states[asked]) for number, asked in zip(numbers, new, strict=True)
            ]
            self._forget(left)
            self._tell()
        return len(new)

    def left(self) -> tuple[QueuedRow, ...]:
        """Runs that were asked for and had not ended when the app last did."""
        with self._changed:
            return tuple(self._left)

    def resume(self) -> None:
        """Queue those that were left; each goes on where it stopped."""
        self.start(
            Planned(self.store.suite(row.suite_sha256), _system(row), Asking(row.limit, again=row.again))
            for row in self.left()
        )

    def forget_left(self) -> None:
        """They are not wanted any more; what they have stored stays, and can go on one by one."""
        with self._changed:
            self._forget(self._left)
            self._tell()

    def go_on(self, run_ids: Iterable[str]) -> None:
        """Queue runs that were stopped, cut off or failed, where they stopped. Raises BadInput for a finished one."""
        self.start([self._planned(run_id, again=False) for run_id in run_ids])

    def again(self, run_id: str) -> None:
        """Queue a new run of the same system on the same samples."""
        self.start([self._planned(run_id, again=True)])

    def stop(self, number: int) -> None:
        """End a run, or never begin it; nothing happens if it has ended."""
        with self._changed:
            for run in self._runs:
                if run.number == number:
                    run.cancelled.set()
                    if run.state == "waiting":
                        run.state = "stopped"
                        self._leave(run, "stopped")
            self._tell()

    def stop_all(self) -> None:
        for run in reversed(self.listed()):  # none that waits begins meanwhile
            self.stop(run.number)

    def dismiss(self, number: int) -> None:
        """Forget one that ended."""
        with self._changed:
            self._runs = [run for run in self._runs if run.number != number or not run.ended]
            self._tell()

    def delete(self, run_id: str) -> None:
        """Remove a stored run, stopped first if it is being made. Raises NotFound."""
        found = self.find(run_id)
        if found is not None:
            self.stop(found.number)
            with self._changed:
                self._changed.wait_for(lambda: found.ended, STOP_SECONDS)
        self.store.delete(run_id)
        self.note_change()

    def find(self, run_id: str) -> QueuedRun | None:
        """The one under this id that waits or runs."""
        return next((run for run in self.listed() if run.run == run_id and not run.ended), None)

    def listed(self) -> tuple[QueuedRun, ...]:
        """In the order they are made, and those that failed before the store had anything of them."""
        with self._changed:
            return tuple(run for run in self._runs if not run.ended or (run.state == "failed" and not run.progress.run))

    def rescore(self, run_id: str) -> None:
        """Score the stored outputs of a run again, in a thread of its own; back at the end, or after a moment."""
        job = self.rescoring.start(run_id, lambda cancelled: self._rescored(run_id, cancelled))
        job.wait(QUICK_SECONDS)

    def stop_rescoring(self, run_id: str) -> None:
        job = self.rescoring.find(run_id)
        if job is not None:
            job.cancelled.set()

    def note_change(self) -> None:
        """What the store holds was changed by someone else."""
        with self._changed:
            self._tell()

    def close(self) -> None:
        """Stop the run under way and end the thread. It and those that wait are left for the next start of the app."""
        with self._changed:
            self._closed = True
            for run in self._runs:
                run.cancelled.set()
            self._tell()
        self._worker.join()
        self.rescoring.close()

    def _planned(self, run_id: str, again: bool) -> Planned:
        run = self.store.run(run_id)
        if run.status == "finished" and not again:
            raise BadInput(f"Run {run.id} is finished. To ask everything once more, run it again.")
        asking = Asking(run.limit, again=again)
        suite = self.store.suite(run.suite_sha256)
        return Planned(suite, systems.stored_system(run), asking, "" if again else run.id)

    def _work(self) -> None:
        while (run := self._next()) is not None:
            error = ""
            try:
                for progress in self._steps(run):
                    run.progress = progress
                state: State = "finished" if run.progress.status == "finished" else "stopped"
            except UserError as failure:
                state, error = "failed", str(failure)
            except Exception as failure:  # a defect ends this run, not those that wait
                log.exception("A run of %s on %s failed", run.planned.system.id, run.planned.suite.id)
                state = "failed"
                error = f"The run failed: {failure}. What was asked is kept; the log file has the details."
            self._end(run, state, error)

    def _end(self, run: QueuedRun, state: State, error: str) -> None:
        if not self._closed:
            try:
                self._leave(run, state)
            except sqlite3.Error:  # it is offered again at the next start, and stands then
                log.exception("Run %s could not be taken off the queue", run.run)
        with self._changed:
            run.state, run.error = state, error
            self._tell()

    def _leave(self, run: QueuedRun, state: State) -> None:
        """Off the stored queue; one that was to go on after a crash and was stopped is no longer one cut off."""
        self.store.unqueue([run.number])
        if state == "stopped" and run.planned.goes_on:
            self.store.leave_stopped(run.planned.goes_on)

    def _next(self) -> QueuedRun | None:
        """The next run, now running; None once closed."""
        with self._changed:
            while not self._closed:
                for run in self._runs:
                    if run.state == "waiting":
                        run.state = "running"
                        self._tell()
                        return run
                self._changed.wait()
        return None

    def _steps(self, run: QueuedRun) -> Iterator[Progress]:
        """Until it is finished or cancelled."""
        planned = run.planned
        with closing(run_steps(planned.suite, planned.system, self.runtime, self.store, planned.asking)) as steps:
            begun = ""
            for state in steps:
                yield state
                if state.run != begun:
                    begun = state.run
                    self.note_change()
                if run.cancelled.is_set() and state.status == "running":
                    return

    def _rescored(self, run_id: str, cancelled: threading.Event) -> Generator[Rescored, None, None]:
        with closing(rescore_steps(run_id, self.store, self.runtime)) as steps:
            for state in steps:
                yield state
                if cancelled.is_set():
                    return
                if state.finished:
                    self.note_change()

    def _forget(self, left: Sequence[QueuedRow]) -> None:
        """With the lock held."""
        self.store.unqueue([row.number for row in left])
        self._left = [row for row in self._left if row not in left]

    def _tell(self) -> None:
        """With the lock held."""
        self.version += 1
        self._changed.notify_all()


@cache
def _shipped() -> dict[str, Suite]:
    return {name: build() for name, build in SUITES.items()}


def _waiting(planned: Planned) -> Progress:
    """Raises BadInput for a limit below 1."""
    total = len(asked_samples(planned.suite, planned.asking.limit))
    return Progress(planned.suite.id, planned.system.id, total=total)


def _row(planned: Planned) -> QueuedRow:
    system, asking = planned.system, planned.asking
    facts = (planned.suite.sha256, system.model, asdict(system.options), asking.limit, asking.again)
    return QueuedRow(*facts, mitigation=system.mitigation)


def _system(row: QueuedRow) -> System:
    return System(row.model, Options(**{**row.options, "stop": tuple(row.options["stop"])}), row.mitigation)


def _asked(planned: Planned) -> tuple[str, System, int | None]:
    return planned.suite.sha256, planned.system, planned.asking.limit
