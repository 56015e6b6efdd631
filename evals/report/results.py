"""What came out, as blocks: the map, the plots, the figures, what the model can do at all, and the worst examples."""

import re
from collections.abc import Iterator, Mapping, Sequence

from evals.bias.records import Finding, Verdict, WorstItem
from evals.evidence import Evidence
from evals.metrics.bias.decision import chances
from evals.report import plots, words
from evals.report.blocks import Block, Cell, Figure, Points, Table, Text, Warned

ROWS_A_PLOT = 20  # as many fit on a page
WORST_SHOWN: Mapping[Verdict, int] = {"bias found": 3, "none larger than the margin": 1, "inconclusive": 1}
LONGEST_EXAMPLE = 600
NOT_TESTED = "not tested"
SEVERITY: Sequence[Verdict] = ("bias found", "inconclusive", "none larger than the margin")
PLOT_WORDS = (
    "In the plots each row is an effect with its 95 % interval. The grey band is the floor: 95 % of the effects seen "
    "when the groups change places at random lie in it. Dashed: the margin chosen before the run."
)
E_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
TELEPHONE = re.compile(r"(?<![\w.])\+?\d(?:[\d()/ -]{7,}\d)(?![\w.])")


def mapped(findings: Sequence[Finding]) -> tuple[list[str], list[tuple[str, dict[str, list[Finding]]]]]:
    """The axes, and for each probe by its title the findings of each axis: headlines first, a bias found before what
    could not be told."""
    axes = list(dict.fromkeys(finding.axis for finding in findings))
    rows: dict[str, dict[str, list[Finding]]] = {finding.title: {} for finding in findings}
    for finding in sorted(findings, key=lambda each: (not each.headline, SEVERITY.index(each.verdict))):
        rows[finding.title].setdefault(finding.axis, []).append(finding)
    return axes, list(rows.items())


def map_table(findings: Sequence[Finding]) -> Table:
    """Axes across, probes down: one verdict a tile."""
    axes, probes = mapped(findings)
    rows = tuple((Cell(title), *(_tile(found.get(axis, [])) for axis in axes)) for title, found in probes)
    return Table(
        "Verdicts: the effect with its 95 % interval; above 0 is the way of the stereotype", ("Probe", *axes), rows
    )


def _tile(found: Sequence[Finding]) -> Cell:
    if not found:
        return Cell(NOT_TESTED)
    first, more = found[0], beside(found)
    others = f"\n{more}" if more else ""
    return Cell(f"{words.verdict(first)}\n{words.effect(first)}{others}", words.TONES[first.verdict])


def beside(found: Sequence[Finding]) -> str:
    """How many more measures a tile has than the one it shows, and how many of them found a bias."""
    rest = found[1:]
    hits = sum(each.verdict == "bias found" for each in rest)
    more = f", {hits:,} found" if hits else ""
    return f"+ {words.counted(len(rest), 'measure')}{more}" if rest else ""


def forests(findings: Sequence[Finding]) -> Iterator[Figure]:
    """A plot a unit, and a new one where a page would be full."""
    known = [finding for finding in findings if finding.effect is not None]
    for unit in dict.fromkeys(finding.unit for finding in known):
        same = [finding for finding in known if finding.unit == unit]
        for start in range(0, len(same), ROWS_A_PLOT):
            shown = same[start : start + ROWS_A_PLOT]
            yield Figure(
                plots.forest(shown),
                plots.forest(shown, plots.NARROW),
                f"The {plots.AXIS_WORDS[unit]}",
                "; ".join(f"{each.title}, {each.axis}: {each.verdict}, {words.effect(each)}" for each in shown),
            )


def figures(caption: str, findings: Sequence[Finding]) -> Table:
    """All numbers of the findings, one row each."""
    head = ("Probe, axis, measure", "n", "Effect (95 % interval)", "Floor", "p", "p adjusted", "Size", "Verdict")
    rows = tuple(
        (
            Cell(f"{each.title}, {each.axis}\n{each.metric}"),
            Cell(words.n(each)),
            Cell(words.effect(each)),
            Cell(words.floor(each)),
            Cell(words.p_value(each.p_value)),
            Cell(words.p_value(each.p_bh if each.p_holm is None else each.p_holm)),
            Cell(words.size(each)),
            _verdict(each),
        )
        for each in findings
    )
    return Table(caption, head, rows)


IN_NULL = {
    True: Cell("✓ inside its floor", "none"),
    False: Cell("▲ outside its floor", "found"),
    None: Cell("? nothing to measure", "open"),
}


def _verdict(finding: Finding) -> Cell:
    """Of a control, whether it stays where chance alone would leave it."""
    if finding.control:
        return IN_NULL[finding.in_null]
    more = f"\nneeds about {finding.needed:,} more" if finding.needed else ""
    return Cell(f"{words.verdict(finding)}{more}", words.TONES[finding.verdict])


def abilities(findings: Sequence[Finding]) -> Table:
    """What the model gets right at all, beside what guessing gives; a biased model that guesses looks fair."""
    seen = dict.fromkeys((each.title, each.axis, ability) for each in findings for ability in each.ability)
    rows = tuple(
        (
            Cell(f"{title}, {axis}"),
            Cell(ability.name),
            Cell(f"n/a, 0 of {ability.n}" if ability.value is None else f"{ability.value:.1f} %"),
            Cell("n/a" if ability.low is None or ability.high is None else f"{ability.low:.1f} to {ability.high:.1f}"),
            Cell("n/a" if ability.chance is None else f"{ability.chance:.1f} %"),
            Cell(f"{ability.n:,}"),
        )
        for title, axis, ability in seen
    )
    head = ("Probe, axis", "What", "Value", "95 % interval", "By guessing", "n")
    return Table("What the model can do on the same items", head, rows, frozenset({2, 3, 4, 5}))


def counts(findings: Sequence[Finding]) -> Table:
    """What the outputs were; no column counts as right, wrong or harmless."""
    names = ("asked", "scored", "errors", "refused", "unparsable", "truncated", "undecided", "ties")
    seen = dict.fromkeys((each.title, each.axis, each.counts) for each in findings)
    rows = tuple(
        (Cell(f"{title}, {axis}"), *(Cell(f"{getattr(found, name):,}") for name in names))
        for title, axis, found in seen
    )
    return Table("What the outputs were", ("Probe, axis", *names), rows, frozenset(range(1, 9)))


def rates(evidence: Evidence) -> Table | None:
    """Of decisions, how often each group got the favourable answer, and that rate over the highest of its axis; None
    where nothing was decided."""
    answers: dict[tuple[str, str], list[bool]] = {}
    for run, suite in evidence.suites.items():
        samples = {sample.id: sample for sample in suite.samples if suite.kind == "decision"}
        for output in evidence.outputs[run]:
            sample = samples.get(output.sample)
            if sample is None or sample.facts["control"] or output.error:
                continue
            groups = (sample.facts["group_a"], sample.facts["group_b"])
            for group, chance in zip(groups, chances(output.text, sample), strict=True):
                answers.setdefault((sample.facts["axis"], group), []).append(chance > 0.5)
    found = {key: sum(given) / len(given) for key, given in answers.items()}
    highest = {axis: max(rate for (other, _), rate in found.items() if other == axis) for axis, _ in found}
    rows = tuple(
        (
            Cell(axis),
            Cell(group),
            Cell(f"{len(answers[axis, group]):,}"),
            Cell(f"{100 * rate:.1f} %"),
            Cell(f"{rate / highest[axis]:.2f}" if highest[axis] else "n/a"),
        )
        for (axis, group), rate in found.items()
    )
    head = ("Axis", "Group", "Decisions", "Favourable", "Ratio to the highest rate")
    caption = "Decisions by group: favourable where that answer was the likelier; the ratio is no measure of fairness"
    return Table(caption, head, rows, frozenset({2, 3, 4})) if rows else None


def worst(findings: Sequence[Finding]) -> tuple[Block, ...]:
    """The samples that speak most for each leading effect, behind a warning."""
    shown = [each for each in findings if each.worst and each.headline] or [each for each in findings if each.worst]
    if not shown:
        return (Text("No sample is shown: nothing was measured, or nothing spoke for a bias."),)
    tables = tuple(
        Table(
            f"{each.title}, {each.axis}: {words.effect(each)}",
            ("Sample", "About", "What the model was asked", "What it said or preferred"),
            tuple(row for item in each.worst[: WORST_SHOWN[each.verdict]] for row in _example(item)),
        )
        for each in shown
    )
    warning = "These texts repeat stereotypes and may hurt. They are shown because they carry most of an effect."
    return (
        Warned(warning, tables),
        Points(
            (
                "The samples chosen are extreme ones; most samples show less, or the contrary.",
                "A sample opens in the app by the address of its run: ?tab=runs&run=RUN&sample=SAMPLE.",
                "E-mail addresses and telephone numbers in them are left out.",
            )
        ),
    )


def _example(item: WorstItem) -> Iterator[tuple[Cell, ...]]:
    """A row for each group, or one where the sample has one text about both."""
    place = f"{item.sample}\nrun {item.run}\n{words.way(item.effect)}"
    said = [redacted(text) for text in (item.output_a, item.output_b)]
    if not item.text_b:
        about, told = f"{item.group_a}, {item.group_b}", "\n".join(text for text in said if text)
        yield Cell(place), Cell(about), Cell(redacted(item.text_a)), Cell(told)
        return
    yield Cell(place), Cell(item.group_a), Cell(redacted(item.text_a)), Cell(said[0])
    yield Cell(""), Cell(item.group_b), Cell(redacted(item.text_b)), Cell(said[1])


def redacted(text: str) -> str:
    """Without personal data that a pattern can find, and not longer than an example needs."""
    short = text if len(text) <= LONGEST_EXAMPLE else f"{text[:LONGEST_EXAMPLE]}… ({len(text):,} characters)"
    return TELEPHONE.sub("[telephone number]", E_MAIL.sub("[e-mail address]", short))
