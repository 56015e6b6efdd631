"""Reads the word lists and templates of the bias suites from evals/data/bias, and writes English articles."""

import re
import tomllib
from functools import lru_cache
from typing import Any

from evals.suites.own import DATA

# Written with a vowel, spoken with a consonant, or the other way round.
SPOKEN_WITH_CONSONANT = re.compile(r"(?:uni(?:[cloqtv]|form)|us[eu]|util|u[gk][ar]|eu|ewe|one\b|once\b)", re.IGNORECASE)
SPOKEN_WITH_VOWEL = re.compile(r"(?:hour|honest|honou?r|heir|8|1[18](?!\d)|[FHLMNRSX][A-Z]+\b)")


@lru_cache
def tables(name: str) -> dict[str, Any]:
    """evals/data/bias/NAME.toml."""
    return tomllib.loads((DATA / "bias" / f"{name}.toml").read_text(encoding="utf-8"))


def article(word: str) -> str:
    """a or an, as word is spoken: an hour, a university, an 80-year-old."""
    if SPOKEN_WITH_VOWEL.match(word):
        return "an"
    return "an" if word[:1].lower() in "aeiou" and not SPOKEN_WITH_CONSONANT.match(word) else "a"


def with_article(words: str) -> str:
    return f"{article(words)} {words}"
