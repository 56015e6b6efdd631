"""Audits as text for a terminal: findings a block each, controls, limits; and two audits compared."""

from collections.abc import Sequence

from evals.bias.drift import Drift, unshared
from evals.bias.readers.items import credits
from evals.bias.records import Ability, AuditResult, Finding
from evals.bias.trials import Change, Outcome, State, Trial

MARKS = {"bias found": "!", "none larger than the margin": "=", "inconclusive": "?"}
OUTCOMES: dict[Outcome, str] = {"accepted": "=", "rejected": "!", "inconclusive": "?"}
STATES: dict[State, str] = {"met": "=", "not met": "!", "open": "?"}
DRIFTS = {
    "better": "nearer to no bias",
    "worse": "further from no bias",
    "same": "the same within the margin",
    "inconclusive": "nothing is sure",
}


def written_out(result: AuditResult) -> str:
    """Headlines in sentences, then the map a line each, controls, licences and limits."""
    lines = [f"Audit {result.id} of {result.system}, {result.created[:16]} UTC, margin {result.plan.margin:g} points"]
    if not result.trusted:
        lines += ["", "NOT TO BE TRUSTED", *result.distrust, "No findings are given."]
    for found in (each for each in result.findings if each.headline):
        lines += ["", f"{MARKS[found.verdict]} {found.title}, {found.axis}", f"  {found.words}", f"  {_numbers(found)}"]
        lines += [f"  {_ability(each)}" for each in found.ability]
        lines += [f"  {counted}"] if (counted := _counts(found)) else []
    others = [each for each in result.findings if not each.headline]
    lines += ["", "The map beside the headlines:", *(f"  {_map_line(each)}" for each in others)] if others else []
    if result.controls:
        lines += ["", "Controls, where nothing may differ:", *(f"  {_control_line(each)}" for each in result.controls)]
    lines += ["", "Items:"]
    lines += [f"  {each.id}: {each.samples:,} items, {each.licence}, run {each.run}" for each in result.suites]
    lines += [f"  {each}" for each in credits(result.suites)]
    lines += ["", "Limits:", *(f"  {each}" for each in result.limits)]
    lines += ["", f"Not tested: {'; '.join(result.not_tested)}"]
    return "\n".join(lines) + "\n"


def tried(trial: Trial) -> str:
    """The outcome, the five conditions, and each measure before and after a line each."""
    lines = [
        f"{OUTCOMES[trial.outcome]} {trial.outcome}: {trial.name}, {trial.mitigation.title.lower()}, on {trial.system}",
        f"  {trial.mitigation.about}",
        f"  tried on audit {trial.audit}; without it audit {trial.before}, with it audit {trial.after}",
    ]
    lines += [f"  Not to be trusted: {each}" for each in trial.distrust]
    for each in trial.conditions:
        lines += ["", f"{STATES[each.state]} {each.number} {each.title}: {each.state}"]
        lines += [f"  {line}" for line in each.words.splitlines()]
    groups = (("Bias", trial.targets), ("Bias on templates kept apart", trial.heldout), ("Other biases", trial.others))
    for name, changes in (*groups, ("Quality", trial.quality), ("Silence", trial.silence)):
        lines += ["", f"{name}, before → after:", *map(_change, changes)] if changes else []
    return "\n".join([*lines, "", f"What it leaves: {trial.mitigation.risk}"]) + "\n"


def _change(change: Change) -> str:
    before, after = (
        _ends(*each)
        for each in (
            (change.before, change.before_low, change.before_high),
            (change.after, change.after_low, change.after_high),
        )
    )
    named = f"{change.title}{f', {change.axis}' if change.axis else ''}, {change.measure}"
    return f"  {named}: {before} → {after} {change.unit}".rstrip() + f", n {change.n}"


def _ends(value: float | None, low: float | None, high: float | None) -> str:
    ends = "" if low is None or high is None else f" [{low:.2f}, {high:.2f}]"
    return "n/a" if value is None else f"{value:.2f}{ends}"


def drift_table(old: AuditResult, new: AuditResult, drifts: Sequence[Drift]) -> str:
    lines = [f"Old: {old.system} (audit {old.id})", f"New: {new.system} (audit {new.id})"]
    for each in drifts:
        found = each.comparison
        lines += ["", f"{each.probe} on {each.axis}, {each.metric}: {DRIFTS[each.verdict]}."]
        if found.difference is None or found.low is None or found.high is None:
            lines += [f"  {found.scored} of {found.asked} items answered by both: too few to tell."]
            continue
        p_value = "n/a" if each.p_holm is None else f"{each.p_holm:.4f}"
        lines += [
            f"  Distance from no bias: old {found.baseline:.2f}, new {found.candidate:.2f}, new - old "
            f"{found.difference:+.2f} [{found.low:+.2f}, {found.high:+.2f}], p {p_value} after Holm, {found.scored} "
            "items."
        ]
    lines += ["", *told] if (told := credits(each for each in new.suites if not each.control)) else []
    lines += [f"\nMeasured by one of the two only: {'; '.join(left)}."] if (left := unshared(old, new)) else []
    return "\n".join(lines) + "\n"


def _numbers(found: Finding) -> str:
    """Effect, floor, p, size and n."""
    parts = [f"effect {_signed(found.effect)} [{_signed(found.low)}, {_signed(found.high)}]"]
    parts += [_floor(found)]
    parts += [f"p {_plain(found.p_value)}, after Holm {_plain(found.p_holm)}"]
    parts += [f"{found.effect_size_name} {found.effect_size:.2f}"] if found.effect_size is not None else []
    return ", ".join([*parts, f"{found.n} items in {found.clusters} clusters"])


def _map_line(found: Finding) -> str:
    ends = f"effect {_signed(found.effect)} [{_signed(found.low)}, {_signed(found.high)}]"
    return (
        f"{MARKS[found.verdict]} {_read(found)}, {ends}, {_floor(found)}, p {_plain(found.p_bh)} after BH, n {found.n}"
    )


def _control_line(found: Finding) -> str:
    """Inside its floor or not: a control has no verdict."""
    if found.in_null is None:
        return f"{_read(found)}: nothing to measure"
    inside = "inside" if found.in_null else "OUTSIDE"
    return f"{_read(found)}, effect {_signed(found.effect)} {inside} its {_floor(found)}, n {found.n}"


def _read(found: Finding) -> str:
    value = "n/a" if found.value is None else f"{found.value:.2f}"
    return f"{found.probe}, {found.axis}, {found.metric}: {value}"


def _floor(found: Finding) -> str:
    return f"floor [{_signed(found.null_low)}, {_signed(found.null_high)}]"


def _ability(ability: Ability) -> str:
    if ability.value is None:
        return f"{ability.name}: n/a, 0 scored"
    ends = "" if ability.low is None or ability.high is None else f" [{ability.low:.1f}, {ability.high:.1f}]"
    chance = "" if ability.chance is None else f", chance {ability.chance:.1f}"
    return f"{ability.name}: {ability.value:.1f} %{ends}{chance}"


def _counts(found: Finding) -> str:
    counts = found.counts
    columns = ("errors", "refused", "unparsable", "truncated", "undecided", "ties")
    told = [f"{getattr(counts, name)} {name}" for name in columns if getattr(counts, name)]
    return ", ".join([f"{counts.scored} of {counts.asked} scored", *told]) if told else ""


def _signed(value: float | None) -> str:
    return "n/a" if value is None else f"{value:+.2f}"


def _plain(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.4f}"
