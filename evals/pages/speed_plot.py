"""Quality against speed as inline SVG: the models of a board as points that lead to their runs, and the Pareto front.

Pure. The baselines are dashed lines; the board's table has the same numbers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import ceil, floor, log10

from evals.leaderboard import Board, Ranked
from evals.pages.plots import Scale, mark, scale_of, shape

WIDTH, HEIGHT = 320, 280
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 28, 44
SIGN_WIDTH, LINE_HEIGHT = 6.6, 14  # of the labels, 12 px


@dataclass(frozen=True, slots=True)
class Point:
    """A system in the plot, at pixels; label is its name, href where it leads, words say it aloud."""

    x: float
    y: float
    label: str
    href: str
    words: str
    kind: str


Box = tuple[float, float, float, float]
"""left, top, right, bottom"""


def front(points: Sequence[Point]) -> list[Point]:
    """The points that no other is both right of and above, from the left (slow and good) to the right."""
    left: list[Point] = []
    for point in sorted(points, key=lambda point: (-point.x, point.y)):
        if not left or point.y < left[-1].y:
            left.append(point)
    return left[::-1]


def labels(points: Sequence[Point]) -> list[tuple[float, float, str, str]]:
    """(x, y of the baseline, anchor, text) of each point's label, where it meets neither points nor labels; text is ""
    where no place is left: the point still has its name, and the table all numbers."""
    taken: list[Box] = [(point.x - 7, point.y - 7, point.x + 7, point.y + 7) for point in points]
    placed = []
    for number, point in enumerate(points):
        others = taken[:number] + taken[number + 1 :]
        width = len(point.label) * SIGN_WIDTH
        for x, y, anchor in _places(point, width):
            left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
            box = (left, y - LINE_HEIGHT + 3, left + width, y + 3)
            if _inside(box) and not any(_meet(box, other) for other in others):
                taken.append(box)
                placed.append((x, y, anchor, point.label))
                break
        else:
            placed.append((point.x, point.y, "start", ""))
    return placed


def _places(point: Point, width: float) -> Iterator[tuple[float, float, str]]:
    """Beside the point, then over and under it, pushed away from the edges."""
    for shift in (0, LINE_HEIGHT, -LINE_HEIGHT, 2 * LINE_HEIGHT, -2 * LINE_HEIGHT):
        yield point.x + 10, point.y + 4 + shift, "start"
        yield point.x - 10, point.y + 4 + shift, "end"
    middle = min(max(point.x, LEFT + width / 2), WIDTH - width / 2)
    for shift in (-12, 20):
        yield middle, point.y + shift, "middle"


def _inside(box: Box) -> bool:
    return box[0] >= LEFT and box[1] >= 0 and box[2] <= WIDTH and box[3] <= HEIGHT - BOTTOM


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


class SpeedPlot:
    """Quality upwards, speed to the right (seconds a sample, smaller and smaller, each step the same factor)."""

    def __init__(self, board: Board, names: Sequence[str]) -> None:
        """names[i] is what row i is called. Only models with a value and a time are points; baselines are lines."""
        self.board = board
        drawn = [
            (row, name)
            for row, name in zip(board.rows, names, strict=True)
            if not row.is_baseline and row.standing.value is not None and row.standing.seconds_a_sample
        ]
        self.baselines = [
            row.standing.value for row in board.rows if row.is_baseline and row.standing.value is not None
        ]
        values = [row.standing.value or 0.0 for row, _ in drawn]
        seconds = [log10(row.standing.seconds_a_sample or 1.0) for row, _ in drawn]
        self.quality = scale_of([*values, *self.baselines]) if drawn else Scale(0, 1)
        self.speed = (
            Scale(floor(min(seconds)), max(ceil(max(seconds)), floor(min(seconds)) + 1)) if drawn else Scale(0, 1)
        )
        self.points = [
            Point(
                self._x(second),
                self._y(value),
                _short(name),
                f"?tab=runs&run={row.standing.run}",
                _aloud(row, name),
                shape(row),
            )
            for (row, name), value, second in zip(drawn, values, seconds, strict=True)
        ]

    def _x(self, log_seconds: float) -> float:
        return LEFT + (1 - self.speed.share(log_seconds)) * (WIDTH - LEFT - RIGHT)

    def _y(self, value: float) -> float:
        share = self.quality.share(value)
        up = share if self.board.higher_is_better else 1 - share
        return TOP + (1 - up) * (HEIGHT - TOP - BOTTOM)

    def svg(self) -> str:
        title = f"Quality against speed on {self.board.title}: {len(self.points)} systems; the table has the numbers"
        parts = [*self._axes(), *self._lines(), *self._points()]
        opened = f'<svg class="speed-plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="{escape(title)}">'
        return f"{opened}{''.join(parts)}</svg>"

    def _axes(self) -> Iterator[str]:
        floor_y = HEIGHT - BOTTOM
        for tick in self.quality.ticks():
            y = self._y(tick)
            yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text class="number" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
        for power in range(round(self.speed.low), round(self.speed.high) + 1):
            x = self._x(power)
            yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{floor_y}"/>'
            yield f'<text class="number" x="{x:.1f}" y="{floor_y + 16}" text-anchor="middle">{10.0**power:g}</text>'
        better = "↑" if self.board.higher_is_better else "lower is better ↑"
        yield f'<text class="number" x="0" y="12">{escape(self.board.metric)} {better}</text>'
        middle = (LEFT + WIDTH - RIGHT) / 2
        words = "seconds a sample, faster →"
        yield f'<text class="number" x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{words}</text>'

    def _lines(self) -> Iterator[str]:
        for value in self.baselines:
            y = self._y(value)
            yield f'<line class="base" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        best = front(self.points)
        steps = [
            f"M{LEFT} {best[0].y:.1f}",
            *(f"H{point.x:.1f}V{after.y:.1f}" for point, after in pairwise(best)),
        ]
        yield f'<path class="front" d="{"".join(steps)}H{best[-1].x:.1f}V{HEIGHT - BOTTOM}"/>'

    def _points(self) -> Iterator[str]:
        for point, (x, y, anchor, text) in zip(self.points, labels(self.points), strict=True):
            words = escape(point.words)
            yield (
                f'<a href="{escape(point.href)}" data-tab-link aria-label="{words}"><title>{words}</title>'
                f'<circle class="target" cx="{point.x:.1f}" cy="{point.y:.1f}" r="16"/>'
                f'<g transform="translate({point.x:.1f} {point.y:.1f})">{mark(point.kind)}</g>'
                f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text></a>'
            )


LABEL_SIGNS = 30


def _short(name: str) -> str:
    return name if len(name) <= LABEL_SIGNS else f"{name[: LABEL_SIGNS - 1].rstrip()}…"


def _aloud(row: Ranked, name: str) -> str:
    standing = row.standing
    return f"{name}: {standing.metric} {standing.value:.2f}, {standing.seconds_a_sample:.3g} s a sample"
