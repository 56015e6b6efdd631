"""What is said of two picked rows of a board: which is better, by how much, how sure, and what would settle it. Pure.

The numbers are those stored when the later run finished, the p-value is the board's, after Holm over its pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evals.leaderboard import Board, Ranked, adjusted
from evals.standings import Difference, Pair
from evals.verdicts import SENTENCES, more_samples_needed, p_words, verdict


@dataclass(frozen=True, slots=True)
class Told:
    """The verdict as a sentence, and the numbers it rests on."""

    sentence: str
    numbers: str = ""


def told(
    board: Board, rows: tuple[Ranked, Ranked], names: tuple[str, str], found: Difference | None, pairs: Sequence[Pair]
) -> Told:
    """names are what the two rows are called; found is the first minus the second; pairs are at least the board's."""
    for row, name in zip(rows, names, strict=True):
        if row.best is None:
            return Told(f"No verdict: {name} is not ranked.", f"{row.why[:1].upper()}{row.why[1:]}.")
    one, other = rows
    if found is None:
        again = f"python -m evals compare {one.standing.run} {other.standing.run}"
        return Told("These two runs were never compared.", f"Compare them with: {again}")
    ranked = [row.standing for row in board.rows if row.best is not None]
    tested = adjusted(ranked, pairs)
    runs = {one.standing.run, other.standing.run}
    p_value = next((p for pair, p in tested if {pair.candidate, pair.baseline} == runs), None)
    said = verdict(found.low, found.high, p_value, board.higher_is_better)
    sentence = SENTENCES[said].format(a=names[0], b=names[1])
    samples = f"{found.scored} of {found.asked} samples answered by both"
    if found.difference is None or found.low is None or found.high is None or p_value is None:
        return Told(sentence, f"{samples}: too few to tell.")
    numbers = (
        f"Difference {found.difference:+.2f} {board.metric} ({found.low:+.2f} to {found.high:+.2f}), "
        f"{p_words(p_value)} after Holm over {len(tested)} {'pair' if len(tested) == 1 else 'pairs'}, {samples}."
    )
    return Told(sentence, numbers + (_needed(found) if said == "inconclusive" else ""))


def _needed(found: Difference) -> str:
    if not found.difference or found.standard_error is None:
        return ""
    more = more_samples_needed(found.scored, found.standard_error, found.difference)
    if more is None:
        return ""
    if not more:
        return " One such pair alone would be sure; among so many it is not."
    return f" A difference of this size would need about {more:,} samples more."
