"""The schema of the history, by numbered steps that are never edited: a change is a new step."""

from sqlite_utils import Database, Migrations

migrations = Migrations("llmweb")

CHATS_AND_ENTRIES = (
    """
    CREATE TABLE chats (
        id TEXT PRIMARY KEY,
        feature TEXT NOT NULL,
        title TEXT NOT NULL,
        setup TEXT NOT NULL DEFAULT '{}',
        leaf_id TEXT,
        created TEXT NOT NULL,
        updated TEXT NOT NULL
    )
    """,
    "CREATE INDEX chats_by_update ON chats (feature, updated)",
    """
    CREATE TABLE entries (
        row INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
        parent_id TEXT REFERENCES entries (id) ON DELETE CASCADE,
        role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
        status TEXT NOT NULL CHECK (status IN ('running', 'done', 'stopped', 'failed', 'interrupted')),
        text TEXT NOT NULL,
        thinking TEXT NOT NULL DEFAULT '',
        error TEXT NOT NULL DEFAULT '',
        completion TEXT,
        created TEXT NOT NULL
    )
    """,
    "CREATE INDEX entries_by_chat ON entries (chat_id)",
    "CREATE INDEX entries_by_parent ON entries (parent_id)",
    """
    CREATE VIRTUAL TABLE entries_fts USING fts5 (
        text, content='entries', content_rowid='row', tokenize='unicode61 remove_diacritics 2'
    )
    """,
    """
    CREATE TRIGGER entries_insert AFTER INSERT ON entries BEGIN
        INSERT INTO entries_fts (rowid, text) VALUES (new.row, new.text);
    END
    """,
    """
    CREATE TRIGGER entries_delete AFTER DELETE ON entries BEGIN
        INSERT INTO entries_fts (entries_fts, rowid, text) VALUES ('delete', old.row, old.text);
    END
    """,
    """
    CREATE TRIGGER entries_update AFTER UPDATE OF text ON entries BEGIN
        INSERT INTO entries_fts (entries_fts, rowid, text) VALUES ('delete', old.row, old.text);
        INSERT INTO entries_fts (rowid, text) VALUES (new.row, new.text);
    END
    """,
)


@migrations()
def m001_chats_and_entries(db: Database) -> None:
    """entries form a tree in each chat; leaf_id is the end of the branch on show."""
    # Statement by statement: executescript would commit each and leave half a schema after a crash.
    for statement in CHATS_AND_ENTRIES:
        db.execute(statement)


@migrations()
def m002_measurements(db: Database) -> None:
    """The latest measurement of each model on this machine."""
    db.execute("CREATE TABLE measurements (model TEXT PRIMARY KEY, result TEXT NOT NULL, created TEXT NOT NULL)")
