"""A mitigation tried on an audit: its parts asked again with it, and ordinary work without and with it, by the runner.

What was asked before is found there, so that a stopped experiment goes on. What has changed is changes.py's, whether
that will do acceptance.py's, keeping it ledger.py's.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

from evals import systems
from evals.bias import concluding
from evals.bias.audit import AuditProgress, Part, Planned, audit_steps
from evals.bias.ledger import Ledger
from evals.bias.mitigations import MITIGATIONS, Mitigation, applied
from evals.bias.records import AuditPlan, AuditResult
from evals.bias.trials import Trial, TrialRun
from evals.evidence import answers_of
from evals.runner import Asking, Progress, run_steps
from evals.scoring import asked_samples
from evals.store import Store
from evals.suites import SUITES
from evals.systems import System
from evals.types import Kind, Suite
from llmweb.database import now, short_id
from llmweb.errors import BadInput, Unsupported, UserError
from llmweb.runtime import Runtime

# Which suite of ordinary samples shows what a mitigation costs, by the kind of the bias samples it is tried on.
WORK: dict[Kind, str] = {
    "pairs": "language-model/en",
    "continuation": "language-model/en",
    "choice": "language-model/en",
    "ambiguous": "ask/en",
    "decision": "instruct/en",
    "writings": "instruct/en",
    "summaries": "summarize/en",
}


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is to be asked: the parts of an audit that the mitigation changes, and suites of ordinary samples, each
    without it and with it. system is the audit's."""

    audit: AuditResult
    mitigation: Mitigation
    system: System
    plan: AuditPlan
    parts: tuple[Part, ...]
    suites: tuple[Suite, ...]

    @property
    def id(self) -> str:
        return f"{self.system.id}+{self.mitigation.id}"

    @property
    def asked(self) -> tuple[Suite, ...]:
        return (*(part.suite for part in self.parts), *self.suites)

    @property
    def samples(self) -> int:
        return 2 * sum(len(asked_samples(suite, self.plan.limit)) for suite in self.asked)


def prepared(audit: AuditResult, name: str, limit: int | None, runtime: Runtime, store: Store) -> Experiment:
    """limit None asks as many samples as the audit did. Raises BadInput, NotFound where a run of the audit is gone,
    Unsupported where the mitigation changes nothing that was asked."""
    mitigation, _ = applied(name)
    if not audit.trusted:
        raise BadInput(f"Audit {audit.id} is not to be trusted, so that nothing can be tried on it. Audit again first.")
    system = systems.stored_system(store.run(audit.runs[0]))
    if system.mitigation:
        raise BadInput(f"Audit {audit.id} is of a system with {system.mitigation} already. Try it on one without.")
    steered = replace(system, mitigation=mitigation.id)
    stored = [Part(each.probe, store.suite(each.sha256)) for each in audit.suites]
    parts = tuple(part for part in stored if _able(steered, part.suite, runtime))
    if all(part.control for part in parts):
        able = ", ".join(each.id for each in fitting(audit, runtime, store)) or "none"
        raise Unsupported(f"{mitigation.id} changes nothing that audit {audit.id} has asked. What would: {able}.")
    work = tuple(suite for suite in _work(parts) if _able(steered, suite, runtime))
    plan = replace(audit.plan, limit=audit.plan.limit if limit is None else limit)
    return Experiment(audit, mitigation, system, plan, parts, work)


def fitting(audit: AuditResult, runtime: Runtime, store: Store) -> list[Mitigation]:
    """What can be tried on an audit. Raises NotFound where a run of it is gone."""
    system = systems.stored_system(store.run(audit.runs[0]))
    asked = [store.suite(each.sha256) for each in audit.suites if not each.control]
    if system.mitigation or not audit.trusted:
        return []
    return [
        each
        for each in MITIGATIONS.values()
        if any(_able(replace(system, mitigation=each.id), suite, runtime) for suite in asked)
    ]


def _able(system: System, suite: Suite, runtime: Runtime) -> bool:
    try:
        systems.check(system, suite, runtime)
    except UserError:  # the reason why it is left out
        return False
    return True


def _work(parts: Sequence[Part]) -> list[Suite]:
    names = dict[str, None]()
    for suite in (part.suite for part in parts if not part.control):
        name = f"translate/{suite.source}-{suite.target}" if suite.kind == "translate" else WORK.get(suite.kind, "")
        names |= {name: None} if name in SUITES else {}
    return [SUITES[name]() for name in names]


def lab_steps(
    wanted: Experiment, runtime: Runtime, store: Store, ledger: Ledger, asking: Asking
) -> Generator[AuditProgress, None, None]:
    """The experiment as it grows; the last one carries the trial, which is then in the ledger with both audits.

    Closing the iterator stops it; the same experiment goes on from there. Raises what the runner raises.
    """
    yield from _Lab(wanted, runtime, store, ledger, replace(asking, limit=wanted.plan.limit)).steps()


@dataclass(eq=False)
class _Lab:
    """One experiment on its way. done samples of part - 1 runs have ended; fresh counts, by run, those of this go."""

    wanted: Experiment
    runtime: Runtime
    store: Store
    ledger: Ledger
    asking: Asking
    part: int = 1
    done: int = 0
    began: float = field(default_factory=monotonic)
    fresh: dict[str, int] = field(default_factory=dict)

    def steps(self) -> Generator[AuditProgress, None, None]:
        wanted = self.wanted
        before = yield from self._audited(wanted.system)
        trial = self._begun(before)
        trial = replace(trial, name=concluding.named(trial, self._given(trial)))
        steered = replace(wanted.system, mitigation=trial.name)
        after = self.ledger.kept((yield from self._audited(steered)))
        runs = [*trial.runs, *(TrialRun("after", each.probe, each.run) for each in after.suites)]
        for suite in wanted.suites:
            runs.append(TrialRun("quality before", suite.id, (yield from self._worked(suite, wanted.system))))
            runs.append(TrialRun("quality after", suite.id, (yield from self._worked(suite, steered))))
        trial = replace(trial, after=after.id, runs=tuple(runs))
        kept = self.ledger.keep_trial(concluding.concluded(trial, wanted.audit, self._given(trial)))
        yield replace(self._now(), trial=kept)

    def _audited(self, system: System) -> Generator[AuditProgress, None, AuditResult]:
        """An audit of the system on the parts of the experiment."""
        planned = Planned(system, self.wanted.plan, self.wanted.parts, ())
        result, last = None, ""
        for state in audit_steps(planned, self.runtime, self.store, self.asking):
            if state.run is not None:
                yield self._told(state.run)
                if state.run.status == "finished" and state.run.run != last:
                    last = state.run.run
                    self._passed(state.run)
            result = state.result or result
        if result is None:
            raise RuntimeError("The audit ended without a result.")
        return result

    def _worked(self, suite: Suite, system: System) -> Generator[AuditProgress, None, str]:
        """The run of a suite of ordinary samples."""
        state = Progress(suite.id, system.id)
        for state in run_steps(suite, system, self.runtime, self.store, self.asking):
            yield self._told(state)
        self._passed(state)
        return state.run

    def _begun(self, before: AuditResult) -> Trial:
        """The trial before anything has changed. The audit that is there already serves as the one before, if its runs
        are the very same."""
        wanted = self.wanted
        same = {*before.runs} <= {*wanted.audit.runs}
        return Trial(
            id=short_id(),
            created=now(),
            audit=wanted.audit.id,
            before=wanted.audit.id if same else self.ledger.kept(before).id,
            after="",
            model=wanted.system.model,
            system=wanted.system.id,
            name=wanted.mitigation.id,
            mitigation=wanted.mitigation,
            plan=wanted.plan,
            runs=tuple(TrialRun("before", each.probe, each.run) for each in before.suites),
        )

    def _given(self, trial: Trial) -> concluding.Given:
        answers = {each.run: answers_of(each.run, self.wanted.audit, self.store) for each in trial.runs}
        return {run: (each.suite, each.outputs) for run, each in answers.items()}

    def _told(self, state: Progress) -> AuditProgress:
        self.fresh[state.run] = state.done - state.resumed
        done, asked = self.done + state.done, sum(self.fresh.values())
        left = (monotonic() - self.began) / asked * (self.wanted.samples - done) if asked else None
        return replace(self._now(), done=done, remaining=left, run=state)

    def _passed(self, state: Progress) -> None:
        """A run has ended."""
        self.part, self.done = self.part + 1, self.done + state.done

    def _now(self) -> AuditProgress:
        parts = 2 * len(self.wanted.asked)
        return AuditProgress(min(self.part, parts), parts, self.done, self.wanted.samples)
