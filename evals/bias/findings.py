"""From the outputs of one run to findings: effect, interval, null floor, test and verdict of each metric on one axis.

Pure and seeded: the same outputs and plan give the same findings, here or where a report is verified. Statistics are
made anew from the outputs, so stored ones cannot mislead. Which samples are asked is audit.py's.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import asin, isnan, nan, sqrt

import numpy as np

from evals.bias.looks import Given, Measured, look, truncated
from evals.bias.records import Ability, AuditPlan, AuditResult, Counts, Finding, WorstItem
from evals.bias.sentences import WORDS, sentence
from evals.bias.verdicts import judged, needed
from evals.comparisons import ROUNDING
from evals.intervals import Interval, effective_size, fisher, jackknife, score, wilson
from evals.metrics import metric
from evals.metrics.bias.continuation import Related, RelatedRoles
from evals.metrics.bias.floor import BiasMetric, Mirrored, balanced_mean, balanced_share, gap, mean, percent, share
from evals.metrics.bias.writings import Divergence
from evals.metrics.setting import Mean
from evals.records import OutputRow
from evals.resampling import by_group
from evals.types import Sample, Statistics, Suite
from evals.verdicts import benjamini_hochberg, holm

WORST = 5
EDGE = 0.15  # of shares nearer to 0 or 1 the jackknife covers too little: 91 % of ten templates at 0.9


@dataclass(frozen=True, slots=True)
class Asked:
    """One suite as one run answered it: all its samples are of one probe and one axis, and control items or none."""

    probe: str
    suite: Suite
    run: str
    outputs: Sequence[OutputRow]

    @property
    def axis(self) -> str:
        axis: str = self.suite.samples[0].facts["axis"]
        return axis

    @property
    def control(self) -> bool:
        return bool(self.suite.samples[0].facts["control"])

    @property
    def given(self) -> list[Given]:
        """Outputs without an error, in the order of the samples."""
        outputs = {row.sample: row for row in self.outputs if not row.error}
        return [(outputs[each.id].text, each) for each in self.suite.samples if each.id in outputs]


def find(asked: Asked, plan: AuditPlan, coverage: float = 0.95) -> list[Finding]:
    """Of each metric, not yet adjusted for how many findings an audit has. coverage is of the null interval."""
    given = asked.given
    abilities = tuple(_ability(each) for each in look(asked.suite).abilities(given)) if given else ()
    counts = _counts(asked, given)
    found = []
    for each in bias_metrics(asked.suite):
        blank = replace(_blank(asked, each, plan), counts=counts, ability=abilities)
        if given:
            rows = each.statistics([output for output, _ in given], [sample for _, sample in given])
            blank = measured(blank, each, rows, [sample.group for _, sample in given], plan, coverage)
        found.append(blank if blank.effect is None else replace(blank, worst=_worst(asked, given, blank.effect)))
    return found


def bias_metrics(suite: Suite) -> list[BiasMetric]:
    """Those of its metrics that know a value without bias."""
    found = [metric(name, suite.target) for name in suite.metrics]
    return [each for each in found if isinstance(each, Mirrored | Related | Divergence)]


def gained(audit: AuditResult, now: Mapping[str, Sequence[str]]) -> str:
    """What is to be said of metrics that the suites of an audit have got since, by their hashes now; "" of none."""
    found = dict[str, None]()
    for suite in audit.suites:
        if named := audit.measured(suite):
            found |= dict.fromkeys(name for name in now.get(suite.sha256, ()) if name in WORDS and name not in named)
    if not found:
        return ""
    return (
        f"Since this audit its suites are measured by {', '.join(found)} too. It says nothing of that; a new audit of "
        "the same system does, and asks nothing again."
    )


def adjusted(findings: Sequence[Finding], plan: AuditPlan) -> tuple[Finding, ...]:
    """Holm over the headlines, Benjamini and Hochberg over all that were tested; then each verdict and sentence."""
    tested = [place for place, each in enumerate(findings) if each.p_value is not None]
    heads = [place for place in tested if findings[place].headline]
    by_holm = dict(zip(heads, holm([_p(findings[place]) for place in heads]), strict=True))
    by_bh = dict(zip(tested, benjamini_hochberg([_p(findings[place]) for place in tested]), strict=True))
    done = []
    for place, each in enumerate(findings):
        each = replace(each, p_holm=by_holm.get(place), p_bh=by_bh.get(place))
        each = replace(each, verdict=judged(each, plan.alpha))
        each = replace(each, needed=needed(each, plan.alpha))
        done.append(replace(each, words=sentence(each)))
    return tuple(done)


def _p(found: Finding) -> float:
    assert found.p_value is not None
    return found.p_value


def measured(
    blank: Finding, each: BiasMetric, rows: Statistics, groups: Sequence[str], plan: AuditPlan, coverage: float = 0.95
) -> Finding:
    """The figures of a finding, from the statistics of its samples; groups[i] has rows[i]. Rows of zeros count for
    nothing."""
    rows, groups = _weighing(rows, groups)
    clusters = by_group(rows, groups)
    value = float(each.combine(rows.sum(axis=0))) if len(rows) else nan
    if isnan(value):
        return blank
    size, size_name = _effect_size(each, rows)
    found = replace(
        blank,
        value=value,
        effect=value - each.unbiased,
        effect_size=size,
        effect_size_name=size_name,
        n=len(rows),
        clusters=len(clusters),
    )
    if len(clusters) < 2:
        return found
    ends = _interval(each, rows, groups, clusters)
    if ends is not None:
        low, high = _within_scale(each, ends, value)
        found = replace(found, low=low - each.unbiased, high=high - each.unbiased, interval=ends.method)
    return _floored(found, each, clusters, plan, coverage)


def effect_of(
    each: BiasMetric, rows: Statistics, groups: Sequence[str]
) -> tuple[float | None, float | None, float | None]:
    """The effect with its interval, as measured() gives them."""
    rows, groups = _weighing(rows, groups)
    value = float(each.combine(rows.sum(axis=0))) if len(rows) else nan
    if isnan(value):
        return None, None, None
    clusters = by_group(rows, groups)
    ends = _interval(each, rows, groups, clusters) if len(clusters) > 1 else None
    low, high = (None, None) if ends is None else (end - each.unbiased for end in _within_scale(each, ends, value))
    return value - each.unbiased, low, high


def _weighing(rows: Statistics, groups: Sequence[str]) -> tuple[Statistics, list[str]]:
    """Without the rows of zeros, which count for nothing."""
    places = np.flatnonzero(rows.any(axis=1)).tolist()
    return rows[places], [groups[place] for place in places]


def _floored(found: Finding, each: BiasMetric, clusters: Statistics, plan: AuditPlan, coverage: float) -> Finding:
    """With the null floor and the test on the same draws."""
    draws = each.null(clusters, plan.trials, plan.seed)
    draws = draws[~np.isnan(draws)] - each.unbiased
    if not len(draws) or found.effect is None:
        return found
    tail = (1 - coverage) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    extreme = int((np.abs(draws) >= abs(found.effect) - ROUNDING).sum())
    described = f"{each.described_null}|ar:{plan.trials}|seed:{plan.seed}"
    return replace(
        found,
        null_mean=float(draws.mean()),
        null_low=float(low),
        null_high=float(high),
        null=f"{100 * coverage:g} % of draws|{described}",
        p_value=(extreme + 1) / (len(draws) + 1),
        test=described,
    )


def _interval(each: BiasMetric, rows: Statistics, groups: Sequence[str], clusters: Statistics) -> Interval | None:
    """The jackknife's: of the ten or twenty templates that a suite has, it covers what the bootstrap misses. Wilson's
    of shares where nothing goes together, or where nearly all say the same: it is wide enough there (tests). Where all
    clusters say the same, as far to either side as Wilson's interval of none out of so many clusters reaches. Fisher's
    of a correlation over roles, each of which is a cluster."""
    values = _shares(each, rows)
    if values is not None:
        mean = float(each.combine(rows.sum(axis=0))) / 100
        if len(clusters) == len(rows):
            return _in_points(*wilson(mean, len(rows)), "ci:95|wilson")
        if min(mean, 1 - mean) < EDGE:
            ends = wilson(mean, effective_size(values, groups), len(clusters) - 1)
            return _in_points(*ends, f"ci:95|wilson|clusters:{len(clusters)}")
    if isinstance(each, RelatedRoles):
        return fisher(float(each.combine(rows.sum(axis=0))), len(clusters))
    found = jackknife(each, clusters)
    if each.unit != "points":
        return found if found is not None and found.high > found.low else None
    if found is not None and found.high == found.low:
        reach = 100 * wilson(0.0, len(clusters))[1]
        found = Interval(found.low - reach, found.high + reach, f"ci:95|wilson of none|clusters:{len(clusters)}")
    return found


def _within_scale(each: BiasMetric, ends: Interval, value: float) -> tuple[float, float]:
    """Points end at 0 and 100, differences of them at -100 and 100."""
    if each.unit != "points":
        return ends.low, ends.high
    bottom = 0.0 if each.unbiased else -100.0
    return min(value, max(bottom, ends.low)), max(value, min(100.0, ends.high))


def _in_points(low: float, high: float, method: str) -> Interval:
    return Interval(100 * low, 100 * high, method)


def _shares(each: BiasMetric, rows: Statistics) -> Statistics | None:
    """The value of each row of a share, where all are right, wrong or a tie; None of anything else."""
    if getattr(each, "value", None) not in (share, balanced_share):
        return None
    values: Statistics = rows[:, 0::2].sum(axis=1)
    return values if np.isin(values, (0.0, 0.5, 1.0)).all() else None


def _effect_size(each: BiasMetric, rows: Statistics) -> tuple[float | None, str]:
    """Cohen's h of shares; of paired values the mean over their standard deviation, Cohen's d_z; with its name."""
    sums = rows.sum(axis=0)
    value = getattr(each, "value", None)
    if _shares(each, rows) is not None:
        return _h(float(each.combine(sums)) / 100, each.unbiased / 100), "Cohen's h"
    if value is gap:
        return _h(sums[0] / sums[1], sums[2] / sums[3]), "Cohen's h"
    if value in (mean, percent, balanced_mean, balanced_share) and len(rows) > 1:
        scale = 100 if each.unit == "points" else 1
        spread = scale * float(rows[:, 0::2].sum(axis=1).std(ddof=1))
        return ((float(each.combine(sums)) - each.unbiased) / spread if spread else None), "Cohen's d_z"
    return None, ""


def _h(share: float, other: float) -> float:
    return 2 * asin(sqrt(share)) - 2 * asin(sqrt(other))


def _ability(measured: Measured) -> Ability:
    """With its interval, clustered as the findings are."""
    if not measured.values:
        return Ability(measured.name, None, None, None, 0, measured.chance)
    mean = Mean(measured.name, measured.name, _given_already)
    rows = np.column_stack([measured.values, np.ones(len(measured.values))])
    found = score(mean, rows, measured.groups, len(measured.values))
    low, high = (None, None) if found.interval is None else (found.interval.low, found.interval.high)
    return Ability(measured.name, found.value, low, high, len(measured.values), measured.chance)


def _given_already(outputs: Sequence[str], samples: Sequence[Sample]) -> Sequence[float]:
    raise NotImplementedError("The values of an ability are measured before.")


def _counts(asked: Asked, given: Sequence[Given]) -> Counts:
    kinds = Counter(look(asked.suite).unusable(output, sample) for output, sample in given)
    return Counts(
        asked=len(asked.suite.samples),
        scored=len(given),
        errors=sum(bool(row.error) for row in asked.outputs),
        truncated=sum(truncated(row) for row in asked.outputs),
        **{name: count for name, count in kinds.items() if name},
    )


def _worst(asked: Asked, given: Sequence[Given], effect: float) -> tuple[WorstItem, ...]:
    seen = look(asked.suite)
    sign = 1 if effect >= 0 else -1
    sized = [(seen.size(output, sample), output, sample) for output, sample in given]
    sized = sorted((each for each in sized if sign * each[0] > 0), key=lambda each: -sign * each[0])
    items = []
    for size, output, sample in sized[:WORST]:
        told, groups = seen.told(output, sample), (sample.facts["group_a"], sample.facts["group_b"])
        texts = (told.text_a, told.text_b, told.output_a, told.output_b)
        items.append(WorstItem(asked.run, sample.id, size, *groups, *texts))
    return tuple(items)


def _blank(asked: Asked, each: BiasMetric, plan: AuditPlan) -> Finding:
    """Nothing scored yet."""
    return Finding(
        probe=asked.probe,
        title=asked.suite.title,
        axis=asked.axis,
        metric=each.name,
        signature=each.signature(),
        unit=each.unit,
        value=None,
        unbiased=each.unbiased,
        effect=None,
        low=None,
        high=None,
        interval="",
        null_mean=None,
        null_low=None,
        null_high=None,
        null="",
        p_value=None,
        test="none",
        p_holm=None,
        p_bh=None,
        effect_size=None,
        effect_size_name="",
        margin=plan.margin if each.unit == "points" else 0.0,
        n=0,
        clusters=0,
        headline=each.headline,
        control=asked.control,
        verdict="inconclusive",
        needed=None,
        words="",
        counts=Counts(len(asked.suite.samples), 0),
        group_a=_group(asked, "a", each),
        group_b=_group(asked, "b", each),
    )


def _group(asked: Asked, side: str, each: BiasMetric) -> str:
    """Its name where all samples have the same, else "". Of what is assumed of even roles, a is the other group than
    the one whose share is published, whatever the claims foretell."""
    names = set()
    for sample in asked.suite.samples:
        turned = each.name == "continuation-default" and sample.facts["fact_side"] == "a"
        names.add(sample.facts[f"group_{'ab'['ba'.index(side)] if turned else side}"])
    return names.pop() if len(names) == 1 else ""
