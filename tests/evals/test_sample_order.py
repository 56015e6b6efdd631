"""Which samples come first, and a page of them."""

import pytest

from evals.metrics import metric
from evals.run_reads import Mark
from evals.sample_order import Part, ordered, ordered_pairs, paired, part, valued

BINARY = metric("instructions-strict", "en")  # each sample 0 or 100
MARKS = [
    Mark("a", False, 30, {"instructions-strict": [1, 1]}),
    Mark("b", True, 0, {}),
    Mark("c", False, 10, {"instructions-strict": [0, 1]}),
    Mark("d", False, 20, {"instructions-strict": [1, 1]}),
]


@pytest.mark.parametrize(
    ("order", "kept", "higher_is_better", "expected"),
    [
        ("worst", "all", True, "cadb"),
        ("best", "all", True, "adcb"),
        ("worst", "all", False, "adcb"),
        ("best", "answered", False, "cad"),
        ("suite", "all", True, "abcd"),
        ("shortest", "answered", True, "cda"),
        ("longest", "all", True, "adcb"),
        ("worst", "errors", True, "b"),
    ],
)
def test_samples_stand_in_the_order_chosen_and_those_without_a_value_last(
    order: str, kept: str, higher_is_better: bool, expected: str
) -> None:
    rows = ordered(valued(MARKS, BINARY), order, kept, higher_is_better)
    assert "".join(row.sample for row in rows) == expected


@pytest.mark.parametrize(
    ("order", "expected"), [("loses", "cadb"), ("wins", "adcb"), ("apart", "cadb"), ("suite", "abcd")]
)
def test_pairs_stand_by_how_far_the_runs_are_apart(order: str, expected: str) -> None:
    theirs = [mark._replace(statistics={"instructions-strict": [1, 1]}) for mark in MARKS]
    rows = ordered_pairs(paired(MARKS, theirs, BINARY), order, "all", True)
    assert "".join(row.sample for row in rows) == expected


def test_a_pair_is_of_samples_both_have_and_failed_where_either_did() -> None:
    rows = paired(MARKS, MARKS[1:], BINARY)
    assert [(row.sample, row.difference, row.failed) for row in rows] == [
        ("b", None, True),
        ("c", 0.0, False),
        ("d", 0.0, False),
    ]


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, Part("abcd", 1, 3, 9)), (3, Part("i", 3, 3, 9)), (99, Part("i", 3, 3, 9)), (-2, Part("abcd", 1, 3, 9))],
)
def test_a_page_that_is_not_there_is_the_nearest(number: int, expected: Part[str]) -> None:
    assert part("abcdefghi", number, 4) == expected
    assert part("", number, 4) == Part("", 1, 1, 0)
