"""What p-values, intervals and standard errors say in words: multiplicity, power, verdicts. Pure Python.

The leaderboard reads stored comparisons through it, so it imports neither numpy nor scipy. Computing the numbers is
intervals.py's and comparisons.py's.
"""

from collections.abc import Sequence
from math import ceil
from typing import Literal

Verdict = Literal["better", "worse", "same", "inconclusive"]

SENTENCES: dict[Verdict, str] = {
    "better": "{a} is better than {b}.",
    "worse": "{a} is worse than {b}.",
    "same": "{a} and {b} are the same.",
    "inconclusive": "Nothing is sure between {a} and {b}.",
}
"""A verdict on a minus b, in words."""

ALPHA = 0.05
POWER = 0.8
MOST_NEEDED = 1_000_000  # samples: nobody gathers more to settle a difference that is next to nothing
FORETELLING = 10  # samples: of fewer, a standard error is itself uncertain by a quarter, 1 / sqrt(2 (n - 1))
SMALLEST_P = 0.0001  # what 10,000 randomizations can show


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the order given: all claims under alpha hold together with probability 1 - alpha.

    Holm 1979, Scandinavian Journal of Statistics 6.
    """
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(_by_size(p_values)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the order given: of the claims under alpha, a share of alpha is expected to be false.

    Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57.
    """
    adjusted, lowest = [0.0] * len(p_values), 1.0
    for rank, place in reversed(list(enumerate(_by_size(p_values), start=1))):
        lowest = min(lowest, p_values[place] * len(p_values) / rank)
        adjusted[place] = lowest
    return adjusted


def _by_size(p_values: Sequence[float]) -> list[int]:
    return sorted(range(len(p_values)), key=lambda place: p_values[place])


def verdict(
    low: float | None,
    high: float | None,
    p_value: float | None,
    higher_is_better: bool = True,
    margin: float = 0.0,
) -> Verdict:
    """Of candidate minus baseline, with its 95 % interval. p_value may be one adjusted for multiplicity.

    same: the whole interval lies within ±margin, however small p is. better and worse need both the interval to leave
    out 0 and p under 0.05. A missing number is inconclusive.
    """
    if low is None or high is None:
        return "inconclusive"
    if -margin <= low and high <= margin:
        return "same"
    if p_value is None or p_value >= ALPHA or low <= 0 <= high:
        return "inconclusive"
    return "better" if (low > 0) == higher_is_better else "worse"


def p_words(value: float) -> str:
    return f"p {value:.4f}" if value >= SMALLEST_P else f"p < {SMALLEST_P}"


def minimum_detectable_effect(standard_error: float, power: float = POWER) -> float:
    """The difference that a two-sided test at 0.05 finds with this power: (z of 0.975 + z of power) · standard error.

    Bloom 1995, Evaluation Review 19.
    """
    from statistics import NormalDist  # here, as it takes longer to load than the rest of a leaderboard

    normal = NormalDist()
    return (normal.inv_cdf(1 - ALPHA / 2) + normal.inv_cdf(power)) * standard_error


def more_samples_needed(samples: int, standard_error: float, effect: float, power: float = POWER) -> int | None:
    """How many samples more of the same kind make effect the minimum detectable one; 0 if it is already, None where it
    would take over MOST_NEEDED, or where there are fewer than FORETELLING to tell by.

    standard_error, that of the difference on the samples at hand, shrinks with the root of their number. Raises
    ValueError for an effect of 0, which no number of samples can find.
    """
    if not effect:
        raise ValueError("No number of samples can show a difference of 0; name the smallest one that matters")
    detectable = minimum_detectable_effect(standard_error, power)
    more = max(0, ceil(samples * (detectable / effect) ** 2) - samples)
    return more if samples >= FORETELLING and more <= MOST_NEEDED else None
