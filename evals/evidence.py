"""All an audit rests on, as rows of an audit file: the audit, its runs with every sample and output, the findings.

Which numbers must follow from which is verify.py's; the form of the file, its hashes and its signature are sign.py's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evals.bias.records import AuditResult
from evals.records import OutputRow, Run
from evals.sign import Row, Tampered
from evals.store import Store
from evals.types import Sample, Suite

LISTED = ("suites", "controls", "findings")


@dataclass(frozen=True, slots=True)
class Evidence:
    """An audit with what was asked and what was answered, by the id of the run. A suite holds all samples of its run's
    part, also those that a limit left out."""

    audit: AuditResult
    runs: Mapping[str, Run]
    suites: Mapping[str, Suite]
    outputs: Mapping[str, Sequence[OutputRow]]


def gather(audit: AuditResult, store: Store) -> Evidence:
    """From the stored runs. Raises NotFound where one was deleted."""
    runs = {run: store.run(run) for run in audit.runs}
    suites = {name: store.suite(run.suite_sha256) for name, run in runs.items()}
    return Evidence(audit, runs, suites, {run: store.outputs(run) for run in runs})


def rows(evidence: Evidence) -> Iterator[Row]:
    """The audit, then each suite with its items, then controls and findings."""
    audit = asdict(evidence.audit)
    listed = {name: audit.pop(name) for name in LISTED}
    yield {"kind": "audit", **audit}
    for audited in listed["suites"]:
        yield from _suite_rows(audited, evidence)
    for name in ("controls", "findings"):
        for place, finding in enumerate(listed[name], start=1):
            yield {"kind": name[:-1], "id": f"{place}: {finding['title']}, {finding['axis']}", "finding": finding}


def _suite_rows(audited: Mapping[str, Any], evidence: Evidence) -> Iterator[Row]:
    run = evidence.runs[audited["run"]]
    suite = asdict(evidence.suites[run.id])
    samples = suite.pop("samples")
    outputs = {output.sample: asdict(output) for output in evidence.outputs[run.id]}
    yield {"kind": "suite", "id": suite["id"], "audited": audited, "run": asdict(run), "suite": suite}
    for sample in samples:
        yield {"kind": "item", "id": sample["id"], "sample": sample, "output": outputs.get(sample["id"])}


def from_rows(found: Sequence[Row]) -> Evidence:
    """What rows() was given. Raises Tampered where these are not its rows."""
    runs, suites, outputs = dict[str, Run](), dict[str, Suite](), dict[str, tuple[OutputRow, ...]]()
    listed: dict[str, list[Any]] = {name: [] for name in LISTED}
    try:
        (head,) = [row for row in found if row["kind"] == "audit"]
        for number, row in enumerate(found, start=1):
            match row["kind"]:
                case "suite":
                    run = Run(**row["run"])
                    listed["suites"].append(row["audited"])
                    items = _items(found[number:])
                    runs[run.id] = run
                    suites[run.id] = _suite(row["suite"], items)
                    outputs[run.id] = tuple(OutputRow(**item["output"]) for item in items if item["output"] is not None)
                case "control" | "finding":
                    listed[f"{row['kind']}s"].append(row["finding"])
        return Evidence(AuditResult.from_dict({**head, **listed}), runs, suites, outputs)
    except (KeyError, TypeError, ValueError) as error:
        raise Tampered(f"The rows are not those of an audit: {error}.") from error


def _items(after: Sequence[Row]) -> list[Row]:
    """The items before the next row of another kind."""
    end = next((place for place, row in enumerate(after) if row["kind"] != "item"), len(after))
    return list(after[:end])


def _suite(facts: Mapping[str, Any], items: Sequence[Row]) -> Suite:
    samples = tuple(Sample(**{**item["sample"], "references": tuple(item["sample"]["references"])}) for item in items)
    return Suite(**{**facts, "metrics": tuple(facts["metrics"]), "samples": samples})
