"""One audit as a file for other people: the audit file itself, or a report of it as HTML or PDF, all signed.

The sixteen parts of a report are parts.py's, what they look like html.py's and pdf.py's, the audit file is
evidence.py's.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evals import sign
from evals.bias.drift import drift, unshared
from evals.bias.findings import gained
from evals.bias.ledger import Ledger
from evals.bias.records import AuditResult
from evals.evidence import Evidence, gather, rows
from evals.report import html, pdf
from evals.report.blocks import Part, plain
from evals.report.limits import ALONE, Context, Proof
from evals.report.parts import report
from evals.store import Store
from llmweb.errors import BadInput

Format = Literal["html", "pdf", "json"]


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose key, and the time that is signed: UTC in ISO 8601."""

    key: Ed25519PrivateKey
    at: str

    @classmethod
    def now(cls, key: Ed25519PrivateKey) -> "Signer":
        return cls(key, datetime.now(UTC).isoformat(timespec="seconds"))


def format_of(name: str) -> Format:
    """By the end of a file's name. Raises BadInput for any other."""
    ending = name.rpartition(".")[2].lower()
    for each in get_args(Format):
        if ending == each:
            return each  # type: ignore[no-any-return]
    raise BadInput(f"A report cannot be written as {name!r}. Give a name that ends in .html, .pdf or .json.")


def report_of(audit: AuditResult, store: Store, model_name: str, kind: Format, earlier: AuditResult | None) -> bytes:
    """Of a stored audit, signed now with this machine's key; compared with an earlier one where there is one.

    Raises NotFound where a run it rests on was deleted, BadInput where the two audits share nothing.
    """
    there, trials = {run.id for run in store.runs()}, Ledger(store.path).trials(audit.id)
    proven = [trial for trial in trials if {each.run for each in trial.runs} <= there]
    compared = () if earlier is None else drift(earlier, audit, store)
    left = () if earlier is None else unshared(earlier, audit)
    context = Context(earlier, compared, len(trials) - len(proven), left, gained(audit, store.measures()))
    signer = Signer.now(sign.signing_key(store.path.parent))
    return write(gather(audit, store, proven), model_name, kind, signer, context)


def write(evidence: Evidence, model_name: str, kind: Format, signer: Signer, context: Context = ALONE) -> bytes:
    """All three have the sixteen parts and name the hash of the last row of evidence, which only json holds."""
    found = list(rows(evidence))
    sealed = sign.read(sign.write(found, signer.key, signer.at))
    assert sealed.signature is not None
    proof = Proof(len(found), sealed.head, sealed.signature.fingerprint, signer.at)
    made = report(evidence, model_name, proof, context)
    if kind == "json":
        return sign.write([*found, *map(_row, made.parts)], signer.key, signer.at)
    written = html.page(made) if kind == "html" else pdf.document(made, datetime.fromisoformat(signer.at))
    return sign.seal(written, kind, signer.key, signer.at)


def _row(part: Part) -> sign.Row:
    """A part as it reads; plots as what they show, in words."""
    blocks = [
        {name: value for name, value in block.items() if name not in ("svg", "narrow")} for block in plain(part.blocks)
    ]
    return {"kind": "part", "id": f"{part.number}: {part.title}", "blocks": blocks}
