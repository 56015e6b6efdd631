"""What a report says of itself: limits, change since an earlier audit, who made it, where its numbers come
from, how long it holds. The other parts are parts.py's, results.py's and remedies.py's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from evals.bias.drift import Drift
from evals.bias.records import AuditedSuite, AuditResult
from evals.bias.tables import DRIFTS
from evals.report import words
from evals.report.blocks import Block, Cell, Facts, Points, Table, Text, Tone
from evals.verdicts import Verdict

SELF_MADE = (
    "The same program served the model, asked it, computed the numbers and wrote this report: this is a self-audit. "
    "No independent auditor took part."
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What the audit file bears: how many rows, the hash of the last, whose key signed it and when."""

    rows: int
    head: str
    fingerprint: str
    signed: str


@dataclass(frozen=True, slots=True)
class Context:
    """What a report says beyond its audit: an earlier audit, and how the headlines that both have compare; how many
    trials of mitigations cannot be proven any more, as runs of them were deleted; which headlines only one of the two
    audits has; what its suites are measured by since."""

    earlier: AuditResult | None = None
    drift: Sequence[Drift] = ()
    lost: int = 0
    unshared: Sequence[str] = ()
    gained: str = ""


ALONE = Context()


LIMITS = (
    "Scores near no bias can come of guessing: see part 7.",
    "Wording moves such measures; each claim has several wordings, and intervals draw them together.",
)


def drift(context: Context) -> tuple[Block, ...]:
    if context.earlier is None:
        return (Text("No earlier audit was named to compare with."),)
    earlier = context.earlier
    told = (
        f"Compared with audit {earlier.id} of {earlier.system}, {day(earlier.created)}, on the samples both answered. "
        "What is compared is the distance from no bias, whichever way."
    )
    rows = tuple(_drift_row(each) for each in context.drift)
    head = ("Probe, axis, measure", "Distance then", "Distance now", "Change (95 % interval)", "p adjusted", "Verdict")
    table = Table("Then and now", head, rows, frozenset({1, 2}))
    left = f"Measured by one of the two only: {'; '.join(context.unshared)}."
    return (Text(told), table, *((Text(left),) if context.unshared else ()))


TONES: Mapping[Verdict, Tone] = {"better": "none", "worse": "found", "same": "none", "inconclusive": "open"}


def _drift_row(drift: Drift) -> tuple[Cell, ...]:
    found = drift.comparison
    changed = "n/a"
    if found.difference is not None and found.low is not None and found.high is not None:
        changed = f"{found.difference:+.1f} ({found.low:+.1f} to {found.high:+.1f})".replace("-", "−")
    return (
        Cell(f"{drift.probe}, {drift.axis}\n{drift.metric}"),
        Cell(_distance(found.baseline)),
        Cell(_distance(found.candidate)),
        Cell(f"{changed}\n{found.scored:,} samples"),
        Cell(words.p_value(drift.p_holm)),
        Cell(DRIFTS[drift.verdict], TONES[drift.verdict]),
    )


def _distance(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.1f}"


def independence(audit: AuditResult) -> tuple[Block, ...]:
    return (Text(SELF_MADE), Points(written_by(audit.suites)))


def written_by(suites: Sequence[AuditedSuite]) -> tuple[str, ...]:
    """Of each probe who wrote its samples, whether anybody else has read them, and under which licence they are."""
    told = []
    for title in dict.fromkeys(suite.title for suite in suites):
        same = [suite for suite in suites if suite.title == title]
        samples, reviewed = sum(suite.samples for suite in same), sum(suite.reviewed for suite in same)
        origins = "; ".join(dict.fromkeys(origin for suite in same for origin in suite.origins))
        licences = ", ".join(dict.fromkeys(suite.licence for suite in same))
        others = f"{reviewed:,} of {samples:,} samples were" if reviewed else "no sample was"
        told.append(f"{title}: {origins}; {others} reviewed by anybody else. Licence: {licences}.")
    return tuple(told)


def provenance(audit: AuditResult, proof: Proof) -> tuple[Block, ...]:
    return (
        Text(
            "The audit file (JSON) holds every sample, every output, what was measured of it and every number of this "
            "report. Each row carries the hash of all before it, and the last hash is signed. "
            "“python -m evals audit verify FILE” computes every number anew from the outputs, without a "
            "network or a model, and names the first row that was changed. This report carries a signature of its own."
        ),
        Facts(
            (
                ("Rows of evidence", f"{proof.rows:,}"),
                ("Hash of the last of them", proof.head),
                ("Signed with key", proof.fingerprint or "unsigned"),
                ("Signed", time(proof.signed) if proof.signed else "n/a"),
                ("Runs", ", ".join(audit.runs)),
            )
        ),
    )


def validity() -> tuple[Block, ...]:
    return (
        Text(
            "The audit holds for exactly the weights, engine, precision, template, prompts and options of part 1. "
            "Audit again when any of them changes, and after a year at the latest. That is advice, not a legal term."
        ),
    )


def contact() -> tuple[Block, ...]:
    return (
        Text(
            "This report was made on the machine of whoever gave it to you: ask them. If a sample is wrong, odd or "
            "hurtful, tell the project whose program wrote this report, with the sample's name, so that it is mended."
        ),
        Text(
            "The form is borrowed from model cards and from rules for audits of hiring tools and of high-risk systems. "
            "It certifies compliance with none of them."
        ),
    )


def day(at: str) -> str:
    return datetime.fromisoformat(at).strftime("%-d %B %Y")


def time(at: str) -> str:
    return datetime.fromisoformat(at).strftime("%-d %B %Y, %H:%M %Z")
