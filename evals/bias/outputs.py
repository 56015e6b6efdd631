"""How the outputs of bias samples are kept: JSON with all that was measured, so that any metric is a look at it.

Log-likelihoods are natural logarithms. Asking is asking.py's; what is made of the numbers is the metrics'.
"""

import json
import math
from dataclasses import asdict, dataclass
from typing import Literal, Self

from evals.bias.facts import AmbiguousFacts, PairFacts
from evals.likelihoods import finite, stored_object

Side = Literal["a", "b"]
Token = tuple[int, int, float]
"""Start and end in its text, log-probability."""


@dataclass(frozen=True, slots=True)
class PairOutput:
    """Kind "pairs": the tokens of both texts in order."""

    a: tuple[Token, ...]
    b: tuple[Token, ...]

    def to_output(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_output(cls, output: str) -> Self:
        """Raises ValueError for anything else than to_output writes."""
        fields = stored_object(output, {"a", "b"})
        return cls(*(tuple((int(s), int(e), finite(p, output)) for s, e, p in fields[side]) for side in ("a", "b")))

    def whole(self) -> float:
        """log p(text_a) - log p(text_b), as lm-evaluation-harness compares them."""
        return sum(token[2] for token in self.a) - sum(token[2] for token in self.b)

    def normalised(self) -> float:
        """The same, of the mean over each text's tokens."""
        means = [sum(token[2] for token in side) / len(side) for side in (self.a, self.b)]
        return means[0] - means[1]

    def shared(self, facts: PairFacts) -> float:
        """The same, of the tokens after the edited span that both texts have: what the group word itself weighs is
        left out. In a causal model the tokens before it weigh the same in both."""
        ends = (len(facts["text_a"]), len(facts["text_b"]))
        found = [
            {(size - start, size - end): value for start, end, value in tokens if start >= span[1] and end > start}
            for tokens, span, size in zip((self.a, self.b), (facts["span_a"], facts["span_b"]), ends, strict=True)
        ]
        return sum(found[0][place] - found[1][place] for place in found[0].keys() & found[1].keys())


@dataclass(frozen=True, slots=True)
class ContinuationOutput:
    """Kind "continuation": option → its log-likelihood after the prefix, and option → its number of tokens."""

    log_likelihoods: dict[str, float]
    tokens: dict[str, int]

    def to_output(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_output(cls, output: str) -> Self:
        """Raises ValueError for anything else than to_output writes."""
        fields = stored_object(output, {"log_likelihoods", "tokens"})
        values = {name: finite(value, output) for name, value in fields["log_likelihoods"].items()}
        return cls(values, {name: int(count) for name, count in fields["tokens"].items()})

    def means(self) -> dict[str, float]:
        """Of the tokens of each option."""
        return {name: value / self.tokens[name] for name, value in self.log_likelihoods.items()}

    def lean(self, sides: dict[str, Side]) -> float:
        """log p of side a's options together minus that of side b's."""
        return log_sum([v for name, v in self.log_likelihoods.items() if sides.get(name) == "a"]) - log_sum(
            [v for name, v in self.log_likelihoods.items() if sides.get(name) == "b"]
        )


@dataclass(frozen=True, slots=True)
class Ordered:
    """The options as they stood (indices into the sample's), and of each, in the sample's order, the log-likelihood
    and the number of tokens."""

    order: tuple[int, ...]
    log_likelihoods: tuple[float, ...]
    tokens: tuple[int, ...]

    def chosen(self, added: tuple[float, ...] = ()) -> int:
        """The option with the most probable tokens in the mean; the first of equals as they stood."""
        return max(self.order, key=lambda option: self.mean(option) + (added[option] if added else 0.0))

    def mean(self, option: int) -> float:
        """Of the log-probabilities of its tokens."""
        return self.log_likelihoods[option] / self.tokens[option]


@dataclass(frozen=True, slots=True)
class AmbiguousOutput:
    """Kind "ambiguous": the options weighed in each order, or, of what writes answers, the answer's text ("": the
    text does not tell). added, where a mitigation weighs otherwise, is what each option is given on top of its mean
    before one is chosen."""

    orders: tuple[Ordered, ...] = ()
    text: str | None = None
    added: tuple[float, ...] = ()

    def to_output(self) -> str:
        if not self.orders:
            return json.dumps({"text": self.text})
        extra = {"added": self.added} if self.added else {}
        return json.dumps({"orders": [asdict(each) for each in self.orders]} | extra)

    @classmethod
    def from_output(cls, output: str) -> Self:
        """Raises ValueError for anything else than to_output writes."""
        if '"orders"' not in output:
            return cls(text=str(stored_object(output, {"text"})["text"]))
        fields = stored_object(output, {"orders", "added"} if '"added"' in output else {"orders"})
        orders = (
            Ordered(
                tuple(each["order"]),
                tuple(finite(value, output) for value in each["log_likelihoods"]),
                tuple(each["tokens"]),
            )
            for each in fields["orders"]
        )
        return cls(tuple(orders), added=tuple(finite(value, output) for value in fields.get("added", ())))

    def weight(self, option: int) -> float:
        """What options are compared by: the sum of its means over the orders, with what is added to each."""
        added = len(self.orders) * self.added[option] if self.added else 0.0
        return sum(each.mean(option) for each in self.orders) + added

    def chosen(self, facts: AmbiguousFacts) -> int | None:
        """The option: most probable over all orders, or the only person whom the text names. None where it names both
        or neither."""
        if not self.orders:
            return _named(self.text or "", facts)
        return max(range(len(facts["options"])), key=self.weight)


@dataclass(frozen=True, slots=True)
class DecisionOutput:
    """Kind "decision": log p of yes and of no, over their spellings together, about either person."""

    a: dict[str, float]
    b: dict[str, float]

    def to_output(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_output(cls, output: str) -> Self:
        """Raises ValueError for anything else than to_output writes."""
        fields = stored_object(output, {"a", "b"})
        return cls(*({word: finite(fields[side][word], output) for word in ("yes", "no")} for side in ("a", "b")))

    def log_odds(self, side: Side) -> float:
        """Of yes."""
        answers = self.a if side == "a" else self.b
        return answers["yes"] - answers["no"]

    def mass(self) -> float:
        """The probability of yes and no together, the mean of both persons: near 1 where the model answers at all."""
        return sum(math.exp(log_sum(list(answers.values()))) for answers in (self.a, self.b)) / 2


@dataclass(frozen=True, slots=True)
class Written:
    """Kinds "summaries" and "writings": the texts about each person, in the order they were asked."""

    texts: dict[str, tuple[str, ...]]

    def to_output(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_output(cls, output: str) -> Self:
        """Raises ValueError for anything else than to_output writes."""
        return cls({side: tuple(map(str, texts)) for side, texts in stored_object(output, {"texts"})["texts"].items()})


def log_sum(values: list[float]) -> float:
    """log of the sum of exp(values)."""
    highest = max(values)
    return highest + math.log(sum(math.exp(value - highest) for value in values))


def _named(text: str, facts: AmbiguousFacts) -> int | None:
    """Which option a text means: nothing and the unknown's own words are unknown, else the person it shares most of
    the words with that the other person's option does not have."""
    roles = list(facts["roles"])
    unknown = roles.index("unknown")
    said = set(_words(text))
    if not said or said == set(_words(facts["options"][unknown])):
        return unknown
    persons = [place for place in range(len(roles)) if place != unknown]
    words = {place: set(_words(facts["options"][place])) for place in persons}
    first, second = persons
    hits = {first: said & (words[first] - words[second]), second: said & (words[second] - words[first])}
    named = [place for place in persons if hits[place]]
    return named[0] if len(named) == 1 else None


def _words(text: str) -> list[str]:
    return ["".join(filter(str.isalnum, word)) for word in text.lower().split()]
