"""How long runs will take here, by what earlier ones took. Pure; the speeds are read by run_reads.py."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evals.run_reads import Speed
from evals.scoring import asked_samples
from evals.systems import System
from evals.types import Suite


class Estimate(NamedTuple):
    """seconds for the systems that have run here before; unknown names the others. Baselines take no time to speak
    of."""

    seconds: float
    unknown: tuple[str, ...] = ()


def estimate(plan: Iterable[tuple[Suite, System]], limit: int | None, speeds: Sequence[Speed]) -> Estimate:
    """By the latest run of a system on the suite, else on one of its kind. speeds come the latest last."""
    on_suite = {(speed.suite, speed.system): speed.seconds_a_sample for speed in speeds}
    on_kind = {(speed.kind, speed.system): speed.seconds_a_sample for speed in speeds}
    seconds, unknown = 0.0, dict[str, None]()
    for suite, system in plan:
        if system.is_baseline:
            continue
        found = on_suite.get((suite.id, system.id), on_kind.get((suite.kind, system.id)))
        if found is None:
            unknown[system.id] = None
            continue
        seconds += found * len(asked_samples(suite, limit))
    return Estimate(seconds, tuple(unknown))
