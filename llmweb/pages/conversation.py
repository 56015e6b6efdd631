"""What a conversation and the list of chats look like: entries and answers → HTML. Pure; chat.py wires it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape

from llmweb.chat import Turn
from llmweb.history import ChatRow, Entry
from llmweb.live import Answer
from llmweb.pages.markdown import markdown_html, plain_html
from llmweb.pages.parts import (
    Action,
    AnswerAction,
    action_html,
    actions_html,
    added_actions,
    banner_html,
    bar_html,
    progress_html,
    provenance_html,
)

EXAMPLES = (
    "What is the capital of France?",
    "Write a short poem about the sea in winter.",
    "Explain in two sentences why the sky is blue.",
)
NOTES = {
    "interrupted": "The app ended while this answer was being written. What it had is kept; continue or regenerate it.",
    "running": "This answer is still being written. Reload the page to follow it.",
}
DELETE_CHAT = "Delete this chat and all its answers? This cannot be undone."


@dataclass(frozen=True, slots=True)
class Names:
    """Model names by id, and what other rooms add under each answer; panel is what one of them says: (entry, HTML);
    kept is what they have said before: entry → HTML."""

    models: dict[str, str]
    actions: Sequence[AnswerAction] = ()
    panel: tuple[str, str] = ("", "")
    kept: Mapping[str, str] = field(default_factory=dict)


def thread_html(entries: Sequence[Entry], names: Names, dropped: int = 0, tokens_dropped: int = 0) -> str:
    """The branch on show. The first `dropped` entries did not fit into the context of the last answer."""
    parts = []
    for number, entry in enumerate(entries):
        if number == dropped and tokens_dropped:
            parts.append(_dropped_html(tokens_dropped))
        parts.append(_entry_html(entry, names, number < dropped))
    return "".join(parts)


def _dropped_html(tokens: int) -> str:
    words = f"Above this line did not fit: the model did not read {tokens:,} tokens of it for the last answer."
    return f'<div class="cut-line" role="note">{words}</div>'


def _entry_html(entry: Entry, names: Names, grey: bool) -> str:
    who, body = ("You", _said_html(entry)) if entry.role == "user" else ("Answer", _answered_html(entry, names))
    kind = "said" if entry.role == "user" else "answered"
    grey_class = " not-read" if grey else ""
    return (
        f'<article class="turn {kind}{grey_class}" id="entry-{escape(entry.id)}">'
        f'<h2 class="visually-hidden">{who}</h2>{body}</article>'
    )


def _said_html(entry: Entry) -> str:
    edit = Action(
        "edit",
        "Edit",
        "Say something else here, as a new branch",
        "Your message",
        value=entry.text,
        lines=5,
        yes="Send",
    )
    return f'<div class="bubble">{plain_html(entry.text)}</div>{_below(entry, [edit])}'


def _answered_html(entry: Entry, names: Names) -> str:
    note = banner_html(entry.error) if entry.error else ""
    if not note and NOTES.get(entry.status):
        note = banner_html(NOTES[entry.status], kind="note")
    if not (entry.text or entry.thinking or note):
        note = '<p class="faint">No text was written.</p>'
    line = ""
    if entry.completion is not None:
        line = provenance_html(entry.completion, names.models.get(entry.completion.identity.model, ""))
    elif entry.status == "done":
        line = '<div class="provenance">written by you</div>'
    thinking = _thinking_html(entry.thinking, entry.id)
    text = markdown_html(entry.text) if entry.text else ""
    about, said = names.panel
    panel = said if about == entry.id else names.kept.get(entry.id, "")
    panel = f'<div class="panel">{panel}</div>' if panel else ""
    return f"{thinking}{text}{note}{line}{_below(entry, _answer_actions(entry, names))}{panel}"


def _answer_actions(entry: Entry, names: Names) -> list[Action]:
    actions = [Action("regenerate", "Regenerate", "Answer again, as a new branch")]
    cut = entry.completion is not None and entry.completion.stop_reason in ("length", "cancelled")
    if entry.text and (cut or entry.status in ("stopped", "interrupted")):
        actions.append(Action("continue", "Continue", "Write on from here"))
    if entry.text:
        actions.append(
            Action(
                "rewrite",
                "Edit",
                "Correct this answer, as a new branch",
                "The answer",
                value=entry.text,
                lines=10,
                yes="Keep",
            )
        )
    return actions + (added_actions(names.actions, entry.text) if entry.text else [])


def _below(entry: Entry, actions: Sequence[Action]) -> str:
    return f'<div class="below">{_branches_html(entry)}{actions_html(actions, entry.id, entry.text)}</div>'


def _branches_html(entry: Entry) -> str:
    """‹ 1/2 ›: the other things said or answered at this place."""
    if len(entry.siblings) < 2:
        return ""
    here = entry.siblings.index(entry.id)
    count = len(entry.siblings)
    before, after = entry.siblings[(here - 1) % count], entry.siblings[(here + 1) % count]
    return (
        f'<div class="branches" role="group" aria-label="Versions">'
        f"{action_html(Action('branch', '‹', 'Previous version'), before)}"
        f'<span class="figures">{here + 1}/{count}</span>'
        f"{action_html(Action('branch', '›', 'Next version'), after)}</div>"
    )


def _thinking_html(thinking: str, key: str, busy: bool = False) -> str:
    if not thinking:
        return ""
    words = f"{len(thinking.split()):,} words"
    label = f"Thinking… {words}" if busy else f"Thought · {words}"
    return (
        f'<details class="thinking" data-key="{escape(key)}"><summary>{label}</summary>'
        f"{markdown_html(thinking)}</details>"
    )


def live_html(answer: Answer, entry_id: str, seconds: float) -> str:
    """The answer being written. seconds since it was asked for."""
    turn = answer.turn
    thinking = _thinking_html(turn.thinking, entry_id, busy=not turn.text)
    text = markdown_html(turn.text) if turn.text else ""
    return (
        f'<article class="turn answered writing" aria-busy="true"><h2 class="visually-hidden">Answer</h2>'
        f"{thinking}{text}{'' if turn.text else waiting_html(turn, seconds)}</article>"
    )


def waiting_html(turn: Turn, seconds: float) -> str:
    """What an answer without text is waiting for, after the first half second."""
    if seconds < 0.5:
        return '<div class="progress"></div>'
    if turn.phase == "loading":
        return progress_html(turn.note or "Loading the model", seconds=seconds, share=turn.progress)
    if turn.phase == "queued" and turn.queue_position:
        place = "next in line" if turn.queue_position == 1 else f"number {turn.queue_position} in line"
        return progress_html(f"Waiting: {place}", seconds=seconds)
    return progress_html("Thinking" if turn.thinking else "Reading", seconds=seconds)


def empty_html(temporary: bool) -> str:
    """What a new chat shows: one sentence, and prompts that make the first answer."""
    kept = (
        "This chat is temporary: nothing of it is kept."
        if temporary
        else "Everything stays on this machine, and every answer says how it was made."
    )
    examples = "".join(
        f'<button type="button" class="example" data-do="example" data-id="{escape(text)}">{escape(text)}</button>'
        for text in EXAMPLES
    )
    return (
        f'<div class="empty"><h2>Ask a model something</h2><p>{kept}</p>'
        f'<div class="examples" role="group" aria-label="Examples">{examples}</div></div>'
    )


def history_html(rows: Sequence[ChatRow], shown: str, search: str, now: datetime | None = None) -> str:
    """The list of chats, latest first, by day; the one on show is marked."""
    if not rows:
        words = f"No chat has “{search}”." if search.strip() else "Your chats will be listed here."
        return f'<p class="faint">{escape(words)}</p>'
    now = now or datetime.now(UTC)
    parts: list[str] = []
    group = ""
    for row in rows:
        day = "Found" if search.strip() else _day(row.updated, now)
        if day != group:
            parts.append(f"{'</ul>' if group else ''}<h2>{day}</h2><ul>")
            group = day
        parts.append(_row_html(row, row.id == shown))
    return f'<nav aria-label="Chats">{"".join(parts)}</ul></nav>'


def _row_html(row: ChatRow, shown: bool) -> str:
    snippet = ""
    if row.snippet:
        found = escape(row.snippet).replace("\1", "<mark>").replace("\2", "</mark>")
        snippet = f'<span class="snippet">{found}</span>'
    chat_id, title = escape(row.id), escape(row.title)
    current = ' aria-current="page"' if shown else ""
    rename = Action("rename", "✎", f"Rename “{row.title}”", "Name of the chat", value=row.title, yes="Rename")
    delete = Action("delete", "✕", f"Delete “{row.title}”", confirm=DELETE_CHAT, yes="Delete")
    return (
        f'<li{current}><button type="button" class="open-chat" data-do="open" data-id="{chat_id}"{current}>'
        f"<span>{title}</span>{snippet}</button>{action_html(rename, row.id)}{action_html(delete, row.id)}</li>"
    )


def _day(updated: str, now: datetime) -> str:
    """Today, Yesterday, Last 7 days or Earlier, on this machine's clock."""
    today = now.astimezone().date()
    day = datetime.fromisoformat(updated).astimezone().date()
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return "Last 7 days" if day > today - timedelta(days=7) else "Earlier"


def gauge_html(used: int, context: int, tokens_dropped: int = 0) -> str:
    """How full the context is, in tokens."""
    if not context:
        return ""
    share = min(1.0, used / context)
    words = f"{used:,} of {context:,} tokens"
    left_out = f", {tokens_dropped:,} left out" if tokens_dropped else ""
    full = " nearly-full" if share > 0.8 else ""
    return (
        f'<div class="gauge{full}" title="How much of the model’s context this chat fills">'
        f'{bar_html(share, "Context used")}<span class="figures">Context: {words}{left_out}</span></div>'
    )
