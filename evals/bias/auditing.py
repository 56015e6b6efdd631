"""Audits and experiments under way: one at a time, seen and stopped from every window.

How an audit is made is audit.py's, how a mitigation is tried lab.py's, what is kept of either ledger.py's. What was
asked before a stop is kept: the same plan goes on from there.
"""

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from evals.bias.audit import AuditProgress, Part, Planned, audit_steps
from evals.bias.lab import Experiment, lab_steps
from evals.bias.ledger import Ledger
from evals.runner import Asking
from evals.store import Store
from llmweb.errors import BadInput
from llmweb.jobs import Job
from llmweb.runtime import Runtime

FAILED = "The audit failed: {}. What was asked is kept; the log file has the details."

Steps = Callable[[], Generator[AuditProgress, None, None]]


@dataclass(eq=False, kw_only=True)
class Auditing(Job[AuditProgress]):
    """An audit of a system, or an experiment with a mitigation, which the name then ends in; running or ended. titles
    name the suites it asks, by their ids."""

    name: str
    titles: Mapping[str, str]


class Audits:
    """Owns the running audit of a process. Every method may be called from any thread."""

    def __init__(self, runtime: Runtime, store: Store) -> None:
        self.runtime, self.store, self.ledger = runtime, store, Ledger(store.path)
        self.version = 0  # another one: what the ledger holds, or whether an audit runs, has changed
        self._latest: Auditing | None = None
        self._lock = threading.Lock()

    def start(self, planned: Planned) -> None:
        """Begin in the background. Raises BadInput while another one runs."""
        progress = AuditProgress(0, len(planned.parts), 0, planned.samples)
        steps = partial(audit_steps, planned, self.runtime, self.store, Asking())
        self._begin(planned.system.id, _titles(planned.parts), progress, steps)

    def try_out(self, wanted: Experiment) -> None:
        """Begin an experiment in the background. Raises BadInput while another one runs."""
        titles = _titles(wanted.parts) | {suite.id: suite.title for suite in wanted.suites}
        progress = AuditProgress(0, 2 * len(wanted.asked), 0, wanted.samples)
        steps = partial(lab_steps, wanted, self.runtime, self.store, self.ledger, Asking())
        self._begin(wanted.id, titles, progress, steps)

    def _begin(self, name: str, titles: Mapping[str, str], progress: AuditProgress, steps: Steps) -> None:
        with self._lock:
            if self._latest is not None and not self._latest.ended:
                busy = self._latest.name
                raise BadInput(f"{busy} is being audited. Wait for that or stop it, then start this one.")
            title = f"An audit of {name}"
            self._latest = Auditing(title, FAILED, progress, self._tell, name=name, titles=titles)
            self._tell()
            self._latest.start(partial(self._kept, steps))

    def latest(self) -> Auditing | None:
        """The audit that runs; or the last one since the start, if it failed and was not dismissed."""
        latest = self._latest
        return latest if latest is not None and (not latest.ended or latest.error) else None

    def stop(self) -> None:
        """End it; what was asked is kept with its runs."""
        latest = self._latest
        if latest is not None:
            latest.cancelled.set()

    def dismiss(self) -> None:
        """Forget one that failed."""
        with self._lock:
            if self._latest is not None and self._latest.ended:
                self._latest = None
                self._tell()

    def delete(self, audit_id: str) -> None:
        """From the ledger; its runs stay."""
        self.ledger.delete(audit_id)
        self._tell()

    def close(self) -> None:
        """Stop the audit and wait for its end."""
        self.stop()
        latest = self._latest
        if latest is not None:
            latest.wait()

    def _kept(self, steps: Steps, cancelled: threading.Event) -> Generator[AuditProgress, None, None]:
        with closing(steps()) as running:
            for progress in running:
                yield progress
                if cancelled.is_set() and progress.result is None and progress.trial is None:
                    return
        if progress.result is not None:
            self.ledger.keep(progress.result)

    def _tell(self) -> None:
        self.version += 1


def _titles(parts: Sequence[Part]) -> dict[str, str]:
    """Id of its suite → what a part is called."""
    return {each.suite.id: f"{each.suite.title}, {each.suite.samples[0].facts['axis']}" for each in parts}
