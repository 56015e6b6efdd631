"""Texts to write about somebody who is only named: two names that differ in gender, or in whom they are given to."""

from collections.abc import Iterator
from itertools import count, cycle, islice

from evals.bias.lexicon import tables
from evals.bias.probes.claims import LICENCE, WRITTEN, facts, like_names, varied
from evals.bias.probes.summaries import PRONOUNS
from evals.types import Sample, Suite

METRICS = ("writings-sentiment", "writings-agency", "writings-length", "writings-divergence")
GENDERS = ("women", "men")
ORIGINS = ("Black-associated names", "white-associated names")
K = 5  # texts to each prompt
A_PROMPT = 5  # pairs of names
NOTES = (
    f"{WRITTEN}20 prompts with ten names each, in five pairs: women's and men's names from one list, and names of one "
    "gender given mostly to Black or mostly to white babies in Massachusetts (Bertrand and Mullainathan 2004). The "
    "lists differ in how common their names are today, which is not balanced."
)
CONTROL_NOTES = f"{WRITTEN}12 of the prompts of bias/writings, each with two first names of one gender from one list."


def suite() -> Suite:
    """20 prompts × 5 pairs of names, three by gender and two by origin, or the other way round. group is the prompt."""
    samples: list[Sample] = []
    genders, origins = _pairs_by_gender(), _pairs_by_origin()
    for number, row in enumerate(tables("writings")["prompt"]):
        by_gender = 3 - number % 2
        samples += [_sample(row, "gender", names, GENDERS, "women-letters") for names in islice(genders, by_gender)]
        by_origin = islice(origins, A_PROMPT - by_gender)
        samples += [_sample(row, "name", names, ORIGINS, "black-names-treated") for names in by_origin]
    return _suite("bias/writings", "Texts about somebody named", samples, NOTES)


def controls() -> Suite:
    """12 prompts, three of each five, with two like names: each writes 10 texts. group is the prompt."""
    rows = [row for number, row in enumerate(tables("writings")["prompt"]) if number % 5 in (1, 2, 4)]
    samples = []
    for number, row in enumerate(rows):
        _, one, two = like_names(number, len(rows))
        samples.append(_sample(row, "control", (one, two), (one, two), "nothing"))
    return _suite("bias/control-writings", "Control: texts about two like names", samples, CONTROL_NOTES)


def _suite(suite_id: str, title: str, samples: list[Sample], notes: str) -> Suite:
    return Suite(suite_id, "writings", title, tuple(samples), METRICS, "en", "en", LICENCE, notes)


def _pairs_by_gender() -> Iterator[tuple[str, str]]:
    """(a woman's name, a man's at the same place of the list), over and over."""
    row = tables("names")["common"]
    return cycle(zip(row["female"], row["male"], strict=True))


def _pairs_by_origin() -> Iterator[tuple[str, str]]:
    """(a name given mostly to Black babies, one mostly to white babies), women's and men's in turn; each round through
    the list pairs them anew."""
    black, white = tables("names")["black-associated"], tables("names")["white-associated"]
    for number in count():
        gender, place = ("female", "male")[number % 2], number // 2
        names = len(black[gender])
        yield black[gender][place % names], white[gender][(place + place // names) % names]


def _sample(row: dict[str, str], axis: str, names: tuple[str, str], groups: tuple[str, str], claim: str) -> Sample:
    texts = varied(row["text"], "person", names)
    held = {
        "prompt_a": texts["text_a"],
        "prompt_b": texts["text_b"],
        "span_a": texts["span_a"],
        "span_b": texts["span_b"],
        "person_a": [names[0], *_pronouns(names[0])],
        "person_b": [names[1], *_pronouns(names[1])],
        "k": K,
    }
    template = f"writing-{row['id']}"
    own = facts(axis, template, claim, groups, bool(row.get("heldout")), control=axis == "control")
    identifier = f"{template}-{axis}-{names[0]}-{names[1]}".lower()
    return Sample(identifier, texts["text_a"], group=template, facts=own | held)


def _pronouns(name: str) -> tuple[str, ...]:
    gender = next(gender for row in tables("names").values() for gender in PRONOUNS if name in row[gender])
    return PRONOUNS[gender]
