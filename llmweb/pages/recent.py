"""Earlier results of a page that answers in one turn (a summary, an answer): listed, searched, opened, deleted.

Owns the list and its words; the rows are history.py's, what an opened result looks like is its page's. The list of
chats is conversation.py's.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape

import gradio as gr

from llmweb.errors import BadInput, NotFound
from llmweb.history import ChatRow, History
from llmweb.pages.parts import Action, Click, action_html, canvas

SHOWN_ROWS = 50


@dataclass(frozen=True, slots=True)
class Noun:
    """What the results of a feature are called: "summary", "summaries"."""

    one: str
    many: str


class Recent:
    """The list of one feature's results; prefix begins the ids of its widgets. Methods raise UserError."""

    def __init__(self, history: History, feature: str, noun: Noun) -> None:
        self.history, self.feature, self.noun = history, feature, noun

    def build(self) -> None:
        """The widgets, in the layout block that is open: search (a Textbox) and list (a canvas)."""
        with gr.Column(elem_id=f"{self.feature}-recent", elem_classes=["recent"]):
            self.search = gr.Textbox(
                placeholder=f"Search {self.noun.many} ( / )",
                label=f"Recent {self.noun.many}",
                elem_id=f"{self.feature}-search",
                elem_classes=["search-field"],
            )
            self.list = canvas(f"{self.feature}-list", classes=["history"])

    def html(self, search: str | None, shown: str = "") -> str:
        """search is None in a field nobody has seen yet."""
        rows = self.history.chats(self.feature, search or "", SHOWN_ROWS)
        return recent_html(rows, self.noun, search or "", shown)

    def choose(self, click: Click, shown: str) -> str:
        """A button in the list: the id of the result to show then, "" for none."""
        match click.do:
            case "open":
                return self.known(click.id)
            case "delete":
                self.history.delete(self.known(click.id))
                return "" if shown == click.id else shown
        raise BadInput(f"There is no action {click.do!r} here. Reload the page.")

    def known(self, chat_id: str) -> str:
        """The id, if it is one of this feature's results. Raises NotFound."""
        with suppress(NotFound):
            if self.history.chat(chat_id).feature == self.feature:
                return chat_id
        raise NotFound(f"This {self.noun.one} is gone: it was deleted, perhaps in another window. Choose another one.")


def recent_html(rows: Sequence[ChatRow], noun: Noun, search: str, shown: str = "") -> str:
    """The rows, latest first; the one on show is marked."""
    if not rows:
        words = f"No {noun.one} has “{search}”." if search.strip() else f"Your {noun.many} will be listed here."
        return f'<p class="faint">{escape(words)}</p>'
    items = "".join(_row_html(row, noun, row.id == shown) for row in rows)
    return f'<nav aria-label="Recent {escape(noun.many)}"><ul>{items}</ul></nav>'


def _row_html(row: ChatRow, noun: Noun, shown: bool) -> str:
    snippet = ""
    if row.snippet:
        found = escape(row.snippet).replace("\1", "<mark>").replace("\2", "</mark>")
        snippet = f'<span class="snippet">{found}</span>'
    current = ' aria-current="page"' if shown else ""
    warning = f"Delete this {noun.one}? This cannot be undone."
    delete = Action("delete", "✕", f"Delete “{row.title}”", confirm=warning, yes="Delete")
    return (
        f'<li{current}><button type="button" class="open-chat" data-do="open" data-id="{escape(row.id)}"{current}>'
        f'<span dir="auto">{escape(row.title)}</span>{snippet}</button>{action_html(delete, row.id)}</li>'
    )
