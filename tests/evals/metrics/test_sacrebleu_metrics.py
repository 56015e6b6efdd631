"""Corpus metrics against sacrebleu: its published vectors, and its own formulas on any counts."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.metrics import metric
from evals.metrics.sacrebleu_metrics import Bleu, Chrf, Ter
from evals.metrics.setting import Setting
from evals.types import Sample

README_OUTPUTS = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."]
README_REFERENCES = [
    ("The dog bit the man.", "The dog had bit the man."),
    ("It was not unexpected.", "No one was surprised."),
    ("The man bit him first.", "The man had bitten the dog."),
]
FIRST_MISSING = [("The dog had bit the man.",), *README_REFERENCES[1:]]
CHINESE = (
    ["今天天气很好，我们去公园散步。", "他在北京大学学习计算机科学。", "这本书非常有趣。"],
    [("今天的天气非常好，我们去公园散步吧。",), ("他在北京大学攻读计算机科学。",), ("这本书很有意思。",)],
)
JAPANESE = (
    ["私は学生です。", "今日は天気がとてもいいです。"],
    [("私は学生である。",), ("今日は天気がいいです。",)],
)
KOREAN = (
    ["저는 학생입니다.", "오늘은 날씨가 아주 좋습니다."],
    [("나는 학생이다.",), ("오늘은 날씨가 좋습니다.",)],
)
ROMANIAN = (
    ["Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;"],
    [("producţia de zahăr brut se exprimă în zahăr alb;",)],
)
CATS = (
    [
        "The relationship between cats and dogs is not exactly friendly.",
        "a good bookshop is just a genteel black hole that knows how to read.",
    ],
    [
        ("The relationship between dogs and cats is not exactly friendly.",),
        ("A good bookshop is just a genteel Black Hole that knows how to read.",),
    ],
)
KENOBI = (
    ["hello there general kenobi", "on our way to ankh morpork"],
    [("hello there general kenobi", "hello there !"), ("goodbye ankh morpork", "ankh morpork")],
)


def samples(references: Sequence[tuple[str, ...]]) -> list[Sample]:
    return [Sample(str(number), "", texts) for number, texts in enumerate(references)]


@pytest.mark.parametrize(
    ("name", "language", "outputs", "references", "expected"),
    [
        # sacrebleu 2.6.0, README.md and test/test_bleu.py, test_chrf.py
        ("bleu", "en", README_OUTPUTS, README_REFERENCES, 48.530827),
        ("chrf2", "en", README_OUTPUTS, README_REFERENCES, 59.73),
        ("bleu", "en", README_OUTPUTS, FIRST_MISSING, 29.44),
        # test/test_chrf.py, the cases whose precision equals recall: beta makes no difference
        ("chrf2", "en", ["aa"], [("ab",)], 25.0),
        ("chrf2", "en", ["a"], [("a",)], 100.0),
        ("chrf2", "en", ["a b c"], [("abc",)], 100.0),
        # test/test_sentence_bleu.py
        ("bleu", "ro", *ROMANIAN, 8.493),
        # test/test_ter.py
        ("ter", "en", ["d e f g h a b c"], [("a b c d e f g h",)], 12.5),
        # The sacrebleu and chrF pages of Hugging Face's evaluate
        ("bleu", "en", *KENOBI, 39.8),
        ("chrf2", "en", *CATS, 84.6421489174),
        ("chrf2++", "en", *CATS, 82.8726373291),
        # sacrebleu 2.6.0's command, run on these lines
        ("chrf2++", "en", README_OUTPUTS, README_REFERENCES, 59.15),
        ("ter", "en", README_OUTPUTS, README_REFERENCES, 40.00),
        ("bleu", "zh", *CHINESE, 54.2636),
        ("chrf2", "zh-CN", *CHINESE, 47.32),
        ("chrf2++", "zh", *CHINESE, 40.56),
        ("ter", "zh", *CHINESE, 25.0),
        ("bleu", "ja", *JAPANESE, 43.00),
        ("bleu", "ko", *KOREAN, 37.5966),
        # The same lines under a tokenizer of another language: 13a leaves Chinese and Japanese sentences in one piece
        ("bleu", "en", *CHINESE, 0.00),
        ("bleu", "en", *JAPANESE, 0.00),
        ("bleu", "en", *KOREAN, 23.89),
        ("bleu", "zh", *JAPANESE, 59.84),
    ],
)
def test_scores_are_sacrebleus(
    name: str, language: str, outputs: list[str], references: list[tuple[str, ...]], expected: float
) -> None:
    made = metric(name, language)
    value = float(made.combine(made.statistics(outputs, samples(references)).sum(axis=0)))
    decimals = len(str(expected).partition(".")[2])
    assert value == pytest.approx(expected, abs=0.51 * 10**-decimals)


def test_bleu_of_given_counts_is_the_published_one() -> None:
    """sacrebleu 2.6.0, test/test_bleu.py: lengths 11 and 11, right n-grams of 10, 8, 6 and 4."""
    assert Bleu(Setting("en")).combine(np.array([11, 11, 9, 7, 5, 3, 10, 8, 6, 4.0])) == pytest.approx(83.75922397)


@pytest.mark.parametrize(
    ("name", "language", "signature"),
    [
        ("bleu", "pt", "BLEU|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"),
        ("bleu", "zh", "BLEU|case:mixed|eff:no|tok:zh|smooth:exp|version:2.6.0"),
        ("bleu", "ja", "BLEU|case:mixed|eff:no|tok:ja-mecab-0.996-IPA|smooth:exp|version:2.6.0"),
        ("bleu", "ko", "BLEU|case:mixed|eff:no|tok:ko-mecab-0.996/ko-0.9.2-KO|smooth:exp|version:2.6.0"),
        ("chrf2", "pt", "chrF2|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0"),
        ("chrf2++", "pt", "chrF2++|case:mixed|eff:yes|nc:6|nw:2|space:no|version:2.6.0"),
        ("ter", "pt", "TER|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:2.6.0"),
        ("ter", "zh", "TER|case:lc|tok:tercom|norm:yes|punct:yes|asian:yes|version:2.6.0"),
    ],
)
def test_the_signature_is_sacrebleus_without_the_references(name: str, language: str, signature: str) -> None:
    assert metric(name, language).signature() == signature


counts = st.integers(0, 40)


def descending(values: list[int]) -> list[int]:
    return sorted(values, reverse=True)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(counts, *[st.tuples(counts, counts)] * 4), min_size=1, max_size=5))
def test_bleu_of_any_counts_is_sacrebleus(rows: list[tuple[int, ...]]) -> None:
    """Random counts, no n-gram right oftener than it occurs; many with orders that are empty or never right. An output
    is as long as it has n-grams of order 1."""
    built = [
        [max(orders[0]), reference, *(min(pair) for pair in orders), *(max(pair) for pair in orders)]
        for reference, *orders in rows
    ]
    made = Bleu(Setting("en"))
    expected = [made._counter._compute_score_from_stats(list(row)).score for row in built]
    assert made.combine(np.array(built, float)) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.lists(counts, min_size=24, max_size=24), min_size=1, max_size=5), st.sampled_from([0, 2]))
def test_chrf_of_any_counts_is_sacrebleus(rows: list[list[int]], word_order: int) -> None:
    made = Chrf(Setting("en"), word_order)
    width = 3 * (6 + word_order)
    built = [[*np.ravel([descending(row[at : at + 3]) for at in range(0, width, 3)])] for row in rows]
    expected = [made._counter._compute_score_from_stats(row).score for row in built]
    assert made.combine(np.array(built, float)) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=9))
def test_ter_of_any_counts_is_sacrebleus(rows: list[tuple[int, int]]) -> None:
    made = Ter(Setting("en"))
    expected = [made._counter._compute_score_from_stats(list(row)).score for row in rows]
    assert made.combine(np.array(rows, float)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("outputs", "references", "message"),
    [
        (["a", "b"], [("a",)], "2 outputs for 1 samples; give one output a sample, in their order"),
        (["a"], [()], "Sample '0' has no reference, and BLEU compares with references"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    outputs: list[str], references: list[tuple[str, ...]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        metric("bleu", "en").statistics(outputs, samples(references))


def test_nothing_to_score_makes_no_rows() -> None:
    assert metric("bleu", "en").statistics([], []).shape == (0, 10)
