"""Audits of the own history in SQLite, in the file of the history: the SQL of these, and its schema.

A result is kept whole, as JSON; it holds numbers and ids, no text of anybody.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evals.bias.records import record_from
from evals.counterfactual.history_audit import HistoryAudit
from llmweb.database import connected, migrate, row_beginning, writing

STEPS = {
    "m001_history_audits": """
    CREATE TABLE history_audits (
        id TEXT PRIMARY KEY,
        created TEXT NOT NULL,
        model TEXT NOT NULL,
        result TEXT NOT NULL
    )
    """,
}


class HistoryLedger:
    """The audits of one data directory's history."""

    def __init__(self, path: Path) -> None:
        self.path = path
        migrate(path, "history-audits", STEPS)

    def keep(self, audit: HistoryAudit) -> None:
        row = {"id": audit.id, "created": audit.created, "model": audit.wanted.model}
        with connected(self.path) as db, writing(db):
            db.table("history_audits").insert({**row, "result": json.dumps(asdict(audit), sort_keys=True)})

    def audits(self) -> list[HistoryAudit]:
        """The latest first."""
        with connected(self.path) as db:
            return [
                _read(row) for row in db.query("SELECT result FROM history_audits ORDER BY created DESC, rowid DESC")
            ]

    def audit(self, beginning: str) -> HistoryAudit:
        """The one whose id begins so. Raises NotFound, and BadInput where several do."""
        missing = (
            f"There is no audit {beginning!r} of your history. See them with: python -m evals counterfactual --list"
        )
        with connected(self.path) as db:
            return _read(row_beginning(db, "history_audits", beginning, missing))

    def delete(self, audit_id: str) -> None:
        with connected(self.path) as db, writing(db):
            db.execute("DELETE FROM history_audits WHERE id = ?", [audit_id])


def _read(row: dict[str, Any]) -> HistoryAudit:
    found: HistoryAudit = record_from(HistoryAudit, json.loads(row["result"]))
    return found
