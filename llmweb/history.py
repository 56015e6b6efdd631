"""What was said in every feature and measured of every model, in SQLite: branches, provenance, search.

The only SQL of llmweb (its schema is migrations.py). Exports are export.py's; running answers are live.py's.
Times are UTC in ISO 8601. A connection per operation: handlers come from a pool of threads.
"""

import json
import re
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmweb.database import connected, now, writing
from llmweb.errors import NotFound
from llmweb.types import Alternative, Completion, Identity, Options, Usage

if TYPE_CHECKING:
    import sqlite_utils

Status = Literal["running", "done", "stopped", "failed", "interrupted"]

TITLE_LENGTH = 60
SNIPPET_TOKENS = 12


@dataclass(frozen=True, slots=True)
class ChatRow:
    """One line of the history list. snippet shows where a search hit, the words found between U+0001 and U+0002."""

    id: str
    feature: str
    title: str
    created: str
    updated: str
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing said. siblings are the ids of the branches at this place, in order, this one included."""

    id: str
    chat_id: str
    parent_id: str | None
    role: Literal["user", "assistant"]
    status: Status
    text: str
    thinking: str
    error: str
    completion: Completion | None
    created: str
    siblings: tuple[str, ...] = ()


class History:
    """One SQLite file, or ":memory:" for chats that are not kept. Ids are random; a missing one raises NotFound."""

    def __init__(self, path: Path | Literal[":memory:"]) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._memory = sqlite3.connect(":memory:", check_same_thread=False) if path == ":memory:" else None
        if isinstance(path, Path):
            path.parent.mkdir(parents=True, exist_ok=True)
        from llmweb.migrations import migrations  # loads sqlite-utils and with it pandas, 0.3 s

        with self._connection() as db:
            if isinstance(path, Path):
                db.enable_wal()
            migrations.apply(db)

    def mark_interrupted(self) -> int:
        """At the start: answers a crash cut off become "interrupted", their text kept. How many there were."""
        with self._connection() as db, writing(db):
            return db.execute("UPDATE entries SET status = 'interrupted' WHERE status = 'running'").rowcount

    def new_chat(self, feature: str, title: str, setup: dict[str, Any] | None = None) -> str:
        """setup is whatever a page wants back when the chat is opened again: model, options, languages."""
        chat_id, created = _new_id(), now()
        row = {"id": chat_id, "feature": feature, "title": _title(title), "created": created, "updated": created}
        with self._connection() as db, writing(db):
            db.table("chats").insert({**row, "setup": json.dumps(setup or {})})
        return chat_id

    def add(self, chat_id: str, parent_id: str | None, role: str, text: str, status: Status = "done") -> str:
        """A new entry, now the leaf of its chat."""
        entry_id, created = _new_id(), now()
        entry = {"id": entry_id, "chat_id": chat_id, "parent_id": parent_id, "role": role, "status": status}
        with self._connection() as db, writing(db):
            self._require(db, chat_id)
            db.table("entries").insert({**entry, "text": text, "created": created})
            db.execute("UPDATE chats SET leaf_id = ?, updated = ? WHERE id = ?", [entry_id, created, chat_id])
        return entry_id

    def record(
        self, feature: str, source: str, result: str, completion: Completion | None, setup: dict[str, Any]
    ) -> str:
        """A finished result of a feature of one turn, as a chat of two entries; its chat id."""
        chat_id = self.new_chat(feature, source, setup)
        question = self.add(chat_id, None, "user", source)
        answer = self.add(chat_id, question, "assistant", result, "running")
        self.update(answer, result, status="done", completion=completion)
        return chat_id

    def update(
        self,
        entry_id: str,
        text: str,
        thinking: str = "",
        status: Status = "running",
        error: str = "",
        completion: Completion | None = None,
    ) -> None:
        """The state of an answer so far. Raises NotFound if it was deleted meanwhile."""
        row = {"text": text, "thinking": thinking, "status": status, "error": error}
        stored = json.dumps(asdict(completion)) if completion is not None else None
        with self._connection() as db, writing(db):
            done = db.execute(
                "UPDATE entries SET text = :text, thinking = :thinking, status = :status, error = :error, "
                "completion = :completion WHERE id = :id",
                {**row, "completion": stored, "id": entry_id},
            )
            if not done.rowcount:
                raise NotFound("This answer was deleted, perhaps in another window. Its text was not kept.")

    def chats(self, feature: str = "", search: str = "", limit: int = 200) -> list[ChatRow]:
        """The latest chats first, of one feature or all; with search, those where one entry has each word or prefix."""
        query = _match(search)
        if search.strip() and not query:
            return []
        chosen = "feature = :feature" if feature else ":feature = ''"
        if not query:
            sql = (
                "SELECT id, feature, title, created, updated, '' AS snippet FROM chats "
                f"WHERE {chosen} ORDER BY updated DESC, rowid DESC LIMIT :limit"
            )
        else:
            sql = f"""
                SELECT chats.id, feature, title, chats.created, updated,
                    snippet(entries_fts, 0, char(1), char(2), '…', {SNIPPET_TOKENS}) AS snippet
                FROM entries_fts JOIN entries ON entries.row = entries_fts.rowid
                JOIN chats ON chats.id = entries.chat_id
                WHERE entries_fts MATCH :query AND {chosen}
                ORDER BY updated DESC, chats.rowid DESC, entries_fts.rank
            """
        with self._connection() as db:
            rows = db.query(sql, {"feature": feature, "query": query, "limit": limit})
            found: dict[str, ChatRow] = {}
            for row in rows:
                found.setdefault(row["id"], ChatRow(**row))
        return list(found.values())[:limit]

    def chat(self, chat_id: str) -> ChatRow:
        with self._connection() as db:
            row = self._require(db, chat_id)
        return ChatRow(row["id"], row["feature"], row["title"], row["created"], row["updated"])

    def setup(self, chat_id: str) -> dict[str, Any]:
        with self._connection() as db:
            return dict(json.loads(self._require(db, chat_id)["setup"]))

    def set_setup(self, chat_id: str, setup: dict[str, Any]) -> None:
        with self._connection() as db, writing(db):
            self._require(db, chat_id)
            db.execute("UPDATE chats SET setup = ? WHERE id = ?", [json.dumps(setup), chat_id])

    def thread(self, chat_id: str) -> list[Entry]:
        """The branch on show, from the first entry to the leaf."""
        with self._connection() as db:
            leaf_id = self._require(db, chat_id)["leaf_id"]
        return self._branch(chat_id, leaf_id)

    def branch_to(self, entry_id: str) -> list[Entry]:
        """From the first entry to this one, on show or not."""
        return self._branch(self.entry(entry_id).chat_id, entry_id)

    def _branch(self, chat_id: str, last: str | None) -> list[Entry]:
        entries = {entry.id: entry for entry in self.tree(chat_id)}
        path: list[Entry] = []
        while last is not None:
            path.append(entries[last])
            last = path[-1].parent_id
        return path[::-1]

    def tree(self, chat_id: str) -> list[Entry]:
        """Every entry of every branch, in the order they were made."""
        with self._connection() as db:
            self._require(db, chat_id)
            rows = list(db.table("entries").rows_where("chat_id = ?", [chat_id], order_by="row"))
        children: dict[str | None, list[str]] = {}
        for row in rows:
            children.setdefault(row["parent_id"], []).append(row["id"])
        return [_entry(row, tuple(children[row["parent_id"]])) for row in rows]

    def entry(self, entry_id: str) -> Entry:
        with self._connection() as db:
            for row in db.query("SELECT * FROM entries WHERE id = ?", [entry_id]):
                return _entry(row)
        raise NotFound("This answer is gone: it was deleted, perhaps in another window. Reload the page.")

    def show_branch(self, entry_id: str) -> None:
        """Make the newest leaf below this entry the end of the branch on show."""
        chat_id = self.entry(entry_id).chat_id
        with self._connection() as db, writing(db):
            db.execute(
                """
                WITH RECURSIVE below (id, row) AS (
                    SELECT id, row FROM entries WHERE id = :entry
                    UNION ALL SELECT entries.id, entries.row FROM entries JOIN below ON parent_id = below.id
                )
                UPDATE chats SET leaf_id = (SELECT id FROM below ORDER BY row DESC LIMIT 1) WHERE id = :chat
                """,
                {"entry": entry_id, "chat": chat_id},
            )

    def rename(self, chat_id: str, title: str) -> None:
        with self._connection() as db, writing(db):
            self._require(db, chat_id)
            db.execute("UPDATE chats SET title = ? WHERE id = ?", [_title(title), chat_id])

    def delete(self, chat_id: str) -> None:
        with self._connection() as db, writing(db):
            self._require(db, chat_id)
            db.execute("DELETE FROM chats WHERE id = ?", [chat_id])

    def delete_all(self) -> int:
        """Every chat of every feature, and their traces in the file; how many there were."""
        with self._connection() as db:
            with writing(db):
                deleted = db.execute("DELETE FROM chats").rowcount
            db.execute("INSERT INTO entries_fts (entries_fts) VALUES ('rebuild')")
            db.vacuum()
        return deleted

    def keep_measurement(self, model: str, result: dict[str, Any]) -> None:
        """Replaces the model's earlier one."""
        row = {"model": model, "result": json.dumps(result), "created": now()}
        with self._connection() as db, writing(db):
            db.table("measurements").upsert(row, pk="model")

    def measurements(self) -> dict[str, dict[str, Any]]:
        """The latest measurement of each model, with when it was made as "created"."""
        with self._connection() as db:
            return {
                row["model"]: {**json.loads(row["result"]), "created": row["created"]}
                for row in db.table("measurements").rows
            }

    @contextmanager
    def _connection(self) -> Iterator["sqlite_utils.Database"]:
        """A connection of this operation's own; the one in memory is shared under the lock."""
        import sqlite_utils

        if self._memory is not None:
            with self._lock:
                db = sqlite_utils.Database(self._memory)
                db.execute("PRAGMA foreign_keys = ON")
                yield db
            return
        with connected(Path(self.path)) as db:
            db.execute("PRAGMA secure_delete = ON")
            yield db

    def _require(self, db: "sqlite_utils.Database", chat_id: str) -> dict[str, Any]:
        for row in db.query("SELECT * FROM chats WHERE id = ?", [chat_id]):
            return dict(row)
        raise NotFound("This chat is gone: it was deleted, perhaps in another window. Choose another one.")


def _entry(row: dict[str, Any], siblings: tuple[str, ...] = ()) -> Entry:
    stored = row.pop("completion")
    completion = completion_from(json.loads(stored)) if stored else None
    del row["row"]
    return Entry(**row, completion=completion, siblings=siblings)


def completion_from(stored: dict[str, Any]) -> Completion:
    """The inverse of dataclasses.asdict on a Completion, after JSON."""
    options = {**stored["options"], "stop": tuple(stored["options"]["stop"])}
    return Completion(
        **{
            **stored,
            "identity": Identity(**stored["identity"]),
            "options": Options(**options),
            "usage": Usage(**stored["usage"]),
            "alternatives": tuple(Alternative(**alternative) for alternative in stored["alternatives"]),
        }
    )


def _match(search: str) -> str:
    """An FTS5 query for every word, as a prefix, quoted so that no character of it is syntax."""
    return " ".join(f'"{word}"*' for word in re.findall(r"\w+", search))


def _title(text: str) -> str:
    """One line of at most TITLE_LENGTH characters."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def _new_id() -> str:
    return uuid.uuid4().hex
