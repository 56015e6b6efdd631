"""Audits and experiments under way: one at a time, in a thread of its own, seen and stopped from every window.

How an audit is made is audit.py's, how a mitigation is tried lab.py's, what is kept of either ledger.py's. What was
asked before a stop is kept: the same plan goes on from there.
"""

import logging
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

from evals.bias.audit import AuditProgress, Part, Planned, audit_steps
from evals.bias.lab import Experiment, lab_steps
from evals.bias.ledger import Ledger
from evals.runner import Asking
from evals.store import Store
from llmweb.errors import BadInput, UserError
from llmweb.runtime import Runtime

log = logging.getLogger(__name__)

STOP_SECONDS = 30  # a model that reads a long prompt on a slow machine ends within that


Steps = Callable[[], Generator[AuditProgress, None, None]]


@dataclass(eq=False)
class Auditing:
    """An audit of a system, or an experiment with a mitigation, which the name then ends in; running or ended. titles
    name the suites it asks, by their ids; error says why it failed."""

    name: str
    titles: Mapping[str, str]
    steps: Steps
    progress: AuditProgress
    ended: bool = False
    error: str = ""
    began: float = field(default_factory=time.monotonic)
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


class Audits:
    """Owns the running audit of a process. Every method may be called from any thread."""

    def __init__(self, runtime: Runtime, store: Store) -> None:
        self.runtime, self.store, self.ledger = runtime, store, Ledger(store.path)
        self.version = 0  # another one: what the ledger holds, or whether an audit runs, has changed
        self._latest: Auditing | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def start(self, planned: Planned) -> None:
        """Begin in the background. Raises BadInput while another one runs."""
        progress = AuditProgress(0, len(planned.parts), 0, planned.samples)
        steps = partial(audit_steps, planned, self.runtime, self.store, Asking())
        self._begin(Auditing(planned.system.id, _titles(planned.parts), steps, progress))

    def try_out(self, wanted: Experiment) -> None:
        """Begin an experiment in the background. Raises BadInput while another one runs."""
        titles = _titles(wanted.parts) | {suite.id: suite.title for suite in wanted.suites}
        progress = AuditProgress(0, 2 * len(wanted.asked), 0, wanted.samples)
        steps = partial(lab_steps, wanted, self.runtime, self.store, self.ledger, Asking())
        self._begin(Auditing(wanted.id, titles, steps, progress))

    def _begin(self, auditing: Auditing) -> None:
        with self._lock:
            if self._latest is not None and not self._latest.ended:
                busy = self._latest.name
                raise BadInput(f"{busy} is being audited. Wait for that or stop it, then start this one.")
            self._latest, self.version = auditing, self.version + 1
            self._thread = threading.Thread(target=self._audit, args=(auditing,), name="audit", daemon=True)
            self._thread.start()

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
                self._latest, self.version = None, self.version + 1

    def delete(self, audit_id: str) -> None:
        """From the ledger; its runs stay."""
        self.ledger.delete(audit_id)
        self.version += 1

    def close(self) -> None:
        """Stop the audit and wait for its thread."""
        self.stop()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def _audit(self, auditing: Auditing) -> None:
        try:
            with closing(auditing.steps()) as steps:
                for auditing.progress in steps:
                    ended = auditing.progress.result or auditing.progress.trial
                    if auditing.cancelled.is_set() and ended is None:
                        return
            if auditing.progress.result is not None:
                self.ledger.keep(auditing.progress.result)
        except UserError as error:
            auditing.error = str(error)
        except Exception as error:  # a defect ends this audit, not the app
            log.exception("An audit of %s failed", auditing.name)
            auditing.error = f"The audit failed: {error}. What was asked is kept; the log file has the details."
        finally:
            auditing.ended = True
            self.version += 1


def _titles(parts: Sequence[Part]) -> dict[str, str]:
    """Id of its suite → what a part is called."""
    return {each.suite.id: f"{each.suite.title}, {each.suite.samples[0].facts['axis']}" for each in parts}
