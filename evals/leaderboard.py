"""Who is surely better than whom: rank ranges and tie groups from stored scores and comparisons.

Pure, and without numpy, so that a board is there at once. Reading them is standings.py's, writing them out tables.py's.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from evals.standings import Pair, Standing
from evals.verdicts import holm, verdict

RANKED_SHARE = 0.98  # of the samples asked must have been scored
BASELINE = "baseline/"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Ranked(NamedTuple):
    """A row of a board. Its rank is best to worst, 1 = first, with 95 % confidence for all rows together; None where it
    is not ranked, and why says so. Rows that share a letter in ties are not surely different."""

    standing: Standing
    best: int | None
    worst: int | None
    ties: str = ""
    why: str = ""

    @property
    def is_baseline(self) -> bool:
        return self.standing.system.startswith(BASELINE)


class Board(NamedTuple):
    """One suite under one metric: rows that may stand beside each other, best value first, the unranked last. licence
    is the samples'."""

    suite: str
    title: str
    metric: str
    higher_is_better: bool
    asked: int
    rows: tuple[Ranked, ...]
    licence: str = ""


def boards(standings: Sequence[Standing], pairs: Sequence[Pair], older: bool = False) -> tuple[Board, ...]:
    """A board for each comparability key, by suite, those of more samples first.

    Of boards of one suite, metric and number of samples the latest is given; with older, the others follow it: their
    samples, prompts or metric versions have changed since. standings come the latest first; pairs may hold others too.
    """
    by_key: dict[str, tuple[list[Standing], list[Pair]]] = {}
    keys = {}
    for standing in standings:
        keys[standing.run] = standing.comparability_key
        by_key.setdefault(standing.comparability_key, ([], []))[0].append(standing)
    for pair in pairs:
        if pair.candidate in keys:
            by_key[keys[pair.candidate]][1].append(pair)
    made: dict[tuple[str, str, int], list[Board]] = {}
    for rows, compared in by_key.values():
        board = _board(rows, compared)
        made.setdefault((board.suite, board.metric, board.asked), []).append(board)
    ordered = sorted(made, key=lambda kind: (kind[0], kind[1], -kind[2]))
    return tuple(board for kind in ordered for board in (made[kind] if older else made[kind][:1]))


def rank(standings: Sequence[Standing], pairs: Sequence[Pair]) -> tuple[Ranked, ...]:
    """Rank range: 1 + systems surely better … n - systems surely worse, after Holm over all pairs given.

    All standings have one comparability key and are of n different systems. A pair that was not compared is not surely
    different. Not ranked: no value, or under 98 % of the samples scored.
    """
    ranked = sorted((each for each in standings if not _why_not(each)), key=_value)
    beats = _surely_better(ranked, pairs)
    wins, losses = Counter(better for better, _ in beats), Counter(worse for _, worse in beats)
    ties = _ties([standing.run for standing in ranked], beats)
    rows = [Ranked(each, 1 + losses[each.run], len(ranked) - wins[each.run], ties[each.run]) for each in ranked]
    others = [Ranked(each, None, None, why=_why_not(each)) for each in standings if _why_not(each)]
    return (*rows, *others)


def adjusted(ranked: Sequence[Standing], pairs: Sequence[Pair]) -> list[tuple[Pair, float]]:
    """The pairs tested between these, each with its p-value after Holm over all of them."""
    runs = {standing.run for standing in ranked}
    tested = [pair for pair in pairs if pair.candidate in runs and pair.baseline in runs and pair.p_value is not None]
    p_values = holm([pair.p_value for pair in tested if pair.p_value is not None])
    return list(zip(tested, p_values, strict=True))


def _board(standings: Sequence[Standing], pairs: Sequence[Pair]) -> Board:
    newest = standings[0]
    return Board(
        newest.suite,
        newest.title,
        newest.metric,
        newest.higher_is_better,
        newest.asked,
        rank(standings, pairs),
        newest.licence,
    )


def _why_not(standing: Standing) -> str:
    """Why a standing is not ranked; "" where it is."""
    if standing.scored < RANKED_SHARE * standing.asked:
        return f"{standing.scored} of {standing.asked} scored"
    return "the metric is undefined for these outputs" if standing.value is None else ""


def _value(standing: Standing) -> tuple[float, str]:
    value = standing.value or 0.0
    return (-value if standing.higher_is_better else value, standing.system)


def _surely_better(ranked: Sequence[Standing], pairs: Sequence[Pair]) -> set[tuple[str, str]]:
    """(run, other run): the first is surely better than the second."""
    higher_is_better = all(standing.higher_is_better for standing in ranked)
    beats = set()
    for pair, p_value in adjusted(ranked, pairs):
        said = verdict(pair.low, pair.high, p_value, higher_is_better)
        if said == "better":
            beats.add((pair.candidate, pair.baseline))
        elif said == "worse":
            beats.add((pair.baseline, pair.candidate))
    return beats


def _ties(runs: Sequence[str], beats: set[tuple[str, str]]) -> dict[str, str]:
    """Letters of the longest stretches, in order of value, within which no two are surely different.

    A compact letter display after Piepho 2004, Journal of Computational and Graphical Statistics 13.
    """
    letters = dict.fromkeys(runs, "")
    reached = number = 0
    for first in range(len(runs)):
        end = first + 1
        while end < len(runs) and not any(_differ(runs[each], runs[end], beats) for each in range(first, end)):
            end += 1
        if end > reached:
            for run in runs[first:end]:
                letters[run] += _letter(number)
            reached, number = end, number + 1
    return letters


def _differ(one: str, other: str, beats: set[tuple[str, str]]) -> bool:
    return (one, other) in beats or (other, one) in beats


def _letter(number: int) -> str:
    """a … z, then a1 …"""
    turn, place = divmod(number, len(LETTERS))
    return LETTERS[place] + (str(turn) if turn else "")
