"""Audits of the own history in SQLite, in the file of the history: the SQL of these, and its schema.

A result is kept whole, as JSON; it holds numbers and ids, no text of anybody.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evals.bias.records import record_from
from evals.counterfactual.history_audit import HistoryAudit
from llmweb.database import connected, writing
from llmweb.errors import BadInput, NotFound

# By numbered steps that are never edited: a change is a new one.
STEPS = (
    """
    CREATE TABLE history_audits (
        id TEXT PRIMARY KEY,
        created TEXT NOT NULL,
        model TEXT NOT NULL,
        result TEXT NOT NULL
    )
    """,
)


class HistoryLedger:
    """The audits of one data directory's history."""

    def __init__(self, path: Path) -> None:
        from sqlite_utils import Database, Migrations  # loads pandas, 0.3 s

        migrations = Migrations("history-audits")

        @migrations()
        def m001_history_audits(db: Database) -> None:
            db.execute(STEPS[0])

        self.path = path
        with connected(self.path) as db:
            migrations.apply(db)

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
        sql = "SELECT result FROM history_audits WHERE substr(id, 1, length(:id)) = :id"
        with connected(self.path) as db:
            rows = list(db.query(sql, {"id": beginning}))
        if not rows:
            raise NotFound(
                f"There is no audit {beginning!r} of your history. See them with: python -m evals counterfactual --list"
            )
        if len(rows) > 1:
            raise BadInput(f"{len(rows)} audits begin with {beginning!r}. Write more of its id.")
        return _read(rows[0])

    def delete(self, audit_id: str) -> None:
        with connected(self.path) as db, writing(db):
            db.execute("DELETE FROM history_audits WHERE id = ?", [audit_id])


def _read(row: dict[str, Any]) -> HistoryAudit:
    found: HistoryAudit = record_from(HistoryAudit, json.loads(row["result"]))
    return found
