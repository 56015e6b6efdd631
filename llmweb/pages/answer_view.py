"""What an answer about documents looks like and how it is kept: Answer → HTML, or → a record and back. Pure.

An AnswerShown holds its passages' text, so that it can be opened again without the documents.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from llmweb.ask import Answer
from llmweb.documents import Document
from llmweb.history import completion_from
from llmweb.pages.examples import QUESTIONS
from llmweb.pages.parts import Action, action_html, actions_html, banner_html, calls_html, progress_html
from llmweb.retrieve import Index, Ranked
from llmweb.types import Completion

CALIBRATED = (
    "The estimated probability that the passages answer the question at all, fitted on questions whose answer was in "
    "the text and questions whose answer was not, with the default models; with other models read it as a rough sign."
)
SURE = ((0.9, "Very likely"), (0.7, "Likely"), (0.5, "Perhaps"), (0.0, "Unlikely"))
NOT_IN_TEXT = "Not in the text"


@dataclass(frozen=True, slots=True)
class PassageShown:
    """A passage read; text[start:end] is the answer where it stands in this one. page counts from 1.

    It is the page of the answer, else that on which the passage begins.
    """

    name: str
    page: int | None
    text: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Guess:
    """Another possible answer; probability is its share among all, 0–1."""

    text: str
    name: str
    page: int | None
    probability: float


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """names are all documents asked; passages begin with the one that answers, or is nearest; seconds is the wait."""

    question: str
    names: tuple[str, ...]
    text: str = ""
    found: bool = False
    confidence: float | None = None
    passages: tuple[PassageShown, ...] = ()
    guesses: tuple[Guess, ...] = ()
    completions: tuple[Completion, ...] = ()
    note: str = ""
    seconds: float | None = None

    @property
    def reply(self) -> str:
        return self.text if self.found else f"{NOT_IN_TEXT}."


def shown(answer: Answer, index: Index, seconds: float) -> AnswerShown:
    passages = [_passage(ranked, answer) for ranked in answer.considered]
    passages.sort(key=lambda passage: passage.start is None)
    guesses = [
        Guess(
            guess.text,
            index.documents[guess.span.document].name,
            index.documents[guess.span.document].page(guess.span.start),
            guess.probability,
        )
        for guess in answer.alternatives
    ]
    return AnswerShown(
        answer.question,
        tuple(document.name for document in index.documents),
        answer.text,
        answer.found,
        answer.confidence,
        tuple(passages),
        tuple(guesses),
        answer.completions,
        answer.note,
        seconds,
    )


def _passage(ranked: Ranked, answer: Answer) -> PassageShown:
    """The span is lit only in an answer to believe in, in the passage that holds it."""
    span = ranked.passage.span
    if answer.found and answer.start is not None and answer.end is not None and answer.document == span.document:
        start, end = answer.start - span.start, answer.end - span.start
        if start >= 0 and end <= len(ranked.text):
            return PassageShown(ranked.name, answer.page, ranked.text, start, end)
    return PassageShown(ranked.name, ranked.page, ranked.text)


def kept(answer: AnswerShown) -> dict[str, Any]:
    """What the history keeps beside question and reply; reopened() is the inverse."""
    return {"answer": asdict(answer)}


def reopened(question: str, reply: str, record: Mapping[str, Any]) -> AnswerShown:
    """An answer of the history; one given in the shell has no passages."""
    stored = record.get("answer")
    if stored is None:
        return AnswerShown(question, (), reply, found=reply != f"{NOT_IN_TEXT}.")
    lists = {
        "names": tuple(stored["names"]),
        "passages": tuple(PassageShown(**passage) for passage in stored["passages"]),
        "guesses": tuple(Guess(**guess) for guess in stored["guesses"]),
        "completions": tuple(completion_from(completion) for completion in stored["completions"]),
    }
    return AnswerShown(**{**stored, **lists})


def empty_html() -> str:
    buttons = "".join(
        f'<button type="button" class="example" data-do="example" data-id="{question}">{question}</button>'
        for question in map(escape, QUESTIONS)
    )
    return (
        '<div class="pane-box answers"><div class="pane-hint"><p>Add documents, ask a question, and the answer appears '
        "here with the passage it stands in. If the text does not tell, the app says so.</p>"
        "<p>Try it on a short example text; it answers only the first question:</p>"
        f'<div class="examples" role="group" aria-label="Examples">{buttons}</div></div></div>'
    )


def chips_html(documents: Sequence[Document]) -> str:
    """The documents, each with a button that removes it."""
    if not documents:
        return '<p class="faint">No documents yet. Choose files, drop them here, or paste a text.</p>'
    chips = "".join(_chip_html(str(number), document) for number, document in enumerate(documents))
    return f'<ul class="chips" aria-label="Documents">{chips}</ul>'


def _chip_html(number: str, document: Document) -> str:
    pages = len(document.pages)
    size = f"{pages:,} pages" if pages > 1 else "1 page" if pages else f"{len(document.text.split()):,} words"
    remove = action_html(Action("remove", "✕", f"Remove {document.name}"), number)
    name = f'<span class="chip-name" dir="auto">{escape(document.name)}</span>'
    return f'<li class="chip">{name}<span class="faint figures">{size}</span>{remove}</li>'


def busy_html(answer: Answer, seconds: float, run: str) -> str:
    """The progress, and the passages once they are found. run tells this wait from the last one (frame.js)."""
    line = '<div class="progress"></div>'
    if seconds >= 0.5:
        line = progress_html(answer.doing or "Reading", answer.done, answer.total, seconds)
    return f'<div class="pane-box answers" data-reveal="{escape(run)}" aria-busy="true">{line}</div>'


def answer_html(answer: AnswerShown) -> str:
    """The answer, how sure it is, and what was read."""
    note = banner_html(answer.note, kind="note") if answer.note else ""
    question = f'<p class="asked" dir="auto">{escape(answer.question)}</p>'
    reply = f'<p class="reply" dir="auto">{escape(answer.text)}</p>'
    if not answer.found:
        reply = f'<p class="reply not-found"><span aria-hidden="true">∅</span> {NOT_IN_TEXT}</p>'
    return (
        f'<article class="pane-box answers answer">{question}{reply}{_sure_html(answer)}{note}'
        f"{_passages_html(answer)}{_guesses_html(answer)}</article>"
    )


def below_html(answer: AnswerShown, models: Mapping[str, str], actions: Sequence[Action] = ()) -> str:
    """The answer's own line and actions."""
    line = calls_html(answer.completions, models, answer.seconds, _asked_of(answer.names))
    return f"{line}{actions_html(actions, '', answer.reply)}"


def _asked_of(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    return [f"asked of {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")]


def _sure_html(answer: AnswerShown) -> str:
    if answer.confidence is None:
        return ""
    word = next(word for least, word in SURE if answer.confidence >= least)
    words = f"{word} answered in the text" if answer.found else f"{word} that the text answers this"
    # The estimate is no proof: it is never shown as 0 or 100.
    percent = "over 99%" if answer.confidence > 0.99 else "under 1%" if answer.confidence < 0.01 else ""
    percent = percent or f"{answer.confidence:.0%}"
    return f'<p class="sure figures" title="{escape(CALIBRATED)}">{words}: {percent} probability</p>'


def _passages_html(answer: AnswerShown) -> str:
    if not answer.passages:
        return ""
    first, *others = answer.passages
    heading = "From this passage" if answer.found else "The nearest passage, which does not seem to answer"
    more = ""
    if others:
        count = f"{len(others)} other passages were read" if len(others) > 1 else "1 other passage was read"
        listed = "".join(_passage_html(passage) for passage in others)
        more = f'<details class="steps" data-key="ask-passages"><summary>{count}</summary>{listed}</details>'
    return f"<h3>{heading}</h3>{_passage_html(first)}{more}"


def _passage_html(passage: PassageShown) -> str:
    text = passage.text
    lit = escape(text)
    if passage.start is not None and passage.end is not None:
        before, span, after = text[: passage.start], text[passage.start : passage.end], text[passage.end :]
        lit = f'{escape(before)}<mark class="lit">{escape(span)}</mark>{escape(after)}'
    return (
        f'<blockquote class="passage"><div class="plain-text" dir="auto">{lit}</div>'
        f'<footer class="faint figures">{escape(_place(passage.name, passage.page))}</footer></blockquote>'
    )


def _place(name: str, page: int | None) -> str:
    return f"{name} · page {page:,}" if page is not None else name


def _guesses_html(answer: AnswerShown) -> str:
    """What else may be meant, folded; for a question the text does not answer, the best guess is one of them."""
    guesses = [(guess.text, _place(guess.name, guess.page), f"{guess.probability:.0%}") for guess in answer.guesses]
    if not answer.found and answer.text:
        guesses.insert(0, (answer.text, "the best guess, probably wrong", ""))
    if not guesses:
        return ""
    label = "Other possible answers, each with its probability" if answer.found else "Guesses, if there must be one"
    items = "".join(
        f'<li><span dir="auto">{escape(text)}</span>'
        f'<span class="faint figures">{escape(" · ".join(filter(None, rest)))}</span></li>'
        for text, *rest in guesses
    )
    return f'<details class="steps" data-key="ask-guesses"><summary>{label}</summary><ol>{items}</ol></details>'
