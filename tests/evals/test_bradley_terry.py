"""Ratings against the worked example, scipy's maximum of the same likelihood, and simulated votes."""

from collections.abc import Callable
from itertools import combinations, product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from evals.bradley_terry import ELO, TIE, Ballot, Ratings, rate
from evals.flips import Flips, flips_to_change_top

Truth = dict[str, float]


def cast(winner: str, loser: str, times: int = 1) -> list[Ballot]:
    return [Ballot((winner, loser), 0)] * times


def tied(one: str, other: str, times: int = 1) -> list[Ballot]:
    return [Ballot((one, other), TIE)] * times


# Wikipedia, "Bradley–Terry model", worked example; arena-rank's tests pin the same numbers.
WORKED = [
    *(cast("A", "B", 2) + cast("B", "A", 3) + cast("A", "D", 1) + cast("D", "A", 4)),
    *(cast("B", "C", 5) + cast("C", "B", 3) + cast("C", "D", 1) + cast("D", "C", 3)),
]


def logits(found: Ratings) -> Truth:
    return {row.system: float(logit) for row, logit in zip(found.rows, found.logits, strict=True)}


def by_scipy(ballots: list[Ballot], styled: bool = False) -> tuple[Truth, float]:
    """(log-odds, length's coefficient) where the likelihood, written down plainly, is highest."""
    names = sorted({name for ballot in ballots for name in ballot.systems})

    def loss(values: np.ndarray) -> float:
        total = 0.0
        for ballot in ballots:
            places = [names.index(name) for name in ballot.systems]
            pairs = combinations(range(len(places)), 2)
            for one, other in pairs:
                gap = values[places[one]] - values[places[other]]
                if styled:
                    mine, theirs = ballot.style[one][0], ballot.style[other][0]
                    gap += values[-1] * (mine - theirs) / (mine + theirs + 1)
                if ballot.best == TIE:
                    total += (np.logaddexp(0, gap) + np.logaddexp(0, -gap)) / 2
                elif ballot.best == one:
                    total += np.logaddexp(0, -gap)
                elif ballot.best == other:
                    total += np.logaddexp(0, gap)
        return total

    found = minimize(loss, np.zeros(len(names) + styled), method="BFGS", options={"gtol": 1e-9}).x
    mean = found[: len(names)].mean()
    return {name: found[place] - mean for place, name in enumerate(names)}, float(found[-1])


def drawn(truth: Truth, votes: int, rng: np.random.Generator) -> list[Ballot]:
    """Votes on random pairs; four tenths of the less likely outcome, and as much of the other, become ties."""
    pairs = list(combinations(truth, 2))
    numbers, chances = rng.integers(len(pairs), size=votes), rng.random(votes)
    ballots = []
    for number, chance in zip(numbers, chances, strict=True):
        one, other = pairs[number]
        share = 1 / (1 + np.exp(truth[other] - truth[one]))
        tie = 0.8 * min(share, 1 - share)
        ballots.append(Ballot((one, other), TIE if chance < tie else int(chance > tie / 2 + share)))
    return ballots


def test_the_worked_example_has_its_strengths_and_ratings() -> None:
    found = rate(WORKED)
    assert found.prior == ""
    strengths = {name: np.exp(logit) for name, logit in logits(found).items()}
    assert strengths == pytest.approx({"A": 0.640, "B": 1.043, "C": 0.660, "D": 2.270}, abs=5e-4)
    ratings = {row.system: row.rating for row in found.rows}
    assert ratings == pytest.approx({"A": 922.43, "B": 1007.37, "C": 927.77, "D": 1142.44}, abs=0.005)
    assert [row.system for row in found.rows] == ["D", "B", "C", "A"]


def test_ratings_are_scipys_maximum_with_ties_and_with_three_sides() -> None:
    three = [Ballot(("A", "B", "C"), best) for best in (0, 1, 2, 2, TIE)]
    ballots = WORKED + tied("A", "D", 2) + tied("B", "C") + three
    assert logits(rate(ballots)) == pytest.approx(by_scipy(ballots)[0], abs=1e-6)


def test_with_style_controlled_ratings_are_scipys_maximum_of_the_same_likelihood() -> None:
    rng = np.random.default_rng(4)
    styled = [
        ballot._replace(style=tuple((float(length),) for length in rng.integers(10, 900, 2)))
        for ballot in drawn({"A": 0.5, "B": 0.0, "C": -0.5}, 150, rng)
    ]
    assert logits(rate(styled, control_style=True)) == pytest.approx(by_scipy(styled, styled=True)[0], abs=1e-6)


def test_who_wins_only_by_length_is_no_better_once_length_is_controlled() -> None:
    """The longer answer wins four times in five, whoever wrote it; A writes the longer one as often."""
    votes = []
    for longer, wins in product((0, 1), range(5)):
        style = ((900.0,), (100.0,)) if longer == 0 else ((100.0,), (900.0,))
        votes += [Ballot(("A", "B"), longer if wins else 1 - longer, style=style)] * (3 if longer == 0 else 1)
    assert logits(rate(votes))["A"] > 0.3
    assert logits(rate(votes, control_style=True))["A"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("ballots", "reason"),
    [
        (WORKED, ""),
        (cast("A", "B", 3), "some system won or lost every time"),
        (cast("A", "B") + cast("B", "C") + cast("C", "A"), ""),
        (cast("A", "B") + cast("B", "A") + cast("A", "C"), "some system won or lost every time"),
        (tied("A", "B") + tied("C", "D"), "some systems never met, not even through others"),
        (tied("A", "B"), ""),
    ],
)
def test_a_prior_is_used_only_where_there_is_no_maximum_and_the_reason_is_told(
    ballots: list[Ballot], reason: str
) -> None:
    found = rate(ballots)
    assert found.prior == reason
    assert all(np.isfinite([row.low, row.rating, row.high]).all() for row in found.rows)


def test_a_prior_is_one_tie_of_each_system_with_an_average_one() -> None:
    """3 of 3 between two: by symmetry the log-odds are ±x with 3 (1 - σ(2x)) = σ(x) - ½."""
    found = logits(rate(cast("A", "B", 3)))
    x = found["A"]
    assert found["B"] == pytest.approx(-x)
    assert 3 * (1 - 1 / (1 + np.exp(-2 * x))) == pytest.approx(1 / (1 + np.exp(-x)) - 0.5)


def test_ties_alone_are_no_proof_of_sameness() -> None:
    """Five ties tell at most what five votes tell: the standard error of a log-odds is 2 / √n."""
    found = rate(tied("A", "B", 5)).difference(0, 1)
    assert (found.value, found.high) == pytest.approx((0, ELO * 1.959964 * 2 / np.sqrt(5)), abs=1e-4)


def test_intervals_cover_the_truth_in_93_to_97_of_100_simulations() -> None:
    truth = {"A": 0.6, "B": 0.2, "C": -0.1, "D": -0.7}
    rng = np.random.default_rng(7)
    covered = np.zeros(4)
    for _ in range(2000):
        rows = {row.system: row for row in rate(drawn(truth, 80, rng)).rows}
        covered += [rows[name].low <= 1000 + ELO * logit <= rows[name].high for name, logit in truth.items()]
    assert ((covered / 2000 >= 0.93) & (covered / 2000 <= 0.97)).all(), covered / 2000


@given(st.lists(st.tuples(st.permutations("ABC"), st.integers(2, 3), st.integers(-1, 2)), max_size=14), st.randoms())
@settings(max_examples=40, deadline=None)
def test_the_order_of_votes_and_sides_does_not_matter(
    drawn_votes: list[tuple[list[str], int, int]], random: Random
) -> None:
    ballots = [
        Ballot(tuple(names[:count]), best if best < count else 0, style=tuple((float(ord(n)),) for n in names[:count]))
        for names, count, best in drawn_votes
    ]
    other = [turned(ballot, random) for ballot in ballots]
    random.shuffle(other)
    for styled in (False, True):
        one_way, other_way = rate(ballots, styled), rate(other, styled)
        assert one_way == other_way
        assert one_way.covariance.tolist() == other_way.covariance.tolist()
    assert flips_to_change_top(ballots) == flips_to_change_top(other)


def turned(ballot: Ballot, random: Random) -> Ballot:
    order = list(range(len(ballot.systems)))
    random.shuffle(order)
    best = ballot.best if ballot.best == TIE else order.index(ballot.best)
    names, style = (tuple(field[side] for side in order) for field in (ballot.systems, ballot.style))
    return Ballot(names, best, ballot.cluster, style)


def test_two_are_surely_apart_after_enough_votes_and_places_say_so() -> None:
    few, many = rate(cast("A", "B", 6) + cast("B", "A", 4)), rate(cast("A", "B", 240) + cast("B", "A", 160))
    assert [(row.best, row.worst) for row in few.rows] == [(1, 2), (1, 2)]
    assert [(row.best, row.worst) for row in many.rows] == [(1, 1), (2, 2)]


def test_votes_needed_make_the_difference_one_that_80_of_100_tests_find() -> None:
    """12 of 20 is a log-odds of 0.405: (1.96 + 0.8416)² / 0.405² / (0.6 · 0.4) votes in all, by the normal test."""
    found = rate(cast("A", "B", 12) + cast("B", "A", 8)).difference(0, 1)
    in_all = (1.959964 + 0.841621) ** 2 / np.log(1.5) ** 2 / 0.24
    robust = 19  # the sandwich of twenty votes counts one less
    assert found.votes_needed == int(np.ceil(in_all - robust))
    assert rate(tied("A", "B", 5)).difference(0, 1).votes_needed is None


def test_the_next_pair_is_the_one_after_which_the_widest_interval_is_narrowest() -> None:
    found = rate(WORKED + cast("A", "B", 30) + cast("B", "A", 30))
    pair = found.next_pair("ABCD")
    assert pair is not None

    def widest(more: list[Ballot]) -> float:
        after = rate(WORKED + cast("A", "B", 30) + cast("B", "A", 30) + more)
        was = max(found.rows, key=lambda row: row.high - row.low).system
        return next(row.high - row.low for row in after.rows if row.system == was)

    narrowed = {(one, other): widest(tied(one, other, 4)) for one, other in combinations("ABCD", 2)}
    assert pair == min(narrowed, key=lambda key: narrowed[key])


def test_who_has_no_vote_yet_comes_next() -> None:
    assert rate([]).next_pair(["x", "y"]) == ("x", "y")
    assert rate(cast("A", "B")).next_pair("ABC") == ("C", "A")
    assert rate(cast("A", "B")).next_pair("A") is None
    assert rate([]).next_pair([]) is None


def brute_force(ballots: list[Ballot]) -> int | None:
    """Flip every set of votes, the smallest first, each to every other side."""
    top = rate(ballots).rows[0].system
    can = [place for place, ballot in enumerate(ballots) if ballot.best != TIE]
    for count in range(1, len(can) + 1):
        for places in combinations(can, count):
            options = [[s for s in range(len(ballots[p].systems)) if s != ballots[p].best] for p in places]
            for sides in product(*options):
                flipped = list(ballots)
                for place, side in zip(places, sides, strict=True):
                    flipped[place] = ballots[place]._replace(best=side)
                after = logits(rate(flipped))
                if max(after.values()) > after[top] + 1e-9:
                    return count
    return None


SMALL: dict[str, Callable[[], list[Ballot]]] = {
    "two": lambda: cast("A", "B", 6) + cast("B", "A", 1) + tied("A", "B"),
    "three": lambda: cast("A", "B", 3) + cast("B", "C", 2) + cast("C", "A") + cast("A", "C", 2),
    "never beaten": lambda: cast("A", "B", 2) + cast("A", "C", 2) + cast("B", "C"),
    "three at once": lambda: [Ballot(("A", "B", "C"), best) for best in (0, 0, 0, 1, 2)] + cast("B", "C"),
    "only ties": lambda: tied("A", "B", 3),
    "four": lambda: cast("A", "B", 2) + cast("B", "C", 2) + cast("C", "D", 2) + cast("D", "A") + cast("A", "D", 2),
}


@pytest.mark.parametrize("name", SMALL)
def test_the_flip_count_is_what_brute_force_finds(name: str) -> None:
    ballots = SMALL[name]()
    assert flips_to_change_top(ballots) == Flips(brute_force(ballots), True)


def test_of_many_votes_between_two_just_over_half_the_lead_must_flip() -> None:
    """400 to 300: 51 flips make it 349 to 351."""
    assert flips_to_change_top(cast("A", "B", 400) + cast("B", "A", 300)) == Flips(51, True)


def test_where_the_ways_are_too_many_to_try_the_count_is_at_most_so_many() -> None:
    assert flips_to_change_top(cast("A", "B", 4000) + cast("B", "A", 3000)) == Flips(501, False)


def test_nobody_has_a_place_to_lose_alone() -> None:
    assert flips_to_change_top([]) == Flips(None, True)
    assert rate([]) == Ratings()
