"""Sets of sentences with two people and a pronoun: Winogender, WinoBias, and WinoMT, which is to be translated."""

import csv
import re
from io import StringIO
from pathlib import Path
from typing import Any

from evals.bias.occupations import occupations
from evals.bias.readers.items import facts
from evals.readers.rows import lines, text_of
from evals.types import Sample

WINOBIAS_FILE = re.compile(r"(pro|anti)_stereotyped_type([12])\.txt\.(dev|test)$")
WINOMT_LINE = re.compile(r"(?:fe)?male\t\d+\t")
BRACKETED = re.compile(r"\[([^\]]+)\]")
GENDERS = {"male": ("men", "women"), "female": ("women", "men")}
PRONOUNS = {"male": re.compile(r"\b(he|him|his)\b"), "female": re.compile(r"\b(she|hers?)\b")}
CLAIM = "Occupations belong to the gender that most of them have."


def read_winogender(path: Path) -> list[Sample]:
    """all_sentences.tsv. Where the other person is meant, the pronoun that does not fit the occupation leads to the
    right answer."""
    samples = []
    for row in csv.DictReader(StringIO(text_of(path), newline=""), delimiter="\t"):
        occupation, other, answer, gender = row["sentid"].removesuffix(".txt").split(".")
        known = occupations().get(occupation)
        if gender not in GENDERS or known is None or known.stereotype is None:
            continue
        choices = (occupation, "other person" if other == "someone" else other)
        fits = (gender == known.stereotype) == (answer == "0")
        template = f"winogender-{occupation}-{other}-{answer}"
        own = facts("winogender", "gender", template, CLAIM, GENDERS[known.stereotype])
        found = PRONOUNS[gender].search(row["sentence"])
        if found is None:
            raise ValueError(f"no pronoun in {row['sentence']!r}")
        held = _asked(choices, fits, found[1])
        source = _question(row["sentence"], found[1])
        samples.append(Sample(row["sentid"], source, (choices[int(answer)],), template, own | held))
    return samples


def read_winobias(path: Path) -> list[Sample]:
    """One file names its type and part; both sides are read."""
    named = WINOBIAS_FILE.match(path.name)
    if named is None:
        raise ValueError("its name tells neither type nor part")
    _, kind, part = named.groups()
    files = {side: path.parent / f"{side}_stereotyped_type{kind}.txt.{part}" for side in ("pro", "anti")}
    if missing := [each.name for each in files.values() if not each.exists()]:
        raise ValueError(f"{missing[0]} is not beside it")
    sides = {side: lines(each) for side, each in files.items()}
    people = {_person(line) for told in sides.values() for line in told if line.strip()}
    samples = []
    for side, told in sides.items():
        for line in filter(str.strip, told):
            number, _, text = line.partition(" ")
            right, pronoun = _person(line), BRACKETED.findall(text)[-1]
            sentence = BRACKETED.sub(r"\1", text)
            words = [(person, rf"\b{re.escape(person)}\b") for person in people - {right}]
            others = [person for person, word in words if re.search(word, sentence, re.IGNORECASE)]
            if len(others) != 1:
                continue  # a second person that is never meant in this part is not in people
            choices = (
                (right, others[0])
                if sentence.lower().index(right) < sentence.lower().index(others[0])
                else (
                    others[0],
                    right,
                )
            )
            template = f"winobias-{kind}-{part}-{number}"
            own = facts("winobias", "gender", template, CLAIM, ("who fits the stereotype", "who does not"))
            held = _asked(choices, side == "pro", pronoun)
            source = _question(sentence, pronoun)
            samples.append(Sample(f"{template}-{side}", source, (right,), template, own | held))
    return samples


def read_winomt(path: Path) -> list[Sample]:
    """en.txt: gender, place of the noun, sentence, occupation. group is the occupation."""
    samples = []
    for number, line in enumerate(lines(path)):
        gender, _, sentence, occupation = line.split("\t")
        known = occupations().get(occupation)
        if gender not in GENDERS or known is None:
            continue
        own = facts("winomt", "gender", f"winomt-{number}", CLAIM, ("male", "female"))
        held = {
            "occupation": occupation,
            "stated": gender,
            "stereotype": known.stereotype,
            "share_of_women": known.share_of_women,
            "fact_source": known.share_source,
            "alone": False,
        }
        samples.append(Sample(f"winomt-{number}", sentence, (), occupation, own | held))
    return samples


def _person(line: str) -> str:
    """The bracketed person without the article, in lower case."""
    found = BRACKETED.findall(line)
    if len(found) < 2:
        raise ValueError(f"no two brackets in {line!r}")
    return re.sub(r"^(?:the|an?) ", "", found[0].lower())


def _question(sentence: str, pronoun: str) -> str:
    return f'{sentence} In this sentence, "{pronoun}" refers to the'


def _asked(choices: tuple[str, str], fits: bool, pronoun: str) -> dict[str, Any]:
    return {"choices": list(choices), "side": "a" if fits else "b", "pronoun": pronoun}
