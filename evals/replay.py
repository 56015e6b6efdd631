"""An answer made again: the same model, options and prompt, as far as the history kept them, and where the texts part.

How the two look beside each other is pages/replaying.py's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from evals.turns import Again, answer_steps, turn_of
from llmweb.errors import BadInput
from llmweb.history import Entry, History
from llmweb.runtime import Runtime
from llmweb.types import Completion

MEANT = {
    "model": "the model",
    "revision": "the model's revision",
    "weights_sha256": "the weights",
    "engine": "the engine",
    "engine_version": "the engine's version",
    "precision": "the precision",
    "template_sha256": "the chat template",
}
# The counts: tests/bench/replay.py.
FAST = (
    "In fast precision a text depends on what else was being written and on what was cached: of 50 greedy answers 20 "
    "came out the same beside 16 others, and all 50 alone. In exact it does not."
)
PASSAGES = "The documents are not kept: the question was asked again of the passages that had been read."
NOTHING = "Nothing that is recorded differs. In exact precision that should not happen: please report it."


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
    yield from answer_steps(runtime, turn_of(history, entry_id))


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
