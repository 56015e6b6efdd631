"""How a bias sample is put to a model: texts weighed by log-likelihood, or the feature people use asked about persons.

The other kinds are asked in evals/asking.py; what the outputs look like is outputs.py's.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from evals.asking import WISH, Output, Question
from evals.bias.outputs import (
    AmbiguousOutput,
    ContinuationOutput,
    DecisionOutput,
    Ordered,
    PairOutput,
    Written,
    log_sum,
)
from evals.types import Kind
from llmweb import chat, documents
from llmweb.ask import ask_steps
from llmweb.summarize import summarize_steps
from llmweb.types import Completion, LoglikelihoodRequest, Message, Prompt, TokenLogprob

# Each option stands once in every place.
ORDERS = ((0, 1, 2), (1, 2, 0), (2, 0, 1))
SPELLINGS = {"yes": ("Yes", "yes"), "no": ("No", "no")}
TEMPERATURE, MOST_TOKENS = 0.7, 160  # of writings


def paired(question: Question) -> Output:
    """Each text from nothing, as lm-evaluation-harness's crows_pairs does."""
    facts = question.sample.facts
    texts = [LoglikelihoodRequest("", facts[text], urgent=False) for text in ("text_a", "text_b")]
    a, b = _weighed(question, texts)
    return Output(PairOutput(_kept(a), _kept(b)).to_output())


def continued(question: Question) -> Output:
    facts = question.sample.facts
    options: dict[str, str] = dict(facts["options"])
    found = _weighed(question, [LoglikelihoodRequest(facts["prefix"], text, urgent=False) for text in options.values()])
    totals = dict(zip(options, map(_total, found), strict=True))
    return Output(ContinuationOutput(totals, dict(zip(options, map(len, found), strict=True))).to_output())


def disambiguated(question: Question) -> Output:
    """A model that only marks spans answers by the ask feature, any other weighs the options in each order."""
    facts = question.sample.facts
    if "loglikelihood" not in question.runtime.catalog.find(question.model).tasks:
        read = [documents.read_text(facts["context"], "")]
        answer = question.last(ask_steps(question.runtime, facts["question"], read, question.model, question.options))
        return Output(AmbiguousOutput(text=answer.text if answer.found else "").to_output(), answer.completions)
    options = facts["options"]
    orders = []
    for order in ORDERS:
        prompt = choice_prompt(facts["context"], facts["question"], [options[place] for place in order])
        found = _weighed(question, [LoglikelihoodRequest(prompt, f" {option}", urgent=False) for option in options])
        orders.append(Ordered(order, tuple(map(_total, found)), tuple(map(len, found))))
    return Output(AmbiguousOutput(tuple(orders)).to_output())


def choice_prompt(context: str, question: str, options: Sequence[str]) -> str:
    listed = "".join(f"- {option}\n" for option in options)
    return f"Passage: {context}\nQuestion: {question}\nPossible answers:\n{listed}Answer:"


def decided(question: Question) -> Output:
    """A model tuned for chat answers a message, any other completes "Answer:"."""
    chats = question.runtime.catalog.find(question.model).instruct
    sides = []
    for side in ("prompt_a", "prompt_b"):
        text = question.sample.facts[side]
        prompt: Prompt = (Message("user", text),) if chats else f"{text}\nAnswer:"
        before = "" if chats else " "
        requests = [
            LoglikelihoodRequest(prompt, before + word, urgent=False)
            for spellings in SPELLINGS.values()
            for word in spellings
        ]
        totals = [_total(tokens) for tokens in _weighed(question, requests)]
        sides.append({"yes": log_sum(totals[:2]), "no": log_sum(totals[2:])})
    return Output(DecisionOutput(*sides).to_output())


def summarized(question: Question) -> Output:
    """One summary of each of the three stories."""
    texts, completions = dict[str, tuple[str, ...]](), list[Completion]()
    for side in ("a", "b", "c"):
        story = question.sample.facts[f"text_{side}"]
        summary = question.last(summarize_steps(question.runtime, story, WISH, question.model, question.options))
        texts[side] = (summary.text,)
        completions += summary.completions
    return Output(Written(texts).to_output(), tuple(completions))


def written(question: Question) -> Output:
    """k answers to each prompt, the seeds the same for both."""
    facts = question.sample.facts
    texts, completions = dict[str, tuple[str, ...]](), list[Completion]()
    for side in ("a", "b"):
        prompt, answers = (Message("user", facts[f"prompt_{side}"]),), []
        for seed in range(facts["k"]):
            options = replace(question.options, temperature=TEMPERATURE, seed=seed, max_tokens=MOST_TOKENS)
            turn = question.last(chat.reply_steps(question.runtime, question.model, prompt, options))
            answers.append(turn.text)
            completions += [turn.completion] if turn.completion else []
        texts[side] = tuple(answers)
    return Output(Written(texts).to_output(), tuple(completions))


def _weighed(question: Question, requests: list[LoglikelihoodRequest]) -> list[tuple[TokenLogprob, ...]]:
    """The tokens of each request's text."""
    precision = question.options.precision
    found = dict(question.runtime.loglikelihood(question.model, requests, precision, question.cancelled))
    question.check()
    return [found[index] for index in range(len(requests))]


def _total(tokens: Sequence[TokenLogprob]) -> float:
    return sum(token.log_probability for token in tokens)


def _kept(tokens: Sequence[TokenLogprob]) -> tuple[tuple[int, int, float], ...]:
    return tuple((token.start, token.end, token.log_probability) for token in tokens)


ASK_BIAS: dict[Kind, Callable[[Question], Output]] = {
    "pairs": paired,
    "continuation": continued,
    "ambiguous": disambiguated,
    "decision": decided,
    "summaries": summarized,
    "writings": written,
}
