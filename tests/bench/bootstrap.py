"""Is our bootstrap of BLEU as fast as sacrebleu's own: python -m tests.bench.bootstrap

1,000 resamples over 10,000 pairs, from counts to scores. Both get the same counts, drawn at random, each in the shape
it makes of texts itself, and draw the same resamples.
"""

import sys
from time import perf_counter

import numpy as np
from sacrebleu.significance import _bootstrap_resample

from evals.resampling import bootstrap_sums
from tests.bench.contest import Contest, report
from tests.evals.drawn import BLEU, bleu_rows

PAIRS, RESAMPLES, ROUNDS = 10_000, 1_000, 7
SEED = 12345  # sacrebleu's default


def main() -> int:
    rng = np.random.default_rng(0)
    rows = bleu_rows(rng, rng.beta(6, 4, PAIRS))
    counts = rows.tolist()
    contest = Contest("BLEU, 1,000 resamples of 10,000 pairs", 1.0)
    for _ in range(ROUNDS):
        started = perf_counter()
        ours = BLEU.combine(bootstrap_sums(rows, RESAMPLES, SEED))
        between = perf_counter()
        _, theirs = _bootstrap_resample(counts, BLEU._counter, RESAMPLES)
        ended = perf_counter()
        contest.pairs.append((RESAMPLES / (between - started), RESAMPLES / (ended - between)))
        # Single precision is sacrebleu's: sums of 10,000 counts round.
        np.testing.assert_allclose(ours, [found.score for found in theirs], atol=0.01)
    return 0 if report([contest], "resamples a second") else 1


if __name__ == "__main__":
    sys.exit(main())
