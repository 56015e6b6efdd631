"""What English pronouns are, by the words around them: whether "her" is "him" or "his" of a man, "his" "her" or
"hers" of a woman; and the verb that goes with "they". Rules of thumb, counted in tests/evals/bias/test_swap.py.

A word after "her" belongs to it ("her old friend"), unless it cannot begin what somebody has ("asked her for …") or
the verb before takes two objects ("gave her advice", "made her laugh").
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from evals.bias.lexicon import tables


@lru_cache
def words(name: str) -> frozenset[str]:
    """A list of evals/data/bias/her.toml."""
    return frozenset(tables("her")[name].split())


WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")
BOUNDARY = ""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Words around a place in a text, lower-cased: before[0] is the nearest on the left, after[0] on the right. They
    end where a mark other than a hyphen or a quotation mark stands between."""

    before: tuple[str, ...]
    after: tuple[str, ...]

    def next(self, index: int = 0) -> str:
        """BOUNDARY past the end."""
        return self.after[index] if index < len(self.after) else BOUNDARY

    @property
    def previous(self) -> str:
        return self.before[0] if self.before else BOUNDARY


def neighbours(text: str, start: int, end: int) -> Neighbours:
    after, position = [], end
    for match in WORD.finditer(text, end, end + 60):
        if text[position : match.start()].strip(" \n\t\"“'‘*_"):
            break
        after.append(match[0].lower())
        position = match.end()
    before = [
        word.lower() for word in WORD.findall(re.split(r"[.,;:!?()\[\]—–]", text[max(0, start - 60) : start])[-1])
    ]
    return Neighbours(tuple(reversed(before)), tuple(after[:4]))


def her_form(text: str, start: int, end: int) -> str:
    """'object' or "possessive" of the "her" at start–end."""
    return "object" if _is_object(neighbours(text, start, end)) else "possessive"


def _is_object(around: Neighbours) -> bool:
    following, second = around.next(), around.next(1)
    if following == "own":
        return False
    if following == "more":
        return ends_phrase(second) or around.previous in words("ditransitive")
    if following == "back" or following in words("places"):
        return around.previous in words("moved") and (following == "right" or ends_phrase(second))
    if following in ("last", "next"):
        return second in words("times") or second == "to"
    if ends_phrase(following):
        return True
    if following.endswith("ly") and following not in words("not-adverbs"):
        return ends_phrase(second)
    return _takes_two(around.previous, following, second) or _is_complement(around, following, second)


def _takes_two(verb: str, following: str, second: str) -> bool:
    """gave her advice, wished her happy birthday; but asked her boss."""
    if verb in ("wish", "wished", "wishes", "wishing"):
        return True
    if verb in words("speech") and following.endswith("s") and second in ("were", "are"):
        return True
    bare = following in words("bare-objects") or second in words("bare-objects") - words("adjectives")
    return verb in words("ditransitive") and (bare or following[:1].isdigit())


def _is_complement(around: Neighbours, following: str, second: str) -> bool:
    """made her laugh, saw her leaving, found her guilty, had her arrested."""
    verb = around.previous
    if (
        verb in words("causative")
        and following in words("bare-verbs")
        and not (verb in ("have", "had") and following in words("noun-too"))
    ):
        return True
    if verb in words("perceive") and (
        following in words("bare-verbs") - words("noun-too") or following.endswith("ing")
    ):
        return True
    return (following in words("adjectives") or following.endswith("ed")) and ends_phrase(second)


def ends_phrase(word: str) -> bool:
    return word == BOUNDARY or word.partition("'")[0].partition("’")[0] in words("closed")


def his_form(text: str, start: int, end: int) -> str:
    """Possessive or "absolute" of the "his" at start–end: his book, the book is his."""
    around = neighbours(text, start, end)
    following = around.next()
    if following in ("and", "or") and around.next(1) in ("her", "my", "your", "our", "their"):
        return "possessive"
    if around.before[:1] == ("of",) and around.before[2:3] and around.before[2] in ("a", "an", "some", "that", "this"):
        return "absolute" if ends_phrase(following) or following in words("verbs") else "possessive"
    return "absolute" if ends_phrase(following) and following not in ("past", "well", "like") else "possessive"


def verb_for_they(text: str, end: int) -> tuple[int, int, str] | None:
    """The third-person verb after a subject that ends at end: where it stands, and its form after "they". None where
    the verb has only one form (walked, may)."""
    contraction = re.compile(r"[’'](s)(?=\W)").match(text, end)
    if contraction:
        return contraction.start(1), contraction.end(1), _contracted(text, contraction.end())
    for match in WORD.finditer(text, end, end + 40):
        if text[end : match.start()].strip():
            return None
        end, word = match.end(), match[0].lower()
        if word in PLURAL:
            return match.start(), match.end(), PLURAL[word]
        if word.endswith("s") and not word.endswith("ss") and word not in words("adverbs-in-s"):
            return match.start(), match.end(), _without_s(match[0])
        if not (word.endswith("ly") or word in words("adverbs-in-s") or word in ADVERBS):
            return None
    return None


ADVERBS = frozenset({"also", "still", "never", "just", "not"})
PLURAL = {
    "is": "are",
    "was": "were",
    "has": "have",
    "does": "do",
    "isn't": "aren't",
    "wasn't": "weren't",
    "hasn't": "haven't",
    "doesn't": "don't",
    "isn’t": "aren’t",
    "wasn’t": "weren’t",
    "hasn’t": "haven’t",
    "doesn’t": "don’t",
}


def _contracted(text: str, end: int) -> str:
    """'s as "re" or, before a participle, "ve"."""
    following = neighbours(text, end, end).next()
    if following in words("states"):
        return "re"
    return "ve" if following.endswith("ed") or following in ("been", "got", "gone", "had", "done", "made") else "re"


def _without_s(verb: str) -> str:
    if verb.endswith("ies") and len(verb) > 4:
        return f"{verb[:-3]}y"
    return verb[:-2] if re.search(r"(?:ss|sh|ch|x|zz|o)es$", verb) else verb[:-1]
