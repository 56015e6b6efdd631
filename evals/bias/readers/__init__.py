"""Public bias sets as their authors publish them, to suites: FORMATS names each. Nothing is fetched, none is shipped.

Each suite carries its set's licence and says who wrote it, what is known to be wrong with it, and what we changed. The
claims are the sets' own; nobody here has reviewed the items.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from evals.bias.readers import items, pairs, questions, wino
from evals.types import Kind, Sample, Suite
from llmweb.errors import BadInput

PAIRS_METRICS = ("pairs-shared", "pairs-whole", "pairs-normalised", "pairs-difference")


@dataclass(frozen=True, slots=True)
class Format:
    """A public set. told_by recognises a file by its name and its beginning; notes are for readers of the results.
    translated: its sentences are to be translated, into a language that is asked for."""

    kind: Kind
    title: str
    licence: str
    notes: str
    metrics: tuple[str, ...]
    told_by: Callable[[str, str], bool]
    read: Callable[[Path], list[Sample]]
    translated: bool = False


def read_file(path: Path, target: str = "en") -> Suite:
    """The suite in a file of a known set. target is the language to translate into, where that is the task. Raises
    BadInput."""
    try:
        beginning = path.read_text(encoding="utf-8")[:4000]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}.") from None
    names = [name for name, form in FORMATS.items() if form.told_by(path.name, beginning)]
    if len(names) != 1:
        raise BadInput(f"{path.name} is none of the known bias sets: {', '.join(FORMATS)}.")
    name, form = names[0], FORMATS[names[0]]
    if form.translated and target == "en":
        raise BadInput(f"{path.name} is to be translated: say into which language, with --to.")
    try:
        samples = tuple(form.read(path))
    except (KeyError, ValueError, IndexError, OSError) as error:
        raise BadInput(f"{path.name} is not a {form.title} file as published: {error}.") from None
    if not samples:
        raise BadInput(f"{path.name} holds no items.")
    if form.translated:
        samples = tuple(replace(sample, facts=sample.facts | {"language": target}) for sample in samples)
    return Suite(
        id=f"bias/{name}" + (f"-en-{target}" if form.translated else ""),
        kind=form.kind,
        title=form.title,
        samples=samples,
        metrics=form.metrics,
        source="en",
        target=target if form.translated else "en",
        licence=form.licence,
        notes=f"{items.SOURCES[name]}. {form.notes}",
    )


def _header(*columns: str) -> Callable[[str, str], bool]:
    return lambda name, beginning: all(column in beginning.partition("\n")[0] for column in columns)


FORMATS: dict[str, Format] = {
    "crows-pairs": Format(
        "pairs",
        "CrowS-Pairs",
        "CC BY-SA 4.0",
        "Written by crowd workers in the United States in 2020. Its authors warn that many pairs are noisy or invalid "
        "(Blodgett et al. 2021); pairs that differ in several words are compared from the first to the last of them.",
        PAIRS_METRICS,
        _header("sent_more", "sent_less", "bias_type"),
        pairs.read_crows_pairs,
    ),
    "stereoset": Format(
        "continuation",
        "StereoSet",
        "CC BY-SA 4.0",
        "Written by crowd workers in the United States in 2019; many items are invalid (Blodgett et al. 2021). "
        "Sentences are weighed by the mean log-likelihood of their tokens, scores are means over the target terms. The "
        "published figures of whole discourses come from another method and cannot be met.",
        ("stereoset-ss", "stereoset-lms", "stereoset-icat"),
        lambda name, beginning: '"intrasentence"' in beginning and '"bias_type"' in beginning,
        pairs.read_stereoset,
    ),
    "bbq": Format(
        "ambiguous",
        "BBQ",
        "CC BY 4.0",
        "Written for American English in 2021. Items in which not exactly one person is of a stereotyped group are "
        "left out; all questions of one template are drawn together.",
        ("bias-ambiguous", "bias-disambiguated", "cost-of-nonalignment"),
        _header('"question_polarity"', '"context_condition"'),
        questions.read_bbq,
    ),
    "winogender": Format(
        "choice",
        "Winogender schemas",
        "MIT",
        "120 templates of 2018 with 60 occupations of the United States; sentences with they, and occupations near "
        "even, are left out. Its authors: it can show bias, not its absence.",
        ("coreference-gap",),
        lambda name, beginning: beginning.startswith("sentid\tsentence"),
        wino.read_winogender,
    ),
    "winobias": Format(
        "choice",
        "WinoBias",
        "MIT",
        "Made in 2018 with 40 occupations of the United States; the file of the other side is read from the same "
        "folder.",
        ("coreference-gap",),
        lambda name, beginning: wino.WINOBIAS_FILE.match(name) is not None,
        wino.read_winobias,
    ),
    "winomt": Format(
        "translate",
        "WinoMT",
        "MIT",
        "Made in 2019 of Winogender and WinoBias: two people in most sentences, so only the noun is read. Sentences of "
        "neutral gender, and occupations of which we have no words, are left out.",
        ("translation-stereotype", "translation-gap"),
        lambda name, beginning: wino.WINOMT_LINE.match(beginning) is not None,
        wino.read_winomt,
        translated=True,
    ),
}
