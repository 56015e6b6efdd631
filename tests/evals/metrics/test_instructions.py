"""Whether an instruction was followed, strictly and loosely. The loose variants are those of Zhou et al. 2023."""

import pytest

from evals.metrics import metric
from evals.metrics.instructions import variants
from evals.types import Sample


def value(reading: str, output: str, *checks: dict[str, object]) -> float:
    made = metric(f"instructions-{reading}", "en")
    return float(made.combine(made.statistics([output], [Sample("s", "", facts={"checks": list(checks)})])[0]))


LOWER = {"kind": "all_lowercase"}
TWO_LINES = {"kind": "lines_exactly", "count": 2}
EXACT = {"kind": "exact_text", "text": "yes"}


@pytest.mark.parametrize(
    ("output", "checks", "strict", "loose"),
    [
        ("all quiet", [LOWER], 100, 100),
        (" all quiet \n", [LOWER], 100, 100),
        ("All quiet", [LOWER], 0, 0),
        ("Sure, here it is:\nall quiet", [LOWER], 0, 100),
        ("all quiet\nHope that helps!", [LOWER], 0, 100),
        ("Sure:\nyes\nBye!", [EXACT], 0, 100),
        ("**yes**", [EXACT], 0, 100),
        # Every check must pass, loosely each on a variant of its own.
        ("all quiet\nhere", [LOWER, TWO_LINES], 100, 100),
        ("Sure:\nall quiet", [LOWER, TWO_LINES], 0, 100),
        ("All quiet", [LOWER, TWO_LINES], 0, 0),
        # Nothing follows no instruction, not even one about what to leave out.
        (" ", [{"kind": "no_digits"}], 0, 0),
        ("7", [{"kind": "no_digits"}], 0, 0),
    ],
)
def test_an_output_follows(output: str, checks: list[dict[str, object]], strict: float, loose: float) -> None:
    assert (value("strict", output, *checks), value("loose", output, *checks)) == (strict, loose)


def test_the_variants_leave_out_the_first_line_the_last_and_asterisks() -> None:
    assert variants("*a*\nb\nc") == ["*a*\nb\nc", "b\nc", "*a*\nb", "b", "a\nb\nc", "b\nc", "a\nb", "b"]


def test_without_checks_it_cannot_be_told() -> None:
    with pytest.raises(ValueError, match="Sample 's' has no checks"):
        value("strict", "an output")
