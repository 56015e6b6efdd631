"""Scores and comparisons in words, the same in the shell and on the pages."""

from evals.comparisons import Comparison
from evals.verdicts import SENTENCES, p_words


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


def decimals(value: float) -> int:
    """Places behind the point that a score is shown with: bits per byte lie close together."""
    return 1 if abs(value) >= 10 else 2
