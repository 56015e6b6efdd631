"""The history keeps what was said: over restarts, in branches, findable, and gone when deleted."""

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path

import pytest
import sqlite_utils

from llmweb.errors import NotFound
from llmweb.history import History
from llmweb.migrations import migrations
from llmweb.types import Alternative, Completion, Identity, Options, Usage

COMPLETION = Completion(
    "Paris",
    "end",
    Identity("m", "1", "abc", "scripted", "1", "exact", "def"),
    Options(stop=("\n", "END"), seed=7),
    Usage(tokens_in=5, tokens_cached=None, tokens_out=2, seconds_to_first_token=0.25, seconds=0.5),
    log_probability=-0.5,
    alternatives=(Alternative("Paris", -0.5), Alternative("London", -3.0)),
)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "llmweb.sqlite3")


def test_what_was_said_is_there_after_a_restart_with_its_provenance(history: History) -> None:
    chat = history.new_chat("chat", "Capital?")
    question = history.add(chat, None, "user", "What is the capital of France?")
    answer = history.add(chat, question, "assistant", "", "running")
    history.update(answer, "Paris", "France, I see.", "done", completion=COMPLETION)

    reopened = History(history.path)

    said = [(entry.role, entry.status, entry.text, entry.thinking) for entry in reopened.thread(chat)]
    assert said == [
        ("user", "done", "What is the capital of France?", ""),
        ("assistant", "done", "Paris", "France, I see."),
    ]
    assert reopened.entry(answer).completion == COMPLETION


def test_a_row_from_before_there_was_debiasing_is_read_as_one_without_it(tmp_path: Path) -> None:
    db = sqlite_utils.Database(tmp_path / "old.sqlite3")
    migrations.apply(db, stop_before="m002_measurements")
    stored = json.loads(json.dumps(asdict(COMPLETION)))
    assert stored["options"].pop("debias") == ""
    now = "2026-11-01T00:00:00.000+00:00"
    with db.atomic():
        db.table("chats").insert({"id": "c", "feature": "chat", "title": "x", "created": now, "updated": now})
        entry = {"id": "e", "chat_id": "c", "role": "assistant", "status": "done", "text": "Paris", "created": now}
        db.table("entries").insert(entry | {"completion": json.dumps(stored)})
    db.close()
    assert History(tmp_path / "old.sqlite3").entry("e").completion == COMPLETION


def test_an_answer_cut_off_by_a_crash_is_marked_interrupted_and_keeps_its_text(history: History) -> None:
    chat = history.new_chat("chat", "x")
    answer = history.add(chat, None, "assistant", "", "running")
    history.update(answer, "Once upon")

    assert History(history.path).mark_interrupted() == 1

    entry = history.entry(answer)
    assert (entry.status, entry.text) == ("interrupted", "Once upon")
    assert history.mark_interrupted() == 0


def test_a_second_answer_is_a_branch_and_either_can_be_shown(history: History) -> None:
    chat = history.new_chat("chat", "x")
    question = history.add(chat, None, "user", "Name a city.")
    first = history.add(chat, question, "assistant", "Oslo")
    history.add(chat, first, "user", "Another.")
    second = history.add(chat, question, "assistant", "Rome")

    assert [entry.text for entry in history.thread(chat)] == ["Name a city.", "Rome"]
    assert history.thread(chat)[1].siblings == (first, second)

    history.show_branch(first)

    assert [entry.text for entry in history.thread(chat)] == ["Name a city.", "Oslo", "Another."]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("fran capital", True),  # prefixes
        ("FRÁNCE", True),  # case and accents fold
        ("capital Spain", False),  # every word must be there
        ('" OR NEAR( *', False),  # search syntax is only text
        ("", True),
        ("?!", False),
    ],
)
def test_search_finds_chats_by_every_word_and_takes_no_syntax(history: History, search: str, found: bool) -> None:
    chat = history.new_chat("chat", "x")
    history.add(chat, None, "user", "What is the capital of France?")
    assert [row.id for row in history.chats("chat", search)] == ([chat] if found else [])


def test_a_search_shows_where_it_hit(history: History) -> None:
    chat = history.new_chat("chat", "x")
    history.add(chat, None, "user", "What is the capital of France?")
    assert history.chats(search="france")[0].snippet == "What is the capital of \x01France\x02?"


def test_the_list_is_of_one_feature_latest_first(history: History) -> None:
    first = history.new_chat("chat", "  two\nlines ")
    history.new_chat("translate", "other")
    second = history.new_chat("chat", "word " * 40)
    history.add(first, None, "user", "again")

    rows = history.chats("chat")

    assert [(row.id, row.title) for row in rows] == [(first, "two lines"), (second, "word " * 11 + "word…")]


def test_deleting_a_chat_twice_says_it_is_gone(history: History) -> None:
    chat = history.new_chat("chat", "x")
    history.delete(chat)
    with pytest.raises(NotFound, match="deleted, perhaps in another window"):
        history.delete(chat)
    with pytest.raises(NotFound, match="Choose another one"):
        history.add(chat, None, "user", "still here?")


def test_delete_all_leaves_no_trace_of_a_text_in_the_files(history: History) -> None:
    chat = history.new_chat("chat", "secret")
    history.add(chat, None, "user", "xyzzy-plugh")

    assert history.delete_all() == 1

    assert isinstance(history.path, Path)
    with sqlite3.connect(history.path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    for file in history.path.parent.iterdir():
        assert b"xyzzy" not in file.read_bytes()
    assert history.chats(search="xyzzy") == []


def test_chats_in_memory_are_never_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    history = History(":memory:")
    chat = history.new_chat("chat", "x")
    history.add(chat, None, "user", "hello")
    assert [entry.text for entry in history.thread(chat)] == ["hello"]
    assert list(tmp_path.iterdir()) == []


def test_a_recorded_result_has_an_id_and_its_setup(history: History) -> None:
    chat = history.record("translate", "Hello", "Olá", COMPLETION, {"source": "en", "target": "pt"})
    assert [(entry.text, entry.completion) for entry in history.thread(chat)] == [("Hello", None), ("Olá", COMPLETION)]
    assert history.setup(chat) == {"source": "en", "target": "pt"}
