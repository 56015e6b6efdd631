"""Chats as files to keep and compare: Markdown of the branch on show, JSON of everything that is stored."""

import json
from dataclasses import asdict
from typing import Any

from llmweb.history import Entry, History

FORMAT = "llmweb-chats-1"


def chat_markdown(history: History, chat_id: str) -> str:
    """The branch on show, each answer with its model, precision, seed and speed."""
    chat = history.chat(chat_id)
    system = history.setup(chat_id).get("system", "")
    parts = [f"# {chat.title}", f"{chat.feature}, {chat.created}"]
    if system:
        parts.append(f"**System prompt:** {system}")
    parts.extend(_markdown(entry) for entry in history.thread(chat_id))
    return "\n\n".join(parts) + "\n"


def chat_json(history: History, chat_id: str) -> str:
    """Every branch with its provenance; see FORMAT."""
    return _dump([_record(history, chat_id)])


def all_json(history: History) -> str:
    """Every chat of every feature, latest first."""
    return _dump([_record(history, row.id) for row in history.chats(limit=1_000_000)])


def _record(history: History, chat_id: str) -> dict[str, Any]:
    chat = asdict(history.chat(chat_id))
    del chat["snippet"]
    entries = [asdict(entry) for entry in history.tree(chat_id)]
    return {**chat, "setup": history.setup(chat_id), "entries": entries}


def _dump(chats: list[dict[str, Any]]) -> str:
    return json.dumps({"format": FORMAT, "chats": chats}, ensure_ascii=False, indent=2) + "\n"


def _markdown(entry: Entry) -> str:
    head = f"## {'You' if entry.role == 'user' else 'Answer'} · {entry.created}"
    parts = [head, entry.text]
    if entry.thinking:
        parts.insert(1, "<details><summary>Thinking</summary>\n\n" + entry.thinking + "\n\n</details>")
    if entry.status not in ("done", "running"):
        parts.append(f"*{entry.status}{': ' + entry.error if entry.error else ''}*")
    if entry.completion is not None:
        parts.append(f"*{_provenance(entry)}*")
    return "\n\n".join(parts)


def _provenance(entry: Entry) -> str:
    assert entry.completion is not None
    identity, options, usage = entry.completion.identity, entry.completion.options, entry.completion.usage
    speed = usage.tokens_per_second
    facts = [
        f"{identity.model}, {identity.precision}, {identity.engine} {identity.engine_version}",
        f"temperature {options.temperature:g}, seed {options.seed}",
        f"{usage.tokens_in} tokens in, {usage.tokens_out} out",
        f"{speed:.1f} tokens/s" if speed is not None else "",
    ]
    return " · ".join(fact for fact in facts if fact)
