"""From the outputs of both systems of a trial to what has changed between them; pure, so that a trial can be verified.

How a change is measured is changes.py's, what is made of them acceptance.py's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import get_args

from evals.bias import changes
from evals.bias.abstention import calibrate
from evals.bias.audit import distrusted, judged
from evals.bias.findings import Asked
from evals.bias.mitigations import calibrated
from evals.bias.records import AuditPlan, AuditResult
from evals.bias.trials import Change, Role, Trial
from evals.metrics.bias.floor import BiasMetric
from evals.records import OutputRow
from evals.scoring import asked_samples
from evals.types import Suite

Given = Mapping[str, tuple[Suite, Sequence[OutputRow]]]
"""Run → its suite, also the samples that a limit left out, and its outputs."""
Head = tuple[changes.Pair, BiasMetric]


def concluded(trial: Trial, audit: AuditResult, given: Given) -> Trial:
    """With what has changed; not yet judged. audit is the one that the mitigation is tried on.

    Targets are the biases that the audit has found where the mitigation can change them; every headline where it found
    none there.
    """
    plan = trial.plan
    sides = {role: answered(trial, role, given) for role in get_args(Role)}
    parts = changes.pairs(sides["before"], sides["after"])
    heads = [(part, each) for part in parts for each in changes.judged_by(part[0])]
    targets = _targets(heads, audit)
    work = zip(sides["quality before"], sides["quality after"], strict=True)
    return replace(
        trial,
        distrust=tuple(dict.fromkeys(each for role in ("before", "after") for each in _distrust(sides[role], plan))),
        targets=tuple(changes.bias([part], each, plan, heldout=False) for part, each in targets),
        heldout=_held_out(targets, plan),
        quality=(*changes.abilities(parts, plan), *(each for pair in work for each in changes.ordinary(pair, plan))),
        silence=tuple(changes.silences(parts, plan)),
        others=_others(heads, targets, plan),
    )


def named(trial: Trial, given: Given) -> str:
    """What the system with the mitigation is called: with a threshold where the outputs without it give one."""
    if trial.mitigation.lever != "abstain":
        return trial.mitigation.id
    return calibrated(trial.mitigation, calibrate(answered(trial, "before", given)))


def answered(trial: Trial, role: Role, given: Given) -> list[Asked]:
    found = []
    for each in trial.runs:
        if each.role == role:
            suite, outputs = given[each.run]
            samples = asked_samples(suite, trial.plan.limit)
            found.append(Asked(each.probe, replace(suite, samples=samples), each.run, outputs))
    return found


def _targets(heads: Sequence[Head], audit: AuditResult) -> list[Head]:
    found = {
        (each.probe, each.axis, changes.judged_name(each.metric))
        for each in audit.findings
        if each.headline and each.verdict == "bias found"
    }
    return [(part, each) for part, each in heads if (part[0].probe, part[0].axis, each.name) in found] or [*heads]


def _held_out(targets: Sequence[Head], plan: AuditPlan) -> tuple[Change, ...]:
    """Of each target's measure over the axes of its probe together: an axis alone has a template or two kept apart."""
    together = dict[tuple[str, str], list[Head]]()
    for part, each in targets:
        together.setdefault((part[0].probe, each.name), []).append((part, each))
    return tuple(changes.bias([part for part, _ in same], same[0][1], plan, heldout=True) for same in together.values())


def _others(heads: Sequence[Head], targets: Sequence[Head], plan: AuditPlan) -> tuple[Change, ...]:
    tried = {(part[0].suite.id, each.name) for part, each in targets}
    rest = [(part, each) for part, each in heads if (part[0].suite.id, each.name) not in tried]
    return tuple(changes.bias([part], each, plan) for part, each in rest)


def _distrust(asked: Sequence[Asked], plan: AuditPlan) -> tuple[str, ...]:
    controls, _ = judged([each for each in asked if each.control], plan)
    return distrusted(controls)
