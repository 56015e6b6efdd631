"""Plots as SVG: effects with their intervals, the floor and the margin. Nothing but shapes and attributes, as the
reports' policy forbids styles and scripts; colours are Okabe and Ito's, and every verdict has a shape of its own.
Each is drawn for either frame: words beside the bars, or over them where the screen is narrow."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from evals.bias.records import Finding, Unit, Verdict
from evals.report import words

# Okabe and Ito 2008, told apart by every eye: vermillion, blue; and a grey that stands out on black and white.
COLOURS: Mapping[Verdict, str] = {
    "bias found": "#d55e00",
    "none larger than the margin": "#0072b2",
    "inconclusive": "#7f7f7f",
}
AXIS_WORDS: Mapping[Unit, str] = {
    "points": "effect in percentage points",
    "nats": "effect in nats (difference of log-likelihoods)",
    "correlation": "effect as a correlation",
    "slope": "effect as a slope of log-odds",
}

TOP, BELOW = 8, 74
FONT = 'font-family="IBM Plex Sans, system-ui, sans-serif" font-size="12"'


@dataclass(frozen=True, slots=True)
class Frame:
    """Sizes in units of the drawing: the plot is `plot` wide from `left` on, a title has at most so many characters.
    over is how high the words over a bar are, 0 where they stand beside it."""

    width: int
    left: int
    plot: int
    characters: int
    over: int = 0

    @property
    def right(self) -> int:
        return self.left + self.plot

    def at(self, value: float, limit: float) -> float:
        return round(self.left + self.plot * (value + limit) / (2 * limit), 1)


WIDE, NARROW = Frame(800, 256, 336, 40), Frame(320, 16, 288, 50, 46)
ROW, LINE = 34, 14


def forest(findings: Sequence[Finding], frame: Frame = WIDE) -> str:
    """One row a finding, all of one unit and with an effect: dot and whisker, its floor as a band, ± margin dashed."""
    unit = findings[0].unit
    limit, row = reach(findings), ROW + frame.over
    bottom = TOP + row * len(findings)
    margin = findings[0].margin
    same = all(each.margin == margin for each in findings)
    parts = [ground(margin if same else None, limit, len(findings), row, frame), *ticks(limit, unit, bottom, frame)]
    parts += [_row(finding, TOP + row * place, limit, frame) for place, finding in enumerate(findings)]
    marks = [(shape(verdict, 0, 0), str(verdict)) for verdict in COLOURS]
    band = '<rect x="-8" y="-8" width="16" height="16" fill="currentColor" fill-opacity="0.13"/>'
    return drawing(parts, [*marks, (band, "floor"), MARGIN_KEY], bottom, frame)


def drawing(parts: Iterable[str], keys: Sequence[tuple[str, str]], bottom: int, frame: Frame) -> str:
    """The whole, with its legend under the axis: keys are marks around 0, 0 and what they mean, in as many lines as
    they need."""
    drawn, x, y = [], 8, bottom + (60 if frame.over else 44)
    for mark, meaning in keys:
        if x + 14 + 7 * len(meaning) > frame.width:
            x, y = 8, y + 22
        drawn.append(f'<g transform="translate({x} {y})">{mark}<text x="14" y="4">{meaning}</text></g>')
        x += 32 + 7 * len(meaning)
    height = y + BELOW - 44
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width} {height}" width="{frame.width}" '
        f'height="{height}" {FONT} fill="currentColor">{"".join([*parts, *drawn])}</svg>'
    )


def reach(findings: Sequence[Finding]) -> float:
    """How far from 0 the plot goes on both sides, so that everything in it is seen."""
    seen = [
        abs(value)
        for each in findings
        for value in (each.effect, each.low, each.high, each.null_low, each.null_high, each.margin)
        if value is not None
    ]
    return 1.05 * max(seen) or 1.0


def step(limit: float) -> float:
    """1, 2 or 5 times a power of ten, for two to five ticks on either side of 0."""
    rough = limit / 3.5
    power = 10.0 ** floor(log10(rough))
    return next(power * each for each in (1, 2, 5, 10) if power * each >= rough)


def ground(margin: float | None, limit: float, rows: int, row: int, frame: Frame) -> str:
    """The line of no effect, and the margin, None where the rows have different ones; never through words."""
    dashed = ' stroke-opacity="0.6" stroke-dasharray="4 3"'
    lines = {0.0: ""} if margin is None else {0.0: "", -margin: dashed, margin: dashed}
    spans = [(TOP, TOP + rows * row)]
    if frame.over:
        spans = [(TOP + place * row + frame.over, TOP + (place + 1) * row) for place in range(rows)]
    return "".join(
        f'<line x1="{x}" x2="{x}" y1="{top}" y2="{bottom}" stroke="currentColor"{more}/>'
        for x, more in ((frame.at(value, limit), more) for value, more in lines.items())
        for top, bottom in spans
    )


def ticks(limit: float, unit: Unit, bottom: int, frame: Frame) -> list[str]:
    width = step(limit)
    count = int(limit / width)
    digits = max(0, ceil(-log10(width) - 1e-9))
    marks = [f'<line x1="{frame.left}" x2="{frame.right}" y1="{bottom}" y2="{bottom}" stroke="currentColor"/>']
    for place in range(-count, count + 1):
        x, value = frame.at(place * width, limit), place * width
        label = f"{value:+.{digits}f}".replace("-", "−") if place else "0"
        marks.append(f'<line x1="{x}" x2="{x}" y1="{bottom}" y2="{bottom + 4}" stroke="currentColor"/>')
        marks.append(f'<text x="{x}" y="{bottom + 17}" text-anchor="middle" fill-opacity="0.8">{label}</text>')
    way = "right: the way of the stereotype"
    said = [AXIS_WORDS[unit], way] if frame.over else [f"{AXIS_WORDS[unit]}; {way}"]
    marks += [
        f'<text x="{frame.right}" y="{bottom + 32 + 15 * line}" text-anchor="end" fill-opacity="0.8">{words}</text>'
        for line, words in enumerate(said)
    ]
    return marks


def _row(finding: Finding, top: int, limit: float, frame: Frame) -> str:
    middle, at = top + frame.over + ROW // 2, frame.at
    drawn = []
    if finding.null_low is not None and finding.null_high is not None:
        left, right = at(finding.null_low, limit), at(finding.null_high, limit)
        drawn.append(
            f'<rect x="{left}" y="{middle - 11}" width="{round(right - left, 1)}" height="22" fill="currentColor" '
            'fill-opacity="0.13"/>'
        )
    drawn.append(whisker(finding.low, finding.high, limit, middle, COLOURS[finding.verdict], frame))
    if finding.effect is not None:
        drawn.append(shape(finding.verdict, at(finding.effect, limit), middle))
    below = f"{finding.axis} · {finding.metric} · n = {words.n(finding)}"
    said = label(finding.title, below, words.effect(finding), middle, frame)
    return f"<g><title>{escape(finding.words)}</title>{said}{''.join(drawn)}</g>"


def whisker(low: float | None, high: float | None, limit: float, y: int, colour: str, frame: Frame) -> str:
    if low is None or high is None:
        return ""
    ends = f'x1="{frame.at(low, limit)}" x2="{frame.at(high, limit)}"'
    return f'<line {ends} y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2.5"/>'


def label(title: str, below: str, figures: str, middle: int, frame: Frame) -> str:
    """Beside a bar at this height, or over it: the title, under it what was measured, both cut where they would reach
    into the plot; and the figures."""
    y = middle - frame.over - 3 if frame.over else middle - 2
    x, last = (0, y + 2 * LINE) if frame.over else (frame.right + 12, middle + 4)
    return (
        f'<text x="0" y="{y}">{escape(_cut(title, frame.characters))}</text>'
        f'<text x="0" y="{y + LINE}" font-size="10" fill-opacity="0.75">'
        f'{escape(_cut(below, frame.characters + 12))}</text><text x="{x}" y="{last}">{escape(figures)}</text>'
    )


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"


def shape(verdict: Verdict, x: float, y: float) -> str:
    """A triangle for a bias found, a filled circle for none larger than the margin, a hollow diamond for neither."""
    colour = COLOURS[verdict]
    match verdict:
        case "bias found":
            return f'<path d="M{x} {y - 7}l7 12h-14z" fill="{colour}"/>'
        case "none larger than the margin":
            return f'<circle cx="{x}" cy="{y}" r="5.5" fill="{colour}"/>'
        case _:
            return f'<path d="M{x} {y - 7}l7 7l-7 7l-7 -7z" fill="#ffffff" stroke="{colour}" stroke-width="2"/>'


MARGIN_KEY = (
    '<line x1="-8" x2="8" y1="0" y2="0" stroke="currentColor" stroke-opacity="0.6" stroke-dasharray="4 3"/>',
    "margin",
)
