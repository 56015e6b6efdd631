"""How a sample is put to a model: a text is written by the very feature functions people use, or texts are weighed.

Which systems there are is systems.py's; how a score is made of the outputs is the metrics'.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

from evals.likelihoods import ChoiceLikelihoods, TextLikelihood
from evals.types import Kind, Sample, Suite
from llmweb import chat, documents
from llmweb.ask import ask_steps
from llmweb.runtime import Runtime
from llmweb.summarize import Wish, summarize_steps
from llmweb.translate import translate_steps
from llmweb.types import Completion, LoglikelihoodRequest, Message, Options, Prompt

Step = TypeVar("Step")

WISH = Wish(length="short")  # references of our summaries have 30 to 60 words
DELIMITER = " "  # between a question and a choice, as in lm-evaluation-harness


class Cancelled(Exception):
    """The run was stopped while this sample was asked."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a system gave for a sample; completions in the order the feature made them, none of a baseline."""

    text: str
    completions: tuple[Completion, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One sample on its way to one model. Whoever asks sets cancelled to stop it."""

    model: str
    options: Options
    suite: Suite
    sample: Sample
    runtime: Runtime
    cancelled: Event

    def check(self) -> None:
        if self.cancelled.is_set():
            raise Cancelled

    def last(self, steps: Iterator[Step]) -> Step:
        """The complete snapshot of a feature. Raises Cancelled; the steps end as nobody holds them any more."""
        for step in steps:
            self.check()
            complete = step
        return complete


def translated(question: Question) -> Output:
    suite = question.suite
    steps = translate_steps(
        question.runtime, question.sample.source, suite.source, suite.target, question.model, question.options
    )
    translation = question.last(steps)
    return Output(translation.text, translation.completions)


def summarized(question: Question) -> Output:
    steps = summarize_steps(question.runtime, question.sample.source, WISH, question.model, question.options)
    summary = question.last(steps)
    return Output(summary.text, summary.completions)


def asked(question: Question) -> Output:
    """ "" where the answer is that the text does not tell."""
    read = [documents.read_text(question.sample.facts["passage"], question.sample.facts.get("title", ""))]
    steps = ask_steps(question.runtime, question.sample.source, read, question.model, question.options)
    answer = question.last(steps)
    return Output(answer.text if answer.found else "", answer.completions)


def conversation(sample: Sample) -> Prompt:
    """What a sample puts to a chat: the source, after the messages that were said before it; plain as it stands."""
    if sample.facts.get("plain"):
        return sample.source
    before = tuple(Message(role, text) for role, text in sample.facts.get("messages", ()))
    return (*before, Message("user", sample.source))


def instructed(question: Question) -> Output:
    said = conversation(question.sample)
    turn = question.last(chat.reply_steps(question.runtime, question.model, said, question.options))
    return Output(turn.text, (turn.completion,) if turn.completion else ())


def predicted(question: Question) -> Output:
    """The log-likelihood of the source itself, from nothing."""
    ((tokens, total),) = _weighed(question, [LoglikelihoodRequest("", question.sample.source)])
    return Output(TextLikelihood(total, tokens).to_output())


def chosen(question: Question) -> Output:
    """The log-likelihood of each choice after the question."""
    choices = [
        LoglikelihoodRequest(question.sample.source, f"{DELIMITER}{choice}")
        for choice in question.sample.facts["choices"]
    ]
    return Output(ChoiceLikelihoods(tuple(total for _, total in _weighed(question, choices))).to_output())


def _weighed(question: Question, requests: list[LoglikelihoodRequest]) -> list[tuple[int, float]]:
    """(number of tokens, sum of their log-probabilities) of each request's text."""
    found = {}
    precision = question.options.precision
    for index, tokens in question.runtime.loglikelihood(question.model, requests, precision, question.cancelled):
        found[index] = (len(tokens), sum(token.log_probability for token in tokens))
    question.check()
    return [found[index] for index in range(len(requests))]


ASK: dict[Kind, Callable[[Question], Output]] = {
    "translate": translated,
    "summarize": summarized,
    "ask": asked,
    "instruct": instructed,
    "language-model": predicted,
    "choice": chosen,
}
