"""Bradley–Terry ratings of votes: maximum likelihood with intervals, and which vote would tell most. Pure.

Ratings do not depend on the order of votes or sides: both are sorted first. Flipped votes are flips.py's, what a vote
is votes.py's.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import ceil, log, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evals.intervals import student_quantile
from evals.verdicts import ALPHA, holm, minimum_detectable_effect

Floats = NDArray[np.float64]

CENTRE = 1000.0
ELO = 400 / log(10)
"""Points of rating a unit of log-odds: 400 points are odds of ten to one, as in chess."""

TIE = -1
STEPS, LONGEST_STEP, CLOSE = 500, 1.0, 1e-10
FEW_CLUSTERS = 10  # fewer than these tell too little of how they vary
NEARLY = 1e-4  # columns that differ by less are the same


class Ballot(NamedTuple):
    """One vote: the systems seen together, and which of them was best, or TIE.

    Votes of one cluster, a conversation, rise and fall together; "" stands for itself. style: of each system's answer,
    numbers such as its length.
    """

    systems: tuple[str, ...]
    best: int
    cluster: str = ""
    style: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Rating:
    """votes: in how many it took part. Its place is surely within best to worst, after Holm over all pairs."""

    system: str
    rating: float
    low: float
    high: float
    votes: int
    best: int
    worst: int


@dataclass(frozen=True, slots=True)
class Difference:
    """In points of rating. votes_needed: how many votes more between the two until a difference of this size would be
    found with a power of 80 %; 0 if it would be already, None where there is none to find."""

    value: float
    low: float
    high: float
    p_value: float
    votes_needed: int | None


@dataclass(frozen=True, slots=True)
class Ratings:
    """Highest first; their mean is 1000. prior says why a prior was needed, "" where the maximum exists.

    logits and covariance are of the systems in the order of rows, in units of log-odds; quantile makes intervals.
    """

    rows: tuple[Rating, ...] = ()
    votes: int = 0
    method: str = ""
    prior: str = ""
    logits: Floats = field(default_factory=lambda: np.zeros(0), compare=False)
    covariance: Floats = field(default_factory=lambda: np.zeros((0, 0)), compare=False)
    quantile: float = 0.0

    def difference(self, one: int, other: int) -> Difference:
        """Row one minus row other."""
        gap, error = float(self.logits[one] - self.logits[other]), _error(self.covariance, one, other)
        half = self.quantile * error
        # Of the interval's own kind: under 0.05 exactly where the interval leaves out 0.
        p_value = 2 * NormalDist().cdf(-abs(gap) / error * NormalDist().inv_cdf(1 - ALPHA / 2) / self.quantile)
        needed = None if abs(gap) < CLOSE else _votes_needed(gap, error)
        return Difference(ELO * gap, ELO * (gap - half), ELO * (gap + half), p_value, needed)

    def next_pair(self, available: Collection[str]) -> tuple[str, str] | None:
        """The two of the available systems whose vote is expected to shrink the widest interval most; who has no vote
        yet has the widest. None where there are not two."""
        places = {row.system: place for place, row in enumerate(self.rows) if row.system in available}
        fresh = sorted(set(available) - places.keys())
        if fresh:
            known = sorted(places, key=lambda name: (self.covariance[places[name], places[name]], name))
            return (fresh[0], [*known, *fresh[1:]][0]) if len(known) + len(fresh) > 1 else None
        pairs = list(combinations(sorted(places), 2))
        return max(pairs, key=lambda pair: self._shrinks(places[pair[0]], places[pair[1]], places)) if pairs else None

    def _shrinks(self, one: int, other: int, places: dict[str, int]) -> float:
        """How much a vote between two takes off the widest interval's variance (Sherman and Morrison 1950)."""
        widest = max(places.values(), key=lambda place: (self.covariance[place, place], self.rows[place].system))
        told = _told(float(self.logits[one] - self.logits[other]))
        moved = float(self.covariance[widest, one] - self.covariance[widest, other])
        return told * moved**2 / (1 + told * _error(self.covariance, one, other) ** 2)


def rate(ballots: Iterable[Ballot], control_style: bool = False) -> Ratings:
    """Ratings by maximum likelihood; a tie is half a win each way.

    The side voted best beat each of the others, which is Luce's choice seen in pairs; intervals take a vote, or a
    cluster of them, as one draw (sandwich, Student's t over the clusters). Where these are few or show no variation, or
    a prior was needed, they are the likelihood's own. With control_style the ratings are of answers alike in style.
    """
    ordered = sorted(_sorted(ballot) for ballot in ballots)
    names = sorted({name for ballot in ordered for name in ballot.systems})
    if len(names) < 2:
        return Ratings()
    table = _table(ordered, names, control_style)
    prior = _why_prior(table, len(names))
    ties = np.eye(table.design.shape[1]) if prior else np.zeros((0, table.design.shape[1]))
    design, won = np.vstack([table.design, ties]), np.concatenate([table.won, np.full(len(ties), 0.5)])
    found = maximum(design, won[None], np.ones((1, len(won))), len(names), np.array([bool(prior)]))[0]
    spread = _spread(design, won, found, table.clusters, len(names))
    return _ratings(ordered, names, found[: len(names)], spread, prior)


def maximum(design: Floats, won: Floats, total: Floats, systems: int, fixed: NDArray[np.bool_]) -> Floats:
    """Coefficients (batch, columns) that make won of total (batch, rows) likeliest, by Newton's method.

    The first columns are the systems'; their mean is 0. fixed: nothing but the data holds the mean there, so it must
    not be held.
    """
    batch, columns = len(won), design.shape[1]
    held = np.zeros((columns, columns))
    held[:systems, :systems] = 1 / systems
    found = np.zeros((batch, columns))
    for _ in range(STEPS):
        share = _expit(found @ design.T)
        slope = (won - total * share) @ design
        curve = np.einsum("br,rc,rd->bcd", total * share * (1 - share), design, design)
        step = np.linalg.solve(curve + held * ~fixed[:, None, None], slope[..., None])[..., 0]
        size = np.abs(step).max(axis=1, keepdims=True)
        found += step / np.maximum(1, size / LONGEST_STEP)
        if size.max() < CLOSE:
            break
    found[:, :systems] -= found[:, :systems].mean(axis=1, keepdims=True)
    return found


def strengths(wins: Floats) -> Floats:
    """Log-odds (batch, systems) of tables of wins (batch, winner, loser), as rate() finds them, style left alone."""
    systems = wins.shape[1]
    pairs = list(combinations(range(systems), 2))
    design = np.zeros((len(pairs) + systems, systems))
    for place, (one, other) in enumerate(pairs):
        design[place, one], design[place, other] = 1, -1
    design[len(pairs) :] = np.eye(systems)
    ones, others = [one for one, _ in pairs], [other for _, other in pairs]
    alone = ~joined(wins)
    tied = np.repeat(alone[:, None].astype(float), systems, axis=1)
    won = np.concatenate([wins[:, ones, others], tied / 2], axis=1)
    total = np.concatenate([wins[:, ones, others] + wins[:, others, ones], tied], axis=1)
    return maximum(design, won, total, systems, alone)


def joined(wins: Floats) -> NDArray[np.bool_]:
    """Whether each table of wins has a maximum: every system beat every other, if only through others (Ford 1957)."""
    reach = (wins > 0) | np.eye(wins.shape[1], dtype=bool)
    for middle in range(wins.shape[1]):
        reach |= reach[:, :, middle, None] & reach[:, middle, None, :]
    return np.asarray(reach.all(axis=(1, 2)))


def table_of_wins(ballots: Iterable[Ballot], names: Sequence[str]) -> Floats:
    """(winner, loser); a tie is half a win each way."""
    return _table(list(ballots), names, control_style=False).wins


def pairs_of(ballot: Ballot) -> list[tuple[int, int, float]]:
    """(side, other side, 1 = the first won or ½ = tie). Nothing is known of two sides that both were not best."""
    sides = range(len(ballot.systems))
    if ballot.best == TIE:
        return [(one, other, 0.5) for one, other in combinations(sides, 2)]
    return [(ballot.best, other, 1.0) for other in sides if other != ballot.best]


class _Table(NamedTuple):
    """Pairs as rows: +1 and -1 for the systems, then the difference in style; won, and the cluster of each. wins has
    them summed up, (winner, loser)."""

    design: Floats
    won: Floats
    clusters: NDArray[np.int64]
    wins: Floats


def _sorted(ballot: Ballot) -> Ballot:
    order = sorted(range(len(ballot.systems)), key=lambda side: ballot.systems[side])
    best = ballot.best if ballot.best == TIE else order.index(ballot.best)
    style = tuple(ballot.style[side] for side in order) if ballot.style else ()
    return Ballot(tuple(ballot.systems[side] for side in order), best, ballot.cluster, style)


def _table(ballots: Sequence[Ballot], names: Sequence[str], control_style: bool) -> _Table:
    place = {name: number for number, name in enumerate(names)}
    numbers: dict[str | int, int] = {}
    ones, others, won, clusters, styles = [], [], [], [], []
    for number, ballot in enumerate(ballots):
        cluster = numbers.setdefault(ballot.cluster or number, len(numbers))
        for one, other, result in pairs_of(ballot):
            ones.append(place[ballot.systems[one]])
            others.append(place[ballot.systems[other]])
            won.append(result)
            clusters.append(cluster)
            if control_style:
                styles.append(_apart(ballot.style[one], ballot.style[other]))
    design = np.zeros((len(won), len(names)))
    design[np.arange(len(won)), ones], design[np.arange(len(won)), others] = 1, -1
    wins = np.zeros((len(names), len(names)))
    np.add.at(wins, (ones, others), won)
    np.add.at(wins, (others, ones), 1 - np.array(won))
    if control_style:
        design = np.column_stack([design, _scaled(np.array(styles))])
    return _Table(design, np.array(won), np.array(clusters), wins)


def _apart(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """-1 to 1, as LMArena has it: the difference over the sum and 1."""
    return [(mine - theirs) / (mine + theirs + 1) for mine, theirs in zip(one, other, strict=True)]


def _scaled(styles: Floats) -> Floats:
    """Each column by its root mean square, columns of 0 left out. The mean stays: taking it away, as LMArena does,
    would make ratings depend on which side a system stood."""
    size = np.sqrt((styles**2).mean(axis=0))
    return np.asarray(styles[:, size > 0] / size[size > 0])


def _why_prior(table: _Table, systems: int) -> str:
    """Why the likelihood has no maximum; the prior is then a tie of each system, and style, with an average one:
    Mease 2004, The American Statistician 58."""
    if not joined(table.wins[None])[0]:
        if not joined((table.wins + table.wins.T)[None])[0]:
            return "some systems never met, not even through others"
        return "some system won or lost every time"
    if table.design.shape[1] > systems and _separated(table, systems):
        return "style alone tells some outcomes"
    return ""


def _separated(table: _Table, systems: int) -> bool:
    """Whether some direction makes the outcomes ever likelier, or is not told at all (Albert and Anderson 1984)."""
    from scipy.optimize import linprog  # type: ignore[import-untyped]

    held = np.concatenate([np.ones(systems), np.zeros(table.design.shape[1] - systems)])
    if np.linalg.matrix_rank(np.vstack([table.design, held]), rtol=NEARLY) < table.design.shape[1]:
        return True
    decided = table.design[table.won == 1]
    tied = np.vstack([table.design[table.won != 1], held])
    best = linprog(-decided.sum(axis=0), -decided, np.zeros(len(decided)), tied, np.zeros(len(tied)), (-1, 1))
    return bool(-best.fun > 1e-7)


class _Spread(NamedTuple):
    """Of the systems' log-odds about their mean; how it was found, and the quantile for 95 %."""

    covariance: Floats
    method: str
    quantile: float


def _spread(design: Floats, won: Floats, found: Floats, clusters: NDArray[np.int64], systems: int) -> _Spread:
    """Rows beyond the clusters are a prior's."""
    rows, columns, votes = len(clusters), design.shape[1], int(clusters.max()) + 1
    centred = np.eye(columns)[:systems]
    centred[:, :systems] -= 1 / systems
    held = np.zeros((columns, columns))
    held[:systems, :systems] = 1 / systems
    share = _expit(design @ found)
    own = np.linalg.inv(design.T @ (design * (share * (1 - share))[:, None]) + held)
    sums = np.zeros((votes, columns))
    np.add.at(sums, clusters, design[:rows] * (won - share)[:rows, None])
    told = votes >= FEW_CLUSTERS and np.linalg.matrix_rank(sums, tol=1e-6) >= columns - 1
    if len(design) > rows or not told:
        return _Spread(centred @ own @ centred.T, "ci:95|likelihood", NormalDist().inv_cdf(1 - ALPHA / 2))
    robust = own @ (sums.T @ sums) @ own * votes / (votes - 1)
    return _Spread(centred @ robust @ centred.T, f"ci:95|sandwich|clusters:{votes}", student_quantile(votes - 1))


def _ratings(ballots: Sequence[Ballot], names: Sequence[str], logits: Floats, spread: _Spread, prior: str) -> Ratings:
    order = sorted(range(len(names)), key=lambda place: (-logits[place], names[place]))
    logits, covariance = logits[order], spread.covariance[np.ix_(order, order)]
    found = Ratings((), len(ballots), spread.method, prior, logits, covariance, spread.quantile)
    pairs = list(combinations(range(len(order)), 2))
    p_values = holm([found.difference(*pair).p_value for pair in pairs])
    sure = [pair for pair, p_value in zip(pairs, p_values, strict=True) if p_value < ALPHA]
    rows = []
    for place, number in enumerate(order):
        rating, half = CENTRE + ELO * float(logits[place]), ELO * spread.quantile * sqrt(covariance[place, place])
        votes = sum(names[number] in ballot.systems for ballot in ballots)
        better, worse = sum(other == place for _, other in sure), sum(other == place for other, _ in sure)
        rows.append(Rating(names[number], rating, rating - half, rating + half, votes, 1 + better, len(order) - worse))
    return replace(found, rows=tuple(rows))


def _votes_needed(gap: float, error: float) -> int:
    """A vote between two adds its own information to what is known of their difference."""
    wanted = (minimum_detectable_effect(1.0) / gap) ** 2
    return max(0, ceil((wanted - 1 / error**2) / _told(gap)))


def _told(gap: float) -> float:
    """What one vote between two so far apart is expected to tell: p (1 - p)."""
    share = float(_expit(np.array(gap)))
    return share * (1 - share)


def _error(covariance: Floats, one: int, other: int) -> float:
    """The standard error of a difference."""
    return sqrt(covariance[one, one] + covariance[other, other] - 2 * covariance[one, other])


def _expit(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -700, 700))))
