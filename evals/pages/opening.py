"""A sample of a run, opened as what it was asked as: a chat, a translation, a summary or an answer in the history.

From there it can be asked again, in other ways. What it looks like is its page's.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from evals.asking import WISH
from evals.cases import KINDS, open_in_chat
from evals.pages.own_suites import PLACES
from evals.records import OutputRow
from evals.systems import System
from evals.types import Kind, Sample, Suite
from llmweb.errors import BadInput
from llmweb.history import History, completion_from
from llmweb.pages import answer_view
from llmweb.pages.answer_view import AnswerShown, PassageShown
from llmweb.translate import Segment, Translation
from llmweb.translate.jobs import joined
from llmweb.types import Completion

FEATURES: dict[Kind, str] = {kind: feature for feature, kind in KINDS.items()}
"""Kind of suite → the feature that its samples are asked through."""
UNTITLED = "The text of the question"


@dataclass(frozen=True, slots=True)
class Asked:
    """A sample, and what a system gave for it."""

    suite: Suite
    sample: Sample
    system: System
    output: OutputRow

    @property
    def completions(self) -> tuple[Completion, ...]:
        return tuple(completion_from(stored) for stored in self.output.completions)


def opened(asked: Asked, history: History) -> tuple[str, dict[str, str]]:
    """(tab, parameters) of the place that now shows the sample. Raises BadInput for what no page shows."""
    feature = FEATURES.get(asked.suite.kind)
    if feature is None:
        raise BadInput(f"No page asks what the samples of {asked.suite.id} ask.")
    if asked.system.is_baseline:
        raise BadInput("A baseline is no model to go on with. Open the sample from the run of a model.")
    if feature != "chat" and asked.output.error:
        raise BadInput(f"There is no answer to open: {asked.output.error}")
    return feature, {PLACES[feature]: OPEN[feature](history, asked)}


def _chat(history: History, asked: Asked) -> str:
    given = asked.completions[-1] if asked.completions else None
    return open_in_chat(history, asked.sample, asked.system.model, asked.system.options, given)


def _translation(history: History, asked: Asked) -> str:
    suite, system, source, text = asked.suite, asked.system, asked.sample.source, asked.output.text
    whole = Segment(source, text, 0, len(source), 0, len(text), completions=asked.completions)
    made = Translation(text, source, suite.source, suite.target, system.model, (whole,))
    record: dict[str, Any] = {"source": suite.source, "target": suite.target, "model": system.model}
    record |= {"options": asdict(system.options)}
    record |= {"from": suite.source, "to": suite.target, "by": system.model, "seconds": asked.output.seconds}
    return history.record("translate", source, text, joined(made, asked.output.seconds), record)


def _summary(history: History, asked: Asked) -> str:
    return _kept(history, "summarize", asked, {"wish": asdict(WISH), "seconds": asked.output.seconds})


def _answer(history: History, asked: Asked) -> str:
    """With its passage as the document to ask."""
    text, passage = asked.output.text, str(asked.sample.facts.get("passage", ""))
    name = str(asked.sample.facts.get("title") or UNTITLED)
    at = passage.find(text) if text else -1
    lit = PassageShown(name, None, passage, *((at, at + len(text)) if at >= 0 else ()))
    shown = AnswerShown(
        asked.sample.source,
        (name,),
        text,
        bool(text),
        passages=(lit,),
        completions=asked.completions,
        seconds=asked.output.seconds,
    )
    record = answer_view.kept(shown) | {"document": {"name": name, "text": passage}}
    return _kept(history, "ask", asked, record, shown.reply)


def _kept(history: History, feature: str, asked: Asked, record: dict[str, Any], reply: str = "") -> str:
    last = asked.completions[-1] if asked.completions else None
    completions = {"completions": [asdict(completion) for completion in asked.completions]}
    return history.record(feature, asked.sample.source, reply or asked.output.text, last, completions | record)


OPEN: dict[str, Callable[[History, Asked], str]] = {
    "chat": _chat,
    "translate": _translation,
    "summarize": _summary,
    "ask": _answer,
}
