"""What came of swapping the person under an answer, kept beside that answer and deleted with it: the SQL of these.

The texts in a result are the history's own and what a model wrote to them, so they lie where the history does, and a
temporary answer, which lies nowhere, keeps none.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from evals.bias.records import record_from
from evals.counterfactual.asking import Result
from llmweb.database import connected, migrate, now, writing
from llmweb.history import History

STEPS = {
    "m001_counterfactual_results": """
    CREATE TABLE counterfactual_results (
        entry TEXT PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
        created TEXT NOT NULL,
        result TEXT NOT NULL
    )
    """,
}


@dataclass(frozen=True, slots=True)
class Kept:
    """The latest result of an answer, and when it was made."""

    entry: str
    created: str
    result: Result


class Results:
    """Of the answers of one history, whose file this is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        migrate(path, "counterfactual-results", STEPS)

    def keep(self, history: History, entry: str, result: Result) -> None:
        """In place of the one before. Nothing where the answer lies elsewhere, or was deleted meanwhile."""
        if history.path != self.path:
            return
        row = {"entry": entry, "created": now()}
        stored = json.dumps(asdict(result), ensure_ascii=False, sort_keys=True)
        sql = (
            "INSERT OR REPLACE INTO counterfactual_results SELECT :entry, :created, :result "
            "WHERE EXISTS (SELECT 1 FROM entries WHERE id = :entry)"
        )
        with connected(self.path) as db:
            db.execute("PRAGMA secure_delete = ON")
            with writing(db):
                db.execute(sql, {**row, "result": stored})

    def kept(self, history: History, entries: Sequence[str]) -> list[Kept]:
        """Those of these answers that have one."""
        if history.path != self.path or not entries:
            return []
        sql = "SELECT * FROM counterfactual_results WHERE entry IN (SELECT value FROM json_each(?))"
        with connected(self.path) as db:
            return [
                Kept(row["entry"], row["created"], _read(json.loads(row["result"])))
                for row in db.query(sql, [json.dumps([*entries])])
            ]


def _read(stored: dict[str, Any]) -> Result:
    """JSON knows no numbers as names."""
    found: Result = record_from(Result, stored)
    swaps = {int(number): to for number, to in found.plan.swaps.items()}
    return replace(found, plan=replace(found.plan, swaps=swaps))
