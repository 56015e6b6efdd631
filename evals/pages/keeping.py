"""Keep as test, under every answer: the dialog, and what is said then. Keeping itself is cases.py's."""

from collections.abc import Iterator
from html import escape

from evals import cases
from evals.run_queue import RunQueue
from llmweb.errors import BadInput
from llmweb.pages.answer_view import NOT_IN_TEXT
from llmweb.pages.parts import AnswerAction, Answered, Field, banner_html, place_link_html

TITLE = "Keep the question, and what a good answer says, as a test for every model"
HIGH = 5


def keep_action(queue: RunQueue, feature: str) -> AnswerAction:
    """feature is whose answers they are: chat, translate, summarize or ask."""
    empty = " Leave it empty where the text does not tell." if feature == "ask" else ""

    def fields(text: str) -> tuple[Field, ...]:
        reference = "" if feature == "ask" and text == f"{NOT_IN_TEXT}." else text
        return (
            Field("reference", f"What a good answer says: correct it where it is wrong.{empty}", reference, HIGH),
            Field("suite", "Suite", cases.FIRST_SUITE, choices=cases.names(queue.store, cases.KINDS[feature])),
            Field("tags", "Tags, parted by commas"),
        )

    def run(answered: Answered) -> Iterator[str]:
        values = answered.values
        if "reference" not in values:
            raise BadInput("Nothing came back from the dialog. Reload the page, then keep the answer again.")
        case = cases.case_of(answered.history, answered.entry_id)
        name = values.get("suite", "").strip() or cases.FIRST_SUITE
        suite = cases.keep(case, name, values["reference"], values.get("tags", ""), queue.store)
        queue.note_change()
        count = len(suite.samples)
        words = f"Kept in {suite.title}, which now has {count:,} case{'s' if count > 1 else ''}."
        link = place_link_html(f"Open {escape(suite.title)}", "runs", suite=suite.id)
        yield banner_html(words, f" {link}", kind="note")

    return AnswerAction("keep", "Keep as test", TITLE, run, fields)
