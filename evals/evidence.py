"""All an audit rests on, as the rows of an audit file: the plan, every sample with its output, the findings.

Which numbers must follow from which is said here; the form of the file, its hashes and its signature are sign.py's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from evals.bias.records import AuditResult
from evals.records import OutputRow
from evals.sign import Row
from evals.store import Store
from evals.types import Suite

LISTED = ("suites", "controls", "findings")


@dataclass(frozen=True, slots=True)
class Evidence:
    """An audit with what was asked and what was answered; suites and outputs by the id of their run."""

    audit: AuditResult
    suites: Mapping[str, Suite]
    outputs: Mapping[str, Sequence[OutputRow]]


def gather(audit: AuditResult, store: Store) -> Evidence:
    """From the stored runs. Raises NotFound where one was deleted."""
    suites = {run: store.suite(store.run(run).suite_sha256) for run in audit.runs}
    return Evidence(audit, suites, {run: store.outputs(run) for run in audit.runs})


def rows(evidence: Evidence) -> Iterator[Row]:
    """The audit, then each suite with its items, then controls and findings."""
    audit = asdict(evidence.audit)
    listed = {name: audit.pop(name) for name in LISTED}
    yield {"kind": "audit", **audit}
    for suite in evidence.audit.suites:
        asked = evidence.suites[suite.run]
        more = {"metrics": list(asked.metrics), "source": asked.source, "target": asked.target}
        yield {"kind": "suite", "id": suite.run, "audited": asdict(suite), **more}
        outputs = {output.sample: output for output in evidence.outputs[suite.run]}
        for sample in asked.samples:
            output = outputs.get(sample.id)
            yield {
                "kind": "item",
                "id": f"{suite.run}/{sample.id}",
                "sample": asdict(sample),
                "output": None if output is None else asdict(output),
            }
    for name in ("controls", "findings"):
        for place, finding in enumerate(listed[name]):
            yield {"kind": name[:-1], "id": f"{name}/{place}", **finding}
