"""Messages with what a good answer says, and what was said before them: rows of a table."""

from typing import Any

from evals.readers.asked import Asked, Contents, Wanted, language, optional, samples, text, texts, value
from evals.readers.rows import Row, parsed, rows
from llmweb.errors import BadInput

METRICS = ("chrf2", "f1", "exact-match")
ROLES = ("system", "user", "assistant")


def read_chats(wanted: Wanted) -> Contents:
    """Column messages, where there is one: pairs of role and text, or objects with role and content, as JSON."""
    if len(wanted.files) > 1:
        raise BadInput(f"One file is read at a time; {wanted.files[1].name} is a suite of its own.")
    code, columns = language(wanted.language), wanted.columns
    asked = [
        Asked(
            row.where,
            text(row, columns, "source"),
            texts(row, columns, "references"),
            optional(row, columns, "group"),
            {"messages": _messages(row, wanted)} if "messages" in row.values or "messages" in columns else {},
            optional(row, columns, "id"),
        )
        for row in rows(wanted.files[0])
    ]
    return Contents(samples(asked, wanted.keep_duplicates), METRICS, code, code)


def _messages(row: Row, wanted: Wanted) -> list[list[str]]:
    found = value(row, wanted.columns, "messages")
    if isinstance(found, str):
        found = parsed(found, f"{row.where}, messages") if found.strip() else []
    return [_message(row, each) for each in found or ()]


def _message(row: Row, each: Any) -> list[str]:
    pair = [each.get("role"), each.get("content")] if isinstance(each, dict) else each
    if not isinstance(pair, list) or len(pair) != 2 or pair[0] not in ROLES or not isinstance(pair[1], str):
        raise BadInput(f"{row.where}: a message is a role ({', '.join(ROLES)}) and a text, not {str(each)[:80]!r}.")
    return pair
