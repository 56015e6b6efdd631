"""Biases without and with a mitigation as SVG: two dots with their whiskers a row, joined by a line. As in plots.py,
nothing but shapes and attributes; what was is a hollow circle, what is a filled diamond, in colours every eye tells."""

from collections.abc import Sequence
from html import escape

from evals.bias.trials import Change
from evals.report.plots import MARGIN_KEY, TOP, WIDE, Frame, drawing, ground, label, ticks, whisker

BEFORE, AFTER = "#7f7f7f", "#0072b2"  # Okabe and Ito's blue, and a grey that stands out on black and white
ROW, HALF = 44, 8


def arrows(changes: Sequence[Change], frame: Frame = WIDE) -> str:
    """One row a change, all in points and known on both sides."""
    limit, row = _reach(changes), ROW + frame.over
    bottom = TOP + row * len(changes)
    parts = [ground(changes[0].limit, limit, len(changes), row, frame), *ticks(limit, "points", bottom, frame)]
    parts += [
        _row(change, TOP + row * place + frame.over + ROW // 2, limit, frame) for place, change in enumerate(changes)
    ]
    return drawing(parts, [(_was(0, 0), "without it"), (_is(0, 0), "with it"), MARGIN_KEY], bottom, frame)


def drawn(changes: Sequence[Change]) -> list[Change]:
    """Those that arrows() can draw."""
    return [each for each in changes if each.unit == "points" and each.before is not None and each.after is not None]


def _reach(changes: Sequence[Change]) -> float:
    ends = (
        (each.before, each.before_low, each.before_high, each.after, each.after_low, each.after_high, each.limit)
        for each in changes
    )
    return 1.05 * max(abs(value) for each in ends for value in each if value is not None) or 1.0


def _row(change: Change, middle: int, limit: float, frame: Frame) -> str:
    assert change.before is not None
    assert change.after is not None
    before, after = frame.at(change.before, limit), frame.at(change.after, limit)
    told = f"{change.before:+.1f} → {change.after:+.1f} points".replace("-", "−")
    shapes = (
        whisker(change.before_low, change.before_high, limit, middle - HALF, BEFORE, frame),
        whisker(change.after_low, change.after_high, limit, middle + HALF, AFTER, frame),
        f'<line x1="{before}" x2="{after}" y1="{middle - HALF}" y2="{middle + HALF}" stroke="currentColor" '
        'stroke-opacity="0.5"/>',
        _was(before, middle - HALF),
        _is(after, middle + HALF),
    )
    name = f"{change.axis} · {change.measure} · n = {change.n:,}"
    said = label(change.title, name, told, middle, frame)
    return f"<g><title>{escape(f'{change.title}, {name}: {told}')}</title>{said}{''.join(shapes)}</g>"


def _was(x: float, y: int) -> str:
    return f'<circle cx="{x}" cy="{y}" r="5.5" fill="#ffffff" stroke="{BEFORE}" stroke-width="2"/>'


def _is(x: float, y: int) -> str:
    return f'<path d="M{x} {y - 7}l7 7l-7 7l-7 -7z" fill="{AFTER}"/>'
