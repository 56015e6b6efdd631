"""How the one SQLite file is written: in transactions that wait for their turn. Whose tables lie in it is their own."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

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
