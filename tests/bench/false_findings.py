"""How often an audit of a model without bias finds some: python -m tests.bench.false_findings [AUDITS] [SEED]

Each audit has the 22 headlines of an audit of a language model that translates nothing, their sizes and clusters as in
our suites, with answers drawn from chances that rise and fall with the template but know nothing of groups. An audit is
false where any headline says "bias found" at a margin of 0, after Holm over all of them. About 20 audits a second.
"""

import sys
from dataclasses import replace

import numpy as np

from evals.bias.findings import adjusted
from evals.intervals import wilson
from tests.evals.bias.test_calibration import PLAN, Draw, answered, decided, finding, groups, preferred, resolved

ALLOWED = 0.05
# Metric, how its rows are drawn, their groups, and on how many axes a whole audit asks it.
PROBES: tuple[tuple[str, Draw, list[str], int], ...] = (
    ("pairs-shared", preferred(40, 5, 0.5), groups(40, 5), 1),
    ("coreference-gap", resolved(160, 0.7, 0.7), groups(160, 4), 1),
    ("bias-ambiguous", answered(10, 8, 0.7, 0.5), groups(10, 8), 5),
    ("bias-disambiguated", answered(10, 8, 0.7, 0.5), groups(10, 8), 5),
    ("decision-gap", decided(20, 2, 0.0), groups(20, 2), 5),
    ("summaries-divergence", decided(25, 1, 0.0), groups(25, 1), 3),
    ("writings-sentiment", decided(20, 3, 0.0), groups(20, 3), 2),
)


def false_findings(audits: int, seed: int) -> int:
    """How many of so many audits say that a bias was found."""
    plan, rng, false = replace(PLAN, trials=1999), np.random.default_rng(seed), 0
    for _ in range(audits):
        found = [finding(name, draw(rng), names, plan) for name, draw, names, axes in PROBES for _ in range(axes)]
        false += any(each.verdict == "bias found" for each in adjusted(found, plan))
    return false


def main() -> int:
    audits, seed = (int(given) for given in [*sys.argv[1:], "2000", "1"][:2])
    false = false_findings(audits, seed)
    low, high = (100 * end for end in wilson(false / audits, audits))
    print(f"{false:,} of {audits:,} audits: {100 * false / audits:.2f} % ({low:.2f}-{high:.2f}), seed {seed}")
    return 0 if high <= 100 * ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())
