"""Plots as SVG: effects with their intervals, the floor and the margin. Nothing but shapes and attributes, as the
reports' policy forbids styles and scripts; colours are Okabe and Ito's, and every verdict has a shape of its own."""

from collections.abc import Mapping, Sequence
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

WIDTH, LABELS, PLOT, ROW, TOP, BELOW = 800, 256, 336, 34, 8, 74
LABEL_CHARACTERS = 40
FONT = 'font-family="IBM Plex Sans, system-ui, sans-serif" font-size="12"'


def forest(findings: Sequence[Finding]) -> str:
    """One row a finding, all of one unit and with an effect: dot and whisker, its floor as a band, ± margin dashed."""
    unit = findings[0].unit
    limit = reach(findings)
    bottom = TOP + ROW * len(findings)
    parts = [_ground(findings, limit, bottom), *ticks(limit, unit, bottom)]
    parts += [_row(finding, place, limit) for place, finding in enumerate(findings)]
    parts.append(_legend(bottom + 44))
    height = bottom + BELOW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'{FONT} fill="currentColor">{"".join(parts)}</svg>'
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


def at(value: float, limit: float) -> float:
    return round(LABELS + PLOT * (value + limit) / (2 * limit), 1)


def _ground(findings: Sequence[Finding], limit: float, bottom: int) -> str:
    """The line of no effect, and the margin where all findings have the same one."""
    margin = findings[0].margin
    same = all(each.margin == margin for each in findings)
    dashed = 'stroke-opacity="0.6" stroke-dasharray="4 3"'
    lines = {0.0: "", **({-margin: dashed, margin: dashed} if same else {})}
    return "".join(
        f'<line x1="{at(x, limit)}" x2="{at(x, limit)}" y1="{TOP}" y2="{bottom}" stroke="currentColor" {more}/>'
        for x, more in lines.items()
    )


def ticks(limit: float, unit: Unit, bottom: int) -> list[str]:
    width = step(limit)
    count = int(limit / width)
    digits = max(0, ceil(-log10(width) - 1e-9))
    marks = [f'<line x1="{LABELS}" x2="{LABELS + PLOT}" y1="{bottom}" y2="{bottom}" stroke="currentColor"/>']
    for place in range(-count, count + 1):
        x, value = at(place * width, limit), place * width
        label = f"{value:+.{digits}f}".replace("-", "−") if place else "0"
        marks.append(f'<line x1="{x}" x2="{x}" y1="{bottom}" y2="{bottom + 4}" stroke="currentColor"/>')
        marks.append(f'<text x="{x}" y="{bottom + 17}" text-anchor="middle" fill-opacity="0.8">{label}</text>')
    marks.append(
        f'<text x="{LABELS + PLOT}" y="{bottom + 32}" text-anchor="end" fill-opacity="0.8">'
        f"{AXIS_WORDS[unit]}; right: the way of the stereotype</text>"
    )
    return marks


def _row(finding: Finding, place: int, limit: float) -> str:
    middle = TOP + ROW * place + ROW // 2
    colour = COLOURS[finding.verdict]
    drawn = []
    if finding.null_low is not None and finding.null_high is not None:
        left, right = at(finding.null_low, limit), at(finding.null_high, limit)
        drawn.append(
            f'<rect x="{left}" y="{middle - 11}" width="{round(right - left, 1)}" height="22" fill="currentColor" '
            'fill-opacity="0.13"/>'
        )
    if finding.low is not None and finding.high is not None:
        ends = f'x1="{at(finding.low, limit)}" x2="{at(finding.high, limit)}"'
        drawn.append(f'<line {ends} y1="{middle}" y2="{middle}" stroke="{colour}" stroke-width="2.5"/>')
    if finding.effect is not None:
        drawn.append(shape(finding.verdict, at(finding.effect, limit), middle))
    return (
        f"<g><title>{escape(finding.words)}</title>{_label(finding, middle)}{''.join(drawn)}"
        f'<text x="{LABELS + PLOT + 12}" y="{middle + 4}">{escape(words.effect(finding))}</text></g>'
    )


def _label(finding: Finding, middle: int) -> str:
    """The title, and under it the axis, what was measured and on how much."""
    return label(finding.title, f"{finding.axis} · {finding.metric} · n = {words.n(finding)}", middle)


def label(title: str, below: str, middle: int) -> str:
    """Two lines at the left of a row, cut where they would reach into the plot."""
    return (
        f'<text x="0" y="{middle - 2}">{escape(_cut(title))}</text>'
        f'<text x="0" y="{middle + 12}" font-size="10" fill-opacity="0.75">'
        f"{escape(_cut(below, LABEL_CHARACTERS + 12))}</text>"
    )


def _cut(text: str, characters: int = LABEL_CHARACTERS) -> str:
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


def _legend(y: int) -> str:
    drawn, x = [], 8
    for verdict in COLOURS:
        drawn.append(f'{shape(verdict, x, y)}<text x="{x + 14}" y="{y + 4}">{verdict}</text>')
        x += 32 + 7 * len(verdict)
    drawn.append(f'<rect x="{x - 8}" y="{y - 8}" width="16" height="16" fill="currentColor" fill-opacity="0.13"/>')
    drawn.append(f'<text x="{x + 14}" y="{y + 4}">floor</text>')
    x += 66
    return "".join([*drawn, margin_key(x, y)])


def margin_key(x: int, y: int) -> str:
    return (
        f'<line x1="{x - 8}" x2="{x + 8}" y1="{y}" y2="{y}" stroke="currentColor" stroke-opacity="0.6" '
        f'stroke-dasharray="4 3"/><text x="{x + 14}" y="{y + 4}">margin</text>'
    )
