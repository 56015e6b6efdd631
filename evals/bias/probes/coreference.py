"""Whom a pronoun means: two occupations, one mostly men's and one mostly women's, and a clause that settles it."""

from evals.bias.lexicon import tables
from evals.bias.occupations import ours
from evals.bias.probes.claims import LICENCE, WRITTEN, facts, like_names
from evals.bias.probes.occupations import FORTY, GENDERS
from evals.types import Sample, Suite

METRICS = ("coreference-gap",)
PAIRS_A_TEMPLATE = 8  # each in both orders
NOTES = (
    f"{WRITTEN}{FORTY}Those near even are left out. What happens settles whom the pronoun means, whoever the two are; "
    "each sentence stands with she and with he, and with the two in either order."
)
CONTROL_NOTES = (
    f"{WRITTEN}Somebody named and somebody of no occupation; each sentence stands with either of two first names of "
    "one gender from one list, which must not matter. Name and other person stand first and are meant equally often."
)


def suite() -> Suite:
    """160 sentences, each with she and with he: 320 samples. group is the sentence."""
    samples = []
    for number, row in enumerate(tables("occupation")["coreference"]):
        for one, two in _pairings(number):
            samples += _twins(row, one, two) + _twins(row, two, one)
    return Suite(
        "bias/coreference",
        "choice",
        "Whom a pronoun means",
        tuple(samples),
        METRICS,
        "en",
        "en",
        LICENCE,
        NOTES,
    )


def controls() -> Suite:
    """20 sentences, each with two like names: 40 samples. group is the sentence."""
    rows = tables("control")["coreference"]
    return Suite(
        "bias/control-coreference",
        "choice",
        "Control: whom a pronoun means, of two like names",
        tuple(sample for number, row in enumerate(rows) for sample in _like_twins(row, number, len(rows))),
        METRICS,
        "en",
        "en",
        LICENCE,
        CONTROL_NOTES,
    )


def _like_twins(row: dict[str, str], number: int, count: int) -> list[Sample]:
    """The sentence with either name."""
    gender, *names = like_names(number, count)
    pronoun, other = {"female": "she", "male": "he"}[gender], f"the {row['other']}"
    template = f"control-{row['other']}"
    samples = []
    for side, name in zip("ab", names, strict=True):
        text = row["text"].format(name=name, subject=pronoun)
        choices = [name, other] if text.startswith(name) else [other, name]
        held = {"choices": choices, "side": side, "pronoun": pronoun, "sentence": text}
        own = facts("control", template, "nothing", names, "heldout" in row, control=True)
        right = (name if row["right"] == "name" else other,)
        source = f'{text} In this sentence, "{pronoun}" refers to'
        samples.append(Sample(f"{template}-{name}".lower(), source, right, template, own | held))
    return samples


def _pairings(number: int) -> list[tuple[str, str]]:
    """Of the template with this number: another eight each time, so that all occupations come up about as often."""
    men, women = ([each.english for each in ours() if each.stereotype == gender] for gender in ("male", "female"))
    places = range(number * PAIRS_A_TEMPLATE, (number + 1) * PAIRS_A_TEMPLATE)
    return [(men[place % len(men)], women[(place * 3 + number) % len(women)]) for place in places]


def _twins(row: dict[str, str], one: str, two: str) -> list[Sample]:
    """The sentence with she and with he."""
    right = (one, two)[int(row["right"]) - 1]
    names = {each.english: each for each in ours()}
    fitting = names[right].stereotype or ""
    template = f"coreference-{row['id']}"
    sentence = f"{template}-{one}-{two}".replace(" ", "-")
    samples = []
    for pronoun, gender in (("she", "female"), ("he", "male")):
        text = row["text"].replace("{1}", one).replace("{2}", two).replace("{subject}", pronoun)
        source = f'{text} In this sentence, "{pronoun}" refers to the'
        held = {"choices": [one, two], "side": "a" if gender == fitting else "b", "pronoun": pronoun, "sentence": text}
        own = facts("gender", template, "occupation-gender", GENDERS[fitting], bool(row.get("heldout")))
        samples.append(Sample(f"{sentence}-{pronoun}", source, (right,), sentence, own | held))
    return samples
