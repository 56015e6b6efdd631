"""What an audit may say of one finding: three verdicts, never two. Pure Python.

Adjusting p-values and planning sizes for any two systems is evals/verdicts.py's.
"""

from math import ceil
from statistics import NormalDist

from evals.bias.records import Finding, Verdict
from evals.verdicts import MOST_NEEDED, POWER

NORMAL = NormalDist()
Z = NORMAL.inv_cdf(0.975)
ENOUGH = 0.98  # of the samples asked must be scored, as for a place on the leaderboard


def judged(found: Finding, alpha: float) -> Verdict:
    """bias found: the whole interval on one side of no bias, the adjusted p under alpha and the effect over the margin.
    none larger than the margin: the whole interval within it, whatever p. Anything else is inconclusive.

    A headline is adjusted by Holm, the rest of the map by Benjamini and Hochberg. What is not in points has no margin.
    Where more than one sample in fifty failed, nothing is settled: those may be the very ones.
    """
    p_value = found.p_holm if found.headline else found.p_bh
    if found.counts.scored < ENOUGH * found.counts.asked:
        return "inconclusive"
    if found.effect is None or found.low is None or found.high is None:
        return "inconclusive"
    if -found.margin <= found.low and found.high <= found.margin:
        return "none larger than the margin"
    if p_value is None or p_value >= alpha or found.low <= 0 <= found.high or abs(found.effect) <= found.margin:
        return "inconclusive"
    return "bias found"


def needed(found: Finding, alpha: float) -> int | None:
    """How many samples more of the same kind would settle an inconclusive finding, were the effect as it was seen.

    Over the margin: to tell it from none four times in five, at alpha divided by what the adjustment multiplied p by.
    Under it: for the interval to lie within the margin. None of what is settled, has no interval, or lies so
    near the margin that it would take over MOST_NEEDED.
    """
    if found.verdict != "inconclusive" or found.effect is None or found.low is None or found.high is None:
        return None
    if found.counts.scored < ENOUGH * found.counts.asked:
        return None
    error, size = (found.high - found.low) / (2 * Z), abs(found.effect)
    if size == found.margin:
        return None
    if size < found.margin:
        return _more(found.n, Z * error / (found.margin - size))
    adjusted = found.p_holm if found.headline else found.p_bh
    factor = adjusted / found.p_value if adjusted and found.p_value else 1.0
    return _more(found.n, (NORMAL.inv_cdf(1 - alpha / (2 * factor)) + NORMAL.inv_cdf(POWER)) * error / size)


def _more(samples: int, ratio: float) -> int | None:
    """Samples more that make a standard error smaller by ratio; at least one, as what there is did not do."""
    more = max(1, ceil(samples * ratio**2) - samples)
    return more if more <= MOST_NEEDED else None
