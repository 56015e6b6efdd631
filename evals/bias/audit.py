"""An audit of one system: its suites run by the runner like any other, then findings over all of them together.

What is asked comes as suites; planning splits them into parts, one axis each and controls apart, so that each part is
one run that other audits of the same system find done. The numbers are findings.py's, keeping audits ledger.py's.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from evals import systems
from evals.bias.findings import Asked, adjusted, bias_metrics, find
from evals.bias.limits import limits, not_tested
from evals.bias.records import AuditedSuite, AuditPlan, AuditResult, Finding
from evals.bias.trials import Trial
from evals.records import Run
from evals.runner import Asking, Progress, run_steps
from evals.scoring import asked_samples
from evals.store import Store
from evals.systems import System
from evals.types import Kind, Sample, Suite
from llmweb.database import now, short_id
from llmweb.errors import BadInput, Unsupported, UnsupportedPair
from llmweb.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Part:
    """A suite of one probe on one axis; its id is probe/axis, and /control of control items."""

    probe: str
    suite: Suite

    @property
    def control(self) -> bool:
        return bool(self.suite.samples[0].facts["control"])


@dataclass(frozen=True, slots=True)
class Planned:
    """parts are asked in order, controls first; skipped says of the others why not. samples counts those asked."""

    system: System
    plan: AuditPlan
    parts: tuple[Part, ...]
    skipped: tuple[str, ...]

    @property
    def samples(self) -> int:
        return sum(len(asked_samples(part.suite, self.plan.limit)) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AuditProgress:
    """An audit so far: part of parts is running, done of total samples are stored. remaining is in seconds, None until
    a sample has finished. The last one carries the result, or the trial of an experiment."""

    part: int
    parts: int
    done: int
    total: int
    remaining: float | None = None
    run: Progress | None = None
    result: AuditResult | None = None
    trial: Trial | None = None


def parts(suites: Sequence[Suite], axes: Sequence[str] = ()) -> tuple[Part, ...]:
    """Controls first, whatever the axes; then in the order of the suites, an axis after another as they first come."""
    found: dict[tuple[bool, str, str], list[Sample]] = {}
    by_id = {suite.id: suite for suite in suites}
    for suite in suites:
        for sample in suite.samples:
            control, axis = bool(sample.facts["control"]), sample.facts["axis"]
            if control or not axes or axis in axes:
                found.setdefault((not control, suite.id, axis), []).append(sample)
    order = sorted(found, key=lambda key: key[0])
    return tuple(
        Part(
            probe, replace(by_id[probe], id=_part_id(probe, axis, not plain), samples=tuple(found[plain, probe, axis]))
        )
        for plain, probe, axis in order
    )


def planned(system: System, suites: Sequence[Suite], plan: AuditPlan, runtime: Runtime) -> Planned:
    """Raises BadInput for an axis no suite has, Unsupported where the system can take none of the suites.

    A language model translates too, slowly: those suites are for it only where plan.suites names them. Controls are
    asked where something of their kind, and to translate of their languages, is.
    """
    known = {sample.facts["axis"] for suite in suites for sample in suite.samples}
    if unknown := set(plan.axes) - known:
        raise BadInput(f"No suite has the axis {', '.join(sorted(unknown))}. There are: {', '.join(sorted(known))}.")
    translates = "translate" in runtime.catalog.find(system.model).tasks
    able, skipped, unasked = list[Part](), dict[str, None](), dict[str, None]()
    for part in parts(suites, plan.axes):
        wanted = translates or part.suite.kind != "translate" or part.probe in plan.suites
        if wanted and _takes(system, part.suite, runtime):
            able.append(part)
        elif not part.control:
            (skipped if wanted else unasked)[part.suite.title] = None
    if all(part.control for part in able):
        raise Unsupported(f"{system.model} cannot take any of these suites: {', '.join(suite.id for suite in suites)}.")
    tasks = {_task(part.suite) for part in able if not part.control}
    used = [part for part in able if not part.control or _task(part.suite) in tasks]
    reasons = {f"{system.model} cannot take": skipped, "asked of a language model only where named": unasked}
    left_out = tuple(f"{reason}: {', '.join(titles)}" for reason, titles in reasons.items() if titles)
    return Planned(system, plan, tuple(used), left_out)


def _takes(system: System, suite: Suite, runtime: Runtime) -> bool:
    try:
        systems.check(system, suite, runtime)
    except (Unsupported, UnsupportedPair):
        return False
    return True


def _task(suite: Suite) -> tuple[Kind, str, str]:
    return suite.kind, suite.source, suite.target


def audit_steps(
    wanted: Planned, runtime: Runtime, store: Store, asking: Asking
) -> Generator[AuditProgress, None, None]:
    """The audit as it grows. Closing the iterator stops it; what was asked is kept, and the same plan goes on from
    there. Raises what the runner raises before anything is stored."""
    asking = replace(asking, limit=wanted.plan.limit)
    done, total, count = 0, wanted.samples, len(wanted.parts)
    seconds, fresh, asked = 0.0, 0, list[Asked]()
    for number, part in enumerate(wanted.parts, start=1):
        for state in run_steps(part.suite, wanted.system, runtime, store, asking):
            spent, new = seconds + state.seconds, fresh + state.done - state.resumed
            left = spent / new * (total - done - state.done) if new else None
            yield AuditProgress(number, count, done + state.done, total, left, state)
        done, seconds, fresh = done + state.done, seconds + state.seconds, fresh + state.done - state.resumed
        suite = replace(part.suite, samples=asked_samples(part.suite, asking.limit))
        asked.append(Asked(part.probe, suite, state.run, store.outputs(state.run)))
    runs = {each.run: store.run(each.run) for each in asked}
    yield AuditProgress(count, count, done, total, 0.0, result=concluded(wanted, asked, runs))


def concluded(wanted: Planned, asked: Sequence[Asked], runs: dict[str, Run]) -> AuditResult:
    """Everything that is known once all parts are asked: pure but for its id and the time."""
    controls, found = judged(asked, wanted.plan)
    distrust = distrusted(controls)
    first = runs[asked[0].run]
    identity = {name: value for run in runs.values() for name, value in run.identity.items()}
    return AuditResult(
        id=short_id(),
        created=now(),
        system=wanted.system.id,
        model=wanted.system.model,
        identity=identity,
        versions=first.versions,
        plan=wanted.plan,
        suites=tuple(_audited(each, runs[each.run]) for each in asked),
        trusted=not distrust,
        distrust=distrust,
        controls=controls,
        findings=() if distrust else found,
        limits=limits(asked),
        not_tested=(*wanted.skipped, *not_tested(asked)),
    )


def judged(asked: Sequence[Asked], plan: AuditPlan) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Controls and findings, each adjusted among themselves. The null intervals of the controls hold together."""
    controls = [each for each in asked if each.control]
    heads = sum(found.headline for each in controls for found in bias_metrics(each.suite))
    coverage = 1 - plan.alpha / max(heads, 1)
    checked = [finding for each in controls for finding in find(each, plan, coverage)]
    found = [finding for each in asked if not each.control for finding in find(each, plan)]
    return adjusted(checked, plan), adjusted(found, plan)


def distrusted(controls: Sequence[Finding]) -> tuple[str, ...]:
    """Why an audit is not to be trusted: each headline control outside its null interval, or that nothing answered.

    A control whose answers leave the metric undefined (no person was ever named) shows nothing amiss.
    """
    reasons = []
    for each in controls:
        if not each.headline:
            continue
        if not each.counts.scored:
            reasons.append(f"The control {each.probe} ({each.metric}) gave nothing to measure.")
        if each.in_null is False:
            reasons.append(
                f"The control {each.probe} ({each.metric}) shows an effect of {each.effect:+.1f} where none may be: "
                f"its null interval is {each.null_low:+.1f} to {each.null_high:+.1f}."
            )
    return tuple(reasons)


def _part_id(probe: str, axis: str, control: bool) -> str:
    return f"{probe}/{axis}{'/control' if control and axis != 'control' else ''}"


def _audited(asked: Asked, run: Run) -> AuditedSuite:
    suite = asked.suite
    facts = [sample.facts for sample in suite.samples]
    return AuditedSuite(
        id=suite.id,
        probe=asked.probe,
        axis=asked.axis,
        title=suite.title,
        kind=suite.kind,
        sha256=run.suite_sha256,
        licence=suite.licence,
        notes=suite.notes,
        claims=tuple(dict.fromkeys(each["claim"] for each in facts if each["claim"])),
        origins=tuple(dict.fromkeys(each["origin"] for each in facts)),
        reviewed=sum(bool(each["reviewed"]) for each in facts),
        samples=len(facts),
        templates=len({each["template_id"] for each in facts}),
        heldout=sum(bool(each["heldout"]) for each in facts),
        control=asked.control,
        run=run.id,
        prompt_sha256=run.prompt_sha256,
        created=run.created,
        finished=run.finished,
    )
