"""Finished audits in SQLite, in the file of the runs they rest on: the SQL of audits, and its schema.

The result is kept whole, as JSON: what an audit said stays what it said, also after its runs were deleted.
"""

import json
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from evals.bias.records import AuditResult
from llmweb.database import connected
from llmweb.errors import BadInput, NotFound

if TYPE_CHECKING:
    import sqlite_utils

# By numbered steps that are never edited: a change is a new one.
STEPS = (
    """
    CREATE TABLE audits (
        id TEXT PRIMARY KEY,
        created TEXT NOT NULL,
        model TEXT NOT NULL,
        system TEXT NOT NULL,
        result TEXT NOT NULL
    )
    """,
)


class Ledger:
    """The audits of one data directory. Methods that take an id raise NotFound where it is gone."""

    def __init__(self, path: Path) -> None:
        """path is the store's, whose tables are there already."""
        from sqlite_utils import Database, Migrations  # loads pandas, 0.3 s

        migrations = Migrations("audits")

        @migrations()
        def m001_audits(db: Database) -> None:
            db.execute(STEPS[0])

        self.path = path
        with self._connection() as db:
            migrations.apply(db)

    def keep(self, result: AuditResult) -> None:
        row = {"id": result.id, "created": result.created, "model": result.model, "system": result.system}
        text = json.dumps(asdict(result), ensure_ascii=False, sort_keys=True)
        with self._connection() as db, db.atomic():
            db.table("audits").insert({**row, "result": text})

    def audits(self, model: str = "") -> list[AuditResult]:
        """The latest first; only those of a model where one is named."""
        sql = "SELECT result FROM audits WHERE ? IN ('', model) ORDER BY created DESC, rowid DESC"
        with self._connection() as db:
            return [_read(row["result"]) for row in db.query(sql, [model])]

    def audit(self, beginning: str) -> AuditResult:
        """The audit whose id begins so. Raises BadInput where several do."""
        sql = "SELECT id, result FROM audits WHERE substr(id, 1, length(:id)) = :id"
        with self._connection() as db:
            rows = list(db.query(sql, {"id": beginning}))
        if not rows:
            raise NotFound(f"There is no audit {beginning!r}. The stored ones: python -m evals audit list")
        if len(rows) > 1:
            raise BadInput(f"{len(rows)} audits begin with {beginning!r}: {', '.join(row['id'] for row in rows)}.")
        return _read(rows[0]["result"])

    def delete(self, audit_id: str) -> None:
        """The audit alone; its runs stay."""
        with self._connection() as db, db.atomic():
            db.execute("DELETE FROM audits WHERE id = ?", [audit_id])

    def _connection(self) -> "AbstractContextManager[sqlite_utils.Database]":
        return connected(self.path)


def _read(text: str) -> AuditResult:
    return AuditResult.from_dict(json.loads(text))
