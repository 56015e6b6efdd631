"""Runs, outputs, scores, comparisons, speed cards and votes in SQLite: the SQL of evals, but for what the pages read.

The tables lie in the file of the history. Every write is one transaction, so that a process killed anywhere leaves
whole rows. A connection per operation: runs write from their own threads. The schema is migrations.py, what the
leaderboard reads standings.py, what the Runs page reads run_reads.py.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.records import ComparisonRow, OutputRow, QueuedRow, Run, ScoreRow, Status, VoteRow
from evals.standings import SPEED_KEY, Speed
from llmweb.database import connected, now, row_beginning, short_id, writing
from llmweb.errors import BadInput, NotFound

if TYPE_CHECKING:
    import sqlite_utils

    from evals.types import Suite

JSON_COLUMNS = (
    "identity",
    "versions",
    "options",
    "completions",
    "statistics",
    "references",
    "facts",
    "metrics",
    "sides",
)
# What must be equal for an unfinished run to go on.
SAME_RUN = ("suite_sha256", "identity_sha256", "prompt_sha256", "limit", "versions")

USING = ("runs", "own_suites", "queued", "brought")  # tables that keep the samples of a suite


class Store:
    """One SQLite file. Run ids are random; methods that take one raise NotFound where it is gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        from evals.migrations import migrations  # loads sqlite-utils and with it pandas, 0.3 s

        with self._connection() as db:
            db.enable_wal()
            migrations.apply(db)

    def begin(self, run: Run, suite: "Suite", again: bool = False) -> Run:
        """The stored run that asks the very same, finished or not, or a new one; with again, a new one in any case
        where the last is finished. An unfinished one is running from now on."""
        with self._connection() as db, writing(db):
            self._keep_suite(db, suite)
            same = " AND ".join(f'"{column}" IS :{column}' for column in SAME_RUN)
            sql = f"SELECT * FROM runs WHERE {same} ORDER BY created DESC, rowid DESC LIMIT 1"
            for row in db.query(sql, _stored(asdict(run))):
                found = _run(row)
                if found.status != "finished":
                    db.execute("UPDATE runs SET status = 'running', error = '' WHERE id = ?", [found.id])
                    return replace(found, status="running", error="")
                if not again:
                    return found
            begun = replace(run, id=short_id(), status="running", created=now())
            db.table("runs").insert(_stored(asdict(begun)))
        return begun

    def queue(self, asked: Iterable[tuple["Suite", QueuedRow]]) -> list[int]:
        """Note runs that are asked for; their numbers, which never come again."""
        sql = """
            INSERT INTO queued (suite_sha256, model, options, "limit", again, mitigation)
            VALUES (:suite_sha256, :model, :options, :limit, :again, :mitigation) RETURNING number
        """
        numbers: list[int] = []
        with self._connection() as db, writing(db):
            for suite, row in asked:
                self._keep_suite(db, suite)
                numbers += [stored["number"] for stored in db.query(sql, _stored(asdict(row)))]
        return numbers

    def queued(self) -> list[QueuedRow]:
        """In the order they were asked for."""
        with self._connection() as db:
            rows = [_parsed(row) for row in db.query("SELECT * FROM queued ORDER BY number")]
        return [QueuedRow(**{**row, "again": bool(row["again"])}) for row in rows]

    def unqueue(self, numbers: Iterable[int]) -> None:
        """They have ended, or nobody wants them any more."""
        with self._connection() as db, writing(db):
            db.execute("DELETE FROM queued WHERE number IN (SELECT value FROM json_each(?))", [json.dumps([*numbers])])

    def keep(self, run_id: str, *outputs: OutputRow, working_seconds: float = 0.0) -> None:
        """Finished samples, the first of each to arrive stays; and the time by the clock since those before. Raises
        NotFound when the run was deleted meanwhile."""
        rows = [{"run": run_id, **_stored(asdict(output))} for output in outputs]
        with self._connection() as db, writing(db):
            self._require(db, run_id)
            db.table("outputs").insert_all(rows, ignore=True)
            db.execute("UPDATE runs SET working_seconds = working_seconds + ? WHERE id = ?", [working_seconds, run_id])

    def finish(self, run_id: str, scores: Sequence[ScoreRow], comparisons: Sequence[ComparisonRow]) -> None:
        """Scores and comparisons, those that were there replaced; with them the run is finished."""
        with self._connection() as db, writing(db):
            row = self._require(db, run_id)
            db.execute("DELETE FROM scores WHERE run = ?", [run_id])
            db.execute("DELETE FROM comparisons WHERE ? IN (candidate, baseline)", [run_id])
            db.table("scores").insert_all({"run": run_id, **asdict(score)} for score in scores)
            db.table("comparisons").insert_all(asdict(comparison) for comparison in comparisons)
            db.execute(
                "UPDATE runs SET status = 'finished', error = '', finished = ?, "
                "seconds_a_sample = nullif(working_seconds, 0) / (SELECT count(*) FROM outputs WHERE run = runs.id) "
                "WHERE id = ?",
                [row["finished"] or now(), run_id],
            )

    def end(self, run_id: str, status: Status, error: str = "") -> None:
        """Why a run stopped before it was finished; it can go on later."""
        with self._connection() as db, writing(db):
            db.execute("UPDATE runs SET status = ?, error = ? WHERE id = ?", [status, error, run_id])

    def leave_stopped(self, run_id: str) -> None:
        """A run that stands as being made, and is not."""
        with self._connection() as db, writing(db):
            db.execute("UPDATE runs SET status = 'cancelled' WHERE id = ? AND status = 'running'", [run_id])

    def rewrite(self, run_id: str, outputs: Sequence[OutputRow]) -> None:
        """Statistics and errors of stored outputs, scored again."""
        rows = [{"run": run_id, **_stored(asdict(output))} for output in outputs]
        with self._connection() as db, writing(db):
            sql = "UPDATE outputs SET statistics = :statistics, error = :error WHERE run = :run AND sample = :sample"
            for row in rows:
                db.execute(sql, row)

    def delete(self, run_id: str) -> None:
        """With its outputs, its scores and the comparisons it is in."""
        with self._connection() as db, writing(db):
            self._require(db, run_id)
            db.execute("DELETE FROM runs WHERE id = ?", [run_id])

    def runs(self) -> list[Run]:
        """The latest first."""
        with self._connection() as db:
            return [_run(row) for row in db.query("SELECT * FROM runs ORDER BY created DESC, rowid DESC")]

    def run(self, beginning: str) -> Run:
        """The run whose id begins so. Raises BadInput where several do."""
        missing = f"There is no run {beginning!r}. The stored ones: python -m evals list --runs"
        with self._connection() as db:
            return _run(row_beginning(db, "runs", beginning, missing))

    def suite(self, sha256: str) -> "Suite":
        """The suite with its samples as they were asked. Raises NotFound."""
        from evals.types import Sample, Suite

        with self._connection() as db:
            rows = list(db.query("SELECT * FROM suites WHERE sha256 = ?", [sha256]))
            sql = "SELECT * FROM samples WHERE suite_sha256 = ? ORDER BY place"
            samples = [_parsed(row) for row in db.query(sql, [sha256])]
        if not rows:
            raise NotFound(f"The samples with hash {sha256[:12]} are not stored.")
        facts = _parsed(rows[0])
        del facts["sha256"]
        asked = tuple(
            Sample(row["id"], row["source"], tuple(row["references"]), row["group"], row["facts"]) for row in samples
        )
        return Suite(**{**facts, "metrics": tuple(facts["metrics"]), "samples": asked})

    def measures(self) -> dict[str, tuple[str, ...]]:
        """Hash of the samples → the metrics that their suite has by now."""
        with self._connection() as db:
            rows = db.query("SELECT sha256, metrics FROM suites")
            return {row["sha256"]: tuple(json.loads(row["metrics"])) for row in rows}

    def own_suites(self) -> dict[str, str]:
        """Id → hash of the samples, of the suites a person has added."""
        with self._connection() as db:
            return {row["id"]: row["suite_sha256"] for row in db.query("SELECT * FROM own_suites ORDER BY id")}

    def add_suite(self, suite: "Suite") -> None:
        """A suite of one's own, in place of the one with its id: what runs have asked stays with them. Raises BadInput
        where its samples are another suite's, as scores and samples are kept once."""
        with self._connection() as db, writing(db):
            for row in db.query("SELECT id FROM suites WHERE sha256 = ? AND id != ?", [suite.sha256, suite.id]):
                raise BadInput(f"{row['id']} has these very samples. Run that, or add it again under its own name.")
            self._keep_suite(db, suite)
            self._list(db, "own_suites", suite, added=now())

    def remove_suite(self, suite_id: str) -> None:
        """From the list; its samples stay where a run has asked them. Raises NotFound."""
        with self._connection() as db, writing(db):
            if not self._unlist(db, "own_suites", suite_id):
                raise NotFound(f"There is no suite {suite_id!r} of your own. See them with: python -m evals list")

    def brought(self) -> dict[str, str]:
        """Id → hash of the samples, of the public sets that were brought to audits, in the order they came."""
        with self._connection() as db:
            return {row["id"]: row["suite_sha256"] for row in db.query("SELECT * FROM brought ORDER BY rowid")}

    def bring(self, suite: "Suite") -> None:
        """A public set, in place of the one with its id. What is said of samples that are there already stays."""
        with self._connection() as db, writing(db):
            if not db.execute("SELECT 1 FROM suites WHERE sha256 = ?", [suite.sha256]).fetchone():
                self._keep_suite(db, suite)
            self._list(db, "brought", suite)

    def take_off(self, suite_id: str) -> None:
        """A public set, if it is there; what runs have asked of it stays with them."""
        with self._connection() as db, writing(db):
            self._unlist(db, "brought", suite_id)

    def done(self, run_id: str) -> set[str]:
        """The samples that have an output or an error."""
        with self._connection() as db:
            return {row["sample"] for row in db.query("SELECT sample FROM outputs WHERE run = ?", [run_id])}

    def outputs(self, run_id: str, samples: Sequence[str] | None = None) -> list[OutputRow]:
        """In the order they were finished; of these samples only, where some are named."""
        sql = "SELECT sample, text, error, completions, seconds, statistics FROM outputs WHERE run = :run"
        among = "" if samples is None else " AND sample IN (SELECT value FROM json_each(:samples))"
        with self._connection() as db:
            named = {"run": run_id, "samples": json.dumps(samples)}
            return [OutputRow(**_parsed(row)) for row in db.query(f"{sql}{among} ORDER BY rowid", named)]

    def statistics(self, run_id: str) -> dict[str, dict[str, list[float]]]:
        """Sample → metric → numbers, of the samples without an error."""
        sql = "SELECT sample, statistics FROM outputs WHERE run = ? AND error = ''"
        with self._connection() as db:
            return {row["sample"]: json.loads(row["statistics"]) for row in db.query(sql, [run_id])}

    def scores(self, run_id: str) -> list[ScoreRow]:
        """In the order of the suite's metrics."""
        with self._connection() as db:
            rows = list(db.query("SELECT * FROM scores WHERE run = ? ORDER BY rowid", [run_id]))
        return [_score(row) for row in rows]

    def comparisons(self, run_id: str) -> list[ComparisonRow]:
        """Those the run is in, on either side."""
        with self._connection() as db:
            sql = "SELECT * FROM comparisons WHERE :run IN (candidate, baseline) ORDER BY rowid"
            return [ComparisonRow(**row) for row in db.query(sql, {"run": run_id})]

    def peers(self, run_id: str, comparability_keys: Sequence[str]) -> dict[str, list[str]]:
        """For each key, the latest finished run of every identity that has a score under it, this run left out."""
        sql = """
            SELECT runs.id, runs.identity_sha256 FROM scores JOIN runs ON runs.id = scores.run
            WHERE comparability_key = ? AND status = 'finished' AND value IS NOT NULL AND runs.id != ?
            ORDER BY finished, runs.rowid
        """
        with self._connection() as db:
            return {
                key: list({row["identity_sha256"]: row["id"] for row in db.query(sql, [key, run_id])}.values())
                for key in comparability_keys
            }

    def keep_speed(self, identity: dict[str, Any], speed: Speed) -> None:
        """The speed card of the system with this identity, in place of the one before."""
        row = _stored({"identity": identity}) | speed._asdict()
        columns = ", ".join(f":{name}" for name in Speed._fields)
        with self._connection() as db, db.atomic():
            key = SPEED_KEY.format(":identity")
            db.execute(f"REPLACE INTO speeds (identity, {', '.join(Speed._fields)}) VALUES ({key}, {columns})", row)

    def speed(self, identity: dict[str, Any]) -> Speed | None:
        with self._connection() as db:
            sql = f"SELECT {', '.join(Speed._fields)} FROM speeds WHERE identity = {SPEED_KEY.format(':identity')}"
            return next((Speed(**row) for row in db.query(sql, _stored({"identity": identity}))), None)

    def keep_vote(self, vote: VoteRow) -> VoteRow:
        """With its id and the time."""
        kept = replace(vote, id=short_id(), created=now())
        with self._connection() as db, writing(db):
            db.table("votes").insert(_stored(asdict(kept)))
        return kept

    def take_back_vote(self, vote_id: str) -> None:
        with self._connection() as db, writing(db):
            db.execute("DELETE FROM votes WHERE id = ?", [vote_id])

    def votes(self) -> list[VoteRow]:
        """The oldest first."""
        with self._connection() as db:
            rows = [_parsed(row) for row in db.query("SELECT * FROM votes ORDER BY rowid")]
        return [VoteRow(**{**row, "blind": bool(row["blind"])}) for row in rows]

    def _keep_suite(self, db: "sqlite_utils.Database", suite: "Suite") -> None:
        """The samples once; what is said about them as it is now."""
        row = {**asdict(suite), "sha256": suite.sha256}
        samples = row.pop("samples")
        known = db.execute("SELECT 1 FROM suites WHERE sha256 = ?", [suite.sha256]).fetchone()
        db.table("suites").upsert(_stored(row), pk="sha256")
        if not known:
            db.table("samples").insert_all(
                {"suite_sha256": suite.sha256, "place": place, **_stored(sample)}
                for place, sample in enumerate(samples)
            )

    def _list(self, db: "sqlite_utils.Database", table: str, suite: "Suite", **more: str) -> None:
        """In own_suites or brought, in place of the one with its id."""
        before = db.execute(f"SELECT suite_sha256 FROM {table} WHERE id = ?", [suite.id]).fetchone()
        db.table(table).upsert({"id": suite.id, "suite_sha256": suite.sha256, **more}, pk="id")
        if before:
            self._forget_unused(db, *before)

    def _unlist(self, db: "sqlite_utils.Database", table: str, suite_id: str) -> bool:
        """Whether it was there."""
        found = db.execute(f"SELECT suite_sha256 FROM {table} WHERE id = ?", [suite_id]).fetchone()
        db.execute(f"DELETE FROM {table} WHERE id = ?", [suite_id])
        if found:
            self._forget_unused(db, *found)
        return found is not None

    def _forget_unused(self, db: "sqlite_utils.Database", sha256: str) -> None:
        """The samples of a suite that is no longer listed, unless a run has asked them or is to."""
        used = " UNION ".join(f"SELECT suite_sha256 FROM {table}" for table in USING)
        db.execute(f"DELETE FROM suites WHERE sha256 = ? AND sha256 NOT IN ({used})", [sha256])

    def _connection(self) -> "AbstractContextManager[sqlite_utils.Database]":
        return connected(self.path)

    def _require(self, db: "sqlite_utils.Database", run_id: str) -> dict[str, Any]:
        for row in db.query("SELECT * FROM runs WHERE id = ?", [run_id]):
            return dict(row)
        raise NotFound("This run is gone: it was deleted, perhaps in another window.")


def _stored(row: dict[str, Any]) -> dict[str, Any]:
    """Structures as JSON text."""
    return {
        name: json.dumps(value, ensure_ascii=False, sort_keys=True) if name in JSON_COLUMNS else value
        for name, value in row.items()
    }


def _parsed(row: dict[str, Any]) -> dict[str, Any]:
    return {name: json.loads(value) if name in JSON_COLUMNS else value for name, value in row.items()}


def _run(row: dict[str, Any]) -> Run:
    return Run(**_parsed(row))


def _score(row: dict[str, Any]) -> ScoreRow:
    facts = {name: value for name, value in row.items() if name != "run"}
    return ScoreRow(**{**facts, "higher_is_better": bool(facts["higher_is_better"])})
