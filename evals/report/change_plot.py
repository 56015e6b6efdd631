"""Biases without and with a mitigation as SVG: two dots with their whiskers a row, joined by a line. As in plots.py,
nothing but shapes and attributes; what was is a hollow circle, what is a filled diamond, in colours every eye tells."""

from collections.abc import Sequence
from html import escape

from evals.bias.trials import Change
from evals.report import plots
from evals.report.plots import FONT, LABELS, PLOT, TOP, WIDTH, at, label, ticks

BEFORE, AFTER = "#7f7f7f", "#0072b2"  # Okabe and Ito's blue, and a grey that stands out on black and white
ROW, BELOW, HALF = 44, 74, 8


def drawing(changes: Sequence[Change]) -> str:
    """One row a change, all in points and known on both sides."""
    limit = _reach(changes)
    bottom = TOP + ROW * len(changes)
    parts = [_ground(changes[0].limit, limit, bottom), *ticks(limit, "points", bottom)]
    parts += [_row(change, TOP + ROW * place + ROW // 2, limit) for place, change in enumerate(changes)]
    parts.append(_legend(bottom + 44))
    height = bottom + BELOW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'{FONT} fill="currentColor">{"".join(parts)}</svg>'
    )


def drawn(changes: Sequence[Change]) -> list[Change]:
    """Those that arrows() can draw."""
    return [each for each in changes if each.unit == "points" and each.before is not None and each.after is not None]


def _reach(changes: Sequence[Change]) -> float:
    ends = (
        (each.before, each.before_low, each.before_high, each.after, each.after_low, each.after_high, each.limit)
        for each in changes
    )
    return 1.05 * max(abs(value) for each in ends for value in each if value is not None) or 1.0


def _ground(margin: float, limit: float, bottom: int) -> str:
    """The line of no effect, and the margin."""
    dashed = ' stroke-opacity="0.6" stroke-dasharray="4 3"'
    return "".join(
        f'<line x1="{at(x, limit)}" x2="{at(x, limit)}" y1="{TOP}" y2="{bottom}" stroke="currentColor"{more}/>'
        for x, more in ((0.0, ""), (-margin, dashed), (margin, dashed))
    )


def _row(change: Change, middle: int, limit: float) -> str:
    assert change.before is not None
    assert change.after is not None
    before, after = at(change.before, limit), at(change.after, limit)
    told = f"{change.before:+.1f} → {change.after:+.1f} points".replace("-", "−")
    shapes = (
        _whisker(change.before_low, change.before_high, limit, middle - HALF, BEFORE),
        _whisker(change.after_low, change.after_high, limit, middle + HALF, AFTER),
        f'<line x1="{before}" x2="{after}" y1="{middle - HALF}" y2="{middle + HALF}" stroke="currentColor" '
        'stroke-opacity="0.5"/>',
        _was(before, middle - HALF),
        _is(after, middle + HALF),
    )
    name = f"{change.axis} · {change.measure} · n = {change.n:,}"
    return (
        f"<g><title>{escape(f'{change.title}, {name}: {told}')}</title>{label(change.title, name, middle)}"
        f'{"".join(shapes)}<text x="{LABELS + PLOT + 12}" y="{middle + 4}">{escape(told)}</text></g>'
    )


def _whisker(low: float | None, high: float | None, limit: float, y: int, colour: str) -> str:
    if low is None or high is None:
        return ""
    return (
        f'<line x1="{at(low, limit)}" x2="{at(high, limit)}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2.5"/>'
    )


def _was(x: float, y: int) -> str:
    return f'<circle cx="{x}" cy="{y}" r="5.5" fill="#ffffff" stroke="{BEFORE}" stroke-width="2"/>'


def _is(x: float, y: int) -> str:
    return f'<path d="M{x} {y - 7}l7 7l-7 7l-7 -7z" fill="{AFTER}"/>'


def _legend(y: int) -> str:
    return (
        f'{_was(8, y)}<text x="22" y="{y + 4}">without it</text>{_is(112, y)}<text x="126" y="{y + 4}">with it</text>'
        f"{plots.margin_key(206, y)}"
    )
