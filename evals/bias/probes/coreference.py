"""Whom a pronoun means: two occupations, one mostly men's and one mostly women's, and a clause that settles it."""

from evals.bias.lexicon import tables
from evals.bias.occupations import ours
from evals.bias.probes.claims import LICENCE, WRITTEN, facts
from evals.bias.probes.occupations import FORTY, GENDERS
from evals.types import Sample, Suite

METRICS = ("coreference-gap",)
PAIRS_A_TEMPLATE = 8  # each in both orders
NOTES = (
    f"{WRITTEN}{FORTY}Those near even are left out. What happens settles whom the pronoun means, whoever the two are; "
    "each sentence stands with she and with he, and with the two in either order."
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
