"""Exact match and F1: cases of the SQuAD 1.1, SQuAD 2.0 and MLQA scorers."""

import pytest

from evals.metrics import metric
from evals.metrics.answers import mlqa_normalized, squad_normalized
from evals.types import Sample


def value(name: str, language: str, output: str, *references: str) -> float:
    made = metric(name, language)
    return float(made.combine(made.statistics([output], [Sample("", "", references)])[0]))


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        # What normalize_answer of evaluate-v1.1.py and evaluate-v2.0.py returns.
        ("The  Quick, Brown Fox!", "quick brown fox"),
        ("a an the theatre", "theatre"),
        ("U.S.A.", "usa"),
        ("$1,000.50", "100050"),
        ("well-known", "wellknown"),
        ("“Rollo”", "“rollo”"),
        ("The", ""),
        ("O Natal", "o natal"),
    ],
)
def test_squad_normalizes(text: str, normalized: str) -> None:
    assert squad_normalized(text) == normalized


@pytest.mark.parametrize(
    ("language", "text", "normalized"),
    [
        # What normalize_answer of mlqa_evaluation_v1.py returns; "ال" goes within words too.
        ("en", "“The” U.S. — an A-team", "us ateam"),
        ("en", "$1,000 + 5%", "1000 5"),
        ("es", "¿El «río» de la Plata?", "río de plata"),
        ("de", "Die Bücher, des Königs!", "bücher königs"),
        ("zh", "他在北京大学（Peking University）学习3年。", "他 在 北 京 大 学 peking university 学 习 3 年"),
        ("ar", "في المدرسة الكبيرة، بالقاهرة", "في مدرسة كبيرة ب قاهرة"),
        ("hi", "नई दिल्ली।", "नई दिल्ली"),
        ("vi", "Những cuốn sách của tôi…", "cuốn sách tôi"),
        # Ours
        ("pt", "O Natal, as férias", "natal férias"),
        ("fr", "« La » ville", "ville"),
    ],
)
def test_mlqa_normalizes_in_each_language(language: str, text: str, normalized: str) -> None:
    assert mlqa_normalized(text, language) == normalized


@pytest.mark.parametrize(
    ("norm", "language", "output", "references", "exact", "f1"),
    [
        ("squad1", "en", "the Denver Broncos", ["Denver Broncos"], 100, 100),
        # 2 of 3 words right, 2 of 2 found: 2·2/(3+2)
        ("squad1", "en", "Denver Broncos team", ["Denver Broncos", "The Broncos"], 0, 80),
        # As multisets: one "New" of two is right.
        ("squad1", "en", "New New", ["New York"], 0, 50),
        ("squad1", "en", "", ["Paris"], 0, 0),
        # Both normalize to nothing: the strings are equal, and no token is shared.
        ("squad1", "en", "the", ["a"], 100, 0),
        ("squad2", "en", "the", ["a"], 100, 100),
        ("squad2", "en", "", [""], 100, 100),
        ("squad2", "en", "Paris", [""], 0, 0),
        ("squad2", "en", "", ["Paris"], 0, 0),
        # evaluate-v2.0.py leaves references out that normalize to nothing, where others do not.
        ("squad2", "en", "", ["Paris", "the"], 0, 0),
        ("mlqa", "es", "el río Amazonas", ["Río Amazonas."], 100, 100),
        # Characters: 北京大 of 北京大学: 2·3/(3+4)
        ("mlqa", "zh", "北京大", ["北京大学"], 0, 600 / 7),
        ("squad1", "zh", "北京大", ["北京大学"], 0, 0),
        # MLQA has no unanswerable questions; where a suite has, an empty answer is right.
        ("mlqa", "es", "", [""], 100, 100),
        ("mlqa", "es", "río", [""], 0, 0),
    ],
)
def test_an_answer_is_worth(
    norm: str, language: str, output: str, references: list[str], exact: float, f1: float
) -> None:
    ending = "" if norm == "squad2" else f"-{norm}"
    values = (
        value(f"exact-match{ending}", language, output, *references),
        value(f"f1{ending}", language, output, *references),
    )
    assert values == pytest.approx((exact, f1))


def test_the_signature_names_whose_articles_are_dropped() -> None:
    assert [metric("f1-mlqa", language).signature() for language in ("de", "pt", "pl")] == [
        "F1|norm:mlqa|lang:de|articles:mlqa|refs:best|mean|v:1",
        "F1|norm:mlqa|lang:pt|articles:own|refs:best|mean|v:1",
        "F1|norm:mlqa|lang:pl|articles:none|refs:best|mean|v:1",
    ]
    assert metric("exact-match", "en").signature() == "EM|norm:squad2|refs:best|mean|v:1"
