"""Suites of one's own on the Runs page: their cases in a table, edited, deleted and exported. Widgets and HTML.

What a change does is cases.py's; files become suites with "suite add" (adding.py).
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from gradio.components.base import Component

from evals import cases
from evals.run_queue import RunQueue
from evals.suites import SUITES
from evals.types import Sample, Suite
from llmweb.errors import BadInput
from llmweb.pages import parts
from llmweb.pages.parts import Action, Click, Field, action_html, actions_html, place_link_html

SHOWN_CASES = 100
EXPORTS: dict[str, Callable[[Suite], str]] = {"jsonl": cases.as_jsonl, "csv": cases.as_csv}
PLACES = {"chat": "chat", "translate": "id", "summarize": "summary", "ask": "answer"}  # feature → word in its address
DELETE_CASE = "Delete this case? Runs that have asked it keep it."
DELETE_SUITE = "Delete this suite with all its cases? Runs on it stay."

Shown = dict[Component, Any]


class OwnSuites:
    """Reads the suites from the queue, which keeps them in memory, and notes every change there."""

    def __init__(self, queue: RunQueue) -> None:
        self.queue, self.store = queue, queue.store

    def build(self) -> None:
        """The widgets, in the layout block that is open."""
        self.list = parts.canvas("runs-own")
        self.download = parts.canvas("runs-own-download", parts.download_html(), classes=["visually-hidden"])

    def html(self, opened: str = "") -> str:
        """opened: the id of a suite that is to be shown with its cases."""
        own = self._own()
        if not own:
            return ""
        listed = "".join(suite_html(suite, name == opened) for name, suite in own.items())
        return f'<section aria-label="My suites"><h2>My suites</h2>{listed}</section>'

    def change(self, click: Click) -> Shown:
        """Raises BadInput and NotFound."""
        name, _, sample_id = click.id.partition(" ")
        suite = self._own().get(name)
        if suite is None:
            raise BadInput(f"There is no suite {name!r} of your own. It was deleted, perhaps in another window.")
        if click.do in EXPORTS:
            file = f"{suite.id.replace('/', '-')}.{click.do}"
            return {self.download: parts.download_html(file, EXPORTS[click.do](suite))}
        match click.do:
            case "edit-case":
                values = click.values
                cases.edit(suite, sample_id, values.get("reference", ""), values.get("tags", ""), self.store)
            case "drop-case":
                cases.drop(suite, sample_id, self.store)
            case "drop-suite":
                self.store.remove_suite(suite.id)
            case _:
                raise BadInput(f"There is no action {click.do!r} here. Reload the page.")
        self.queue.note_change()
        return {self.list: self.html(suite.id)}

    def _own(self) -> dict[str, Suite]:
        return {name: suite for name, suite in self.queue.suites().items() if name not in SUITES}


def suite_html(suite: Suite, opened: bool = False) -> str:
    """A line that is a link to the suite's cases; opened, with them."""
    count = len(suite.samples)
    facts = f"{suite.id} · {count:,} case{'s' if count != 1 else ''} · {', '.join(suite.metrics)}"
    title = f"<strong>{escape(suite.title)}</strong>"
    link = place_link_html(title, "runs", **({} if opened else {"suite": suite.id}))
    cases = _cases_html(suite) if opened else ""
    return (
        f'<div class="own-suite"><p>{link} <span class="faint figures">{escape(facts)}</span></p>'
        f"{actions_html(_actions(suite), suite.id)}{cases}</div>"
    )


def _actions(suite: Suite) -> list[Action]:
    return [
        Action("run-suite", "Run it", "Choose this suite and everything that can take it"),
        Action("jsonl", "Export JSONL"),
        Action("csv", "Export CSV"),
        Action("drop-suite", "Delete", f"Delete “{suite.title}”", confirm=DELETE_SUITE, yes="Delete"),
    ]


def _cases_html(suite: Suite) -> str:
    rows = "".join(_case_html(suite, sample) for sample in suite.samples[:SHOWN_CASES])
    more = len(suite.samples) - SHOWN_CASES
    rest = f'<p class="faint">And {more:,} more: export the suite to read them.</p>' if more > 0 else ""
    return (
        '<table class="cases"><thead><tr><th scope="col">Asked</th><th scope="col">A good answer</th>'
        f'<th scope="col"><span class="visually-hidden">Actions</span></th></tr></thead><tbody>{rows}</tbody></table>'
        f"{rest}"
    )


def _case_html(suite: Suite, sample: Sample) -> str:
    reference, tags = "\n".join(sample.references), sample.facts.get("tags", ())
    edit = Action(
        "edit-case",
        "Edit",
        ask="Edit this case",
        yes="Save",
        fields=(
            Field("reference", "What a good answer says", reference, 5),
            Field("tags", "Tags, parted by commas", ", ".join(tags)),
        ),
    )
    name = f"{suite.id} {sample.id}"
    drop = Action("drop-case", "Delete", confirm=DELETE_CASE, yes="Delete")
    tagged = "".join(f'<span class="tag">{escape(str(tag))}</span>' for tag in tags)
    came = from_html(sample.facts.get("from"))
    return (
        f'<tr><td><div class="plain-text clamp" dir="auto">{escape(sample.source)}</div>{tagged} {came}</td>'
        f'<td><div class="plain-text clamp" dir="auto">{escape(reference) or "(not in the text)"}</div></td>'
        f'<td class="case-actions">{action_html(edit, name)}{action_html(drop, name)}</td></tr>'
    )


def from_html(came: object) -> str:
    """A link to the answer a case was made of; "" for one that has none."""
    if not isinstance(came, Mapping) or came.get("feature") not in PLACES:
        return ""
    feature, entry = str(came["feature"]), str(came.get("entry", ""))
    place = {PLACES[feature]: str(came.get("chat", ""))} | ({"entry": entry} if feature == "chat" else {})
    return place_link_html("from this conversation" if feature == "chat" else "from this result", feature, **place)
