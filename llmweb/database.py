"""How the one SQLite file is written: in transactions that wait for their turn. Whose tables lie in it is their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite_utils


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
