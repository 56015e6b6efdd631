"""What is said of two rows: as sure as the board is, after Holm over all its pairs."""

from collections.abc import Sequence

from evals.leaderboard import Board, Ranked
from evals.pages.verdict_view import Told, told
from evals.standings import Difference, Pair
from tests.evals.pages.made import BERGAMOT, COPIED, GEMMA, PAIRS, SMOL, WHOLE, board


def row(run: str, of: Board = WHOLE) -> Ranked:
    return next(each for each in of.rows if each.standing.run == run)


def tell(
    found: Difference | None, pairs: Sequence[Pair], one: str = "aa11", other: str = "bb22", of: Board = WHOLE
) -> Told:
    rows = (row(one, of), row(other, of))
    return told(of, rows, (rows[0].standing.system, rows[1].standing.system), found, pairs)


def test_a_sure_difference_is_said_with_its_interval_p_value_and_samples() -> None:
    found = Difference(39.0, 37.0, 41.0, 1.0, 0.0001, 99, 100)
    assert tell(found, PAIRS) == Told(
        "bergamot-en-pt@fast is better than smollm2-135m-instruct@exact.",
        "Difference +39.00 chrf2 (+37.00 to +41.00), p 0.0006 after Holm over 6 pairs, 99 of 100 samples answered by "
        "both.",
    )


def test_what_is_not_sure_names_the_samples_it_would_take() -> None:
    """n (2.8 · 1.02 / 1)² - n = 717 for n = 100; 2.8016 = z(0.975) + z(0.8), Bloom 1995."""
    found = Difference(1.0, -1.0, 3.0, 1.02, 0.3, 100, 100)
    said = tell(found, PAIRS, "cc33")
    assert said.sentence == "Nothing is sure between gemma-3-270m@exact and smollm2-135m-instruct@exact."
    assert said.numbers.endswith("p 0.3000 after Holm over 6 pairs, 100 of 100 samples answered by both. "
                                 "A difference of this size would need about 717 samples more.")  # fmt: skip


def test_a_p_value_that_holm_takes_away_is_not_sure_here_and_says_why() -> None:
    """Alone p 0.02 would do; the smallest of three counts thrice. The interval alone is more than powered enough."""
    three = board(BERGAMOT, SMOL, GEMMA)
    pairs = [Pair("bb22", "aa11", 0.5, 3.0, 0.02), Pair("cc33", "aa11", -1, 1, 0.5), Pair("cc33", "bb22", -1, 1, 0.5)]
    said = tell(Difference(1.7, 0.4, 3.0, 0.6, 0.02, 100, 100), pairs, of=three)
    assert said.sentence.startswith("Nothing is sure between ")
    assert "p 0.0600 after Holm over 3 pairs" in said.numbers
    assert said.numbers.endswith("One such pair alone would be sure; among so many it is not.")


def test_a_row_that_is_not_ranked_gets_no_verdict() -> None:
    half = board(BERGAMOT, SMOL._replace(scored=50), COPIED)
    found = Difference(39.0, 37.0, 41.0, 1.0, 0.0001, 50, 100)
    assert tell(found, PAIRS, of=half) == Told(
        "No verdict: smollm2-135m-instruct@exact is not ranked.", "50 of 100 scored."
    )


def test_runs_that_were_never_compared_or_share_too_little_say_so() -> None:
    assert tell(None, PAIRS) == Told(
        "These two runs were never compared.", "Compare them with: python -m evals compare aa11 bb22"
    )
    few = Difference(None, None, None, None, None, 1, 100)
    assert tell(few, []).numbers == "1 of 100 samples answered by both: too few to tell."


def test_where_lower_is_better_less_is_better() -> None:
    turned = board(SMOL, GEMMA, higher=False)
    pairs = [Pair("cc33", "bb22", 0.5, 1.5, 0.001)]
    found = Difference(-1.0, -1.5, -0.5, 0.25, 0.001, 100, 100)
    said = tell(found, pairs, "bb22", "cc33", turned)
    assert said.sentence == "smollm2-135m-instruct@exact is better than gemma-3-270m@exact."
