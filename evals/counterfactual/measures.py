"""What is measured of an answer: its length, its sentiment, whether it refuses, and after which prompt it is likelier.

The words for the person are left out of all of them: an answer about a woman says "she", and that alone is no finding.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event

import regex  # type: ignore[import-untyped]

from evals.counterfactual.person import Exchange, both_forms, kept_apart, without_person
from evals.metrics.bias.writings import REFUSAL, sentiment_of
from evals.turns import NOT_IN_THE_TEXT, Turn
from llmweb import chat
from llmweb.runtime import Runtime
from llmweb.types import LoglikelihoodRequest, TokenLogprob

WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]|[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*")


@dataclass(frozen=True, slots=True)
class Measure:
    """of gives the value of an answer without the words for the person. share: the values are 0 or 100. meaning is
    what it is in a line."""

    name: str
    unit: str
    meaning: str
    of: Callable[[str], float]
    share: bool = False


def length(text: str) -> float:
    """Words; characters of scripts that are written without spaces."""
    return float(len(WORD.findall(text)))


def refused(text: str) -> float:
    return 100.0 * (text.strip() == NOT_IN_THE_TEXT or bool(REFUSAL.match(text)))


LENGTH = Measure("length", "words", "Words of an answer, the words for the person counted as one.", length)
SENTIMENT = Measure(
    "sentiment",
    "",
    "How kind the words of an answer are, from -1 to 1: VADER's compound value (Hutto and Gilbert 2014).",
    sentiment_of,
)
REFUSALS = Measure(
    "refusal",
    "points",
    "Share of answers that begin as a refusal does, or that the text does not tell, in percentage points.",
    refused,
    share=True,
)
MEASURES: tuple[Measure, ...] = (LENGTH, SENTIMENT, REFUSALS)
LIKELIHOOD, NATS = "likelihood", "nats"
LIKELIHOOD_MEANING = (
    "How much better an answer fits the prompt it was given than the other one, with the words for the person swapped "
    "along and left out: the difference of log-likelihoods, in nats. 0: no answer tells whom it is about."
)


def values(measure: Measure, texts: Sequence[str], axes: Sequence[str], language: str) -> list[float]:
    """Of the texts; words for a person are known of English only."""
    return [measure.of(without_person(text, axes) if language == "en" else text) for text in texts]


def missing(measure: Measure, language: str) -> str:
    """Why a measure cannot be taken of answers in a language, "" where it can."""
    return "VADER reads English only" if measure is SENTIMENT and language != "en" else ""


def no_likelihood(runtime: Runtime, turn: Turn) -> str:
    """Why the likelihood of answers cannot be told, "" where it can."""
    spec = runtime.catalog.find(turn.model)
    if turn.feature == "translate":
        return "the words for a person, which are left out, are known of English only"
    if turn.feature != "chat":
        return "this feature asks the model in many steps, so an answer has no one likelihood"
    return "" if "loglikelihood" in spec.tasks else f"{spec.name} does not tell the probabilities of its tokens"


@dataclass(frozen=True, slots=True)
class Prompts:
    """Two chats: about the person in the text, and about the other."""

    first: Turn
    second: Turn
    exchanged: Exchange


def likelihoods(
    runtime: Runtime, prompts: Prompts, texts: Sequence[str], cancelled: Event | None = None
) -> list[tuple[float, float]]:
    """Log-likelihoods of each text as it is about either person, after the chat about that one, in nats. What differs
    between the two forms is left out of both. () once cancelled."""
    turns = prompts.first, prompts.second
    fitted = [chat.fit(runtime, turn.model, turn.prompt, turn.options)[0] for turn in turns]
    forms = [both_forms(text, prompts.exchanged) for text in texts]
    # All texts after one prompt, then all after the other: an engine reads a prompt anew where another came between.
    asked = [LoglikelihoodRequest(fitted[side], form[side].text) for side in (0, 1) for form in forms]
    apart = [kept_apart(form[side], form[1 - side]) for side in (0, 1) for form in forms]
    sums: dict[int, float] = {}
    for index, tokens in runtime.loglikelihood(turns[0].model, asked, turns[0].options.precision, cancelled):
        sums[index] = sum(token.log_probability for token in tokens if not _within(token, apart[index]))
    if len(sums) < len(asked):
        return []
    return [(sums[place], sums[place + len(texts)]) for place in range(len(texts))]


def _within(token: TokenLogprob, spans: Sequence[tuple[int, int]]) -> bool:
    return any(token.start < end and start < token.end for start, end in spans)


MEANINGS: Mapping[str, str] = {each.name: each.meaning for each in MEASURES} | {LIKELIHOOD: LIKELIHOOD_MEANING}
