"""Scores another program gave each sample, kept as they came: their mean, right-or-wrong ones in percent.

The only such program is lm-evaluation-harness. What its metrics are is from its registry (lm_eval/api/metrics.py) and
its tasks.
"""

from collections.abc import Sequence

from evals.metrics.setting import ratio
from evals.types import PerSample, Sample, Statistics

PREFIX = "lm-eval:"
RIGHT_OR_WRONG = frozenset(
    {
        *("acc", "acc_norm", "acc_bytes", "acc_mutual_info", "exact_match", "em", "pct_stereotype"),
        *("prompt_level_strict_acc", "prompt_level_loose_acc"),
    }
)
LOWER_IS_BETTER = frozenset({"likelihood_diff", "pct_stereotype"})
# A number a sample, and yet its score is no mean: exp(-mean log-likelihood).
NOT_MEANS = frozenset({"perplexity"})


class Imported:
    """statistics are (value, 1), stored with the run: they cannot be made from an output again."""

    def __init__(self, name: str) -> None:
        """name begins with PREFIX; a filter's name may follow the metric's after a comma."""
        theirs = name.removeprefix(PREFIX).partition(",")[0]
        self.name = name
        self.higher_is_better = theirs not in LOWER_IS_BETTER
        self.per_sample: PerSample = "binary" if theirs in RIGHT_OR_WRONG else "none"

    def signature(self) -> str:
        scale = "percent" if self.per_sample == "binary" else "its own scale"
        return f"{self.name}|by:lm-evaluation-harness|mean, {scale}|v:1"

    def statistics(self, outputs: Sequence[str], samples: Sequence[Sample]) -> Statistics:
        raise ValueError(f"{self.name} is another program's: its values were imported and cannot be made again here")

    def combine(self, totals: Statistics) -> Statistics:
        mean = ratio(totals[..., 0], totals[..., 1])
        return 100 * mean if self.per_sample == "binary" else mean
