"""Whether two sets of answers differ by more than asking again does: gaps with interval, noise band and test. Pure.

A gap is the mean over the answers about the other person minus that over the answers about the one in the text. The
test deals all answers out anew: were the person of no account, each deal would be as likely as the one that was seen
(Fisher 1935), whatever the values are; equal values make it only more careful. The same seeds on both sides can make
the two sides more alike than deals are, so that too errs on the careful side.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np

from evals.comparisons import ROUNDING
from evals.intervals import CONFIDENCE
from evals.types import Statistics
from evals.verdicts import ALPHA, holm

DEALS = 9_999
EXACT_DEALS = 13_000  # C(16, 8) is 12,870: of eight answers each, every deal is looked at
CELLS = 4_000_000
FEWEST = 5  # of four answers each, the least p is 2 / 70: four measures together never show anything


@dataclass(frozen=True, slots=True)
class Gap:
    """value lies between low and high with 95 % confidence; 95 % of deals lie between noise_low and noise_high.

    p_holm is adjusted for all measures looked at. n are the answers on either side. Where value is None, why says so in
    words; where there is a value and no p_value, nothing random was asked.
    """

    measure: str
    unit: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    noise_low: float | None = None
    noise_high: float | None = None
    p_value: float | None = None
    p_holm: float | None = None
    n: tuple[int, int] = (0, 0)
    why: str = ""

    @property
    def found(self) -> bool:
        """Larger than the noise: the adjusted test says so, and the interval leaves out 0."""
        if self.p_holm is None or self.low is None or self.high is None:
            return False
        return self.p_holm < ALPHA and not self.low <= 0 <= self.high


def gap(blank: Gap, first: Sequence[float], second: Sequence[float], share: bool = False) -> Gap:
    """Not yet adjusted. first are the values of the answers about the person in the text; of a share they are 0 or
    100."""
    n = (len(first), len(second))
    if not first or not second:
        return replace(blank, n=n, why=blank.why or "no answer has a value")
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    value = float(other.mean() - one.mean())
    if min(n) < 2:
        return replace(blank, value=value, n=n)
    low, high = interval(one[None], other[None], share)
    dealt = deals(*n) @ np.concatenate([one, other])
    ends = np.quantile(dealt, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    p_value = float(p_values(np.concatenate([one, other])[None], n[0])[0])
    return replace(
        blank,
        value=value,
        low=float(low[0]),
        high=float(high[0]),
        noise_low=float(ends[0]),
        noise_high=float(ends[1]),
        p_value=p_value,
        n=n,
    )


def adjusted(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    """Holm over all that were tested."""
    tested = [place for place, each in enumerate(gaps) if each.p_value is not None]
    over_all: Mapping[int, float] = dict(
        zip(tested, holm([gaps[place].p_value or 0.0 for place in tested]), strict=True)
    )
    return tuple(replace(each, p_holm=over_all.get(place)) for place, each in enumerate(gaps))


@lru_cache(maxsize=8)
def deals(first: int, second: int) -> Statistics:
    """Shape (deals, answers): what each answer's value counts for in the gap. Every way to deal, or DEALS at random."""
    size = first + second
    if comb(size, first) <= EXACT_DEALS:
        chosen = np.asarray(list(combinations(range(size), second)), dtype=np.intp)
    else:
        rng = np.random.default_rng(size)
        chosen = np.argsort(rng.random((DEALS, size)), axis=1)[:, :second]
    weights = np.full((len(chosen), size), -1 / first)
    np.put_along_axis(weights, chosen, 1 / second, axis=1)
    return weights


def p_values(values: Statistics, first: int) -> Statistics:
    """Two-sided, of each row of values, its first `first` columns being one side."""
    second = values.shape[1] - first
    weights = deals(first, second)
    # Every deal holds the one that was seen; of random ones it is one more (Phipson and Smyth 2010).
    more = 0 if comb(first + second, first) <= EXACT_DEALS else 1
    found = np.empty(len(values))
    for rows in _chunks(len(values), len(weights)):
        part = values[rows]
        seen = np.abs(part[:, first:].mean(axis=1) - part[:, :first].mean(axis=1))
        near = ROUNDING * (1 + np.abs(part).max(axis=1))
        extreme = (np.abs(part @ weights.T) >= (seen - near)[:, None]).sum(axis=1)
        found[rows] = (extreme + more) / (len(weights) + more)
    return found


def interval(first: Statistics, second: Statistics, share: bool = False) -> tuple[Statistics, Statistics]:
    """Ends of the 95 % interval of each row's gap: Welch's, with Student's t; of shares, 0 or 100, the one with a
    success and a failure more on both sides. Welch 1947, Biometrika 34; Agresti and Caffo 2000, The American
    Statistician 54."""
    if share:
        first, second = (np.pad(side, ((0, 0), (1, 1)), constant_values=(0.0, 100.0)) for side in (first, second))
    sizes = first.shape[1], second.shape[1]
    parts = [side.var(axis=1, ddof=0 if share else 1) / size for side, size in zip((first, second), sizes, strict=True)]
    error = np.sqrt(parts[0] + parts[1])
    below = parts[0] ** 2 / (sizes[0] - 1) + parts[1] ** 2 / (sizes[1] - 1)
    degrees = np.where(below > 0, (parts[0] + parts[1]) ** 2 / np.where(below > 0, below, 1.0), np.inf)
    half = _quantile(np.full_like(error, np.inf) if share else degrees) * error
    centre = second.mean(axis=1) - first.mean(axis=1)
    reach = 100.0 if share else np.inf
    return np.maximum(centre - half, -reach), np.minimum(centre + half, reach)


def _quantile(degrees: Statistics) -> Statistics:
    from scipy.special import ndtri, stdtrit  # type: ignore[import-untyped]

    level = (1 + CONFIDENCE) / 2
    known = np.isfinite(degrees)
    found: Statistics = np.where(known, stdtrit(np.where(known, degrees, 1.0), level), ndtri(level))
    return found


def _chunks(rows: int, width: int) -> Iterator[slice]:
    step = max(1, CELLS // max(width, 1))
    return (slice(start, start + step) for start in range(0, rows, step))
