"""From what a small model wrote to the span of the text that answers best, and how surely the text answers at all.

Owns the few-shot prompt, the weighing of candidate spans and the calibrated decision. Proposing spans is spans.py's;
finding sentences retrieve.py's; calling the model ask.py's.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

from llmweb.ask import spans
from llmweb.retrieve import RankedSentence, Span, words
from llmweb.types import Completion

SHOTS = (
    (
        "In 1962 the college merged with the Institute of Forestry, and by the end of that decade more than 3,000 "
        "students were enrolled. Most of them came from the coastal provinces.",
        "In what year did the college merge with the Institute of Forestry?",
        "1962",
    ),
    (
        "After the flood of 1847 the council moved the market to higher ground, because merchants refused to insure "
        "goods kept near the river. The new square opened two years later.",
        "Why was the market moved to higher ground?",
        "merchants refused to insure goods kept near the river",
    ),
    (
        "Built between 1911 and 1919, the Harlow Viaduct carries two railway tracks across the Senn valley. It was "
        "designed by the engineer Edith Marlow, who had earlier worked on docks in Lisbon.",
        "Who designed the Harlow Viaduct?",
        "Edith Marlow",
    ),
    (
        "Dense ice forms when snow is pressed by its own weight, a process known as firnification; it may take over a "
        "century in the coldest parts of the plateau.",
        "What is the process called in which snow is pressed into dense ice?",
        "firnification",
    ),
    (
        "The blue-ringed hopper feeds mainly on moss, and in dry summers it digs up to 40 centimetres into the soil "
        "to reach damp roots. Its chief enemy is the marsh owl.",
        "How deep can the hopper dig into the soil?",
        "up to 40 centimetres",
    ),
    (
        "Copper from Oster was shipped mainly to the ports of Brenna and Tull, where smiths turned it into kettles, "
        "nails and roofing sheets.",
        "What did smiths make from the copper?",
        "kettles, nails and roofing sheets",
    ),
)
READ_SENTENCES = (1, 2)  # the model answers from the best sentence, and from the two best
SPAN_SENTENCES = 4  # spans are proposed from so many


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may be the answer. probability is its share among the candidates, 0–1, given that one is right."""

    text: str
    span: Span
    score: float
    probability: float
    seen: Mapping[str, float]


def prompt(text: str, question: str) -> str:
    """A plain completion: a small model follows examples better than instructions."""
    shown = [f"Text: {text}\nQuestion: {asked}\nAnswer: {answer}\n\n" for text, asked, answer in SHOTS]
    return "".join(shown) + f"Text: {text}\nQuestion: {question}\nAnswer:"


def excerpt(sentences: Sequence[RankedSentence], count: int) -> str:
    """The count best sentences, in the order of the text."""
    best = sorted(sentences[:count], key=lambda sentence: (sentence.span.document, sentence.span.start))
    return " ".join(" ".join(sentence.text.split()) for sentence in best)


def tidy(text: str) -> str:
    """The first line of what the model wrote, without quotes around it or a full stop behind."""
    line = text.strip().split("\n", 1)[0].strip()
    return line.strip("\"'“”‘’ ").rstrip(". ")


def agreement(one: str, other: str) -> float:
    """F1 of two texts as bags of words, 0–1, articles left out."""
    bags = [Counter(word for word in words(text) if word not in ("a", "an", "the")) for text in (one, other)]
    same = sum((bags[0] & bags[1]).values())
    return 2 * same / (bags[0].total() + bags[1].total()) if same else 0.0


def weigh(
    question: str, sentences: Sequence[RankedSentence], written: Sequence[Completion], weights: Mapping[str, float]
) -> tuple[Candidate, ...]:
    """Candidates from the best sentences, best first; a text that occurs twice counts where it fares best."""
    asked = spans.Question.read(question)
    guesses = [(tidy(completion.text), _per_token(completion)) for completion in written]
    found: dict[str, tuple[float, str, Span, dict[str, float]]] = {}
    for place, sentence in enumerate(sentences[:SPAN_SENTENCES]):
        tokens = spans.split(sentence.text)
        common = {"below best": sentence.score - sentences[0].score, "best sentence": float(place == 0)}
        proposed = {*spans.candidates(tokens), *_snapped(sentence.text, tokens, [guess for guess, _ in guesses])}
        for first, last in proposed:
            start, end = tokens[first].start, tokens[last].end
            text = sentence.text[start:end]
            seen = common | spans.look(asked, sentence.text, tokens, first, last) | _votes(text, guesses)
            score = sum(weights.get(name, 0.0) * value for name, value in seen.items())
            span = Span(sentence.span.document, sentence.span.start + start, sentence.span.start + end)
            if text not in found or score > found[text][0]:
                found[text] = (score, text, span, seen)
    ranked = sorted(found.values(), key=lambda one: (-one[0], one[2].document, one[2].start))
    total = sum(exp(score - ranked[0][0]) for score, *_ in ranked)
    return tuple(
        Candidate(text, span, score, exp(score - ranked[0][0]) / total, seen) for score, text, span, seen in ranked
    )


def _per_token(completion: Completion) -> float:
    """Mean log-probability of a written token; 0 where the engine does not tell."""
    if completion.log_probability is None:
        return 0.0
    return completion.log_probability / max(1, completion.usage.tokens_out)


def _votes(text: str, guesses: Sequence[tuple[str, float]]) -> dict[str, float]:
    votes: dict[str, float] = {}
    for number, (guess, sure) in enumerate(guesses, 1):
        share = agreement(text, guess)
        votes |= {f"like guess {number}": share, f"is guess {number}": float(share == 1.0)}
        votes[f"around guess {number}"] = float(0 < share < 1 and guess.casefold() in text.casefold())
        votes[f"doubt of guess {number}"] = share * sure
    return votes


def _snapped(text: str, tokens: Sequence[spans.Word], guesses: Sequence[str]) -> list[tuple[int, int]]:
    """(first, last) word of each guess that stands in the text as it is, at word bounds or not."""
    found = []
    for guess in guesses:
        start = text.casefold().find(guess.casefold()) if guess else -1
        touched = [at for at, token in enumerate(tokens) if token.start < start + len(guess) and token.end > start]
        if start >= 0 and touched:
            found.append((touched[0], touched[-1]))
    return found


def evidence(
    sentences: Sequence[RankedSentence], written: Sequence[Completion], candidates: Sequence[Candidate]
) -> dict[str, float]:
    """What tells a text that answers from one that only speaks of the matter. similarity only with embeddings."""
    guesses = [tidy(completion.text) for completion in written]
    best = max(sentences, key=lambda sentence: sentence.score)
    seen = {
        "overlap": best.overlap,
        "candidate probability": candidates[0].probability if candidates else 0.0,
        "candidate score": candidates[0].score if candidates else 0.0,
        "asks back": candidates[0].seen.get("of question", 0.0) if candidates else 1.0,
        "guesses agree": agreement(guesses[0], guesses[-1]),
    }
    for number, (guess, completion) in enumerate(zip(guesses, written, strict=True), 1):
        stands = any(guess and guess.casefold() in sentence.text.casefold() for sentence in sentences)
        seen |= {f"guess {number} stands": float(stands), f"guess {number} sure": _per_token(completion)}
        seen[f"guess {number} like candidate"] = agreement(guess, candidates[0].text) if candidates else 0.0
    if best.similarity is not None:
        seen["similarity"] = max(sentence.similarity or 0.0 for sentence in sentences)
    return seen


def answerable(seen: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The calibrated probability that the text answers: logistic in what was seen, "bias" added."""
    return 1 / (1 + exp(-weights["bias"] - sum(weights.get(name, 0.0) * value for name, value in seen.items())))
