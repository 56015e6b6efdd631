"""Finished audits in SQLite, in the file of the runs they rest on, and what was tried on them: their SQL, and schema.

A result is kept whole, as JSON: what an audit said stays what it said, also after its runs were deleted.
"""

import json
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from evals.bias.acceptance import settled
from evals.bias.records import AuditResult
from evals.bias.trials import Trial
from llmweb.database import connected, migrate, row_beginning, writing
from llmweb.errors import NotFound

if TYPE_CHECKING:
    import sqlite_utils

STEPS = {
    "m001_audits": """
    CREATE TABLE audits (
        id TEXT PRIMARY KEY,
        created TEXT NOT NULL,
        model TEXT NOT NULL,
        system TEXT NOT NULL,
        result TEXT NOT NULL
    )
    """,
    "m002_trials": """
    CREATE TABLE trials (
        id TEXT PRIMARY KEY,
        created TEXT NOT NULL,
        audit TEXT NOT NULL REFERENCES audits (id) ON DELETE CASCADE,
        before TEXT NOT NULL,
        after TEXT NOT NULL,
        mitigation TEXT NOT NULL,
        outcome TEXT NOT NULL,
        trial TEXT NOT NULL
    )
    """,
}


class Ledger:
    """The audits of one data directory. Methods that take an id raise NotFound where it is gone."""

    def __init__(self, path: Path) -> None:
        """path is the store's, whose tables are there already."""
        self.path = path
        migrate(path, "audits", STEPS)

    def keep(self, result: AuditResult) -> None:
        row = {"id": result.id, "created": result.created, "model": result.model, "system": result.system}
        text = json.dumps(asdict(result), ensure_ascii=False, sort_keys=True)
        with self._connection() as db, db.atomic():
            db.table("audits").insert({**row, "result": text})

    def kept(self, result: AuditResult) -> AuditResult:
        """The audit that is there of the same runs by the same plan, or this one, which is kept."""
        for each in self.audits(result.model):
            if (each.runs, each.plan, each.system) == (result.runs, result.plan, result.system):
                return each
        self.keep(result)
        return result

    def audits(self, model: str = "") -> list[AuditResult]:
        """The latest first; only those of a model where one is named."""
        sql = "SELECT result FROM audits WHERE ? IN ('', model) ORDER BY created DESC, rowid DESC"
        with self._connection() as db:
            return [_read(row["result"]) for row in db.query(sql, [model])]

    def audit(self, beginning: str) -> AuditResult:
        """The audit whose id begins so. Raises BadInput where several do."""
        missing = f"There is no audit {beginning!r}. The stored ones: python -m evals audit list"
        with self._connection() as db:
            return _read(row_beginning(db, "audits", beginning, missing)["result"])

    def delete(self, audit_id: str) -> None:
        """The audit with what was tried on it; its runs stay."""
        with self._connection() as db, db.atomic():
            db.execute("DELETE FROM audits WHERE id = ?", [audit_id])

    def keep_trial(self, trial: Trial) -> Trial:
        """As it is judged together with what was tried on the audit before, which is judged anew. One of the same
        mitigation replaces that before. Raises NotFound where the audit was deleted meanwhile."""
        sql = "INSERT INTO trials VALUES (:id, :created, :audit, :before, :after, :mitigation, :outcome, :trial)"
        with self._connection() as db, writing(db):
            if not list(db.query("SELECT 1 FROM audits WHERE id = ?", [trial.audit])):
                raise NotFound(f"Audit {trial.audit} is gone: it was deleted, perhaps in another window.")
            others = [each for each in _trials(db, trial.audit) if each.mitigation.id != trial.mitigation.id]
            judged = settled([*others, trial])
            db.execute("DELETE FROM trials WHERE audit = ?", [trial.audit])
            for each in judged:
                db.execute(sql, _row(each))
        return judged[-1]

    def trials(self, audit_id: str = "") -> list[Trial]:
        """What was tried on an audit, or on any, the earliest first."""
        with self._connection() as db:
            return _trials(db, audit_id)

    def _connection(self) -> "AbstractContextManager[sqlite_utils.Database]":
        return connected(self.path)


def _trials(db: "sqlite_utils.Database", audit_id: str) -> list[Trial]:
    sql = "SELECT trial FROM trials WHERE ? IN ('', audit) ORDER BY created, rowid"
    return [Trial.from_dict(json.loads(row["trial"])) for row in db.query(sql, [audit_id])]


def _row(trial: Trial) -> dict[str, str]:
    facts = {name: getattr(trial, name) for name in ("id", "created", "audit", "before", "after", "outcome")}
    text = json.dumps(asdict(trial), ensure_ascii=False, sort_keys=True)
    return {**facts, "mitigation": trial.mitigation.id, "trial": text}


def _read(text: str) -> AuditResult:
    return AuditResult.from_dict(json.loads(text))
