"""Whether a candidate may replace a baseline: judged by the paired interval of their difference, not by a point."""

from typing import Literal

from evals.comparisons import Comparison

Decision = Literal["pass", "fail", "inconclusive"]


def decide(comparison: Comparison, max_drop: float) -> Decision:
    """pass: the candidate is surely not worse by more than max_drop (in the metric's points); fail: it surely is.

    Sure means that the whole 95 % interval says so. Without an interval nothing is sure.
    """
    if comparison.low is None or comparison.high is None:
        return "inconclusive"
    up = comparison.higher_is_better
    least, most = (comparison.low, comparison.high) if up else (-comparison.high, -comparison.low)
    if least >= -max_drop:
        return "pass"
    return "fail" if most < -max_drop else "inconclusive"
