"""Scores, comparisons and ratings in words, the same in the shell and on the pages."""

from collections.abc import Callable

from evals.comparisons import Comparison
from evals.verdicts import SENTENCES, p_words
from evals.votes import Standing


def compared(found: Comparison) -> str:
    """The candidate, A, and the baseline, B: the verdict of this pair alone, and the numbers it rests on."""
    words = SENTENCES[found.verdict()].format(a="A", b="B")
    if found.difference is None or found.low is None or found.high is None or found.p_value is None:
        return f"{words} {found.scored} of {found.asked} samples answered by both: too few to tell."
    more = found.more_samples_needed() if found.verdict() == "inconclusive" else None
    needed = f" A difference of this size would need about {more:,} samples more." if more else ""
    return (
        f"{words} A {found.candidate:.2f}, B {found.baseline:.2f}, A - B {found.difference:+.2f} "
        f"[{found.low:+.2f}, {found.high:+.2f}], {p_words(found.p_value)} ({found.test.partition('|')[0]}), "
        f"{found.scored} of {found.asked} samples.{needed}"
    )


def scored(value: float | None, low: float | None, high: float | None, samples: int, asked: int) -> str:
    """45.1 (43.6–46.7), n = 120. A value that is missing, and samples that are, are said."""
    if value is None:
        return f"n/a, {samples:,} of {asked:,} scored"
    places = decimals(value)
    interval = f" ({low:,.{places}f}–{high:,.{places}f})" if low is not None and high is not None else ""
    return f"{value:,.{places}f}{interval}, n = {samples:,}{f' of {asked:,}' if samples < asked else ''}"


def standing(found: Standing, name: Callable[[str], str] = str) -> list[str]:
    """What the ratings rest on; then who is first, how surely, and what would change it. name: of a system."""
    ratings = found.ratings
    reasons = ", ".join(f"{count:,} as an answer {reason}" for reason, count in sorted(found.uncounted.items()))
    based = f"{votes(ratings.votes)}, {found.blind:,} of them blind{f'; not counted: {reasons}' if reasons else ''}."
    if not ratings.rows:
        return [f"No vote counts yet{f'; not counted: {reasons}' if reasons else ''}."]
    first, second = (name(row.system) for row in ratings.rows[:2])
    needed = ratings.difference(0, 1).votes_needed
    if ratings.rows[0].worst == 1:
        told = f"{first} is surely first."
    elif needed:
        told = f"{first} and {second} are not surely apart: about {votes(needed)} more between them would tell."
    else:
        told = f"{first} is not surely first."
    flipped, exact = found.flips
    change = "" if flipped is None else f"{votes(flipped)} cast the other way would change the first place."
    held = f"A weak prior holds the ratings, as {ratings.prior}." if ratings.prior else ""
    return [based, *(words for words in (told, change if exact else f"At most {change}", held) if words)]


def pairs_saved(pairs: int, left_out: int) -> str:
    words = "1 preference pair." if pairs == 1 else f"{pairs:,} preference pairs."
    return words + (f" {left_out:,} left out: they go on from different earlier answers." if left_out else "")


def votes(count: int) -> str:
    return "1 vote" if count == 1 else f"{count:,} votes"


def decimals(value: float) -> int:
    """Places behind the point that a score is shown with: bits per byte lie close together."""
    return 1 if abs(value) >= 10 else 2
