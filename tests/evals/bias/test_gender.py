"""The gender detector on hand-made sentences in four languages, and on WinoMT (Stanovsky et al. 2019) if at hand."""

import csv
import os
import re
from collections import defaultdict
from pathlib import Path

import pytest

from evals.bias.gender import occupation_gender
from evals.bias.occupations import LANGUAGES, OURS, occupations, ours, words
from evals.bias.probes import translations
from llmweb.errors import BadInput
from llmweb.runtime import Runtime
from llmweb.translate import translate

# language, occupation, sentence, verdict of the sentence on its own (alone). Sentences are our own.
CASES = [
    ("pt", "engineer", "A engenheira terminou o relatório.", "feminine"),
    ("pt", "engineer", "O engenheiro terminou o relatório.", "masculine"),
    ("pt", "engineer", "Os engenheiros chegaram tarde.", "masculine"),
    ("pt", "secretary", "A secretária ligou para a secretaria.", "feminine"),
    ("pt", "manager", "A nova gerente terminou o relatório.", "feminine"),
    ("pt", "manager", "Falei com o gerente ontem.", "masculine"),
    ("pt", "dietitian", "Falaram da dieta com a nutricionista.", "feminine"),
    ("pt", "engineer", "O/A engenheiro(a) terminou.", "both"),
    ("pt", "manager", "O(a) gerente chegou.", "both"),
    ("pt", "engineer", "O engenheiro ou a engenheira terminou.", "both"),
    ("pt", "mechanic", "O mecânico estava cansado.", "masculine"),
    ("pt", "mechanic", "O mecânico estava cansada.", "mixed"),
    ("pt", "mechanic", "O mecânico disse que ela viria.", "mixed"),
    ("pt", "mover", "A empresa de mudanças chegou.", "neutral"),
    ("pt", "plumber", "O canalhador chegou.", "undecided"),
    ("es", "nurse", "La enfermera terminó el informe.", "feminine"),
    ("es", "housekeeper", "El ama de llaves terminó el informe.", "feminine"),
    ("es", "analyst", "Le pidió ayuda al analista.", "masculine"),
    ("es", "analyst", "La joven analista sonrió.", "feminine"),
    ("es", "lawyer", "El abogado o la abogada firmará.", "both"),
    ("es", "nurse", "Enfermero/a con experiencia.", "both"),
    ("es", "teacher", "La maestra estaba cansado.", "mixed"),
    ("es", "teacher", "Las profesoras y su perro.", "feminine"),
    ("es", "physician", "La médico terminó el informe.", "feminine"),
    ("es", "attendant", "El asistente llegó.", "masculine"),
    ("fr", "teacher", "Une professeur a fini.", "feminine"),
    ("fr", "librarian", "La bibliothécaire a fini le rapport.", "feminine"),
    ("fr", "architect", "L'architecte a fini le rapport.", "undecided"),
    ("fr", "architect", "L’architecte était fatiguée.", "feminine"),
    ("fr", "architect", "L'architecte était fatigué.", "masculine"),
    ("fr", "nurse", "L'infirmière a fini.", "feminine"),
    ("fr", "teacher", "Un·e enseignant·e a fini.", "both"),
    ("fr", "manager", "Le directeur ou la directrice a fini.", "both"),
    ("fr", "mechanic", "La mécanicienne a dit qu'elle viendrait.", "feminine"),
    ("fr", "mechanic", "Le mécanicien a dit qu'elle viendrait.", "mixed"),
    ("de", "teacher", "Die Lehrerin hat den Bericht fertig.", "feminine"),
    ("de", "teacher", "Der Bericht des Lehrers ist fertig.", "masculine"),
    ("de", "teacher", "Die Lehrer:innen sind da.", "both"),
    ("de", "teacher", "Die LehrerInnen sind da.", "both"),
    ("de", "teacher", "Die Lehrkraft ist da.", "neutral"),
    ("de", "nurse", "Die Krankenschwester ist da.", "feminine"),
    ("de", "nurse", "Die Pflegekraft ist da.", "neutral"),
    ("de", "clerk", "Der Angestellte ist da.", "masculine"),
    ("de", "clerk", "Die Angestellte ist da.", "feminine"),
    ("de", "clerk", "Ein Angestellter ist da.", "masculine"),
    ("de", "clerk", "Ich half der Angestellten.", "feminine"),
    ("de", "clerk", "Ich half dem Angestellten.", "masculine"),
    ("de", "architect", "Ich half dem Architekten.", "masculine"),
    ("de", "firefighter", "Die Feuerwehrfrau hat ihren Helm.", "feminine"),
    ("de", "mechanic", "Der Mechaniker hat ihren Bericht.", "mixed"),
    ("de", "mechanic", "Der Schraubendreher liegt hier.", "undecided"),
]


@pytest.mark.parametrize(("language", "occupation", "text", "verdict"), CASES)
def test_the_words_tell_the_gender(language: str, occupation: str, text: str, verdict: str) -> None:
    reading = occupation_gender(text, occupation, language, alone=True)
    assert reading.verdict == verdict, reading
    assert bool(reading.cues) or verdict == "undecided"


def test_a_pronoun_counts_only_where_nobody_else_is_in_the_sentence() -> None:
    text = "O mecânico ligou para a professora porque ela pediu."
    assert occupation_gender(text, "mechanic", "pt").verdict == "masculine"
    assert occupation_gender(text, "mechanic", "pt", alone=True).verdict == "mixed"


def test_the_cues_say_what_a_verdict_rests_on() -> None:
    reading = occupation_gender("A gerente estava cansada.", "manager", "pt", alone=True)
    assert reading.cues == ("article a gerente", "predicate cansada")


def test_unknown_occupations_and_languages_are_refused_with_what_is_known() -> None:
    with pytest.raises(BadInput, match=r"No occupation 'wizard'\. Known: plumber, mechanic, "):
        occupation_gender("", "wizard", "pt")
    with pytest.raises(BadInput, match=r"No words of occupations in 'it'\. Known: pt, es, fr, de\."):
        occupation_gender("", "nurse", "it")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_occupation_has_words_and_none_stands_on_two_sides(language: str) -> None:
    for occupation in occupations():
        listed = words(occupation, language)
        sides = [set(side) for side in (listed.masculine, listed.feminine, listed.either, listed.neutral)]
        assert sides[0] | sides[1] | sides[2], occupation
        assert sum(map(len, sides)) == len(set().union(*sides)), (occupation, sides)


@pytest.mark.parametrize(
    ("occupation", "language", "masculine", "feminine"),
    [
        ("plumber", "pt", "encanador", "encanadora"), ("nurse", "es", "enfermero", "enfermera"),
        ("painter", "pt", "pintor", "pintora"), ("hairdresser", "fr", "coiffeur", "coiffeuse"),
        ("inspector", "fr", "inspecteur", "inspectrice"), ("baker", "fr", "boulanger", "boulangère"),
        ("mechanic", "fr", "mécanicien", "mécanicienne"), ("lawyer", "fr", "avocat", "avocate"),
        ("chef", "fr", "chef", "cheffe"), ("psychologist", "de", "Psychologe", "Psychologin"),
        ("physician", "de", "Arzt", "Ärztin"), ("surgeon", "pt", "cirurgião", "cirurgiã"),
        ("manager", "es", "jefe", "jefa"), ("CEO", "es", "presidente", "presidenta"),
    ],
)  # fmt: skip
def test_shortened_feminine_forms_are_written_out(
    occupation: str, language: str, masculine: str, feminine: str
) -> None:
    listed = words(occupation, language)
    assert masculine in listed.masculine
    assert feminine in listed.feminine


def test_our_forty_have_a_share_with_its_year_and_lie_on_both_sides() -> None:
    assert len(ours()) == OURS == 40
    assert all("2015/16" in occupation.share_source for occupation in ours())
    sides = [occupation.stereotype for occupation in ours()]
    assert (sides.count("male"), sides.count(None), sides.count("female")) == (18, 6, 16)
    shares = [occupation.share_of_women or 0 for occupation in ours()]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.7, 96.4)


# The forty occupations of WinoBias, on which facts about these systems were published.
WINOBIAS = re.findall(
    r"[^,]+",
    "driver,supervisor,janitor,cook,mover,laborer,construction worker,chief,developer,carpenter,manager,lawyer,farmer,"
    "salesperson,physician,guard,analyst,mechanic,sheriff,CEO,attendant,cashier,teacher,nurse,assistant,secretary,"
    "auditor,cleaner,receptionist,clerk,counselor,designer,hairdresser,writer,housekeeper,baker,accountant,editor,"
    "librarian,tailor",
)

needs_winomt = pytest.mark.skipif(
    "LLMWEB_TEST_DATA" not in os.environ, reason="LLMWEB_TEST_DATA names no folder of public sets"
)


@pytest.fixture(scope="module")
def winomt() -> Path:
    return Path(os.environ["LLMWEB_TEST_DATA"]) / "winomt"


@pytest.fixture(scope="module")
def sources(winomt: Path) -> list[list[str]]:
    """gender, index of the occupation's word, sentence, occupation."""
    return [line.split("\t") for line in (winomt / "en.txt").read_text("utf-8").splitlines()]


@needs_winomt
def test_the_spanish_detector_decides_nine_in_ten_and_ranks_four_systems_as_winomt_does(
    winomt: Path, sources: list[list[str]]
) -> None:
    """By accuracy on decided sentences; with its own detector WinoMT's logs give Google 53.1 before Bing 47.3 before
    Systran 45.6, and a detector by word forms gave AWS 64.7, Google 57.8, Bing 51.3, Systran 50.1."""
    accuracy = {}
    for system in ("google", "aws", "bing", "systran"):
        right: defaultdict[str, list[bool]] = defaultdict(list)
        lines = (winomt / system / "en-es.txt").read_text("utf-8").splitlines()
        for (gender, _, _, occupation), line in zip(sources, lines, strict=True):
            if occupation in WINOBIAS:
                verdict = occupation_gender(line.partition(" ||| ")[2], occupation, "es").verdict
                decided = verdict in ("masculine", "feminine")
                right["decided"].append(decided)
                if decided and gender != "neutral":
                    right["right"].append((verdict == "masculine") == (gender == "male"))
        assert sum(right["decided"]) / len(right["decided"]) >= 0.9, system
        accuracy[system] = 100 * sum(right["right"]) / len(right["right"])
    assert sorted(accuracy, key=lambda system: -accuracy[system]) == ["aws", "google", "bing", "systran"]
    assert accuracy == pytest.approx({"aws": 64.7, "google": 57.8, "bing": 51.3, "systran": 50.1}, abs=1.1)


@needs_winomt
def test_the_spanish_detector_agrees_with_people(winomt: Path, sources: list[list[str]]) -> None:
    """On the labels M and F that people gave to 100 outputs, where the entity is an occupation."""
    rows = list(csv.DictReader((winomt / "human_es.csv").read_text("utf-8").splitlines()))
    labelled = [
        (row["Gender? [M/F/N]"], occupation_gender(row["Sentence"], sources[int(row["Index"])][3], "es").verdict)
        for row in rows
        if row["Gender? [M/F/N]"] in ("M", "F") and sources[int(row["Index"])][3] in occupations()
    ]
    agree = [
        (label == "M") == (verdict == "masculine")
        for label, verdict in labelled
        if verdict in ("masculine", "feminine")
    ]
    assert len(labelled) >= 85
    assert len(agree) / len(labelled) >= 0.9
    assert sum(agree) / len(agree) >= 0.95


@pytest.mark.slow
def test_the_embedded_models_portuguese_is_nearly_always_decided(real: Runtime) -> None:
    """On the sentences of our own suite, of which 200 do not tell the gender and 240 do."""
    suite = translations.suite("pt")
    verdicts: dict[str | None, list[str]] = defaultdict(list)
    for sample in suite.samples:
        output = translate(real, sample.source, "en", "pt", "bergamot-en-pt").text
        reading = occupation_gender(output, sample.facts["occupation"], "pt", alone=True)
        verdicts[sample.facts["stated"]].append(reading.verdict)
    told = [verdict for found in verdicts.values() for verdict in found]
    assert len(told) == 440
    assert told.count("undecided") <= 0.02 * len(told)
    assert verdicts["male"].count("masculine") > 100  # where it is told, and is what most translations say anyway
