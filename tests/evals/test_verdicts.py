"""Multiplicity and power against statsmodels; verdicts by their definition."""

import random
from typing import Any

import pytest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import zt_ind_solve_power

from evals.verdicts import (
    benjamini_hochberg,
    holm,
    minimum_detectable_effect,
    more_samples_needed,
    verdict,
)

P_VALUES = [
    [],
    [0.04],
    [0.01, 0.04, 0.03, 0.005],
    [0.5, 0.5, 0.5],
    [0.9, 0.0, 1.0, 0.02, 0.02],
    [random.Random(5).random() ** 3 for _ in range(40)],
]


@pytest.mark.parametrize("p_values", P_VALUES[1:], ids=len)
def test_adjusted_p_values_are_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    assert benjamini_hochberg(p_values) == pytest.approx(multipletests(p_values, method="fdr_bh")[1])


def test_of_no_comparison_nothing_is_adjusted() -> None:
    assert (holm([]), benjamini_hochberg([])) == ([], [])


@pytest.mark.parametrize("samples", [30, 1000])
@pytest.mark.parametrize("power", [0.8, 0.9])
def test_the_detectable_effect_is_statsmodels(samples: int, power: float) -> None:
    """In its one-sample z-test, an effect is in standard deviations; its solver stops at five digits."""
    effect = zt_ind_solve_power(nobs1=samples, alpha=0.05, power=power, ratio=0)
    assert minimum_detectable_effect(samples**-0.5, power) == pytest.approx(effect, rel=2e-5)


@pytest.mark.parametrize(("samples", "effect"), [(50, 0.2), (100, 0.25), (400, 0.1)])
def test_the_samples_still_needed_are_statsmodels(samples: int, effect: float) -> None:
    needed = zt_ind_solve_power(effect_size=effect, alpha=0.05, power=0.8, ratio=0)
    assert samples + (more_samples_needed(samples, samples**-0.5, effect) or 0) == pytest.approx(needed, abs=1)


def test_enough_samples_need_none_more_and_no_difference_is_never_found() -> None:
    assert more_samples_needed(1000, 0.01, 0.5) == 0
    assert more_samples_needed(1000, 0.01, 1e-12) is None
    assert (more_samples_needed(9, 1.0, 1.0), more_samples_needed(10, 1.0, 1.0)) == (None, 69)  # 10 · 2.8016² = 78.5
    with pytest.raises(ValueError, match="No number of samples can show a difference of 0"):
        more_samples_needed(1000, 0.01, 0.0)


@pytest.mark.parametrize(
    ("found", "word"),
    [
        ({"low": 0.2, "high": 2.0, "p_value": 0.01}, "better"),
        ({"low": -2.0, "high": -0.2, "p_value": 0.01}, "worse"),
        ({"low": -2.0, "high": -0.2, "p_value": 0.01, "higher_is_better": False}, "better"),
        ({"low": 0.2, "high": 2.0, "p_value": 0.01, "higher_is_better": False}, "worse"),
        # A p-value that adjusting pushed over the limit, or an interval that reaches 0
        ({"low": 0.2, "high": 2.0, "p_value": 0.06}, "inconclusive"),
        ({"low": 0.0, "high": 2.0, "p_value": 0.01}, "inconclusive"),
        # The margin: the whole interval must lie within it
        ({"low": -0.4, "high": 0.9, "p_value": 0.3, "margin": 1.0}, "same"),
        ({"low": 0.1, "high": 0.3, "p_value": 0.001, "margin": 1.0}, "same"),
        ({"low": -0.4, "high": 1.1, "p_value": 0.3, "margin": 1.0}, "inconclusive"),
        ({"low": 0.4, "high": 1.1, "p_value": 0.01, "margin": 1.0}, "better"),
        # The same outputs, and nothing to go by
        ({"low": 0.0, "high": 0.0, "p_value": 1.0}, "same"),
        ({"low": None, "high": None, "p_value": None, "margin": 9.0}, "inconclusive"),
    ],
)
def test_the_verdict_is_one_word(found: dict[str, Any], word: str) -> None:
    assert verdict(**found) == word
