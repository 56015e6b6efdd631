"""The schema of the evals tables, by numbered steps that are never edited: a change is a new step."""

from sqlite_utils import Database, Migrations

migrations = Migrations("evals")

SUITES_AND_RUNS = (
    """
    CREATE TABLE suites (
        sha256 TEXT PRIMARY KEY,
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        title TEXT NOT NULL,
        metrics TEXT NOT NULL,
        source TEXT NOT NULL,
        target TEXT NOT NULL,
        licence TEXT NOT NULL,
        notes TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE samples (
        suite_sha256 TEXT NOT NULL REFERENCES suites (sha256) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        id TEXT NOT NULL,
        source TEXT NOT NULL,
        "references" TEXT NOT NULL,
        "group" TEXT NOT NULL,
        facts TEXT NOT NULL,
        PRIMARY KEY (suite_sha256, id)
    )
    """,
    """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        suite TEXT NOT NULL,
        suite_sha256 TEXT NOT NULL REFERENCES suites (sha256),
        system TEXT NOT NULL,
        identity TEXT NOT NULL,
        identity_sha256 TEXT NOT NULL,
        prompt_sha256 TEXT NOT NULL,
        "limit" INTEGER,
        asked INTEGER NOT NULL,
        versions TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'cancelled', 'failed')),
        error TEXT NOT NULL DEFAULT '',
        created TEXT NOT NULL,
        finished TEXT NOT NULL DEFAULT '',
        seconds_a_sample REAL
    )
    """,
    "CREATE INDEX runs_by_suite ON runs (suite_sha256, identity_sha256)",
    """
    CREATE TABLE outputs (
        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        sample TEXT NOT NULL,
        text TEXT NOT NULL,
        error TEXT NOT NULL,
        completions TEXT NOT NULL,
        seconds REAL NOT NULL,
        statistics TEXT NOT NULL,
        UNIQUE (run, sample)
    )
    """,
    """
    CREATE TABLE scores (
        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        metric TEXT NOT NULL,
        value REAL,
        low REAL,
        high REAL,
        method TEXT NOT NULL,
        scored INTEGER NOT NULL,
        asked INTEGER NOT NULL,
        clusters INTEGER NOT NULL,
        signature TEXT NOT NULL,
        comparability_key TEXT NOT NULL,
        higher_is_better INTEGER NOT NULL,
        PRIMARY KEY (run, metric)
    )
    """,
    "CREATE INDEX scores_by_key ON scores (comparability_key)",
    """
    CREATE TABLE comparisons (
        candidate TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        baseline TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        metric TEXT NOT NULL,
        difference REAL,
        low REAL,
        high REAL,
        standard_error REAL,
        p_value REAL,
        test TEXT NOT NULL,
        scored INTEGER NOT NULL,
        asked INTEGER NOT NULL,
        verdict TEXT NOT NULL,
        PRIMARY KEY (candidate, baseline, metric)
    )
    """,
    "CREATE INDEX comparisons_by_baseline ON comparisons (baseline)",
)


@migrations()
def m001_suites_and_runs(db: Database) -> None:
    """Samples are kept with the runs that asked them, so that stored runs can always be scored again."""
    # Statement by statement: executescript would commit each and leave half a schema after a crash.
    for statement in SUITES_AND_RUNS:
        db.execute(statement)


@migrations()
def m002_own_suites(db: Database) -> None:
    """The suites a person has added, each at the samples it has now; where on the model hub a suite comes from."""
    db.execute("ALTER TABLE suites ADD COLUMN origin TEXT NOT NULL DEFAULT ''")
    db.execute("""
        CREATE TABLE own_suites (
            id TEXT PRIMARY KEY,
            suite_sha256 TEXT NOT NULL REFERENCES suites (sha256),
            added TEXT NOT NULL
        )
    """)


@migrations()
def m003_queued(db: Database) -> None:
    """Runs asked for and not ended, so that a crash or the end of the app forgets none."""
    db.execute(
        """
        CREATE TABLE queued (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            suite_sha256 TEXT NOT NULL REFERENCES suites (sha256),
            model TEXT NOT NULL,
            options TEXT NOT NULL,
            "limit" INTEGER,
            again INTEGER NOT NULL
        )
        """
    )


SPEEDS = """
    CREATE TABLE speeds (
        identity TEXT PRIMARY KEY,
        unit TEXT NOT NULL,
        first_seconds REAL,
        alone REAL,
        together REAL,
        memory_bytes INTEGER,
        measured TEXT NOT NULL,
        note TEXT NOT NULL
    )
"""


@migrations()
def m004_speeds(db: Database) -> None:
    """A system's speed card, under its identity without the embedder: what a suite's feature uses besides is no part
    of how fast the system writes."""
    db.execute(SPEEDS)


@migrations()
def m005_votes(db: Database) -> None:
    """Votes with all they were cast on, so that ratings and preference pairs can always be made again."""
    db.execute(
        """
        CREATE TABLE votes (
            id TEXT PRIMARY KEY,
            created TEXT NOT NULL,
            conversation TEXT NOT NULL,
            prompt TEXT NOT NULL,
            sides TEXT NOT NULL,
            blind INTEGER NOT NULL,
            choice TEXT NOT NULL,
            uncounted TEXT NOT NULL
        )
        """
    )


@migrations()
def m006_queued_mitigations(db: Database) -> None:
    """A run that waits may be of a system with a mitigation."""
    db.execute("ALTER TABLE queued ADD COLUMN mitigation TEXT NOT NULL DEFAULT ''")


@migrations()
def m007_working_seconds(db: Database) -> None:
    """What a run took by the clock, over all its goes. What stood as seconds a sample before was how long one waited
    among the others in flight, which no speed can be made of."""
    db.execute("ALTER TABLE runs ADD COLUMN working_seconds REAL NOT NULL DEFAULT 0")
    db.execute("UPDATE runs SET seconds_a_sample = NULL")


@migrations()
def m008_brought(db: Database) -> None:
    """Public sets that a person has brought to audits, until they are taken off."""
    db.execute(
        """
        CREATE TABLE brought (
            id TEXT PRIMARY KEY,
            suite_sha256 TEXT NOT NULL REFERENCES suites (sha256)
        )
        """
    )
