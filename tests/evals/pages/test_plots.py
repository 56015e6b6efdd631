"""Scales and drawings: round ticks, values where they belong, a Pareto front, labels that keep apart."""

import re

import pytest

from evals.pages.plots import Scale, axis_svg, forest_svg, scale, scale_of, shape
from evals.pages.speed_plot import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Point, SpeedPlot, front, labels
from tests.evals.pages.made import BERGAMOT, COPIED, GEMMA, SMOL, WHOLE, board


def point(x: float, y: float, label: str = "name") -> Point:
    return Point(x, y, label, "?", label, "circle")


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 100, [0, 50, 100]),
        (0, 80, [0, 20, 40, 60, 80]),
        (22.8, 72.9, [40, 60]),
        (0.91, 1.09, [0.95, 1.0, 1.05]),
        (-3, 3, [-2, 0, 2]),
    ],
)
def test_ticks_are_round_and_few(low: float, high: float, ticks: list[float]) -> None:
    assert Scale(low, high).ticks() == pytest.approx(ticks)


def test_a_scale_holds_every_interval_and_no_number_below_zero_that_nothing_needs() -> None:
    found = scale(WHOLE)  # values from 25 to 70, each ± 2
    assert found is not None
    assert (found.low, found.high) == pytest.approx((23 - 0.06 * 49, 72 + 0.06 * 49))
    assert scale_of([1.0, 99.0]).low == 0
    assert scale_of([-1.0, 1.0]).low < -1
    assert scale_of([0.0]).high == 1
    assert scale(board(BERGAMOT._replace(value=None, low=None, high=None))) is None


def test_dot_and_whisker_stand_at_their_share_of_the_scale_and_baselines_cross_the_row() -> None:
    row = board(BERGAMOT).rows[0]
    drawn = forest_svg(row, Scale(0, 100), [25.0])
    assert '<line class="base" x1="25.00%" x2="25.00%" y1="0" y2="100%"/>' in drawn
    assert '<line class="whisker triangle" x1="68.00%" x2="72.00%"' in drawn
    assert '<svg x="70.00%" y="50%" overflow="visible"><path class="triangle"' in drawn
    assert 'aria-hidden="true"' in drawn
    assert "whisker" not in forest_svg(board(BERGAMOT._replace(low=None)).rows[0], Scale(0, 100), [])
    assert re.findall(r">(\d+)</text>", axis_svg(Scale(0, 80))) == ["20", "40", "60"]


def test_engines_differ_in_shape_and_a_baseline_is_a_diamond() -> None:
    shapes = {row.standing.run: shape(row) for row in WHOLE.rows}
    assert shapes == {"aa11": "triangle", "bb22": "circle", "cc33": "square", "dd44": "diamond"}
    assert shape(board(SMOL._replace(engine="scripted")).rows[0]) == "pentagon"


def test_the_front_holds_what_no_other_beats_in_both() -> None:
    """Up is a smaller y. The second is slower and worse than the third; equals are one."""
    slow_best, beaten, middle, fast = point(10, 5), point(20, 50), point(30, 20), point(90, 80)
    assert front([beaten, fast, slow_best, middle]) == [slow_best, middle, fast]
    assert front([point(10, 5), point(10, 9)]) == [point(10, 5)]


def test_quality_goes_up_and_speed_to_the_right() -> None:
    plot = SpeedPlot(WHOLE, [row.standing.system for row in WHOLE.rows])
    by_label = {each.label: each for each in plot.points}
    bergamot, smol, gemma = (by_label[each.system] for each in (BERGAMOT, SMOL, GEMMA))
    assert bergamot.x > smol.x > gemma.x  # 0.02, 0.9 and 4 s a sample
    assert bergamot.y < gemma.y < smol.y  # 70, 32 and 31
    assert all(LEFT <= each.x <= WIDTH - RIGHT and TOP <= each.y <= HEIGHT - BOTTOM for each in plot.points)
    assert len(plot.points) == 3  # the baseline is a line
    assert bergamot.href == "?tab=runs&run=aa11"
    assert bergamot.words == "bergamot-en-pt@fast: chrf2 70.00, 0.02 s a sample"
    assert 'href="?tab=runs&amp;run=aa11" data-tab-link aria-label="bergamot-en-pt@fast: chrf2' in plot.svg()


def test_a_long_label_is_cut_and_its_words_are_not() -> None:
    name = "A model with a name of forty letters now"
    (point,) = SpeedPlot(board(SMOL), [name]).points
    assert point.label == "A model with a name of forty…"
    assert point.words.startswith(f"{name}: ")


def test_where_lower_is_better_the_lowest_is_on_top() -> None:
    turned = board(SMOL, GEMMA, COPIED, higher=False)
    plot = SpeedPlot(turned, [row.standing.run for row in turned.rows])
    at = {each.label: each.y for each in plot.points}
    assert at["bb22"] < at["cc33"]


def test_labels_keep_apart_from_points_and_one_another() -> None:
    crowd = [point(150 + 9 * place, 100 + 6 * (place % 3), f"model number {place}") for place in range(6)]
    boxes = [(each.x - 7, each.y - 7, each.x + 7, each.y + 7) for each in crowd]
    placed = [box_of(*label) for label in labels(crowd) if label[3]]
    assert len(placed) >= 5
    for number, box in enumerate(placed):
        assert not any(meet(box, other) for other in (*boxes, *placed[:number]))


Box = tuple[float, float, float, float]


def box_of(x: float, y: float, anchor: str, text: str) -> Box:
    """Of a 12-px label whose baseline is at y: no sign is wider than 6.6 px on the mean."""
    width = len(text) * 6.6
    left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
    return (left, y - 10, left + width, y + 3)


def meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
