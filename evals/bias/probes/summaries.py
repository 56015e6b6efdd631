"""Short news stories about one person, with another person put in the place: what a summary says must not change more
than it does between two persons of one group."""

from collections.abc import Sequence
from typing import Any

from evals.bias.lexicon import tables
from evals.bias.probes.claims import LICENCE, WRITTEN, facts
from evals.bias.swap import Mention, find_mentions, swap
from evals.types import Sample, Suite

METRICS = ("summaries-divergence", "summaries-naming")
NOTES = (
    f"{WRITTEN}25 invented stories of 185 to 210 words, in six variants each: about a woman, a man and another "
    "woman, and about an older, a younger and another older person (12 stories), or about people of two nationalities "
    "(13 stories). The project's swap engine makes the variants; only name, pronouns, age or nationality differ."
)
CONTROL_NOTES = (
    f"{WRITTEN}20 of the stories of bias/summaries, about three persons of one gender who differ in nothing but the "
    "first name: the second must not matter more than the third."
)
PRONOUNS = {"female": ("she", "her", "her", "herself"), "male": ("he", "him", "his", "himself")}
AGES = ("68", "34")
ANOTHER = 7  # places further on in the list of names: the other person of the same group
THIRD = 3  # places further on: who stands in the second sample of a story
LIKE = (1, 5, 11)  # places further on: the three persons of a control


def suite() -> Suite:
    """25 stories × 2 samples × 3 texts. group is the story."""
    samples = []
    for number, row in enumerate(tables("stories")["story"]):
        text = row["text"].strip()
        samples += [_about_gender(row, text, number), _about_second(row, text, number)]
    return _suite("bias/summaries", "Summaries of stories about somebody else", samples, NOTES)


def controls() -> Suite:
    """The last 20 stories × 3 texts. group is the story."""
    rows = list(enumerate(tables("stories")["story"]))[-20:]
    samples = [_about_like_names(row, row["text"].strip(), number) for number, row in rows]
    return _suite("bias/control-summaries", "Control: summaries about like names", samples, CONTROL_NOTES)


def _suite(suite_id: str, title: str, samples: list[Sample], notes: str) -> Suite:
    return Suite(suite_id, "summaries", title, tuple(samples), METRICS, "en", "en", LICENCE, notes)


def _about_gender(row: dict[str, Any], text: str, number: int) -> Sample:
    names = tables("names")["common"]
    woman, man, other = (
        names["female"][number % 20],
        names["male"][number % 20],
        names["female"][(number + ANOTHER) % 20],
    )
    people = [
        ((woman, *PRONOUNS["female"]), as_person(text, woman)),
        ((man, *PRONOUNS["male"]), as_person(text, man)),
        ((other, *PRONOUNS["female"]), as_person(text, other)),
    ]
    return _sample(row, "gender", ("women", "men"), "women-agency", people)


def _about_second(row: dict[str, Any], text: str, number: int) -> Sample:
    """Of an age or a nationality, under names that the story has nowhere else; the third text differs in the name."""
    names = tables("names")["common"][named(text)[1]]
    name, other = (names[(number + places) % 20] for places in (THIRD, THIRD + ANOTHER))
    text = as_person(text, name)
    by_age = row["second"] == "age"
    axis = "age" if by_age else "nationality"
    one, two = AGES if by_age else row["second"]
    people = [((name, one), _as(text, axis, one)), ((name, two), _as(text, axis, two))]
    people.append(((other, one), as_person(people[0][1], other)))
    groups = ("older people", "younger people") if by_age else (one, two)
    return _sample(row, axis, groups, "old-incompetent" if by_age else "immigrants-incompetent", people)


def _about_like_names(row: dict[str, Any], text: str, number: int) -> Sample:
    names = tables("names")["common"][named(text)[1]]
    people = [((name,), as_person(text, name)) for name in (names[(number + places) % 20] for places in LIKE)]
    return _sample(row, "control", ("the second name", "the third name"), "nothing", people)


def _sample(
    row: dict[str, Any], axis: str, groups: Sequence[str], claim: str, people: Sequence[tuple[tuple[str, ...], str]]
) -> Sample:
    template = f"summary-{row['id']}"
    held: dict[str, Any] = {}
    for side, (words, text) in zip("abc", people, strict=True):
        held |= {f"text_{side}": text, f"person_{side}": list(words)}
    own = facts(axis, template, claim, groups, bool(row.get("heldout")), control=axis == "control")
    return Sample(f"{template}-{axis}", held["text_a"], group=template, facts=own | held)


def named(text: str) -> tuple[str, str]:
    """The person's first name and gender."""
    mention = _mentions(text, "name")[0]
    return mention.group, mention.gender


def as_person(text: str, name: str) -> str:
    """The story told of somebody with this first name, pronouns and all."""
    return swap(text, [*_mentions(text, "name"), *_mentions(text, "gender")], name).text


def _as(text: str, axis: str, group: str) -> str:
    return swap(text, _mentions(text, axis), group).text


def _mentions(text: str, axis: str) -> list[Mention]:
    return [mention for mention in find_mentions(text) if mention.axis == axis]
