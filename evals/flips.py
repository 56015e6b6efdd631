"""How many votes would have to be cast the other way round to change the top place. Pure.

Exact where all ways to flip fewer votes can be tried; else the fewest that a search found, which is then at most so
many. Two votes of 57,477 did it in one arena: Huang et al. 2025, arXiv 2508.11847.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations_with_replacement, islice
from math import comb
from typing import NamedTuple

import numpy as np

from evals.bradley_terry import TIE, Ballot, Floats, strengths, table_of_wins

MOST_WAYS = 5_000
"""Ways to flip that are tried for an exact number, in 0.2 s for four systems."""

CLEAR = 1e-9


class Flips(NamedTuple):
    """votes None: no number of flips changes the top place. exact False: at most so many."""

    votes: int | None
    exact: bool


class _Kind(NamedTuple):
    """Votes that say the same: how many, and what flipping one to each other side adds to the table of wins."""

    votes: int
    moves: Floats


def flips_to_change_top(ballots: Iterable[Ballot]) -> Flips:
    """A flipped vote names another side best; ties stay. The top place changes when another system rates higher."""
    cast = list(ballots)
    names = sorted({name for ballot in cast for name in ballot.systems})
    if len(names) < 2:
        return Flips(None, True)
    wins, kinds = table_of_wins(cast, names), _kinds(cast, names)
    top = int(strengths(wins[None])[0].argmax())
    found = [_search(wins, kinds, top, other) for other in range(len(names)) if other != top]
    bound = min((votes for votes in found if votes is not None), default=None)
    moves = sum(len(kind.moves) for kind in kinds)
    most = sum(kind.votes for kind in kinds) if bound is None else bound - 1
    if comb(moves + most, most) > MOST_WAYS:
        return Flips(bound, False)
    for votes in range(1, most + 1):
        if any(_changes(wins + np.array(tried), top) for tried in _batches(kinds, votes)):
            return Flips(votes, True)
    return Flips(bound, True)


def _kinds(ballots: Sequence[Ballot], names: Sequence[str]) -> list[_Kind]:
    counted = Counter(Ballot(ballot.systems, ballot.best) for ballot in ballots if ballot.best != TIE)
    kinds = []
    for ballot, votes in sorted(counted.items()):
        now = table_of_wins([ballot], names)
        others = [side for side in range(len(ballot.systems)) if side != ballot.best]
        moves = [table_of_wins([ballot._replace(best=side)], names) - now for side in others]
        kinds.append(_Kind(votes, np.array(moves)))
    return kinds


def _search(wins: Floats, kinds: Sequence[_Kind], top: int, other: int) -> int | None:
    """Flips, the most telling first, until other rates higher than top; None if that never comes."""
    left, flipped = [kind.votes for kind in kinds], 0
    while True:
        gap = _gap(wins[None], top, other)[0]
        if gap > CLEAR:
            return flipped
        places = [(number, move) for number, kind in enumerate(kinds) if left[number] for move in kind.moves]
        if not places:
            return None
        gains = _gap(np.array([wins + move for _, move in places]), top, other) - gap
        best = int(gains.argmax())
        if gains[best] <= CLEAR:
            return None
        number, move = places[best]
        # Half the way at once: the last steps are single ones, so that none is taken in vain.
        count = min(left[number], max(1, int(-gap / gains[best] / 2)))
        wins, flipped, left[number] = wins + count * move, flipped + count, left[number] - count


def _batches(kinds: Sequence[_Kind], votes: int) -> Iterator[list[Floats]]:
    """What every way to flip so many votes adds to the table of wins, some thousand at a time."""
    moves = [(number, move) for number, kind in enumerate(kinds) for move in kind.moves]
    ways = (
        sum(move for _, move in way)
        for way in combinations_with_replacement(moves, votes)
        if all(count <= kinds[number].votes for number, count in Counter(number for number, _ in way).items())
    )
    while batch := list(islice(ways, 4096)):
        yield batch


def _changes(wins: Floats, top: int) -> bool:
    found = strengths(wins)
    return bool((found.max(axis=1) > found[:, top] + CLEAR).any())


def _gap(wins: Floats, top: int, other: int) -> Floats:
    found = strengths(wins)
    return np.asarray(found[:, other] - found[:, top])
