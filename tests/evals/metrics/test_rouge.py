"""ROUGE against rouge-score on English, and by hand where rouge-score loses the letters."""

import random

import pytest
from rouge_score.rouge_scorer import RougeScorer

from evals.metrics import metric
from evals.types import Sample
from llmweb.errors import Unsupported

TYPES = {"rouge-1": "rouge1", "rouge-2": "rouge2", "rouge-l": "rougeL", "rouge-lsum": "rougeLsum"}
WORDS = [
    "the",
    "a",
    "dog",
    "cats",
    "saw",
    "chased",
    "running",
    "houses",
    "42",
    "don't",
    "well-known",
    "cities",
    "flies",
]


def value(name: str, language: str, output: str, *references: str) -> float:
    made = metric(name, language)
    return float(made.combine(made.statistics([output], [Sample("", "", references)])[0]))


def english(rng: random.Random) -> str:
    """Up to five lines of one sentence each: rouge-score takes lines for sentences."""
    lines = (" ".join(rng.choices(WORDS, k=rng.randint(1, 14))) + "." for _ in range(rng.randint(1, 5)))
    return "\n".join(line.capitalize() for line in lines)


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("stemmed", [False, True], ids=["whole words", "stemmed"])
def test_english_is_rouge_scores(name: str, stemmed: bool) -> None:
    rng = random.Random(name)
    peer = RougeScorer([TYPES[name]], use_stemmer=stemmed)
    texts = [(english(rng), (english(rng), english(rng))) for _ in range(150)]
    made = metric(name + "-stemmed" * stemmed, "en")
    rows = made.statistics([output for output, _ in texts], [Sample("", "", references) for _, references in texts])
    expected = [100 * peer.score_multi(references, output)[TYPES[name]].fmeasure for output, references in texts]
    assert made.combine(rows) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "output", "reference", "expected"),
    [
        # rouge_score/rouge_scorer_test.py
        ("rouge-1", "testing", "testing one two", 1 / 2),
        ("rouge-2", "testing one", "testing one two", 2 / 3),
        ("rouge-l", "testing one", "testing one two", 0.8),
        ("rouge-lsum", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5", 0.5333),
        # rouge_score/README.md
        (
            "rouge-1-stemmed",
            "The quick brown dog jumps on the log.",
            "The quick brown fox jumps over the lazy dog",
            0.70588,
        ),
        (
            "rouge-l-stemmed",
            "The quick brown dog jumps on the log.",
            "The quick brown fox jumps over the lazy dog",
            0.58824,
        ),
    ],
)
def test_rouge_scores_own_examples(name: str, output: str, reference: str, expected: float) -> None:
    assert value(name, "en", output, reference) == pytest.approx(100 * expected, abs=0.0051)


@pytest.mark.parametrize(
    ("name", "language", "output", "reference", "expected"),
    [
        # One letter apart is another word; the same word in another encoding (NFC, NFD) is the same.
        ("rouge-1", "pt", "avó", "avô", 0),
        ("rouge-1", "pt", "A ação começou", "a ac\u0327a\u0303o comec\u0327ou", 1),
        # [o coração não parou] of 4, [o coração dela parou ontem] of 5; 3 shared: 2·3/9. Pairs: 1 of 3 and 4: 2/7.
        ("rouge-1", "pt", "O coração não parou.", "O coração dela parou ontem.", 6 / 9),
        ("rouge-2", "pt", "O coração não parou.", "O coração dela parou ontem.", 2 / 7),
        ("rouge-l", "pt", "O coração não parou.", "O coração dela parou ontem.", 6 / 9),
        # 3 of 4 words shared, but in order only [ontem chegou] or [chegou José]: 2 of 4 and 4.
        ("rouge-l", "pt", "Ontem chegou José tarde", "José ontem chegou cedo", 4 / 8),
        # 他在北京大学学习计算机科学 and 他在北京大学攻读计算机科学, 13 characters each, share 11; pairs 9 of 12.
        ("rouge-1", "zh", "他在北京大学学习计算机科学。", "他在北京大学攻读计算机科学。", 11 / 13),
        ("rouge-2", "zh", "他在北京大学学习计算机科学。", "他在北京大学攻读计算机科学。", 9 / 12),
        ("rouge-l", "zh", "他在北京大学学习计算机科学。", "他在北京大学攻读计算机科学。", 11 / 13),
        # 今天天气很好我们去公园散步, 13, and 今天的天气非常好我们去公园散步吧, 16: 12 in order; pairs 9 of 12 and 15.
        ("rouge-1", "zh", "今天天气很好，我们去公园散步。", "今天的天气非常好，我们去公园散步吧。", 24 / 29),
        ("rouge-2", "zh", "今天天气很好，我们去公园散步。", "今天的天气非常好，我们去公园散步吧。", 18 / 27),
        ("rouge-l", "zh", "今天天气很好，我们去公园散步。", "今天的天气非常好，我们去公园散步吧。", 24 / 29),
        # 这本书非常有趣 of 7, 这本书很有意思 of 7; 这本书有 shared. Pairs 这本 本书.
        ("rouge-1", "zh", "这本书非常有趣。", "这本书很有意思。", 4 / 7),
        ("rouge-2", "zh", "这本书非常有趣。", "这本书很有意思。", 2 / 6),
        # [我 有 15 台 pc] and [我 有 15 部 PC]: runs of Latin letters or digits are one token.
        ("rouge-1", "zh", "我有15台pc", "我有15部 PC", 4 / 5),
        # Two sentences in one line, swapped: the longest common subsequence is one of them, of summaries all is shared.
        ("rouge-l", "pt", "Choveu muito. O rio subiu ontem.", "O rio subiu ontem. Choveu muito.", 4 / 6),
        ("rouge-lsum", "pt", "Choveu muito. O rio subiu ontem.", "O rio subiu ontem. Choveu muito.", 1),
        ("rouge-lsum", "zh", "雨很大。河水涨了。", "河水涨了。雨很大。", 1),
        # Empty texts, and texts without a word.
        ("rouge-1", "en", "", "a reference", 0),
        ("rouge-lsum", "en", "…", "a reference", 0),
        ("rouge-2", "en", "word", "word", 0),
    ],
)
def test_other_languages_by_hand(name: str, language: str, output: str, reference: str, expected: float) -> None:
    assert value(name, language, output, reference) == pytest.approx(100 * expected)


def test_chinese_is_not_lost_as_in_rouge_score() -> None:
    """Its tokenizer keeps a–z and 0–9 only."""
    text = "这本书非常有趣。"
    assert RougeScorer(["rouge1"]).score(text, text)["rouge1"].fmeasure == 0
    assert value("rouge-1", "zh", text, text) == 100


def test_the_best_reference_counts_for_each_type_by_itself() -> None:
    """Bag of words against order: the first reference has all words, the second the longer sequence."""
    references = ("d c b a", "a b x y")
    assert value("rouge-1", "en", "a b c d", *references) == pytest.approx(100)
    assert value("rouge-l", "en", "a b c d", *references) == pytest.approx(50)


def test_only_english_is_stemmed() -> None:
    with pytest.raises(Unsupported, match=r"ROUGE stems English only, not 'pt'\. Choose rouge-1\."):
        metric("rouge-1-stemmed", "pt")


def test_the_signature_names_tokens_stemmer_and_sentences() -> None:
    assert [
        metric(name, language).signature() for name, language in [("rouge-1", "zh"), ("rouge-lsum-stemmed", "en")]
    ] == [
        "ROUGE-1|f:1|case:lc|norm:nfc|tok:characters|stem:no|refs:best|mean|v:1",
        "ROUGE-Lsum|f:1|case:lc|norm:nfc|tok:words|stem:porter-nltk|sent:lines+sentencex|refs:best|mean|v:1",
    ]
