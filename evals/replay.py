"""An answer made again: the same model, options and prompt, as far as the history kept them, and where the texts part.

How the two look beside each other is pages/replaying.py's.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from llmweb import chat, documents
from llmweb.ask import ask_steps
from llmweb.errors import BadInput
from llmweb.history import Entry, History
from llmweb.live import Setup, prompt_of, setup_from
from llmweb.runtime import Runtime
from llmweb.summarize import Wish, summarize_steps
from llmweb.translate import translate_steps
from llmweb.types import Completion, Options

MEANT = {
    "model": "the model",
    "revision": "the model's revision",
    "weights_sha256": "the weights",
    "engine": "the engine",
    "engine_version": "the engine's version",
    "precision": "the precision",
    "template_sha256": "the chat template",
}
FAST = "In fast precision a text depends on what else was being written and on what was cached; in exact it does not."
PASSAGES = "The documents are not kept: the question was asked again of the passages that had been read."
NOTHING = "Nothing that is recorded differs. In exact precision that should not happen: please report it."


@dataclass(frozen=True, slots=True)
class Again:
    """A replay so far: the text, and the completion of its last request once it has ended."""

    text: str = ""
    completion: Completion | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """place is the first character at which the texts differ, None where they do not; whole: the first text had ended
    by itself. reasons say why they may differ."""

    before: str
    after: str
    place: int | None
    whole: bool
    reasons: tuple[str, ...] = ()


def replay_steps(runtime: Runtime, history: History, entry_id: str) -> Iterator[Again]:
    """The answer as it is made again. Closing cancels. Raises BadInput for what no model has written, NotFound, and
    what the feature raises."""
    thread = history.branch_to(entry_id)
    made, feature = thread[-1].completion, history.chat(thread[-1].chat_id).feature
    if made is None or feature not in REPLAYS:
        raise BadInput("No model wrote this text, so there is nothing to replay. Choose an answer of a model.")
    yield from REPLAYS[feature](runtime, thread, history.setup(thread[-1].chat_id), made)


def compared(entry: Entry, again: Again, feature: str) -> Compared:
    """Raises BadInput where one of the two was made by no model."""
    before, after = entry.completion, again.completion
    if before is None or after is None:
        raise BadInput("The replay gave no answer. Try again.")
    whole = before.stop_reason != "cancelled"
    theirs = again.text if whole else again.text[: len(entry.text)]
    place = first_difference(entry.text, theirs)
    reasons = () if place is None else tuple(_reasons(before, after, feature))
    return Compared(entry.text, theirs, place, whole, reasons)


def first_difference(one: str, other: str) -> int | None:
    """The first place at which two texts differ, also where one just ends; None for equal texts."""
    if one == other:
        return None
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _reasons(before: Completion, after: Completion, feature: str) -> Iterator[str]:
    for field in fields(before.identity):
        was, now = getattr(before.identity, field.name), getattr(after.identity, field.name)
        if was != now:
            yield f"{MEANT[field.name].capitalize()} was {was[:40] or 'unknown'}, now it is {now[:40] or 'unknown'}."
    other = False
    if feature == "ask":
        other = True
        yield PASSAGES
    elif feature == "chat" and before.usage.tokens_in != after.usage.tokens_in:
        other = True
        yield (
            f"The prompt had {before.usage.tokens_in:,} tokens, now it has {after.usage.tokens_in:,}: the system "
            "prompt or the plain mode of the chat has changed since."
        )
    if before.identity.precision == "fast":
        yield FAST
        was, now = before.usage.tokens_cached, after.usage.tokens_cached
        if was is not None and now is not None and was != now:
            yield f"{was:,} tokens of the prompt came from the cache, now {now:,}."
    elif before.identity == after.identity and not other:
        yield NOTHING


def _chat(runtime: Runtime, thread: list[Entry], record: dict[str, Any], made: Completion) -> Iterator[Again]:
    """A continued answer is continued again from where it was."""
    setup = setup_from(record) if record else Setup(made.identity.model)
    answer = thread[-1]
    prefix = answer.text.removesuffix(made.text) if not answer.thinking and answer.text.endswith(made.text) else ""
    for turn in chat.reply_steps(runtime, made.identity.model, prompt_of(thread[:-1], setup), made.options, prefix):
        yield Again(turn.text, turn.completion)


def _translation(runtime: Runtime, thread: list[Entry], record: dict[str, Any], made: Completion) -> Iterator[Again]:
    stored = record.get("options")
    options = Options(**{**stored, "stop": tuple(stored["stop"])}) if stored else made.options
    source, target = record.get("from", ""), record.get("to", "")
    for step in translate_steps(runtime, thread[0].text, source, target, made.identity.model, options):
        yield Again(step.text, step.completions[-1] if step.completions else None)


def _summary(runtime: Runtime, thread: list[Entry], record: dict[str, Any], made: Completion) -> Iterator[Again]:
    wish, options = Wish(**record.get("wish", {})), Options(precision=made.options.precision)
    for step in summarize_steps(runtime, thread[0].text, wish, made.identity.model, options):
        yield Again(step.text, step.completions[-1] if step.completions else None)


def _answer(runtime: Runtime, thread: list[Entry], record: dict[str, Any], made: Completion) -> Iterator[Again]:
    stored = record.get("answer") or {}
    read = [documents.read_text(passage["text"], passage["name"]) for passage in stored.get("passages", ())]
    if not read:
        raise BadInput("No passage was kept with this answer. Ask the question again.")
    options = Options(precision=made.options.precision)
    for step in ask_steps(runtime, thread[0].text, read, made.identity.model, options):
        told = step.text if step.found or step.confidence is None else "Not in the text."
        yield Again(told, step.completions[-1] if step.completions else None)


REPLAYS: dict[str, Callable[[Runtime, list[Entry], dict[str, Any], Completion], Iterator[Again]]] = {
    "chat": _chat,
    "translate": _translation,
    "summarize": _summary,
    "ask": _answer,
}
