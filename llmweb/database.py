"""How the one SQLite file is opened, migrated and written, in transactions that wait for their turn; ids and times of
rows. Whose tables lie in it is their own."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmweb.errors import BadInput, NotFound

if TYPE_CHECKING:
    import sqlite_utils

BUSY_SECONDS = 30


@contextmanager
def connected(path: Path) -> "Iterator[sqlite_utils.Database]":
    """A connection of one operation's own, with foreign keys on."""
    import sqlite_utils

    connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        yield sqlite_utils.Database(connection)
    finally:
        connection.close()


def migrate(path: Path, name: str, steps: Mapping[str, str]) -> None:
    """Bring the tables of one owner up to date. steps: each one's name and SQL, never edited; a change is a new one."""
    from sqlite_utils import Database, Migrations  # loads pandas, 0.3 s

    migrations = Migrations(name)
    for step, sql in steps.items():

        @migrations(name=step)
        def execute(db: Database, sql: str = sql) -> None:
            db.execute(sql)

    with connected(path) as db:
        migrations.apply(db)


def short_id() -> str:
    """Short enough to be typed."""
    return os.urandom(6).hex()


def now() -> str:
    """UTC in ISO 8601: rows are ordered by it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def row_beginning(db: "sqlite_utils.Database", table: str, beginning: str, missing: str) -> dict[str, Any]:
    """The row whose id begins so. Raises NotFound, which says missing, and BadInput where several do."""
    rows = list(db.query(f"SELECT * FROM {table} WHERE substr(id, 1, length(:id)) = :id", {"id": beginning}))
    if not rows:
        raise NotFound(missing)
    if len(rows) > 1:
        ids = ", ".join(row["id"] for row in rows)
        raise BadInput(f"{len(rows)} {table.replace('_', ' ')} begin with {beginning!r}: {ids}.")
    return rows[0]


@contextmanager
def writing(db: "sqlite_utils.Database") -> Iterator[None]:
    """One transaction, whole or not at all, which has the write lock from its beginning.

    Database.atomic takes it at the first write. Where it has read before and someone else has written since, SQLite
    refuses at once (SQLITE_BUSY_SNAPSHOT), however long the connection would wait.
    """
    try:
        db.conn.execute("BEGIN IMMEDIATE")
        yield
        db.conn.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise
