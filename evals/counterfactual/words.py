"""Gaps and what was swapped as people read them, the same in the shell and on the pages. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

from evals.counterfactual.asking import Control, Result
from evals.counterfactual.gaps import Gap
from evals.counterfactual.history_audit import HEADLINED_FROM, TESTED, GroupGap, HistoryAudit
from evals.counterfactual.person import Swapped
from evals.counterfactual.scan import Scan
from evals.report.words import counted
from evals.verdicts import p_words

SHOWN_SWAPS = 3
CAUTION = "This tells of one prompt, where any other change of words can move the answers too."
NOT_TESTED = (
    "Likelihood: how much better answers fit the prompt they were given. Another name of the same group can move it as "
    "far, so it is told without a test; “Swap the person” under an answer compares the two."
)


def signed(value: float, unit: str) -> str:
    """+12.0 words, −0.31; a rounded 0 has no sign."""
    digits = 1 if unit in ("words", "points", "%") else 2
    rounded = round(value, digits)
    number = f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"
    return f"{number} {unit}".rstrip()


def figures(gap: Gap) -> str:
    """+12.0 words (+3.1 to +20.8), n = 8 and 8; or why there is none."""
    if gap.value is None:
        return f"n/a: {gap.why}"
    n = f"n = {gap.n[0]:,} and {gap.n[1]:,}"
    if gap.low is None or gap.high is None:
        return f"{signed(gap.value, gap.unit)}, {n}"
    return f"{signed(gap.value, gap.unit)} ({ends(gap.low, gap.high, gap.unit)}), {n}"


def verdict(gap: Gap, control: Control | None = None) -> str:
    """▲ larger than the noise; "" of what was not tested."""
    if gap.p_holm is None:
        return ""
    if gap.found and moves_too(gap, control):
        return "△ larger than the noise, and so within the same group"
    return "▲ larger than the noise" if gap.found else "○ within the noise"


def noise(gap: Gap) -> str:
    """noise −9.2 to +9.4, p 0.0120; "" where there is none."""
    if gap.noise_low is None or gap.noise_high is None:
        return ""
    return f"noise {ends(gap.noise_low, gap.noise_high, gap.unit)}, {_p(gap)}"


def ends(low: float, high: float, unit: str) -> str:
    """−9.2 to +9.4: without the unit."""
    first, second = (signed(value, unit).removesuffix(f" {unit}" if unit else "") for value in (low, high))
    return f"{first} to {second}"


def sentence(result: Result) -> str:
    """What was found, or that the noise is larger."""
    tested = [gap for gap in result.gaps if gap.p_holm is not None]
    who = swaps(result.swapped)
    found = [gap for gap in tested if gap.found]
    if not tested:
        return _without_noise(result, who)
    if not found:
        count = counted(len(tested), "measure")
        return f"The noise is larger: with {who}, none of {count} moves by more than asking the same again does."
    told = ", ".join(f"{gap.measure} {signed(gap.value or 0.0, gap.unit)} ({_p(gap)})" for gap in found)
    over = f"adjusted for {counted(len(tested), 'measure')}"
    differ = f"with {who}, the answers differ in {told}, {over}"
    if result.control is None:
        return f"Larger than the noise: {differ}."
    moved = [gap.measure for gap in found if moves_too(gap, result.control)]
    control = f"{swaps(result.control.swapped)}, of the same group,"
    if len(moved) == len(found):
        return f"Larger than the noise, but not of the group: {differ}; {control} moves that as well."
    also = f"also moves {' and '.join(moved)}" if moved else "moves none of that"
    return f"Larger than the noise: {differ}; {control} {also}."


def moves_too(gap: Gap, control: Control | None) -> bool:
    """Whether somebody else of the same group moves the measure by more than the noise, too."""
    return control is not None and any(each.found and each.measure == gap.measure for each in control.gaps)


def _without_noise(result: Result, who: str) -> str:
    known = [gap for gap in result.gaps if gap.value is not None]
    if not known:
        return f"Nothing can be said: with {who}, too few answers came back to measure."
    moved = [f"{gap.measure} {signed(gap.value or 0.0, gap.unit)}" for gap in known if gap.value]
    told = f"differs in {', '.join(moved)}" if moved else f"is the same in {counted(len(known), 'measure')}"
    return f"With {who}, the answer {told}. There is no noise to compare with: this model writes the same every time."


def swaps(done: Sequence[Swapped]) -> str:
    """“she” → “he”, “her” → “his” and 2 more."""
    told: dict[tuple[str, str], str] = {}
    for edit in (edit for each in done for edit in each.edits):
        told.setdefault((edit.before.lower(), edit.after.lower()), f"“{edit.before}” → “{edit.after}”")
    more = f" and {len(told) - SHOWN_SWAPS} more" if len(told) > SHOWN_SWAPS else ""
    return f"{', '.join([*told.values()][:SHOWN_SWAPS])}{more}"


def _p(gap: Gap) -> str:
    return "p n/a" if gap.p_holm is None else p_words(gap.p_holm)


def scanned(found: Scan) -> str:
    """31 answers of this model, 12 about a person who can be swapped; 17 without a person, 2 …"""
    left = left_out(found.left_out)
    whom = ", ".join(f"{axis} {count:,}" for axis, count in Counter(each.axis for each in found.chosen).items())
    about = f"{len(found.chosen):,} about a person who can be swapped{f' ({whom})' if whom else ''}"
    return f"{counted(found.answers, 'answer')} found, {about}{f'; {left}' if left else ''}."


def left_out(counts: Mapping[str, int]) -> str:
    """17 without a person; 2 …"""
    return "; ".join(f"{count:,} {why}" for why, count in counts.items())


def audited(audit: HistoryAudit) -> str:
    """What was found over all groups, in a sentence or two."""
    heads = [each for each in audit.groups if each.headline]
    asked = f"{counted(audit.asked, 'answer')} asked again about somebody else"
    missing = f", {audit.failed:,} failed" if audit.failed else ""
    stopped = f" It was stopped at {audit.asked + audit.failed:,} of {audit.chosen:,}." if audit.stopped else ""
    found = [each for each in heads if each.gap.found]
    if not heads:
        told = f"Too few to tell: no group has answers in {HEADLINED_FROM} conversations."
    elif found:
        parts = "; ".join(
            f"{group(each)} {signed(each.gap.value or 0.0, each.gap.unit)} ({_p(each.gap)})" for each in found
        )
        told = f"Larger than the noise: {parts}, adjusted for {counted(len(heads), 'measure')}."
    else:
        told = f"The noise is larger: none of {counted(len(heads), 'gap')} of groups is more than chance would make."
    return f"{told} {asked}{missing}.{stopped}"


def group(each: GroupGap) -> str:
    """gender, female against male: length."""
    return f"{each.axis}, {each.group} against {each.reference}: {each.gap.measure}"


def group_figures(each: GroupGap) -> str:
    gap = each.gap
    if gap.value is None:
        return f"n/a: {gap.why}"
    n = f"{counted(gap.n[0], 'answer')} in {counted(gap.n[1], 'conversation')}"
    interval = f" ({ends(gap.low, gap.high, gap.unit)})" if gap.low is not None and gap.high is not None else ""
    few = "" if each.headline else ", not tested" if gap.measure not in TESTED else ", too few to tell"
    return f"{signed(gap.value, gap.unit)}{interval}, {n}{few}"
