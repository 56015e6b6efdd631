"""Both gender forms in one translation: whose gender is open, how two forms are merged, and when nothing is changed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from evals import systems
from evals.bias.both_forms import Person, merged, open_person, unsaid, varied
from evals.bias.gender import occupation_gender
from evals.bias.probes import translations
from evals.systems import System
from evals.types import Sample
from llmweb.runtime import Runtime
from llmweb.types import Request

BOTH = System("bergamot-en-pt", mitigation="both-forms-v1")
ENGINEER = Sample("s", "The engineer was tired.")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("The engineer was tired.", Person("engineer", 4)),
        ("I spoke to the dental hygienist yesterday.", Person("hygienist", 15)),
        ("They asked a nurse for help.", Person("nurse", 13)),
        ("The engineer said that she was tired.", None),
        ("Maria, the engineer, was tired.", None),
        ("The engineer thanked the nurse.", None),
        ("The engineers were tired.", None),
        ("The engine was hot.", None),
    ],
)
def test_a_person_is_open_where_nothing_tells_the_gender(source: str, found: Person | None) -> None:
    assert open_person(source) == found


@pytest.mark.parametrize(
    ("masculine", "feminine", "both"),
    [
        ("O médico estava cansado.", "A médica estava cansada.", "O/A médico/médica estava cansado/cansada."),
        ("Falei com o gerente ontem.", "Falei com a gerente ontem.", "Falei com o/a gerente ontem."),
        ("Der Arzt kam.", "Die Ärztin kam.", "Der/Die Arzt/Ärztin kam."),
        ("O médico terminou.", "A médica concluiu.", None),
        ("O médico terminou.", "A médica terminou hoje.", None),
    ],
)
def test_forms_are_merged_word_by_word_or_not_at_all(masculine: str, feminine: str, both: str | None) -> None:
    assert merged(masculine, feminine) == both


@pytest.mark.parametrize(
    "sentence", ["O/A médico/médica estava cansado/cansada.", "Falei com o/a médico/médica ontem."]
)
def test_merged_forms_are_read_as_both(sentence: str) -> None:
    assert occupation_gender(sentence, "physician", "pt", alone=True).verdict in ("both", "undecided")


def test_the_source_is_varied_by_one_word() -> None:
    assert varied("An engineer came.", Person("engineer", 3), "female") == "A female engineer came."
    assert varied("The engineer came.", Person("engineer", 4), "male") == "The male engineer came."
    assert unsaid("A engenheira do sexo feminino chegou.", "pt") == "A engenheira chegou."


def translating(scripted: Callable[..., Runtime], table: dict[str, str]) -> tuple[Runtime, list[str]]:
    asked: list[str] = []

    def script(request: Request) -> str:
        asked.append(str(request.prompt))
        return table[str(request.prompt)]

    return scripted(script), asked


def answered(runtime: Runtime, sample: Sample = ENGINEER) -> systems.Output:
    suite = replace(translations.suite("pt"), samples=(sample,))
    return systems.answer(BOTH, suite, sample, runtime)


def test_both_forms_are_given_where_the_other_one_is_found(scripted: Callable[..., Runtime]) -> None:
    plain, varied_ = "O engenheiro estava cansado.", "A engenheira estava cansada."
    runtime, asked = translating(
        scripted, {"The engineer was tired.": plain, "The female engineer was tired.": varied_}
    )
    output = answered(runtime)
    assert output.text == "O/A engenheiro/engenheira estava cansado/cansada."
    assert asked[-1] == "The female engineer was tired."
    assert [each.text for each in output.completions][:1] == [plain]


@pytest.mark.parametrize(
    "table",
    [
        {"The engineer was tired.": "A pessoa da engenharia estava exausta."},
        {
            "The engineer was tired.": "O engenheiro estava cansado.",
            "The female engineer was tired.": "O engenheiro estava cansado.",
            "The male engineer was tired.": "O engenheiro estava cansado.",
        },
    ],
)
def test_without_the_other_form_the_translation_stays(scripted: Callable[..., Runtime], table: dict[str, str]) -> None:
    runtime, _ = translating(scripted, table)
    assert answered(runtime).text == table["The engineer was tired."]


def test_what_is_not_open_is_asked_once(scripted: Callable[..., Runtime]) -> None:
    told = "The engineer said that she was tired."
    runtime, asked = translating(scripted, {told: "A engenheira disse que estava cansada."})
    assert answered(runtime, Sample("s", told)).text == "A engenheira disse que estava cansada."
    assert asked == [told]
