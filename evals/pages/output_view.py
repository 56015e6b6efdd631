"""What a stored output says where it is no text to be read as it stands: log-likelihoods, choices, texts about several
persons; a view for each kind of suite → HTML. Pure.

How they are kept is likelihoods.py's and bias/outputs.py's, what is made of the numbers the metrics'.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from math import exp

from evals.bias.outputs import AmbiguousOutput, ContinuationOutput, DecisionOutput, PairOutput, Written
from evals.likelihoods import ChoiceLikelihoods, TextLikelihood
from evals.metrics.bias import coreference, decision
from evals.metrics.bias.pairs import ROUNDING
from evals.report.words import counted
from evals.types import Kind, Sample, Suite

Asked = tuple[str, str]
"""A label and the text under it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A text that was weighed or written; marks are what it is (chosen, right), told before its figures."""

    text: str
    figures: str = ""
    marks: tuple[str, ...] = ()
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """verdict is what came out, in a sentence; groups are lines under a title, "" for none."""

    verdict: str
    groups: tuple[tuple[str, tuple[Line, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """read raises ValueError for anything that a run of this kind does not store. facts are those of a sample that the
    view tells itself."""

    read: Callable[[str, Sample], Seen]
    asked: Callable[[Sample], list[Asked]]
    facts: frozenset[str] = frozenset()


def asked(suite: Suite, sample: Sample) -> list[Asked]:
    """What a system was given of a sample."""
    if suite.kind in VIEWS:
        return VIEWS[suite.kind].asked(sample)
    return [("Question" if suite.kind == "ask" else "Source", sample.source)]


def told_facts(suite: Suite) -> frozenset[str]:
    """The facts that need not be listed beside it."""
    return VIEWS[suite.kind].facts if suite.kind in VIEWS else frozenset()


def output_html(suite: Suite, sample: Sample, output: str) -> str:
    """ "" for an output that is a text to be read as it stands."""
    if suite.kind not in VIEWS:
        return ""
    try:
        seen = VIEWS[suite.kind].read(output, sample)
    except ValueError:  # an imported run keeps what the other program wrote
        return ""
    verdict = f'<p class="weighed-verdict">{escape(seen.verdict)}</p>' if seen.verdict else ""
    return verdict + "".join(_group_html(title, lines, suite.target) for title, lines in seen.groups)


def _group_html(title: str, lines: tuple[Line, ...], language: str) -> str:
    head = f'<h4 class="weighed-title">{escape(title)}</h4>' if title else ""
    rows = "".join(_line_html(line, language) for line in lines)
    return f'{head}<ul class="weighed">{rows}</ul>'


def _line_html(line: Line, language: str) -> str:
    text = escape(line.text) or '<span class="faint">(empty)</span>'
    marks = f"<strong>{escape(', '.join(line.marks))}</strong>" if line.marks else ""
    below = " · ".join(part for part in (marks, escape(line.figures)) if part)
    return (
        f'<li{" class=chosen" if line.chosen else ""}><div class="plain-text" dir="auto" lang="{escape(language)}">'
        f"{text}</div>{f'<p class=figures>{below}</p>' if below else ''}</li>"
    )


def _text(output: str, sample: Sample) -> Seen:
    found = TextLikelihood.from_output(output)
    return Seen(f"{_log(found.log_likelihood)} over {counted(found.tokens, 'token')}")


def _choice(output: str, sample: Sample) -> Seen:
    choices: list[str] = sample.facts["choices"]
    found = ChoiceLikelihoods.from_output(output).log_likelihoods
    if len(found) != len(choices):
        raise ValueError(f"{len(choices)} choices, {len(found)} likelihoods")
    best = coreference.answered(output, sample)
    lines = tuple(
        _option(choice, _log(value), choice == best, choice in sample.references)
        for choice, value in zip(choices, found, strict=True)
    )
    return Seen(f"Most probable: {best}. {_right(best in sample.references)}", (("", lines),))


def _pair(output: str, sample: Sample) -> Seen:
    found, facts = PairOutput.from_output(output), sample.facts
    whole, shared = found.whole(), found.shared(facts)  # type: ignore[arg-type]
    lines = []
    for side, tokens, chosen in (("a", found.a, whole > ROUNDING), ("b", found.b, whole < -ROUNDING)):
        figures = f"{_log(sum(token[2] for token in tokens))} over {counted(len(tokens), 'token')}"
        marks = (facts[f"group_{side}"], *(["more probable as a whole"] if chosen else []))
        lines.append(Line(facts[f"text_{side}"], figures, marks, chosen))
    verdict = (
        f"As a whole, {_likelier(whole, facts)}. Of the words after the change that both texts have, which is what the "
        f"audit counts first, {_likelier(shared, facts)}."
    )
    return Seen(verdict, (("", tuple(lines)),))


def _likelier(difference: float, facts: Mapping[str, str]) -> str:
    if abs(difference) <= ROUNDING:
        return "both texts are equally probable"
    which = f"first text ({facts['group_a']})" if difference > 0 else f"second text ({facts['group_b']})"
    return f"the {which} is the more probable one, by {abs(difference):.2f} nats"


def _continuation(output: str, sample: Sample) -> Seen:
    found, facts = ContinuationOutput.from_output(output), sample.facts
    best = max(found.log_likelihoods, key=found.log_likelihoods.__getitem__)
    groups = {"a": facts["group_a"], "b": facts["group_b"]}
    lines = []
    for name, value in found.log_likelihoods.items():
        side = facts["sides"].get(name)
        marks = ([groups[side]] if side else []) + (["most probable"] if name == best else [])
        figures = f"probability {100 * exp(value):.2f} % · {_log(value)} over {counted(found.tokens[name], 'token')}"
        lines.append(Line(facts["options"][name].strip(), figures, tuple(marks), name == best))
    lean = found.lean(facts["sides"])
    first, second = (groups["a"], groups["b"]) if lean > 0 else (groups["b"], groups["a"])
    told = f"The words for {first} are together more probable than those for {second}, by {abs(lean):.2f} nats."
    return Seen(told, (("", tuple(lines)),))


def _ambiguous(output: str, sample: Sample) -> Seen:
    found, facts = AmbiguousOutput.from_output(output), sample.facts
    chosen = found.chosen(facts)  # type: ignore[arg-type]
    right = _right(chosen == facts["answer"])
    if not found.orders:
        meant = "It names neither person, or both" if chosen is None else f"It means: {facts['options'][chosen]}"
        written = Line(found.text or "(the text does not tell)")
        options = (_option(each, "", place == chosen, place == facts["answer"]) for place, each in _options(facts))
        return Seen(f"{meant}. {right}", (("Written", (written,)), ("Options", tuple(options))))
    lines = []
    for place, option in _options(facts):
        times = sum(each.chosen(found.added) == place for each in found.orders)
        added = f", {found.added[place]:+.2f} of it added".replace("-", "−") if found.added else ""
        mean = _log(found.weight(place) / len(found.orders))
        figures = f"{mean} a token{added} · most probable in {times} of {counted(len(found.orders), 'order')}"
        lines.append(_option(option, figures, place == chosen, place == facts["answer"]))
    best = facts["options"][chosen or 0]
    return Seen(f"Chosen: {best}. {right}", (("", tuple(lines)),))


def _options(facts: Mapping[str, tuple[str, ...]]) -> list[tuple[int, str]]:
    return list(enumerate(facts["options"]))


def _decision(output: str, sample: Sample) -> Seen:
    found, facts = DecisionOutput.from_output(output), sample.facts
    groups = []
    for side, answers in (("a", found.a), ("b", found.b)):
        lines = (
            _option(word, f"probability {100 * exp(value):.2f} % · {_log(value)}", value > min(answers.values()), False)
            for word, value in answers.items()
        )
        groups.append((f"About {facts[f'group_{side}']}", tuple(lines)))
    a, b = (f"{100 * chance:.1f} %" for chance in decision.chances(output, sample))
    favourable = f"Of yes and no, {facts['favourable']} is the good answer for the person"
    return Seen(f"{favourable}: {a} about {facts['group_a']}, {b} about {facts['group_b']}.", tuple(groups))


def _written(output: str, sample: Sample) -> Seen:
    texts = Written.from_output(output).texts
    groups = tuple((_person(sample, side), tuple(map(Line, texts[side]))) for side in sorted(texts))
    return Seen("", groups)


def _person(sample: Sample, side: str) -> str:
    """women: Jennifer. The third of a summary is of the first's group."""
    group = sample.facts["group_b" if side == "b" else "group_a"]
    return f"{group}: {sample.facts[f'person_{side}'][0]}"


def _option(text: str, figures: str, chosen: bool, right: bool) -> Line:
    marks = (["chosen"] if chosen else []) + (["right"] if right else [])
    return Line(text, figures, tuple(marks), chosen)


def _right(right: bool) -> str:
    return "That is right." if right else "That is wrong."


def _log(value: float) -> str:
    return f"log-probability {value:,.2f}".replace(" -", " −")


def _source(sample: Sample) -> list[Asked]:
    return [("Source", sample.source)]


def _nothing(sample: Sample) -> list[Asked]:
    return []


def _question(sample: Sample) -> list[Asked]:
    return [("Text", sample.facts["context"]), ("Question", sample.facts["question"])]


def _prompts(sample: Sample) -> list[Asked]:
    return [(f"About {sample.facts[f'group_{side}']}", sample.facts[f"prompt_{side}"]) for side in ("a", "b")]


def _stories(sample: Sample) -> list[Asked]:
    return [(_person(sample, side), sample.facts[f"text_{side}"]) for side in ("a", "b", "c")]


def _names(*names: str) -> frozenset[str]:
    """Of facts about each person."""
    return frozenset(f"{name}_{side}" for name in names for side in "abc")


VIEWS: Mapping[Kind, View] = {
    "language-model": View(_text, _source),
    "choice": View(_choice, _source, frozenset({"choices", "sentence"})),
    "pairs": View(_pair, _nothing, _names("text", "span")),
    "continuation": View(_continuation, _source, frozenset({"prefix", "options", "sides"})),
    "ambiguous": View(_ambiguous, _question, frozenset({"context", "question", "options", "roles", "answer"})),
    "decision": View(_decision, _prompts, _names("prompt", "span")),
    "summaries": View(_written, _stories, _names("text", "person")),
    "writings": View(_written, _prompts, _names("prompt", "span", "person")),
}
