"""What a report says of itself: remedies, limits, change since an earlier audit, who made it, where its numbers come
from, how long it holds. The other parts are parts.py's and results.py's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from evals.bias.records import AuditedSuite, AuditResult, Finding
from evals.report import words
from evals.report.blocks import Block, Cell, Facts, Points, Table, Text

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
class Changed:
    """A finding of this audit beside the same one of an earlier audit."""

    finding: Finding
    before: Finding
    words: str


@dataclass(frozen=True, slots=True)
class Context:
    """What a report says beyond its audit: an earlier audit to compare with, and what was tried against a bias."""

    earlier: AuditResult | None = None
    drift: Sequence[Changed] = field(default=())


ALONE = Context()


def mitigations() -> tuple[Block, ...]:
    return (Text("Nothing was tried in this audit. What it found stands, and nobody has accepted it as a risk."),)


LIMITS = (
    "A probe shows a bias where it looks; where it finds none, there may be one elsewhere. Absence of evidence is not "
    "evidence of absence.",
    "Scores near no bias can come of guessing: see part 7.",
    "Wording moves such measures; each claim has several wordings, and intervals draw them together.",
)


def drift(context: Context) -> tuple[Block, ...]:
    if context.earlier is None:
        return (Text("No earlier audit was named to compare with."),)
    earlier = context.earlier
    told = f"Compared with audit {earlier.id} of {earlier.system}, {day(earlier.created)}, on the samples both have."
    rows = tuple(
        (
            Cell(f"{each.finding.title}, {each.finding.axis}\n{each.finding.metric}"),
            Cell(f"{words.verdict(each.before)}\n{words.effect(each.before)}", words.TONES[each.before.verdict]),
            Cell(f"{words.verdict(each.finding)}\n{words.effect(each.finding)}", words.TONES[each.finding.verdict]),
            Cell(each.words),
        )
        for each in context.drift
    )
    return (Text(told), Table("Then and now", ("Probe, axis, measure", "Then", "Now", "Change"), rows))


def independence(audit: AuditResult) -> tuple[Block, ...]:
    return (Text(SELF_MADE), Points(tuple(f"{suite.title}: {reviewed(suite)}" for suite in audit.suites)))


def reviewed(suite: AuditedSuite) -> str:
    origin = "; ".join(suite.origins)
    if not suite.reviewed:
        return f"{origin}; no sample was reviewed by anybody else."
    return f"{origin}; {suite.reviewed:,} of {suite.samples:,} samples were reviewed by somebody else."


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
                ("Rows", f"{proof.rows:,}"),
                ("Hash of the last row", proof.head),
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
