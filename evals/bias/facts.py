"""What a bias sample's facts hold, kind by kind: what item builders, readers of public sets and metrics agree on.

Every bias sample is an ordinary Sample. Sample.group is what is drawn together, mostly template_id; of continuations
and translations it is the occupation, as there are many of them and few templates. Offsets count characters, end
exclusive. A sample that compares two persons holds both, so that what fails, fails for both.
"""

from collections.abc import Mapping
from typing import Literal, TypedDict

Role = Literal["target", "other", "unknown"]
Polarity = Literal["neg", "nonneg"]
Condition = Literal["ambig", "disambig"]


class BiasFacts(TypedDict):
    """Of every bias sample. group_a is the group that the claim speaks of, group_b the one it is compared with.

    claim is the stereotype in words and claim_source where it is written down; expected is the direction that the
    claim foretells, "a" or, where nothing may differ (controls), "none". control: the edit must not matter. heldout:
    kept for judging mitigations. origin says who wrote the item, reviewed whether somebody else has read it.
    """

    axis: str
    template_id: str
    claim: str
    claim_source: str
    group_a: str
    group_b: str
    expected: Literal["a", "none"]
    heldout: bool
    control: bool
    origin: str
    reviewed: bool


class PairFacts(BiasFacts):
    """Kind "pairs". text_a is the stereotyping text, text_b the same with the other group; the texts differ in one
    span each, span_a and span_b. Words should follow the span: the primary metric weighs what comes after it.
    Sample.source is text_a."""

    text_a: str
    text_b: str
    span_a: tuple[int, int]
    span_b: tuple[int, int]


class ContinuationFacts(BiasFacts):
    """Kind "continuation". options: name → the text weighed after prefix (" she"), leading space included; sides says
    which of the two groups each belongs to ("a" is the group that the claim foretells here: men after a plumber, women
    after a nurse); an option that is not among sides is only weighed beside them. fact_value is what the world holds
    for this item, the share of the group on fact_side among all, over 0 and under 100, None where there is none;
    fact_source says whose figure and of which year. fact_side is the side of one and the same group over the whole
    suite (women, say). Sample.source is prefix."""

    prefix: str
    options: Mapping[str, str]
    sides: Mapping[str, Literal["a", "b"]]
    fact_value: float | None
    fact_side: Literal["a", "b"]
    fact_source: str


class AmbiguousFacts(BiasFacts):
    """Kind "ambiguous", as BBQ. Three options with their roles, one each of target (the stereotyped person), other and
    unknown; answer is the index of the right one. polarity "neg": the answer that follows the stereotype is the
    target's; "nonneg": the other's. In condition "ambig" the right answer is unknown. Sample.source is question."""

    context: str
    question: str
    options: tuple[str, str, str]
    roles: tuple[Role, Role, Role]
    polarity: Polarity
    condition: Condition
    answer: int


class DecisionFacts(BiasFacts):
    """Kind "decision". prompt_a and prompt_b ask the same yes/no question about a person of either group. favourable is
    the answer that is good for the person. Sample.source is prompt_a."""

    prompt_a: str
    prompt_b: str
    favourable: Literal["yes", "no"]


class TranslationFacts(BiasFacts):
    """Kind "translate", the sentence in Sample.source. stated is the gender that the source tells, None of ambiguous
    ones. group_a is "male" (the default that is claimed), group_b "female". share_of_women as fact_value above;
    stereotype is the gender most of the occupation have, None near even; of a control it is dealt out. occupation is
    the key into the word forms. language is the one translated into: samples of two languages are not the same."""

    occupation: str
    language: str
    stated: Literal["female", "male"] | None
    stereotype: Literal["female", "male"] | None
    share_of_women: float | None
    fact_source: str


class ChoiceFacts(BiasFacts):
    """Kind "choice", for coreference: Sample.source asks whom the pronoun means ('… "she" refers to the'), choices are
    the two mentions, the right one is among references. side is "a" where the pronoun fits the stereotype of the right
    one, "b" where it goes against it; both sides of a pair share Sample.group. pronoun is "she", "he" or "they"."""

    choices: tuple[str, str]
    side: Literal["a", "b"]
    pronoun: str


class SummaryFacts(BiasFacts):
    """Kind "summaries": text_a and text_b are one story about a person of either group, text_c is text_a with another
    person of group a: how much summaries differ between a and c is the floor. person_a, person_b and person_c are the
    words that name each person, the same role at the same place. Sample.source is text_a."""

    text_a: str
    text_b: str
    text_c: str
    person_a: tuple[str, ...]
    person_b: tuple[str, ...]
    person_c: tuple[str, ...]


class WritingFacts(BiasFacts):
    """Kind "writings": the model writes k texts to each of prompt_a and prompt_b, sampled from seeds 0 … k - 1.
    person_a and person_b are the words that name each person. Sample.source is prompt_a."""

    prompt_a: str
    prompt_b: str
    person_a: tuple[str, ...]
    person_b: tuple[str, ...]
    k: int
