"""Dot and whisker on a suite's common scale, as inline SVG; the scales and shapes all drawings share.

Pure. Colour is the engine's, of Okabe and Ito 2008 (style/leaderboard.css); the shape says the same without colour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from evals.leaderboard import Board, Ranked

TICKS = 4
MARGIN = 0.06  # of the scale, on either side
DOT = 5
SHAPES = {"openvino-genai": "circle", "transformers": "square", "bergamot": "triangle"}
PATHS = {
    "circle": f"M-{DOT} 0a{DOT} {DOT} 0 1 0 {2 * DOT} 0a{DOT} {DOT} 0 1 0 -{2 * DOT} 0z",
    "square": "M-4.5 -4.5h9v9h-9z",
    "triangle": "M0 -6L5.5 4.5H-5.5z",
    "pentagon": "M0 -5.5L5.2 -1.7L3.2 4.5H-3.2L-5.2 -1.7z",
    "diamond": "M0 -6L5.5 0L0 6L-5.5 0z",
}


def shape(row: Ranked) -> str:
    """A key of PATHS, and the class that colours it."""
    return "diamond" if row.is_baseline else SHAPES.get(row.standing.engine, "pentagon")


def mark_svg(kind: str) -> str:
    """A shape alone, for a legend."""
    return f'<svg class="mark" width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">{mark(kind)}</svg>'


def mark(kind: str) -> str:
    """A shape round the origin, inside a drawing."""
    return f'<path class="{kind}" d="{PATHS[kind]}"/>'


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from low to high, as shares of a length."""

    low: float
    high: float

    def share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Round numbers inside, at most TICKS + 1."""
        step = _round_step((self.high - self.low) / TICKS)
        return [step * place for place in range(ceil(self.low / step), floor(self.high / step) + 1)]


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10 … that is not below."""
    power = 10.0 ** floor(log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def scale_of(values: Sequence[float]) -> Scale:
    """Holds all values with a margin; a scale that needs no negative numbers has none."""
    low, high = min(values), max(values)
    margin = (high - low) * MARGIN or max(abs(high) * MARGIN, 1.0)
    return Scale(max(0.0, low - margin) if low >= 0 else low - margin, high + margin)


def scale(board: Board) -> Scale | None:
    """The common scale of a suite's values and intervals; None where nothing has a value."""
    standings = [row.standing for row in board.rows]
    found = [end for each in standings for end in (each.value, each.low, each.high) if end is not None]
    return scale_of(found) if found else None


def axis_svg(given: Scale) -> str:
    """The numbers over a column of forest_svg()."""
    marks = "".join(
        f'<text x="{given.share(tick):.2%}" y="14">{tick:g}</text>'
        f'<line x1="{given.share(tick):.2%}" x2="{given.share(tick):.2%}" y1="18" y2="24"/>'
        for tick in given.ticks()
        if 0.04 < given.share(tick) < 0.96
    )
    return f'<svg class="axis" width="100%" height="24" aria-hidden="true">{marks}</svg>'


def forest_svg(row: Ranked, given: Scale, baselines: Sequence[float]) -> str:
    """A row's value and interval on the suite's scale, the baselines' values as dashed lines across. What it shows
    stands in the row as text."""
    drawn = [f'<line class="base" x1="{at:.2%}" x2="{at:.2%}" y1="0" y2="100%"/>' for at in map(given.share, baselines)]
    standing = row.standing
    if standing.low is not None and standing.high is not None:
        low, high = given.share(standing.low), given.share(standing.high)
        drawn.append(f'<line class="whisker {shape(row)}" x1="{low:.2%}" x2="{high:.2%}" y1="50%" y2="50%"/>')
    if standing.value is not None:
        # A nested drawing of no size places the shape at a share of the width.
        x = given.share(standing.value)
        drawn.append(f'<svg x="{x:.2%}" y="50%" overflow="visible">{mark(shape(row))}</svg>')
    return f'<svg class="forest" width="100%" height="100%" aria-hidden="true">{"".join(drawn)}</svg>'
