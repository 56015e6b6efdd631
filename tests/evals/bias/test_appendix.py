"""docs/bias-samples.md shows what the seed draws of every bias suite, as it stands there."""

import pytest

from evals.bias.suites import BIAS_SUITES
from tests.evals.appendix import DRAWN, drawn
from tests.evals.bias.appendix import BIAS_PAGE, SHOWN, page, shown


def test_the_page_is_what_the_seed_draws() -> None:
    assert BIAS_PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.evals.bias.appendix"


@pytest.mark.parametrize("name", SHOWN)
def test_twenty_samples_of_a_suite_are_shown_whole(name: str) -> None:
    samples = drawn(BIAS_SUITES[name]())
    text = BIAS_PAGE.read_text(encoding="utf-8")
    assert len({sample.id for sample in samples}) == min(DRAWN, len(BIAS_SUITES[name]().samples))
    for sample in samples:
        item = text.partition(f"**{sample.id}**")[2].partition("\nClaim:")[0]
        assert [part for part in shown(sample) if part not in item] == [], sample.id


def test_the_translation_suites_that_are_not_shown_have_the_same_sources() -> None:
    for name in BIAS_SUITES.keys() - set(SHOWN):
        shown_one = BIAS_SUITES[f"{name[:-2]}pt"]()
        assert [each.source for each in BIAS_SUITES[name]().samples] == [each.source for each in shown_one.samples]
