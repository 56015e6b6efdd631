"""Whether a file is what an audit wrote: nothing changed in it, and every number follows from the outputs in it.

Runs offline and asks no model: the findings are made anew by the very functions that made them; the words about them,
the rows of the sixteen parts at the end, are the signer's. Hashes and signatures are sign.py's, rows evidence.py's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isclose
from typing import Any

from evals import sign, systems
from evals.bias import concluding
from evals.bias.acceptance import settled
from evals.bias.audit import Planned, concluded
from evals.bias.findings import Asked
from evals.bias.limits import not_tested
from evals.bias.records import AuditResult
from evals.bias.trials import Trial, TrialRun
from evals.evidence import Evidence, from_rows, rows
from evals.records import Run
from evals.scoring import EMBEDDING, asked_samples, stored_metric
from evals.sign import Row, Signature, Tampered
from evals.systems import System

# The same sums in another order, or by another processor's exp and log.
RELATIVE, ABSOLUTE = 1e-7, 1e-9
LONGEST_TOLD = 60  # characters of a value that is wrong


@dataclass(frozen=True, slots=True)
class Verified:
    """A file that bears what it says; signature is None where nobody signed. audit is None of a report, whose numbers
    are in the audit file."""

    rows: int
    items: int
    signature: Signature | None
    audit: AuditResult | None
    trials: int = 0


def verify(file: bytes, kind: str, fingerprint: str = "") -> Verified:
    """kind is json, html or pdf. fingerprint demands that key. Raises Tampered, which names the first row changed."""
    if kind != "json":
        return Verified(0, 0, sign.read_seal(file, kind, fingerprint), None)
    sealed = sign.read(file, fingerprint)
    evidence = from_rows(sealed.rows)
    found = [row for row in sealed.rows if row["kind"] != "part"]
    items = sum(row["kind"] == "item" for row in found)
    for number, words in _told(found, evidence):
        raise Tampered(f"Row {number} ({_name(found[number - 1])}) {words}", number)
    return Verified(len(sealed.rows), items, sealed.signature, evidence.audit, len(evidence.trials))


def said(found: Verified) -> str:
    """What was checked, in words."""
    signed = "nobody signed it, so anybody could have made it"
    if found.signature is not None:
        signed = f"signed {found.signature.signed} with key {found.signature.fingerprint}"
    if found.audit is None:
        return f"unchanged, {signed}. Its numbers can be computed anew from the audit file (.json)."
    findings = len(found.audit.findings) + len(found.audit.controls)
    trials = "1 trial of a mitigation" if found.trials == 1 else f"{found.trials:,} trials of mitigations"
    tried = f", and {trials}," if found.trials else ""
    return (
        f"unchanged, {signed}. Audit {found.audit.id} of {found.audit.system}: {found.rows:,} rows; the {findings:,} "
        f"findings and controls{tried} follow from the outputs of its {found.items:,} items."
    )


def recomputed(evidence: Evidence) -> AuditResult:
    """The audit made anew from its outputs, but for its id and its time."""
    audit, asked = evidence.audit, []
    for audited in audit.suites:
        suite = evidence.suites[audited.run]
        part = replace(suite, samples=asked_samples(suite, audit.plan.limit))
        asked.append(Asked(audited.probe, part, audited.run, evidence.outputs[audited.run]))
    skipped = audit.not_tested[: len(audit.not_tested) - len(not_tested(asked))]
    system = systems.stored_system(evidence.runs[asked[0].run])
    again = concluded(Planned(system, audit.plan, (), skipped), asked, dict(evidence.runs))
    return replace(again, id=audit.id, created=audit.created)


def retried(evidence: Evidence) -> tuple[Trial, ...]:
    """The trials made anew from the outputs of both systems, but for their ids, times and what the mitigation is said
    to be."""
    return settled([_retried(trial, evidence) for trial in evidence.trials])


def _retried(trial: Trial, evidence: Evidence) -> Trial:
    answers = {each.run: evidence.answers(each.run) for each in trial.runs}
    given = {run: (each.suite, each.outputs) for run, each in answers.items()}
    name = concluding.named(trial, given)
    plain = [systems.stored_system(each.run) for each in answers.values() if "mitigation" not in each.run.identity]
    for each in trial.runs:
        _check_side(each, answers[each.run].run, plain[0], name)
    plan = replace(evidence.audit.plan, limit=trial.plan.limit)
    again = replace(trial, audit=evidence.audit.id, model=plain[0].model, system=plain[0].id, name=name, plan=plan)
    return concluding.concluded(again, evidence.audit, given)


def _check_side(tried: TrialRun, run: Run, plain: System, name: str) -> None:
    """Raises ValueError unless the run is of the system without or with the mitigation, as its role says."""
    meant = plain if tried.role.endswith("before") else replace(plain, mitigation=name)
    found = systems.stored_system(run)
    if found != meant:
        raise ValueError(f"run {run.id} is to be of {meant.id}, and is of {found.id}")


def _told(found: Sequence[Row], evidence: Evidence) -> Iterator[tuple[int, str]]:
    """_wrong, where rows of another hand make no sense at all too."""
    try:
        yield from _wrong(found, evidence)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        yield 1, f"and the rows after it cannot be computed anew: {type(error).__name__}: {error}."


def _wrong(found: Sequence[Row], evidence: Evidence) -> Iterator[tuple[int, str]]:
    """(number of a row, what is wrong with it): causes first, then the audit and its findings."""
    yield from _wrong_items(found, evidence)
    if not evidence.audit.suites:
        return
    again = list(rows(replace(evidence, audit=recomputed(evidence), trials=retried(evidence))))
    if len(again) != len(found):
        yield 1, f"stands over {len(found)} rows; its outputs give {len(again)}."
    for number, (row, made) in enumerate(zip(found, again, strict=False), start=1):
        for path, said, follows in differences(row, made):
            yield number, f"does not follow from the outputs: {path} is {said!r}, they give {follows!r}."


def _wrong_items(found: Sequence[Row], evidence: Evidence) -> Iterator[tuple[int, str]]:
    """Suites whose hash is another one, and items whose statistics do not follow from their output."""
    for number, row in enumerate(found, start=1):
        if row["kind"] in ("suite", "tried"):
            suite = evidence.answers(row["run"]["id"]).suite
            samples = {sample.id: sample for sample in suite.samples}
            metrics = [stored_metric(name, suite) for name in suite.metrics if name not in EMBEDDING]
            named = {row["run"]["suite_sha256"], *([row["audited"]["sha256"]] if "audited" in row else [])}
            if named != {suite.sha256}:
                yield number, "names another hash than its samples have."
        elif row["kind"] == "item" and row["output"] and not row["output"]["error"]:
            output, sample = row["output"], samples[row["sample"]["id"]]
            for metric in metrics:
                made = metric.statistics([output["text"]], [sample])[0].tolist()
                said = output["statistics"].get(metric.name)
                if next(differences(said, made), None):
                    yield number, f"says of {metric.name} {_short(said)}; its output gives {_short(made)}."


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]}…"


def differences(said: Any, made: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(where, what is said, what follows) of values of JSON that are more than rounding apart; lists and tuples are
    one."""
    if isinstance(said, Mapping) and isinstance(made, Mapping):
        for name in [*said, *(name for name in made if name not in said)]:
            yield from differences(said.get(name), made.get(name), f"{path}.{name}" if path else name)
    elif isinstance(said, list | tuple) and isinstance(made, list | tuple) and len(said) == len(made):
        for place, pair in enumerate(zip(said, made, strict=True)):
            yield from differences(*pair, f"{path}[{place}]")
    elif not _same(said, made):
        yield path, said, made


def _same(said: Any, made: Any) -> bool:
    if isinstance(said, float | int) and isinstance(made, float | int) and not isinstance(said, bool):
        return isclose(said, made, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return bool(said == made)


def _name(row: Row) -> str:
    return f"{row['kind']} {row['id']}"
