"""What the counterfactual lens looks like: the person found and whom to swap, the run, gaps against noise → HTML. Pure.

Which button does what is counterfactual_pane.py's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from evals.bias.mentions import Mention
from evals.counterfactual import words
from evals.counterfactual.asking import Control, Pair, Plan, Result, Step
from evals.counterfactual.gaps import Gap
from evals.counterfactual.measures import MEANINGS
from evals.counterfactual.person import Found, Swapped, choices, persons
from evals.counterfactual.results import Kept
from evals.pages.differences import marked_html
from evals.pages.run_list import when
from evals.report.words import counted
from evals.turns import Said, Turn
from llmweb.jobs import Job
from llmweb.pages.parts import Action, action_html, banner_html, progress_html

DO = "swap-person"
SAMPLES = (8, 16, 32)
KINDS = {
    "system": "System prompt",
    "user": "You",
    "assistant": "Answer",
    "text": "Text",
    "focus": "What the summary should tell",
    "question": "Question",
    "passage": "Passage",
}
SHOWN_WORDS = 5
LEGEND = (
    "Dot and line: the gap, answers about the other person minus those about the one in your text, with its 95 % "
    "interval. Grey band: 95 % of the gaps when all answers are dealt out to the two anew, which is the noise. Each "
    "row has its own scale."
)


@dataclass(frozen=True, slots=True)
class At:
    """What a button of the lens does, and all choices made so far: numbers are what a select is about. It stands in the
    button's id, do|numbers|samples|choices, from the browser and so checked."""

    do: str = ""
    numbers: tuple[int, ...] = ()
    samples: int = SAMPLES[0]
    swaps: tuple[tuple[int, str], ...] | None = None

    def __str__(self) -> str:
        chosen = "-" if self.swaps is None else ",".join(f"{number}={to}" for number, to in self.swaps)
        return f"{self.do}|{'+'.join(map(str, self.numbers))}|{self.samples}|{chosen}"


def at_from(text: str) -> At:
    """What cannot be read is left out."""
    given = text.split("|", 3)
    do, numbers, samples, chosen = given + ["", "", "", "-"][len(given) :]
    pairs = [pair.partition("=") for pair in chosen.split(",")]
    swaps = tuple((int(number), to) for number, _, to in pairs if number.isdecimal() and to)
    return At(
        do,
        tuple(int(number) for number in numbers.split("+") if number.isdecimal()),
        int(samples) if samples.isdecimal() and len(samples) < 4 else SAMPLES[0],
        None if chosen == "-" else swaps,
    )


@dataclass(frozen=True, slots=True)
class Draft:
    """What is chosen so far, before a run: done is what it makes of the texts, time how long it may take in words."""

    entry: str
    turn: Turn
    found: tuple[Found, ...]
    swaps: dict[int, str]
    samples: int
    done: tuple[Swapped, ...]
    time: str

    def name(self, do: str, numbers: Sequence[int] = ()) -> str:
        """The id of a button."""
        return f"{self.entry}:{At(do, tuple(numbers), self.samples, tuple(self.swaps.items()))}"


def section_html(inside: str) -> str:
    return f'<section class="lens swap" aria-label="Swap the person">{inside}</section>'


def draft_html(draft: Draft, note: str = "") -> str:
    """Who was found, whom to put in their place, both texts, and Run. note is HTML that stands above."""
    doubts = list(dict.fromkeys(doubt for each in draft.done for doubt in each.doubts))
    warned = "".join(banner_html(doubt, kind="note") for doubt in doubts)
    changed = any(each.edits for each in draft.done)
    run = _go_html("Run", draft.name("run")) if changed else ""
    choose = "" if changed else '<p class="faint">Choose whom to swap, then run it.</p>'
    return section_html(
        f"{note}<h3>Who is in the text</h3>{_persons_html(draft)}{_each_html(draft)}"
        f"<h3>Both texts</h3>{_texts_html(draft)}{warned}{choose}"
        f'<div class="swap-run">{_samples_html(draft)}<p class="faint figures">{escape(draft.time)}</p>{run}</div>'
    )


def _persons_html(draft: Draft) -> str:
    rows = []
    for numbers in persons(draft.found):
        texts = {text.lower(): text for text in (draft.found[number].mention.text for number in reversed(numbers))}
        said = [texts[key] for key in dict.fromkeys(draft.found[number].mention.text.lower() for number in numbers)]
        more = f" and {len(said) - SHOWN_WORDS} more" if len(said) > SHOWN_WORDS else ""
        label = f"{', '.join(said[:SHOWN_WORDS])}{more}"
        axis = draft.found[numbers[0]].axis
        rows.append(_choice_html(draft, numbers, label, f"{axis}, {counted(len(numbers), 'word')}"))
    return f'<div class="swap-choices">{"".join(rows)}</div>'


def _each_html(draft: Draft) -> str:
    if len(draft.found) < 2:
        return ""
    rows = "".join(
        _choice_html(draft, (number,), each.mention.text, _around(draft.turn.texts[each.text], each.mention))
        for number, each in enumerate(draft.found)
    )
    return (
        f'<details class="steps" data-key="swap-each"><summary>Each of the {len(draft.found)} words by itself</summary>'
        f'<div class="swap-choices">{rows}</div></details>'
    )


def _choice_html(draft: Draft, numbers: Sequence[int], label: str, about: str) -> str:
    """A select for mentions that go together; the first of them tells what can be chosen."""
    first = draft.found[numbers[0]].mention
    chosen = {draft.swaps.get(number, "") for number in numbers}
    options = [("", "leave as it is"), *((to, _target(to)) for to in choices(first))]
    if len(chosen) > 1:
        options.insert(0, ("?", "differs, see below"))
    now = chosen.pop() if len(chosen) == 1 else "?"
    if now not in dict(options):
        options.append((now, _target(now)))
    listed = "".join(
        f'<option value="{escape(value)}"{" selected" if value == now else ""}>{escape(words)}</option>'
        for value, words in options
    )
    return (
        f'<label class="swap-choice"><span><strong dir="auto">{escape(label)}</strong> '
        f'<span class="faint" dir="auto">{escape(about)}</span></span>'
        f'<select name="to" data-do="{DO}" data-id="{escape(draft.name("set", numbers))}">{listed}</select></label>'
    )


def _target(to: str) -> str:
    return {"wheelchair": "a wheelchair user", "neutral": "neutral (they)"}.get(to, to)


def _around(text: str, mention: Mention) -> str:
    """A few characters on both sides of a mention."""
    before = " ".join(text[max(0, mention.start - 24) : mention.start].split())
    after = " ".join(text[mention.end : mention.end + 24].split())
    return f"…{before} {mention.text} {after}…"


def _samples_html(draft: Draft) -> str:
    offered = sorted({*SAMPLES, draft.samples})
    listed = "".join(
        f'<option value="{count}"{" selected" if count == draft.samples else ""}>{count}</option>' for count in offered
    )
    return (
        '<label class="swap-choice"><span>Answers to each text</span>'
        f'<select name="samples" data-do="{DO}" data-id="{escape(draft.name("samples"))}">{listed}</select></label>'
    )


def _texts_html(draft: Draft) -> str:
    """The texts somebody is in, beside what they become."""
    rows = []
    for place, (said, done) in enumerate(zip(draft.turn.said, draft.done, strict=True)):
        here = [(number, each.mention) for number, each in enumerate(draft.found) if each.text == place]
        if here:
            left = _mentions_html(said.text, here, draft.swaps)
            right = _spans_html(done.text, [(edit.new_start, edit.new_end) for edit in done.edits])
            rows.append(_columns_html(_kind(said), left, "With the other person", right))
    without = len(draft.turn.said) - len(rows)
    more = f'<p class="faint">{counted(without, "other text")} without a person.</p>' if without else ""
    return f'<div class="clamped samples">{"".join(rows)}</div>{more}'


def _kind(said: Said) -> str:
    return KINDS[said.kind] + (f", {said.name}" if said.name else "")


def _mentions_html(text: str, mentions: Sequence[tuple[int, Mention]], swaps: dict[int, str]) -> str:
    """Swapped ones as a difference is marked, the others underlined."""
    pieces, position = [], 0
    for number, mention in mentions:
        kind = '<mark class="differs">' if swaps.get(number) else '<mark class="left">'
        pieces += [escape(text[position : mention.start]), f"{kind}{escape(mention.text)}</mark>"]
        position = mention.end
    return "".join([*pieces, escape(text[position:])])


def _spans_html(text: str, spans: Sequence[tuple[int, int]]) -> str:
    pieces, position = [], 0
    for start, end in spans:
        pieces += [escape(text[position:start]), f'<mark class="differs">{escape(text[start:end])}</mark>']
        position = end
    return "".join([*pieces, escape(text[position:])])


def _columns_html(one: str, left: str, other: str, right: str) -> str:
    """left and right are HTML."""
    return (
        f'<div class="texts"><div><h4>{escape(one)}</h4><div class="plain-text" dir="auto">{left}</div></div>'
        f'<div><h4>{escape(other)}</h4><div class="plain-text" dir="auto">{right}</div></div></div>'
    )


def _go_html(label: str, name: str) -> str:
    return f'<button type="button" class="lens-go" data-do="{DO}" data-id="{escape(name)}">{escape(label)}</button>'


def busy_html(entry: str, job: Job[Step[Result] | None]) -> str:
    """The line of progress, with Stop, which takes the focus that Run had, and holds it until Run is back."""
    step, name = job.step, escape(f"{entry}:{At('stop')}")
    doing = "Stopping" if job.stopped else step.doing if step else "Waiting for the model"
    done, total = (step.done, step.total) if step else (0, 0)
    stop = (
        f'<button type="button" class="quiet stop-button" data-focus="{job.id}" data-do="{DO}" data-id="{name}">Stop'
        "</button>"
    )
    shown = progress_html(doing, done, total, job.seconds) + stop
    return section_html(f'<div class="swap-busy" aria-busy="true">{shown}</div>')


def result_html(entry: str, result: Result, name: str, created: str = "") -> str:
    """What came out, in its section. name is the run's: its sentence takes the focus that Stop had. created is when an
    earlier one was made."""
    of = f'<p class="faint">Of {when(created)}.</p>' if created else ""
    told = (
        f'<p class="verdict" role="status" tabindex="-1" data-focus="{name}-done">{escape(words.sentence(result))}</p>'
    )
    return section_html(f"{of}{told}{_found_html(entry, result)}")


def kept_html(kept: Kept) -> str:
    """An earlier result under its answer, folded, with its date."""
    told = f"<p class='verdict'>{escape(words.sentence(kept.result))}</p>{_found_html(kept.entry, kept.result)}"
    who = f"{words.swaps(kept.result.swapped)}, {when(kept.created)}"
    return (
        f'<details class="steps swap-kept" data-key="swap-kept-{escape(kept.entry)}"><summary>Swapped the person: '
        f"{escape(who)}</summary>{section_html(told)}</details>"
    )


def _found_html(entry: str, result: Result) -> str:
    """The picture, both answers side by side, and the way back to the choices."""
    plan = result.plan
    again = At("edit", (), plan.samples, tuple(plan.swaps.items()))
    errors = "".join(banner_html(f"Some answers are missing: {each}") for each in result.errors)
    return (
        f"{gaps_html(result.gaps, result.control)}{_read_html(result)}"
        f'<p class="faint">{escape(result.note)} {escape(words.CAUTION)}</p>{errors}'
        f"{_pairs_html(result.pairs, plan)}"
        f'<div class="actions">{action_html(Action(DO, "Change and run again"), f"{entry}:{again}")}</div>'
    )


def gaps_html(gaps: Sequence[Gap], control: Control | None = None) -> str:
    """A row a measure: dot and whisker against the band of the noise, the control as a diamond, and the figures."""
    rows = "".join(_gap_html(gap, control) for gap in gaps)
    told = ""
    if control is not None:
        told = (
            f" Diamond: somebody else of the same group, {words.swaps(control.swapped)}, who should be of no account."
        )
    return f'<ul class="ratings gaps figures">{rows}</ul><p class="faint">{LEGEND}{escape(told)}</p>'


def meaning_html(measure: str) -> str:
    """A measure's name, with what it means."""
    return f'<abbr title="{escape(MEANINGS.get(measure, ""))}">{escape(measure)}</abbr>'


def _gap_html(gap: Gap, control: Control | None) -> str:
    name, figures = meaning_html(gap.measure), escape(words.figures(gap))
    if gap.value is None:
        return f'<li><span class="who">{name}</span><span class="value faint">{figures}</span></li>'
    same = next((each.value for each in control.gaps if each.measure == gap.measure), None) if control else None
    beside = [words.noise(gap), "" if same is None else f"same group {words.signed(same, gap.unit)}"]
    faint = "".join(f" · {escape(each)}" for each in beside if each)
    kind = "found" if gap.found and not words.moves_too(gap, control) else "open"
    return (
        f'<li class="{kind}"><span class="who">{name} <span class="word">{words.verdict(gap, control)}</span></span>'
        f'<span class="value">{figures}<span class="faint">{faint}</span></span>{drawn_html(gap, same)}</li>'
    )


def drawn_html(gap: Gap, same: float | None = None) -> str:
    """Dot, whisker and band on a scale of its own, and the gap within the same group; all that stands beside it as
    text."""
    known = [end for end in (gap.value, gap.low, gap.high, gap.noise_low, gap.noise_high, same) if end is not None]
    limit = 1.05 * max(map(abs, known)) or 1.0

    def at(value: float) -> str:
        return f"{(value + limit) / (2 * limit):.2%}"

    def across(kind: str, low: float | None, high: float | None) -> str:
        if low is None or high is None:
            return ""
        return f'<i class="{kind}" style="left: {at(low)}; right: calc(100% - {at(high)})"></i>'

    mark = "" if same is None else f'<i class="same" style="left: {at(same)}"></i>'
    return (
        f'<span class="whisker" aria-hidden="true">{across("band", gap.noise_low, gap.noise_high)}'
        f'<i class="mean" style="left: 50%"></i>{across("line", gap.low, gap.high)}'
        f"{mark}"
        f'<i class="dot" style="left: {at(gap.value or 0.0)}"></i></span>'
    )


def _read_html(result: Result) -> str:
    """How likely the answer that was read is after either prompt."""
    if result.likelihoods is None:
        return ""
    first, second = (f"{value:,.1f}".replace("-", "−") for value in result.likelihoods)
    return (
        f'<p class="figures">The answer you have read: log-likelihood {first} nats after your text, {second} after the '
        "other one, the words for the person swapped along and left out.</p>"
    )


def _pairs_html(pairs: Sequence[Pair], plan: Plan) -> str:
    """The first pair open, the others folded."""
    first, *others = pairs
    folded, title = "".join(map(_pair_html, others)), f"{counted(len(others), 'more pair')} of answers"
    more = (
        f'<details class="steps" data-key="swap-pairs"><summary>{title}</summary>'
        f'<div class="samples">{folded}</div></details>'
        if others
        else ""
    )
    return f'<h3>The answers</h3><div class="samples">{_pair_html(first)}</div>{more}'


def _pair_html(pair: Pair) -> str:
    one, other = marked_html(pair.first, pair.second)
    empty = '<span class="faint">(no answer)</span>'
    return _columns_html(f"Your text, seed {pair.seed}", one or empty, "With the other person", other or empty)
