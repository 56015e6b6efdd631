"""The front door to the statistics: seeded and pure. Each part is in a file of its own.

resampling.py draws, intervals.py makes scores with intervals, comparisons.py tests differences between two systems,
verdicts.py adjusts for multiplicity, plans and words the outcome. Import verdicts.py alone where numpy is too slow to
load.
"""

from evals.comparisons import (
    Comparison,
    Scored,
    compare,
    mcnemar,
    paired_bootstrap,
    paired_bootstrap_of_sacrebleu,
    randomization,
    sign_flip,
)
from evals.intervals import Interval, Score, effective_size, expanded_percentile, interval, score, wilson
from evals.resampling import Plan, by_group
from evals.verdicts import (
    Verdict,
    benjamini_hochberg,
    holm,
    minimum_detectable_effect,
    more_samples_needed,
    verdict,
)

__all__ = [
    "Comparison",
    "Interval",
    "Plan",
    "Score",
    "Scored",
    "Verdict",
    "benjamini_hochberg",
    "by_group",
    "compare",
    "effective_size",
    "expanded_percentile",
    "holm",
    "interval",
    "mcnemar",
    "minimum_detectable_effect",
    "more_samples_needed",
    "paired_bootstrap",
    "paired_bootstrap_of_sacrebleu",
    "randomization",
    "score",
    "sign_flip",
    "verdict",
    "wilson",
]
