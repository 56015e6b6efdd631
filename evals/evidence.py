"""All an audit rests on, as rows of an audit file: the audit, its runs with every sample and output, the findings; then
what was tried against them, with the runs of that.

Which numbers must follow from which is verify.py's; the form of the file, its hashes and its signature are sign.py's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from evals.bias.findings import bias_metrics
from evals.bias.records import AuditResult
from evals.bias.trials import Trial
from evals.records import OutputRow, Run
from evals.sign import Row, Tampered
from evals.store import Store
from evals.types import Sample, Suite

LISTED = ("suites", "controls", "findings")


@dataclass(frozen=True, slots=True)
class Answers:
    """A run with all samples of its suite, also those that a limit left out."""

    run: Run
    suite: Suite
    outputs: Sequence[OutputRow]


@dataclass(frozen=True, slots=True)
class Evidence:
    """An audit with what was asked and what was answered, by the id of the run. A suite holds all samples of its run's
    part, also those that a limit left out. beside holds the runs that only the trials rest on."""

    audit: AuditResult
    runs: Mapping[str, Run]
    suites: Mapping[str, Suite]
    outputs: Mapping[str, Sequence[OutputRow]]
    trials: tuple[Trial, ...] = ()
    beside: Mapping[str, Answers] = field(default_factory=dict)

    def answers(self, run: str) -> Answers:
        """Of a run of the audit or of a trial. Raises KeyError."""
        if run in self.runs:
            return Answers(self.runs[run], self.suites[run], self.outputs[run])
        return self.beside[run]


def gather(audit: AuditResult, store: Store, trials: Sequence[Trial] = ()) -> Evidence:
    """From the stored runs; trials are those on the audit. Raises NotFound where a run was deleted."""
    runs = {run: answers_of(run, audit, store) for run in audit.runs}
    tried = dict.fromkeys(each.run for trial in trials for each in trial.runs if each.run not in runs)
    return Evidence(
        audit,
        {name: each.run for name, each in runs.items()},
        {name: each.suite for name, each in runs.items()},
        {name: each.outputs for name, each in runs.items()},
        tuple(trials),
        {run: answers_of(run, audit, store) for run in tried},
    )


def answers_of(run_id: str, audit: AuditResult, store: Store) -> Answers:
    """A run of an audit or of a trial on it. Its suite may have got metrics since, or lost some: it has those by which
    the audit has judged its part, and of others those by which every output was measured."""
    run = store.run(run_id)
    suite, outputs = store.suite(run.suite_sha256), store.outputs(run.id)
    named = next((audit.measured(each) for each in audit.suites if each.id == suite.id), ())
    told = {each.name for each in bias_metrics(suite)} if named else ()
    held = [
        name
        for name in suite.metrics
        if name not in told and all(name in output.statistics for output in outputs if not output.error)
    ]
    return Answers(run, replace(suite, metrics=(*named, *held)), outputs)


def rows(evidence: Evidence) -> Iterator[Row]:
    """The audit, each suite with its items, controls and findings; then the trials, and each run only they have."""
    audit = asdict(evidence.audit)
    listed = {name: audit.pop(name) for name in LISTED}
    yield {"kind": "audit", **audit}
    for audited in listed["suites"]:
        yield from _run_rows("suite", evidence.answers(audited["run"]), {"audited": audited})
    for name in ("controls", "findings"):
        for place, finding in enumerate(listed[name], start=1):
            yield {"kind": name[:-1], "id": f"{place}: {finding['title']}, {finding['axis']}", "finding": finding}
    for trial in evidence.trials:
        yield {"kind": "trial", "id": trial.name, "trial": asdict(trial)}
    for answers in evidence.beside.values():
        yield from _run_rows("tried", answers, {})


def _run_rows(kind: str, answers: Answers, more: Mapping[str, Any]) -> Iterator[Row]:
    suite = asdict(answers.suite)
    samples = suite.pop("samples")
    outputs = {output.sample: asdict(output) for output in answers.outputs}
    yield {"kind": kind, "id": suite["id"], **more, "run": asdict(answers.run), "suite": suite}
    for sample in samples:
        yield {"kind": "item", "id": sample["id"], "sample": sample, "output": outputs.get(sample["id"])}


def from_rows(found: Sequence[Row]) -> Evidence:
    """What rows() was given. Raises Tampered where these are not its rows."""
    answers, beside, trials = dict[str, Answers](), dict[str, Answers](), list[Trial]()
    listed: dict[str, list[Any]] = {name: [] for name in LISTED}
    try:
        (head,) = [row for row in found if row["kind"] == "audit"]
        for number, row in enumerate(found, start=1):
            match row["kind"]:
                case "suite" | "tried":
                    read = _read_answers(row, found[number:])
                    (answers if row["kind"] == "suite" else beside)[read.run.id] = read
                    listed["suites"] += [row["audited"]] if row["kind"] == "suite" else []
                case "control" | "finding":
                    listed[f"{row['kind']}s"].append(row["finding"])
                case "trial":
                    trials.append(Trial.from_dict(row["trial"]))
        return Evidence(
            AuditResult.from_dict({**head, **listed}),
            {name: each.run for name, each in answers.items()},
            {name: each.suite for name, each in answers.items()},
            {name: each.outputs for name, each in answers.items()},
            tuple(trials),
            beside,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Tampered(f"The rows are not those of an audit: {error}.") from error


def _read_answers(row: Row, after: Sequence[Row]) -> Answers:
    items = _items(after)
    outputs = tuple(OutputRow(**item["output"]) for item in items if item["output"] is not None)
    return Answers(Run(**row["run"]), _suite(row["suite"], items), outputs)


def _items(after: Sequence[Row]) -> list[Row]:
    """The items before the next row of another kind."""
    end = next((place for place, row in enumerate(after) if row["kind"] != "item"), len(after))
    return list(after[:end])


def _suite(facts: Mapping[str, Any], items: Sequence[Row]) -> Suite:
    samples = tuple(Sample(**{**item["sample"], "references": tuple(item["sample"]["references"])}) for item in items)
    return Suite(**{**facts, "metrics": tuple(facts["metrics"]), "samples": samples})
