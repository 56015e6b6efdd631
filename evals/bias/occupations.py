"""The occupations of the bias suites: what share of them are women, and their words in four other languages."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from evals.bias.lexicon import tables
from llmweb.errors import BadInput

Gender = Literal["female", "male"]
LANGUAGES = ("pt", "es", "fr", "de")
OURS = 40  # the first of the file; the others are read in public sets only

COUNTED = "US Bureau of Labor Statistics 2015/16, as in Winogender (Rudinger et al. 2018); share in the United States"
WINOBIAS = "US Bureau of Labor Statistics 2017, as in WinoBias (Zhao et al. 2018); share in the United States"
FROM_WINOBIAS = frozenset(
    ("driver", "sheriff", "mover", "developer", "guard", "farmer", "CEO", "cook", "housekeeper", "cleaner")
)

# The ending that "-" stands for → what it replaces at the end of the masculine word.
ENDINGS = {"a": "[oe]?", "in": "e?", "e": "", "fe": "", "ère": "er", "euse": "(?:eur|er)", "trice": "teur", "ne": ""}


@dataclass(frozen=True, slots=True)
class Words:
    """How an occupation is called. either: the word is the same for women and men."""

    masculine: tuple[str, ...]
    feminine: tuple[str, ...]
    either: tuple[str, ...]
    neutral: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Occupation:
    """english is what our sentences call it. share_of_women is 0–100, None where the source gives none; share_source
    names it with its year."""

    name: str
    english: str
    share_of_women: float | None
    share_source: str

    @property
    def stereotype(self) -> Gender | None:
        """The gender that most have; None from 40 to 60 % and where the share is not known."""
        if self.share_of_women is None or 40 <= self.share_of_women <= 60:
            return None
        return "male" if self.share_of_women < 40 else "female"

    def words(self, language: str) -> Words:
        return words(self.name, language)


@lru_cache
def occupations() -> dict[str, Occupation]:
    """Every occupation by its name."""
    return {
        name: Occupation(
            name,
            row.get("english", name),
            row.get("women"),
            WINOBIAS if name in FROM_WINOBIAS else COUNTED if "women" in row else "",
        )
        for name, row in tables("occupations").items()
    }


def ours() -> tuple[Occupation, ...]:
    """The forty of our suites, from few women to many."""
    return tuple(sorted(list(occupations().values())[:OURS], key=lambda each: (each.share_of_women or 0, each.name)))


@lru_cache
def words(occupation: str, language: str) -> Words:
    """Raises BadInput for an occupation or a language we have no words of."""
    if occupation not in occupations():
        raise BadInput(f"No occupation {occupation!r}. Known: {', '.join(occupations())}.")
    if language not in LANGUAGES:
        raise BadInput(f"No words of occupations in {language!r}. Known: {', '.join(LANGUAGES)}.")
    masculine, feminine, either, neutral = [], [], [], []
    for entry in tables("occupations")[occupation][language].split(", "):
        male, stroke, female = entry.partition("/")
        if entry.startswith("~"):
            neutral.append(entry[1:])
        elif not stroke:
            either.append(entry)
        else:
            masculine += [male] if male else []
            feminine += [_feminine(male, female)] if female else []
    return Words(tuple(masculine), tuple(feminine), tuple(either), tuple(neutral))


def _feminine(masculine: str, written: str) -> str:
    ending = written.removeprefix("-")
    return written if ending == written else re.sub(rf"{ENDINGS[ending]}$", ending, masculine, count=1)
