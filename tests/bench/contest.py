"""Two sides measured in turn on one machine, and whether their ratio reaches a bar.

A machine's speed drifts, so only the ratio within a pair of measurements is believed, and the median ratio decides.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(eq=False)
class Contest:
    """pairs are (ours, theirs), a speed each: more is better."""

    title: str
    bar: float
    pairs: list[tuple[float, float]] = field(default_factory=list, kw_only=True)

    @property
    def ratios(self) -> list[float]:
        return [ours / theirs for ours, theirs in self.pairs]

    @property
    def reached(self) -> bool:
        return statistics.median(self.ratios) >= self.bar

    def row(self) -> str:
        ours, theirs = (statistics.median(speeds) for speeds in zip(*self.pairs, strict=True))
        ratio = f"{statistics.median(self.ratios):.2f} ({min(self.ratios):.2f}–{max(self.ratios):.2f})"
        verdict = "reached" if self.reached else "MISSED"
        return (
            f"| {self.title} | {ours:,.1f} | {theirs:,.1f} | {ratio} | {len(self.ratios)} | ≥ {self.bar:g} {verdict} |"
        )


def report(contests: Sequence[Contest], speed: str) -> bool:
    """Prints a table; whether every bar was reached."""
    print(f"\nMedian {speed}:\n")
    print("| contest | ours | theirs | ratio, median (least–most) | pairs | bar |\n|---|---|---|---|---|---|")
    for contest in contests:
        print(contest.row())
    return all(contest.reached for contest in contests)
