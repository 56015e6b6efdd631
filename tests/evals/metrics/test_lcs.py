"""The bit-parallel subsequences against rouge-score's table."""

from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import _lcs_table, lcs_ind

from evals.metrics.lcs import length, places

tokens = st.lists(st.sampled_from("abcd"), max_size=30)


@settings(deadline=None)
@given(tokens, tokens)
def test_the_length_is_that_of_the_table(first: list[str], second: list[str]) -> None:
    assert length(first, second) == _lcs_table(first, second)[-1][-1]


@settings(deadline=None)
@given(tokens, tokens)
def test_of_equally_long_ones_it_finds_the_same(first: list[str], second: list[str]) -> None:
    assert sorted(places(first, second)) == lcs_ind(first, second)
