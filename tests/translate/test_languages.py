"""Names and detection of languages."""

import pytest

from llmweb.catalog import MODELS
from llmweb.errors import BadInput
from llmweb.translate.languages import NAMES, OTHER_SCRIPTS, Detection, code, detect, name

LIKELY = ("en", "pt")


@pytest.mark.parametrize("language", ["pt", "PT", "pt-BR", "pt_BR", " Portuguese "])
def test_a_language_goes_by_code_region_or_name(language: str) -> None:
    assert code(language) == "pt"


def test_a_language_nobody_knows_is_refused_with_examples() -> None:
    with pytest.raises(BadInput, match=r"No language 'Klingonese'.*pt \(Portuguese\)"):
        code("Klingonese")


def test_an_unlisted_code_is_its_own_name() -> None:
    assert (name("pt"), name("yue"), code("yue")) == ("Portuguese", "yue", "yue")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        *((text, "en") for text in ("Hello", "Thanks", "How are you?", "Good morning", "water", "Yes please")),
        *((text, "pt") for text in ("Olá", "Bom dia", "Obrigado", "O preço", "casa", "água", "Até amanhã")),
        ("Wo ist der Bahnhof, bitte?", "de"),
        ("¿Dónde está la estación de tren?", "es"),
        ("你好", "zh"),
        ("שלום", "he"),
        ("Привет", "ru"),
    ],
)
def test_short_texts_are_told_right(text: str, language: str) -> None:
    assert detect(text, LIKELY)[0].language == language


def test_confidences_are_a_distribution_best_first() -> None:
    found = detect("Como você está hoje?", LIKELY)
    confidences = [detection.confidence for detection in found]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1)
    assert found[0].confidence > 0.99


@pytest.mark.parametrize("text", ["", "12345", "https://example.com/this/is/english", "`print(x)` 😀"])
def test_links_code_and_numbers_have_no_language(text: str) -> None:
    assert detect(text, LIKELY) == ()


def test_likely_languages_weigh_more_on_a_single_word_only() -> None:
    sentence = "Wir werden die neue Schule nächstes Jahr eröffnen."
    assert isinstance(detect(sentence, LIKELY)[0], Detection)
    assert [detect(sentence, likely)[0].language for likely in ((), LIKELY)] == ["de", "de"]


def test_every_language_of_the_catalog_has_a_name() -> None:
    codes = {code for model in MODELS for pair in model.pairs for code in pair}
    assert codes - NAMES.keys() == set()
    assert OTHER_SCRIPTS - NAMES.keys() == set()
