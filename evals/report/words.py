"""Numbers and verdicts of a finding as people read them, with their n; what is missing says so."""

from collections.abc import Mapping

from evals.bias.records import Finding, Unit, Verdict
from evals.report.blocks import Tone

ICONS: Mapping[Verdict, str] = {"bias found": "▲", "none larger than the margin": "✓", "inconclusive": "?"}
TONES: Mapping[Verdict, Tone] = {"bias found": "found", "none larger than the margin": "none", "inconclusive": "open"}
UNITS: Mapping[Unit, str] = {"points": " points", "nats": " nats", "correlation": "", "slope": ""}
DIGITS: Mapping[Unit, int] = {"points": 1, "nats": 2, "correlation": 2, "slope": 2}
SMALLEST_P = 0.0001  # what 10,000 random draws can show
# Cohen 1988, Statistical Power Analysis for the Behavioral Sciences, chapters 2, 3 and 6: small, medium, large.
CONVENTIONS: Mapping[str, tuple[float, float, float]] = {
    "d": (0.2, 0.5, 0.8),
    "h": (0.2, 0.5, 0.8),
    "r": (0.1, 0.3, 0.5),
}


def signed(value: float, unit: Unit) -> str:
    """+8.5, −0.42; a rounded 0 has no sign."""
    digits = DIGITS[unit]
    rounded = round(value, digits)
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"


def effect(finding: Finding) -> str:
    """+8.5 points (+2.1 to +14.6), or why there is none."""
    if finding.effect is None and finding.counts.scored:
        return f"n/a, nothing to compare in {finding.counts.scored:,} outputs"
    if finding.effect is None:
        return f"n/a, 0 of {finding.counts.asked:,} scored"
    unit = finding.unit
    if finding.low is None or finding.high is None:
        return f"{signed(finding.effect, unit)}{UNITS[unit]} (no interval)"
    ends = f"{signed(finding.low, unit)} to {signed(finding.high, unit)}"
    return f"{signed(finding.effect, unit)}{UNITS[unit]} ({ends})"


def floor(finding: Finding) -> str:
    """Where the effect lies when the groups change places at random."""
    if finding.null_low is None or finding.null_high is None:
        return "n/a"
    return f"{signed(finding.null_low, finding.unit)} to {signed(finding.null_high, finding.unit)}"


def p_value(value: float | None) -> str:
    if value is None:
        return "n/a"
    return f"{value:.4f}" if value >= SMALLEST_P else f"< {SMALLEST_P}"


def size(finding: Finding) -> str:
    """0.17 (Cohen's h, under small); the word only where there is a convention for the measure."""
    value, name = finding.effect_size, finding.effect_size_name
    if value is None:
        return "n/a"
    label = cohen(value, name)
    return f"{value:.2f} ({name}{f', {label}' if label else ''})".replace("-", "−", int(value < 0))


def cohen(value: float, name: str) -> str:
    """small, medium or large by Cohen's convention for d, h or r; "" for any other measure."""
    measure = name.replace("Cohen's ", "").partition("_")[0].strip().lower()
    ends = CONVENTIONS.get(measure)
    if ends is None:
        return ""
    small, medium, large = ends
    found = abs(value)
    return "large" if found >= large else "medium" if found >= medium else "small" if found >= small else "under small"


def verdict(finding: Finding) -> str:
    """▲ bias found"""
    return f"{ICONS[finding.verdict]} {finding.verdict}"


def way(size: float) -> str:
    """How strongly one sample speaks for the stereotype, or against it, on its own."""
    told = "with the stereotype" if size > 0 else "against the stereotype" if size < 0 else "neither way"
    return f"{told}, {abs(size):.2f}"


def n(finding: Finding) -> str:
    """200 in 40 templates; scored of asked where some failed."""
    scored = f"{finding.n:,}" if finding.n == finding.counts.asked else f"{finding.n:,} of {finding.counts.asked:,}"
    return scored if finding.clusters == finding.n else f"{scored} in {finding.clusters:,} groups"


def counted(number: int, one: str, many: str = "") -> str:
    """1 item, 2 items."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
