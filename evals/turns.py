"""An answer of the history as it was asked for, and asked again through the feature that gave it, of the same texts or
of others in their place.

Whether it comes out the same is replay.py's; putting somebody else into the texts is counterfactual's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from llmweb import chat, documents
from llmweb.ask import ask_steps
from llmweb.errors import BadInput
from llmweb.history import Entry, History
from llmweb.live import Setup, setup_from
from llmweb.runtime import Runtime
from llmweb.summarize import Wish, summarize_steps
from llmweb.translate import translate_steps
from llmweb.types import Completion, Message, Options, Prompt

Feature = Literal["chat", "translate", "summarize", "ask"]
Kind = Literal["system", "user", "assistant", "text", "focus", "question", "passage"]

NOT_IN_THE_TEXT = "Not in the text."


@dataclass(frozen=True, slots=True)
class Said:
    """A text that was read for an answer; of a chat its kind is who said it. name is a passage's document."""

    kind: Kind
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a feature needs to give an answer again: said is all it reads of the person's, in order.

    plain completes the texts as one; prefix is an answer that was continued. source and target are the languages of a
    translation, "" where they are told from the text.
    """

    feature: Feature
    model: str
    options: Options
    said: tuple[Said, ...]
    plain: bool = False
    prefix: str = ""
    source: str = ""
    target: str = ""
    wish: Wish = field(default_factory=Wish)

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(each.text for each in self.said)

    def of(self, texts: Sequence[str]) -> "Turn":
        """The same turn with other texts in the place of these."""
        said = tuple(replace(each, text=text) for each, text in zip(self.said, texts, strict=True))
        focus = next((each.text for each in said if each.kind == "focus"), "")
        return replace(self, said=said, wish=replace(self.wish, focus=focus))

    @property
    def prompt(self) -> Prompt:
        """Of a chat."""
        if self.plain:
            return "".join(self.texts)
        return tuple(Message(each.kind, each.text) for each in self.said)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Again:
    """An answer so far, and the completion of its last request once it has ended."""

    text: str = ""
    completion: Completion | None = None


def turn_of(history: History, entry_id: str) -> Turn:
    """Raises NotFound, and BadInput for what no model has written or what was not kept whole."""
    thread = history.branch_to(entry_id)
    chat_id = thread[-1].chat_id
    return turn_from(thread, history.chat(chat_id).feature, history.setup(chat_id))


def turn_from(thread: list[Entry], feature: str, record: dict[str, Any]) -> Turn:
    """Of a branch that ends with the answer, and what its chat keeps. Raises BadInput as turn_of does."""
    made = thread[-1].completion
    if made is None or feature not in TURNS:
        raise BadInput("No model wrote this text, so it cannot be asked for again. Choose an answer of a model.")
    return TURNS[feature](thread, record, made)


def answer_steps(runtime: Runtime, turn: Turn) -> Iterator[Again]:
    """The answer as it comes about; the last one is whole. Closing cancels. Raises what the feature raises."""
    yield from ASK[turn.feature](runtime, turn)


def _of_chat(thread: list[Entry], record: dict[str, Any], made: Completion) -> Turn:
    """A continued answer is continued from where it was."""
    setup = setup_from(record) if record else Setup(made.identity.model)
    *before, answer = thread
    said = [Said(entry.role, entry.text) for entry in before if entry.text]
    if setup.system.strip() and not setup.plain:
        said.insert(0, Said("system", setup.system))
    prefix = answer.text.removesuffix(made.text) if not answer.thinking and answer.text.endswith(made.text) else ""
    return Turn("chat", made.identity.model, made.options, tuple(said), setup.plain, prefix)


def _of_translation(thread: list[Entry], record: dict[str, Any], made: Completion) -> Turn:
    stored = record.get("options")
    options = Options(**{**stored, "stop": tuple(stored["stop"])}) if stored else made.options
    source, target = str(record.get("from", "")), str(record.get("to", ""))
    if not target:
        raise BadInput("The languages of this translation were not kept. Translate the text again on the page.")
    said = (Said("text", thread[0].text),)
    return Turn("translate", made.identity.model, options, said, source=source, target=target)


def _of_summary(thread: list[Entry], record: dict[str, Any], made: Completion) -> Turn:
    wish, options = Wish(**record.get("wish", {})), Options(precision=made.options.precision)
    focus = (Said("focus", wish.focus),) if wish.focus else ()
    return Turn("summarize", made.identity.model, options, (Said("text", thread[0].text), *focus), wish=wish)


def _of_answer(thread: list[Entry], record: dict[str, Any], made: Completion) -> Turn:
    """Of the passages that were read: the documents are not kept."""
    stored = record.get("answer") or {}
    passages = tuple(Said("passage", each["text"], each["name"]) for each in stored.get("passages", ()))
    if not passages:
        raise BadInput("No passage was kept with this answer. Ask the question again.")
    options = Options(precision=made.options.precision)
    return Turn("ask", made.identity.model, options, (Said("question", thread[0].text), *passages))


TURNS: dict[str, Callable[[list[Entry], dict[str, Any], Completion], Turn]] = {
    "chat": _of_chat,
    "translate": _of_translation,
    "summarize": _of_summary,
    "ask": _of_answer,
}


def _chat(runtime: Runtime, turn: Turn) -> Iterator[Again]:
    for state in chat.reply_steps(runtime, turn.model, turn.prompt, turn.options, turn.prefix):
        yield Again(state.text, state.completion)


def _translation(runtime: Runtime, turn: Turn) -> Iterator[Again]:
    for step in translate_steps(runtime, turn.texts[0], turn.source, turn.target, turn.model, turn.options):
        yield Again(step.text, step.completions[-1] if step.completions else None)


def _summary(runtime: Runtime, turn: Turn) -> Iterator[Again]:
    for step in summarize_steps(runtime, turn.texts[0], turn.wish, turn.model, turn.options):
        yield Again(step.text, step.completions[-1] if step.completions else None)


def _answer(runtime: Runtime, turn: Turn) -> Iterator[Again]:
    question, *passages = turn.said
    read = [documents.read_text(each.text, each.name) for each in passages]
    for step in ask_steps(runtime, question.text, read, turn.model, turn.options):
        told = step.text if step.found or step.confidence is None else NOT_IN_THE_TEXT
        yield Again(told, step.completions[-1] if step.completions else None)


ASK: dict[Feature, Callable[[Runtime, Turn], Iterator[Again]]] = {
    "chat": _chat,
    "translate": _translation,
    "summarize": _summary,
    "ask": _answer,
}
