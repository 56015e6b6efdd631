"""From stored statistics to scores with intervals and to paired comparisons with every comparable run.

Pure but for what it reads from the store: no model is asked. Asking is runner.py's, the formulas are stats.py's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evals.comparisons import Comparison, Scored, compare
from evals.intervals import score
from evals.keys import comparability_key
from evals.metrics import metric
from evals.metrics.imported import PREFIX as IMPORTED
from evals.metrics.setting import Embed
from evals.records import ComparisonRow, Run, ScoreRow
from evals.store import Store
from evals.types import Metric, Sample, Suite
from llmweb.errors import BadInput, NotDownloaded
from llmweb.types import Vector

Statistics = Mapping[str, Mapping[str, Sequence[float]]]
"""Sample → metric → numbers."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A run's scores, and its comparisons as the candidate."""

    scores: list[ScoreRow]
    comparisons: list[ComparisonRow]


def asked_samples(suite: Suite, limit: int | None) -> tuple[Sample, ...]:
    """limit samples spread evenly over the suite, so that a few stand for all its texts; all of them without."""
    if limit is None or limit >= len(suite.samples):
        return suite.samples
    if limit < 1:
        raise BadInput(f"The limit is {limit}; ask at least 1 sample, or leave it out to ask all.")
    return tuple(suite.samples[place * len(suite.samples) // limit] for place in range(limit))


def stored_metric(name: str, suite: Suite) -> Metric:
    """The metric for statistics that are there already: nothing is embedded."""
    return metric(name, suite.target, _not_here)


def sample_value(metric: Metric, statistics: Mapping[str, Sequence[float]]) -> float | None:
    """Of one output alone; None where it has no statistics of the metric, or it is undefined."""
    if metric.name not in statistics:
        return None
    value = float(metric.combine(np.asarray(statistics[metric.name])))
    return None if np.isnan(value) else value


def measurable(suite: Suite, embed: Embed | None) -> list[Metric]:
    """The suite's metrics; those that embed only where there is something to embed with."""
    return [metric(name, suite.target, embed) for name in suite.metrics if embed or name not in EMBEDDING]


EMBEDDING = frozenset({"semantic-similarity"})


def judge(run: Run, suite: Suite, store: Store) -> Judged:
    """Everything that is known of a run once its samples are stored."""
    samples, found = asked_samples(suite, run.limit), store.statistics(run.id)
    ids = [sample.id for sample in samples]
    metrics = [stored_metric(name, suite) for name in suite.metrics]
    keys = {each.name: comparability_key(each.signature(), suite.sha256, ids, run.prompt_sha256) for each in metrics}
    peers = store.peers(run.id, list(keys.values()))
    others = {peer: store.statistics(peer) for peer in sorted({peer for each in peers.values() for peer in each})}
    scores, comparisons = [], []
    for each in metrics:
        mine = scored(each.name, found, samples)
        scores.append(_score_row(each, mine, keys[each.name]))
        for peer in peers[keys[each.name]]:
            compared = compare(each, mine, scored(each.name, others[peer], samples))
            comparisons.append(comparison_row(run.id, peer, each.name, compared))
    return Judged(scores, comparisons)


def compare_runs(candidate: Run, baseline: Run, store: Store) -> dict[str, Comparison]:
    """Under each metric that both have, on the samples both answered. Raises BadInput where they share none."""
    suite = store.suite(candidate.suite_sha256)
    other = suite if candidate.suite_sha256 == baseline.suite_sha256 else store.suite(baseline.suite_sha256)
    both = shared_samples(suite, other)
    if not both:
        raise BadInput(
            f"Run {candidate.id} asked {candidate.suite}, run {baseline.id} {baseline.suite}, or samples that have "
            "changed since. Only runs on the same samples can be compared; an imported one can be taken as answers to "
            "a suite: python -m evals import FILE --suite SUITE"
        )
    mine, theirs = store.statistics(candidate.id), store.statistics(baseline.id)
    shared = [
        name
        for name in suite.metrics
        if any(name in each for each in mine.values()) and any(name in each for each in theirs.values())
    ]
    first = [sample for sample in asked_samples(suite, candidate.limit) if sample.id in both]
    second = [sample for sample in asked_samples(other, baseline.limit) if sample.id in both]
    return {
        name: compare(stored_metric(name, suite), scored(name, mine, first), scored(name, theirs, second))
        for name in shared
    }


def shared_samples(suite: Suite, other: Suite) -> set[str]:
    """The ids of samples that both suites ask alike. Imported ones are called by what they ask: their ids suffice, as
    prompts may differ."""
    if suite.target != other.target:
        return set()
    theirs = {sample.id: sample for sample in other.samples}
    imported = all(name.startswith(IMPORTED) for name in (*suite.metrics, *other.metrics))
    return {sample.id for sample in suite.samples if sample.id in theirs and (imported or sample == theirs[sample.id])}


def scored(name: str, statistics: Statistics, asked: Sequence[Sample]) -> Scored:
    """One metric's rows, in the order of the suite whatever order the samples were finished in."""
    kept = [sample for sample in asked if name in statistics.get(sample.id, {})]
    rows = np.asarray([statistics[sample.id][name] for sample in kept], dtype=np.float64)
    return Scored([sample.id for sample in kept], rows, [sample.group for sample in kept], len(asked))


def comparison_row(candidate: str, baseline: str, name: str, found: Comparison) -> ComparisonRow:
    return ComparisonRow(
        candidate,
        baseline,
        name,
        found.difference,
        found.low,
        found.high,
        found.standard_error,
        found.p_value,
        found.test,
        found.scored,
        found.asked,
        found.verdict(),
    )


def _score_row(each: Metric, mine: Scored, key: str) -> ScoreRow:
    """Of nothing scored, the value is None and says so with its n."""
    name, signature, better = each.name, each.signature(), each.higher_is_better
    if not mine.ids:
        return ScoreRow(name, None, None, None, "", 0, mine.asked, 0, signature, key, better)
    found = score(each, mine.rows, mine.groups, mine.asked)
    low, high, method = (
        (None, None, "") if found.interval is None else (found.interval.low, found.interval.high, found.interval.method)
    )
    return ScoreRow(
        name, found.value, low, high, method, found.scored, found.asked, found.clusters, signature, key, better
    )


def _not_here(texts: Sequence[str]) -> Sequence[Vector]:
    raise NotDownloaded("Stored statistics are combined without a model; this metric was asked to embed.")
