"""Samples of a run with what was asked, wanted and given; of two runs with their differences marked → HTML. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from evals.metrics.checks import passes
from evals.pages import output_view
from evals.pages.differences import marked_html
from evals.pages.opening import FEATURES
from evals.pages.own_suites import from_html
from evals.pages.run_view import folded_html, metric_html
from evals.records import OutputRow
from evals.report.words import counted
from evals.sample_order import Part
from evals.suites.instruct import CHECKS
from evals.types import Sample, Suite
from evals.wording import decimals
from llmweb.history import completion_from
from llmweb.pages.parts import Action, action_html, place_link_html, provenance_html

NOTHING = {"ask": "(not in the text)"}
OPEN_IN = {"chat": "chat", "translate": "Translate", "summarize": "Summarize", "ask": "Ask"}
# Facts that are shown in a form of their own.
FOLDED = frozenset({"checks", "passage", "title", "from", "messages", "plain"})


@dataclass(frozen=True, slots=True)
class Given:
    """What one system gave for a sample, and its value under each metric; None where it has none."""

    output: OutputRow
    values: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Scene:
    """Whose samples: run and, beside it, other ("" for one run alone)."""

    suite: Suite
    run: str
    other: str = ""

    def link_html(self, content: str, sample: str) -> str:
        return place_link_html(content, "runs", run=self.run, sample=sample, **{"with": self.other})


def samples_html(scene: Scene, part: Part[tuple[Sample, Sequence[Given]]], what: str = "samples") -> str:
    """One page of samples, each with what one run or two gave."""
    if not part.total:
        return f'<p class="faint">No {what} to show. Choose others above.</p>'
    shown = "".join(_sample_html(scene, sample, given) for sample, given in part.rows)
    return f"{shown}{_pager_html(part)}"


def _pager_html(part: Part[tuple[Sample, Sequence[Given]]]) -> str:
    words = counted(part.total, "sample")
    if part.pages > 1:
        words = f"Page {part.number:,} of {part.pages:,} · {words}"
    before = action_html(Action("page", "Previous"), str(part.number - 1)) if part.number > 1 else ""
    after = action_html(Action("page", "Next"), str(part.number + 1)) if part.number < part.pages else ""
    return f'<div class="pager">{before}<span class="faint figures">{words}</span>{after}</div>'


def _sample_html(scene: Scene, sample: Sample, given: Sequence[Given], whole: bool = False) -> str:
    suite = scene.suite
    texts = [_text_html(escape(label), text, suite.source) for label, text in output_view.asked(suite, sample)]
    texts += _wanted_html(suite, sample)
    if len(given) == 2:
        texts += _pair_html(scene, sample, given)
    else:
        texts += [_given_html(scene, sample, "Output", given[0])]
    head = f'<span class="sample-id">{escape(sample.id)}</span>'
    title = head if whole else scene.link_html(head, sample.id)
    letters = ("A ", "B ") if len(given) == 2 else ("",)
    values = "".join(_values_html(each, letter, whole) for each, letter in zip(given, letters, strict=True))
    return (
        f'<article class="sample{"" if whole else " clamped"}"><header>{title}<span class="figures">{values}</span>'
        f'</header><div class="texts">{"".join(texts)}</div></article>'
    )


def sample_html(scene: Scene, sample: Sample, given: Sequence[Given], names: Mapping[str, str]) -> str:
    """One sample in full: all texts, what was to be read or checked, and where every output comes from."""
    back = place_link_html("← Its other samples", "runs", run=scene.run, **{"with": scene.other})
    near = (
        f'<div class="pager">{action_html(Action("before", "Previous"), sample.id)}<span></span>'
        f"{action_html(Action('after', 'Next'), sample.id)}</div>"
    )
    parts = [
        f'<p class="back-link">{back}</p>{near}',
        _sample_html(scene, sample, given, whole=True),
        _loop_html(scene, sample, given[0].output),
        _said_before_html(sample),
        _checks_html(scene.suite, sample, given),
        _passage_html(sample, scene.suite.source),
        _facts_html(scene.suite, sample),
        *(
            _completions_html(each, names, letter if len(given) == 2 else "")
            for each, letter in zip(given, ("A", "B"), strict=False)
        ),
    ]
    return "".join(parts)


def _loop_html(scene: Scene, sample: Sample, output: OutputRow) -> str:
    """Where a case came from, and the way to the page that asks such things, where a model was asked."""
    feature = FEATURES.get(scene.suite.kind)
    words = f"Open in {OPEN_IN[feature]}" if feature and (output.completions or output.error) else ""
    button = action_html(Action("open-in", words, "With what this run gave for it"), sample.id) if words else ""
    came = from_html(sample.facts.get("from"))
    return f'<div class="actions">{button}{came}</div>' if button or came else ""


def _said_before_html(sample: Sample) -> str:
    said = [f"{role}: {text}" for role, text in sample.facts.get("messages", ())]
    return folded_html("sample-before", "What was said before", _text_html("", "\n\n".join(said), "")) if said else ""


def _values_html(given: Given, letter: str, whole: bool) -> str:
    """Under the leading metric, or under all."""
    words = "error"
    if not given.output.error:
        values = [*given.values.items()][: None if whole else 1]
        words = " · ".join(f"{metric_html(name) if whole else escape(name)} {_number(value)}" for name, value in values)
    return f"<span>{letter}{words}</span>"


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:,.{decimals(value)}f}"


def _text_html(label: str, text: str, language: str, missing: str = "(empty)", shown: str | None = None) -> str:
    """shown is the text as HTML, where parts of it are marked."""
    inside = (escape(text) if shown is None else shown) if text else f'<span class="faint">{missing}</span>'
    return f'<div><h3>{label}</h3><div class="plain-text" dir="auto" lang="{escape(language)}">{inside}</div></div>'


def _wanted_html(suite: Suite, sample: Sample) -> list[str]:
    """The references, or what stands in their place."""
    if "choices" in sample.facts:
        right = ", ".join(sample.references)
        return [_text_html("Right choice", right, suite.target)]
    if not sample.references:
        return []
    shown = [reference or NOTHING.get(suite.kind, "(empty)") for reference in sample.references]
    label = "Reference" if len(shown) == 1 else f"{len(shown)} references"
    return [_text_html(label, "\n".join(shown), suite.target)]


def _given_html(scene: Scene, sample: Sample, label: str, given: Given, shown: str | None = None) -> str:
    """shown is the output as HTML, where parts of it are marked."""
    if given.output.error:
        error = f'<p class="sample-error">⚠ {escape(given.output.error)}</p>'
        return f"<div><h3>{label}</h3>{error}</div>"
    suite = scene.suite
    seen = output_view.output_html(suite, sample, given.output.text)
    if seen:
        return f"<div><h3>{label}</h3>{seen}</div>"
    return _text_html(label, given.output.text, suite.target, NOTHING.get(suite.kind, "(empty)"), shown)


def _pair_html(scene: Scene, sample: Sample, given: Sequence[Given]) -> list[str]:
    a, b = given
    marked: tuple[str | None, str | None] = (None, None)
    if not a.output.error and not b.output.error:
        marked = marked_html(a.output.text, b.output.text)
    return [_given_html(scene, sample, "A", a, marked[0]), _given_html(scene, sample, "B", b, marked[1])]


def _checks_html(suite: Suite, sample: Sample, given: Sequence[Given]) -> str:
    """Each check of an instruction, and whether each output passes it as it stands."""
    items = []
    for check in sample.facts.get("checks", ()) if suite.kind == "instruct" else ():
        meaning = CHECKS[check["kind"]].meaning
        values = ", ".join(f"{name} {_json(value)}" for name, value in check.items() if name != "kind")
        marks = " ".join(_mark(check, each) for each in given)
        items.append(f"<li>{marks} {escape(meaning)} <span class='faint'>{escape(values)}</span></li>")
    return f"<h3>Checks</h3><ul class='checks'>{''.join(items)}</ul>" if items else ""


def _mark(check: Mapping[str, object], given: Given) -> str:
    if given.output.error:
        return "n/a"
    return "✓ passed:" if passes(check, given.output.text) else "✗ failed:"


def _passage_html(sample: Sample, language: str) -> str:
    passage = sample.facts.get("passage")
    if not passage:
        return ""
    title = sample.facts.get("title") or "The text"
    return (
        f'<details class="steps" open><summary>{escape(title)}</summary>{_text_html("", passage, language)}</details>'
    )


def _facts_html(suite: Suite, sample: Sample) -> str:
    told = FOLDED | output_view.told_facts(suite)
    group = "" if "from" in sample.facts else sample.group  # the conversation, to which a link leads
    facts = {"group": group} | {name: value for name, value in sample.facts.items() if name not in told}
    texts = {name: value if isinstance(value, str) else _json(value) for name, value in facts.items() if value}
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in texts.items())
    return f'<dl class="facts">{rows}</dl>' if rows else ""


def _completions_html(given: Given, names: Mapping[str, str], letter: str) -> str:
    """What the model was asked for this sample, text by text, with its speed and provenance."""
    rows = []
    for stored in given.output.completions:
        completion = completion_from(stored)
        line = provenance_html(completion, names.get(completion.identity.model, ""))
        rows.append(f'<li><div class="plain-text" dir="auto">{escape(completion.text)}</div>{line}</li>')
    count = len(rows)
    words = f"{letter + ': ' if letter else ''}{given.output.seconds:.1f} s"
    if not rows:
        return f'<p class="faint figures">{words}</p>'
    said = f"{words} · {'one text' if count == 1 else f'{count} texts'} of the model"
    return folded_html(f"sample-texts{letter}", said, f"<ol>{''.join(rows)}</ol>")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
