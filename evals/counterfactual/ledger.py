"""Audits of the own history in SQLite, in the file of the history: the SQL of these, and its schema.

A finished audit is kept whole, as JSON. Of one that is not, every answer has a row, which says nothing until it was
asked again and goes with the answer: what came so far is concluded of these rows. Numbers and ids, no text of anybody.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.bias.records import record_from
from evals.counterfactual.history_audit import HistoryAudit, Moved, begun, concluded
from evals.counterfactual.scan import Scan
from llmweb.database import connected, migrate, row_beginning, writing
from llmweb.errors import BadInput

if TYPE_CHECKING:
    import sqlite_utils

STEPS = {
    "m001_history_audits": """
    CREATE TABLE history_audits (
        id TEXT PRIMARY KEY,
        created TEXT NOT NULL,
        model TEXT NOT NULL,
        result TEXT NOT NULL
    )
    """,
    "m002_history_pairs": """
    CREATE TABLE history_pairs (
        entry TEXT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
        audit TEXT NOT NULL REFERENCES history_audits (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        numbers TEXT,
        PRIMARY KEY (entry, audit)
    )
    """,
}


class HistoryLedger:
    """The audits of one data directory's history, whose file this is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        migrate(path, "history-audits", STEPS)

    def begin(self, found: Scan) -> HistoryAudit:
        """Of what is still there of the answers that were found."""
        audit = begun(found)
        row = {"id": audit.id, "created": audit.created, "model": audit.wanted.model, "result": _stored(audit)}
        pairs = [(audit.id, place, each.entry) for place, each in enumerate(found.chosen)]
        with connected(self.path) as db, writing(db):
            db.table("history_audits").insert(row)
            sql = "INSERT INTO history_pairs (audit, place, entry) SELECT ?, ?, id FROM entries WHERE id = ?"
            db.conn.executemany(sql, pairs)
        return audit

    def note(self, audit_id: str, note: str, identity: dict[str, Any]) -> None:
        """How it is asked, and of which model."""
        sql = "UPDATE history_audits SET result = json_set(result, '$.note', ?, '$.identity', json(?)) WHERE id = ?"
        with connected(self.path) as db, writing(db):
            db.execute(sql, [note, json.dumps(identity, sort_keys=True), audit_id])

    def missing(self, audit_id: str) -> list[str]:
        """The answers still to be asked, in the order of the audit."""
        sql = "SELECT entry FROM history_pairs WHERE audit = ? AND numbers IS NULL ORDER BY place"
        with connected(self.path) as db:
            return [row["entry"] for row in db.query(sql, [audit_id])]

    def keep(self, audit_id: str, moved: Moved) -> None:
        """Nothing where the answer was deleted meanwhile, or the audit."""
        numbers = json.dumps(asdict(moved), sort_keys=True)
        with connected(self.path) as db, writing(db):
            sql = "UPDATE history_pairs SET numbers = ? WHERE audit = ? AND entry = ?"
            db.execute(sql, [numbers, audit_id, moved.entry])

    def leave_out(self, audit_id: str, entry: str) -> None:
        """An answer that cannot be asked any more."""
        with connected(self.path) as db, writing(db):
            db.execute("DELETE FROM history_pairs WHERE audit = ? AND entry = ?", [audit_id, entry])

    def finish(self, audit: HistoryAudit) -> None:
        """As it is from now on: what single answers say is not needed any more."""
        with connected(self.path) as db, writing(db):
            db.execute("UPDATE history_audits SET result = ? WHERE id = ?", [_stored(audit), audit.id])
            db.execute("DELETE FROM history_pairs WHERE audit = ?", [audit.id])

    def forget_unasked(self, audit_id: str) -> None:
        """An audit whose answers are all still to be asked."""
        sql = """
            DELETE FROM history_audits WHERE id IN (
                SELECT audit FROM history_pairs WHERE audit = ? GROUP BY audit HAVING count(numbers) = 0
            )
        """
        with connected(self.path) as db, writing(db):
            db.execute(sql, [audit_id])

    def audits(self) -> list[HistoryAudit]:
        """The latest first."""
        with connected(self.path) as db:
            rows = list(db.query("SELECT id, result FROM history_audits ORDER BY created DESC, rowid DESC"))
            return [_read(db, row) for row in rows]

    def audit(self, beginning: str) -> HistoryAudit:
        """The one whose id begins so. Raises NotFound, and BadInput where several do."""
        missing = (
            f"There is no audit {beginning!r} of your history. See them with: python -m evals counterfactual --list"
        )
        with connected(self.path) as db:
            return _read(db, row_beginning(db, "history_audits", beginning, missing))

    def unfinished(self, beginning: str) -> HistoryAudit:
        """One that can go on. Raises BadInput for another, and what audit raises."""
        audit = self.audit(beginning)
        if not audit.goes_on:
            raise BadInput(f"Audit {audit.id} has ended: nothing is left to ask. Begin another one.")
        return audit

    def delete(self, audit_id: str) -> None:
        with connected(self.path) as db, writing(db):
            db.execute("DELETE FROM history_audits WHERE id = ?", [audit_id])


def _stored(audit: HistoryAudit) -> str:
    return json.dumps(asdict(audit), sort_keys=True)


def _read(db: "sqlite_utils.Database", row: dict[str, Any]) -> HistoryAudit:
    """What an audit says, or what it says so far."""
    audit: HistoryAudit = record_from(HistoryAudit, {"identity": {}, "goes_on": False} | json.loads(row["result"]))
    if not audit.goes_on:
        return audit
    pairs = list(db.query("SELECT numbers FROM history_pairs WHERE audit = ? ORDER BY place", [row["id"]]))
    answered = [record_from(Moved, json.loads(pair["numbers"])) for pair in pairs if pair["numbers"]]
    return concluded(audit, answered, len(pairs) - len(answered))
