"""Exports hold what was said, with the provenance that makes answers comparable."""

import json
from pathlib import Path

from llmweb import export
from llmweb.history import History, completion_from
from llmweb.types import Completion, Identity, Options, Usage

COMPLETION = Completion(
    "Paris",
    "end",
    Identity("m", "1", "abc", "openvino", "2026", "fast"),
    Options(temperature=0.7, seed=5),
    Usage(tokens_in=9, tokens_out=3, seconds_to_first_token=0.5, seconds=1.5),
)


def stored(tmp_path: Path) -> tuple[History, str]:
    history = History(tmp_path / "h.sqlite3")
    chat = history.new_chat("chat", "Capitals", {"system": "Be brief."})
    question = history.add(chat, None, "user", "Capital of France?")
    history.add(chat, question, "assistant", "London")
    answer = history.add(chat, question, "assistant", "", "running")
    history.update(answer, "Paris", "France.", "done", completion=COMPLETION)
    return history, chat


def test_markdown_shows_the_branch_on_show_with_model_seed_and_speed(tmp_path: Path) -> None:
    history, chat = stored(tmp_path)
    text = export.chat_markdown(history, chat)
    assert text.startswith("# Capitals\n\nchat, ")
    assert "**System prompt:** Be brief." in text
    assert "Capital of France?" in text
    assert "Paris" in text
    assert "London" not in text
    assert "<summary>Thinking</summary>\n\nFrance." in text
    assert "*m, fast, openvino 2026 · temperature 0.7, seed 5 · 9 tokens in, 3 out · 2.0 tokens/s*" in text


def test_json_holds_every_branch_and_the_whole_provenance(tmp_path: Path) -> None:
    history, chat = stored(tmp_path)
    exported = json.loads(export.chat_json(history, chat))
    assert exported["format"] == "llmweb-chats-1"
    entries = exported["chats"][0]["entries"]
    assert [entry["text"] for entry in entries] == ["Capital of France?", "London", "Paris"]
    assert completion_from(entries[2]["completion"]) == COMPLETION
    assert exported["chats"][0]["setup"] == {"system": "Be brief."}


def test_everything_is_exported_at_once(tmp_path: Path) -> None:
    history, chat = stored(tmp_path)
    other = history.record("translate", "Hello", "Olá", None, {})
    assert [row["id"] for row in json.loads(export.all_json(history))["chats"]] == [other, chat]
