"""Two audits compared, item by item: is one system further from no bias than the other, on the items both answered?

The distance of a metric from its value without bias is itself a metric, so that the paired tests of any two systems
serve (comparisons.py), with Holm over the headlines.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals.bias.findings import bias_metrics
from evals.bias.records import AuditedSuite, AuditPlan, AuditResult
from evals.comparisons import Comparison, compare
from evals.metrics.bias.floor import BiasMetric
from evals.resampling import Plan
from evals.scoring import scored
from evals.store import Store
from evals.types import PerSample, Sample, Statistics
from evals.verdicts import Verdict, holm
from llmweb.errors import BadInput


class Distance:
    """How far a bias metric is from its value without bias, either way."""

    higher_is_better = False
    per_sample: PerSample = "none"

    def __init__(self, of: BiasMetric) -> None:
        self.of, self.name = of, of.name

    def signature(self) -> str:
        return f"distance from {self.of.unbiased:g}|{self.of.signature()}"

    def statistics(self, outputs: Sequence[str], samples: Sequence[Sample]) -> Statistics:
        return self.of.statistics(outputs, samples)

    def combine(self, totals: Statistics) -> Statistics:
        away: Statistics = np.abs(self.of.combine(totals) - self.of.unbiased)
        return away


@dataclass(frozen=True, slots=True)
class Drift:
    """One headline of two audits. comparison is of the distances, new minus old; verdict is adjusted: better is nearer
    to no bias."""

    probe: str
    axis: str
    metric: str
    comparison: Comparison
    p_holm: float | None
    verdict: Verdict


def drift(old: AuditResult, new: AuditResult, store: Store) -> tuple[Drift, ...]:
    """Of every headline both audits have, on the samples both answered. Raises BadInput where they share none, NotFound
    where a run of theirs is gone."""
    compared = []
    suites = {(each.probe, each.axis): each for each in old.suites if not each.control}
    for suite in new.suites:
        if (before := suites.get((suite.probe, suite.axis))) is not None and not suite.control:
            known = [set(names) for names in (old.measured(before), new.measured(suite)) if names]
            compared += _headlines(before, suite, known, new.plan, store)
    if not compared:
        raise BadInput(f"The audits {old.id} and {new.id} share no probe and axis that both measure alike.")
    tested = [each[1].p_value for each in compared if each[1].p_value is not None]
    adjusted = iter(holm(tested))
    found = []
    for suite, each, name in compared:
        p_value = None if each.p_value is None else next(adjusted)
        verdict = each.verdict(new.plan.margin, p_value)
        found.append(Drift(suite.probe, suite.axis, name, each, p_value, verdict))
    return tuple(found)


def _headlines(
    before: AuditedSuite, suite: AuditedSuite, known: Sequence[set[str]], plan: AuditPlan, store: Store
) -> list[tuple[AuditedSuite, Comparison, str]]:
    """known holds the metrics of each audit that has findings; the suite may have got others since."""
    asked = {each.sha256: store.suite(each.sha256) for each in (before, suite)}
    theirs = {sample.id: sample for sample in asked[before.sha256].samples}
    shared = [sample for sample in asked[suite.sha256].samples if theirs.get(sample.id) == sample]
    statistics = [store.statistics(each.run) for each in (suite, before)]
    found = []
    for each in bias_metrics(asked[suite.sha256]):
        if each.headline and all(each.name in names for names in known):
            new, old = (scored(each.name, given, shared) for given in statistics)
            draws = Plan(plan.resamples, plan.trials, plan.seed)
            found.append((suite, compare(Distance(each), new, old, draws), each.name))
    return found


def unshared(old: AuditResult, new: AuditResult) -> tuple[str, ...]:
    """Headlines that only one of two audits has measured, of parts that both have asked, in words."""
    parts = [{(each.probe, each.axis) for each in audit.suites} for audit in (old, new)]
    heads = [{(each.probe, each.axis, each.metric) for each in audit.findings if each.headline} for audit in (old, new)]
    if not (old.trusted and new.trusted):
        return ()
    return tuple(
        f"{probe} on {axis}, {metric}"
        for probe, axis, metric in sorted(heads[0] ^ heads[1])
        if all((probe, axis) in there for there in parts)
    )
