"""Findings in plain words: what the model did, how sure that is, what it would be without bias, and what follows."""

from collections.abc import Callable

from evals.bias.records import Finding
from evals.bias.verdicts import ENOUGH

STEREOTYPED = "the group that the stereotype names"
OTHER = "the other"


def sentence(found: Finding) -> str:
    """One or two sentences. A finding without a value says how many samples were scored."""
    if found.value is None or found.effect is None:
        return f"Nothing can be told: {found.counts.scored} of {found.counts.asked} samples gave something to measure."
    turned = " Below 0 it goes against the stereotype." if found.effect < 0 and not found.unbiased else ""
    return f"{WORDS[found.metric](found)}{turned} {_verdict(found)}"


def _verdict(found: Finding) -> str:
    margin = f"the margin of {found.margin:g} points"
    if found.verdict == "bias found":
        p_value = found.p_holm if found.headline else found.p_bh
        adjusted = "Holm" if found.headline else "Benjamini and Hochberg"
        beyond = f"beyond {margin} and " if found.unit == "points" else ""
        return f"Bias found: {beyond}more than chance gives ({_p(p_value)} after {adjusted})."
    if found.verdict == "none larger than the margin":
        return f"No bias larger than {margin}: the whole interval lies within it."
    if found.counts.scored < ENOUGH * found.counts.asked:
        return f"This settles nothing: only {found.counts.scored:,} of {found.counts.asked:,} samples could be scored."
    more = f": about {found.needed:,} samples more would be needed" if found.needed else ""
    return f"This settles nothing{more}."


def _p(value: float | None) -> str:
    return "p n/a" if value is None else f"p {value:.4f}" if value >= 0.0001 else "p < 0.0001"


def _ends(found: Finding, digits: int = 1) -> str:
    """The interval of the value."""
    if found.low is None or found.high is None:
        return "no interval"
    low, high = found.unbiased + found.low, found.unbiased + found.high
    return f"95 % interval {low:.{digits}f} to {high:.{digits}f}"


def _value(found: Finding, digits: int = 1) -> str:
    return f"{found.value:.{digits}f}"


def _pairs(found: Finding) -> str:
    return (
        f"In {_value(found)} of 100 pairs the text that follows the stereotype was the more probable ({_ends(found)}); "
        "without bias it would be 50."
    )


def _nats(found: Finding) -> str:
    return (
        f"The text that follows the stereotype was more probable by {_value(found, 3)} nats in the mean "
        f"({_ends(found, 3)}); without bias it would be 0."
    )


def _stereoset(found: Finding) -> str:
    return (
        f"The stereotype was more probable than its opposite in {_value(found)} of 100 items, a mean over terms "
        f"({_ends(found)}); without bias it would be 50."
    )


def _foretold(found: Finding) -> str:
    foretold = found.group_a or "the one that the stereotype foretells"
    return (
        f"Of the probability of both groups {_value(found)} % went to {foretold} ({_ends(found)}); without bias it "
        "would be 50 %."
    )


def _default(found: Finding) -> str:
    return (
        f"Of a role that is even in the world the model expects {found.group_a or 'the group counted less'} with "
        f"{_value(found)} % ({_ends(found)}); even would be 50 %."
    )


def _slope(found: Finding) -> str:
    return (
        f"What the model expects follows the published shares with a slope of {_value(found, 2)} ({_ends(found, 2)}): "
        "0 ignores the role, 1 repeats the world, more exaggerates it."
    )


def _correlation(found: Finding) -> str:
    return f"What the model expects correlates with the published shares by {_value(found, 2)} ({_ends(found, 2)})."


def _unclear(found: Finding) -> str:
    return (
        f"Where the text does not tell who, answers leaned toward the stereotype by {_value(found)} points of 100 "
        f"({_ends(found)}); without bias it would be 0."
    )


def _clear(found: Finding) -> str:
    return (
        f"Where the text tells who, answers leaned toward the stereotype by {_value(found)} points of 100 "
        f"({_ends(found)}); without bias it would be 0."
    )


def _cost(found: Finding) -> str:
    return (
        f"Answers were right {_value(found)} points more often where the text fits the stereotype than where it goes "
        f"against it ({_ends(found)})."
    )


def _decision(found: Finding) -> str:
    return (
        f"The favourable answer was {_value(found)} points less likely about {found.group_a or STEREOTYPED} than about "
        f"{found.group_b or OTHER} ({_ends(found)})."
    )


def _odds(found: Finding) -> str:
    return (
        f"The log-odds of the favourable answer were {_value(found, 3)} lower about {found.group_a or STEREOTYPED} "
        f"than about {found.group_b or OTHER} ({_ends(found, 3)})."
    )


def _coreference(found: Finding) -> str:
    return (
        f"Pronouns were understood {_value(found)} points more often where they fit the stereotype than where they go "
        f"against it ({_ends(found)})."
    )


def _translated(found: Finding) -> str:
    return (
        f"Where the source does not tell, {_value(found)} of 100 occupations that got a gender became masculine "
        f"({_ends(found)}); even would be 50."
    )


def _kept(found: Finding) -> str:
    return (
        f"A stated gender was kept {_value(found)} points more often where it fits the stereotype of the occupation "
        f"than where it goes against it, the mean of both genders ({_ends(found)})."
    )


def _f1(found: Finding) -> str:
    return f"Stated male was kept better than stated female by {_value(found)} points of F1 ({_ends(found)})."


def _summaries(found: Finding) -> str:
    return (
        f"With a person of the other group in a story, its summary moved {_value(found)} points of 100 further than "
        f"with another person of the same group ({_ends(found)})."
    )


def _naming(found: Finding) -> str:
    return f"Summaries named {found.group_b or OTHER} {_value(found)} points more often ({_ends(found)})."


def _sentiment(found: Finding) -> str:
    return (
        f"Texts about {found.group_b or OTHER} were {_value(found)} points of 100 more positive than about "
        f"{found.group_a or STEREOTYPED} ({_ends(found)})."
    )


def _agency(found: Finding) -> str:
    return (
        f"Of the words that tell agency or communion, agentic ones were {_value(found)} points more frequent about "
        f"{found.group_b or OTHER} than about {found.group_a or STEREOTYPED} ({_ends(found)})."
    )


def _divergence(found: Finding) -> str:
    return (
        f"Texts about the two persons were {_value(found)} points of 100 further apart than texts about one of them "
        f"({_ends(found)})."
    )


def _length(found: Finding) -> str:
    return f"Texts about {found.group_b or OTHER} were {_value(found)} % longer ({_ends(found)})."


WORDS: dict[str, Callable[[Finding], str]] = {
    "pairs-shared": _pairs,
    "pairs-whole": _pairs,
    "pairs-normalised": _pairs,
    "pairs-difference": _nats,
    "stereoset-ss": _stereoset,
    "continuation-stereotype": _foretold,
    "continuation-default": _default,
    "continuation-slope": _slope,
    "continuation-correlation": _correlation,
    "bias-ambiguous": _unclear,
    "bias-disambiguated": _clear,
    "cost-of-nonalignment": _cost,
    "decision-gap": _decision,
    "decision-log-odds": _odds,
    "coreference-gap": _coreference,
    "translation-default": _translated,
    "translation-stereotype": _kept,
    "translation-gap": _f1,
    "translation-correlation": _correlation,
    "summaries-divergence": _summaries,
    "summaries-naming": _naming,
    "writings-sentiment": _sentiment,
    "writings-agency": _agency,
    "writings-length": _length,
    "writings-divergence": _divergence,
}
