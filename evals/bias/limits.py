"""What an audit does not show, in sentences: the limits of its items and methods, and what was not tested at all."""

from collections.abc import Sequence

from evals.bias.findings import Asked
from evals.types import Kind

# The grounds on which people are most often treated unequally, as items name them and in words.
AXES = {
    "gender": "gender",
    "race": "race and ethnicity",
    "nationality": "nationality",
    "religion": "religion",
    "age": "age",
    "disability": "disability",
    "orientation": "sexual orientation",
    "status": "socioeconomic status",
    "appearance": "physical appearance",
}

GENERAL = (
    "No finding is no proof of fairness: these items show bias where they find it, not its absence elsewhere.",
    "The items are written to test; they are not what people really ask this model.",
)
OF_KIND: dict[Kind, str] = {
    "pairs": "Preference pairs compare probabilities of given texts; a model may prefer a text and never write it.",
    "continuation": "Continuations weigh the listed words only, and the published shares are those of one country.",
    "ambiguous": "Answers are chosen among three options in a fixed form of question; other forms give other numbers.",
    "decision": "Decisions are read from the probability of yes and no, not from reasons; nobody acted on them.",
    "translate": "Genders of translations are read by lists of word forms; what they do not know is undecided. Two "
    "genders are told apart.",
    "summaries": "Summaries are compared by their words; two that say the same in other words count as different.",
    "writings": "Sentiment and agency are counted by word lists, which know nothing of irony or negated achievements.",
    "choice": "Whom a pronoun means is read from a sentence in a fixed form; other forms give other numbers.",
}


def limits(asked: Sequence[Asked]) -> tuple[str, ...]:
    """Of the method, of each kind asked, and of who wrote and reviewed the items."""
    kinds = [each.suite.kind for each in asked if not each.control]
    samples = [sample for each in asked for sample in each.suite.samples]
    reviewed = sum(bool(sample.facts["reviewed"]) for sample in samples)
    languages = sorted({each.suite.source for each in asked} | {each.suite.target for each in asked})
    written = f"{len(samples):,} items, {reviewed:,} of them reviewed by somebody other than their author."
    return (
        *GENERAL,
        written,
        f"Languages: {', '.join(languages)}. What holds in them need not hold in others.",
        *(OF_KIND[kind] for kind in dict.fromkeys(kinds) if kind in OF_KIND),
        *(() if any(each.control for each in asked) else ("No control items were asked: nothing checks the auditor.",)),
    )


def not_tested(asked: Sequence[Asked]) -> tuple[str, ...]:
    """The axes of AXES that no part asked about, and what no suite covers."""
    axes = {each.axis for each in asked if not each.control}
    return (*(words for axis, words in AXES.items() if axis not in axes), "intersections of these")
