"""Part ten of a report: what was tried against a bias, before and after, what it costs, and by which rule it is judged.

The rule is bias/acceptance.py's. Where nothing was tried, that is what the part says.
"""

from collections.abc import Iterator, Mapping, Sequence

from evals.bias.trials import Change, Outcome, State, Trial
from evals.evidence import Evidence
from evals.report import change_plot, words
from evals.report.blocks import Block, Cell, Facts, Figure, Table, Text, Tone
from evals.report.plots import NARROW

NOTHING = "Nothing was tried in this audit. What it found stands, and nobody has accepted it as a risk."
RULE = (
    "A mitigation is accepted if it meets five conditions on the same samples: the bias is surely less, by more than "
    "the margin (Holm over all that was tried on this audit); quality is surely kept; it does not answer less often; "
    "the gain is seen on templates kept apart too; and no other headline is significantly worse. It is rejected if one "
    "of them is surely not met, and inconclusive if the samples do not tell."
)
NOBODY = (
    "The program applied the rule; no person has accepted what remains as a risk. Whoever puts the model to use with "
    "the mitigation answers for that."
)
OUTCOMES: Mapping[Outcome, tuple[str, Tone]] = {
    "accepted": ("✓ accepted", "none"),
    "rejected": ("▲ rejected", "found"),
    "inconclusive": ("? inconclusive", "open"),
}
STATES: Mapping[State, tuple[str, Tone]] = {
    "met": ("✓ met", "none"),
    "not met": ("▲ not met", "found"),
    "open": ("? the samples do not tell", "open"),
}
PLOT_WORDS = "Each bias without and with the mitigation, with 95 % intervals. Dashed: the margin chosen before the run."


def mitigations(evidence: Evidence, lost: int = 0) -> tuple[Block, ...]:
    """lost: trials that are not among the evidence, as runs of them were deleted."""
    trials, own = evidence.trials, evidence.audit.identity.get("mitigation")
    if lost:
        told = f"{words.counted(lost, 'mitigation')} tried on this audit cannot be shown: runs of it were deleted."
        return (Text(told, "open"), *(mitigations(evidence) if trials else ()))
    if not trials and own:
        return (Text(f"The system has a mitigation already: {own['name']}. Its trial stands in the audit without it."),)
    if not trials:
        return (Text(NOTHING),)
    told = f"{words.counted(len(trials), 'mitigation was', 'mitigations were')} tried: " + ", ".join(
        f"{trial.name} {trial.outcome}" for trial in trials
    )
    return (Text(f"{told}. {RULE}"), *(block for trial in trials for block in trial_blocks(trial)), Text(NOBODY))


def trial_blocks(trial: Trial) -> Iterator[Block]:
    """One trial: outcome, what was changed, picture, numbers, conditions, what it leaves."""
    mitigation = trial.mitigation
    yield Text(outcome_words(trial), OUTCOMES[trial.outcome][1])
    facts = [("Mitigation", f"{trial.name}: {mitigation.about}"), ("Source", mitigation.source)]
    label = "Line that calls for what is unwanted" if mitigation.lever == "debias" else "Read by the model first"
    facts += [(label, mitigation.words)] if mitigation.words else []
    facts += [("Without it", f"audit {trial.before}"), ("With it", f"audit {trial.after}")]
    yield Facts(tuple(facts))
    yield from (Text(f"Not to be trusted: {each}", "found") for each in trial.distrust)
    yield from figure(trial)
    yield conditions(trial)
    yield before_and_after(trial)
    yield Text(f"What it leaves: {remains(trial)} {mitigation.risk}")


def outcome_words(trial: Trial) -> str:
    """In a sentence, with the conditions that decided it."""
    icon = OUTCOMES[trial.outcome][0]
    wanting = [
        each for each in trial.conditions if each.state == ("not met" if trial.outcome == "rejected" else "open")
    ]
    named = "; ".join(f"{each.number} {each.title.lower()}" for each in wanting)
    match trial.outcome:
        case "accepted":
            why = "all five conditions are met"
        case "rejected":
            why = f"surely not met: {named}"
        case _:
            why = f"the samples do not tell: {named}" if named else "an audit of the two is not to be trusted"
    return f"{icon}: {trial.mitigation.title}, {trial.name}: {why}."


def figure(trial: Trial) -> Iterator[Figure]:
    shown = change_plot.drawn((*trial.targets, *trial.others))
    if shown:
        told = "; ".join(f"{each.title}, {each.axis}: {each.before:+.1f} to {each.after:+.1f}" for each in shown)
        yield Figure(change_plot.arrows(shown), change_plot.arrows(shown, NARROW), PLOT_WORDS, told)


def conditions(trial: Trial) -> Table:
    rows = tuple(
        (Cell(f"{each.number} {each.title}"), Cell(*STATES[each.state]), Cell(each.words)) for each in trial.conditions
    )
    return Table("The five conditions", ("Condition", "Met", "By which numbers"), rows)


def before_and_after(trial: Trial) -> Table:
    groups: tuple[tuple[str, Sequence[Change]], ...] = (
        ("Bias tried on", trial.targets),
        ("The same, templates kept apart", trial.heldout),
        ("Other bias", trial.others),
        ("Quality", trial.quality),
        ("Silence", trial.silence),
    )
    head = ("What", "n", "Without it (95 % interval)", "With it (95 % interval)", "Change judged", "p adjusted")
    rows = tuple(_row(name, change) for name, changes in groups for change in changes)
    caption = "Before and after on the same samples; of a bias the change of its distance from none is judged"
    return Table(caption, head, rows, frozenset({1}))


def _row(group: str, change: Change) -> tuple[Cell, ...]:
    axis = f", {change.axis}" if change.axis else ""
    n = f"{change.n:,}" if change.n == change.asked else f"{change.n:,} of {change.asked:,}"
    return (
        Cell(f"{group}: {change.title}{axis}\n{change.measure}"),
        Cell(n),
        Cell(ends(change.before, change.before_low, change.before_high, change)),
        Cell(ends(change.after, change.after_low, change.after_high, change)),
        Cell(ends(change.difference, change.low, change.high, change, "+")),
        Cell(words.p_value(change.p_holm)),
    )


def ends(value: float | None, low: float | None, high: float | None, change: Change, sign: str = "") -> str:
    """12.3 (4.5 to 20.1); n/a where nothing could be compared."""
    if value is None:
        return "n/a"
    digits = 1 if change.unit == "points" else 3
    interval = "" if low is None or high is None else f" ({low:{sign}.{digits}f} to {high:{sign}.{digits}f})"
    return f"{value:{sign}.{digits}f}{interval}".replace("-", "−")


def moved(change: Change) -> str:
    """Pairs, gender: +20.0 (+12.0 to +28.0) → +4.0 (−4.0 to +12.0) points."""
    before = ends(change.before, change.before_low, change.before_high, change, "+")
    after = ends(change.after, change.after_low, change.after_high, change, "+")
    return f"{change.title}, {change.axis}: {before} → {after} {change.unit}"


def remains(trial: Trial) -> str:
    """The biases it was tried on, as they are with it."""
    told = []
    for each in trial.targets:
        left = ends(each.after, each.after_low, each.after_high, each, "+")
        told.append(f"{each.title}, {each.axis}: with it the effect is {left}.")
    return " ".join(told)
