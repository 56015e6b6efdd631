"""Public bias sets as their authors publish them, to suites: FORMATS names each. Nothing is fetched, none is shipped.

Each suite carries its set's licence and says who wrote it, what is known to be wrong with it, and what we changed. The
claims are the sets' own; nobody here has reviewed the items.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evals.bias.occupations import LANGUAGES
from evals.bias.readers import items, pairs, questions, wino
from evals.readers.rows import text_of
from evals.types import Kind, Sample, Suite
from llmweb.errors import BadInput
from llmweb.translate.languages import name as language_name

PAIRS_METRICS = ("pairs-shared", "pairs-whole", "pairs-normalised", "pairs-difference")
BEGINNING = 4000  # characters, which tell what a file is


@dataclass(frozen=True, slots=True)
class Format:
    """A public set. told_by recognises a file by its name and its beginning; notes are for readers of the results.
    needs says in words what a file must hold, address where its authors publish it. translated: its sentences are to
    be translated, into a language that is asked for."""

    kind: Kind
    title: str
    licence: str
    notes: str
    metrics: tuple[str, ...]
    told_by: Callable[[str, str], bool]
    read: Callable[[Path], list[Sample]]
    needs: str
    address: str
    translated: bool = False


def read_files(paths: Sequence[Path], target: str = "en") -> list[Suite]:
    """The suites in files of known sets, the files of one set joined. target is as of read_file. Raises BadInput."""
    found = dict[str, Suite]()
    for path in paths:
        suite = read_file(path, target)
        found[suite.id] = joined(found[suite.id], suite) if suite.id in found else suite
    return list(found.values())


def read_file(path: Path, target: str = "en") -> Suite:
    """The suite in a file of a known set. target is the language to translate into, where that is the task. Raises
    BadInput, which names the file."""
    beginning = text_of(path)[:BEGINNING]
    names = [name for name, form in FORMATS.items() if form.told_by(path.name, beginning)]
    if len(names) != 1:
        known = "; ".join(f"{form.title}: {form.needs}" for form in FORMATS.values())
        raise BadInput(
            f"{path.name} is none of the sets that are read. {known}. Take a file as its authors publish it."
        )
    name, form = names[0], FORMATS[names[0]]
    if form.translated and target not in LANGUAGES:
        choices = ", ".join(LANGUAGES)
        raise BadInput(f"{path.name} is to be translated: say into which language, with --to: {choices}.")
    try:
        return _suite(name, form, form.read(path), target)
    except (AttributeError, csv.Error, LookupError, OSError, RecursionError, TypeError, ValueError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise BadInput(
            f"{path.name} is not a {form.title} file as published: {why}. It must hold {form.needs}: take it from "
            f"{form.address}."
        ) from None


def _suite(name: str, form: Format, found: Sequence[Sample], target: str) -> Suite:
    """Raises ValueError where there is no item, two have one name, or a text cannot be kept."""
    if not found:
        raise ValueError("it holds no items")
    told = {"language": target} if form.translated else {}
    suite = Suite(
        id=f"bias/{name}" + (f"-en-{target}" if form.translated else ""),
        kind=form.kind,
        title=f"{form.title}, English to {language_name(target)}" if form.translated else form.title,
        samples=_each_once(replace(sample, facts=sample.facts | told) for sample in found),
        metrics=form.metrics,
        source="en",
        target=target if form.translated else "en",
        licence=form.licence,
        notes=f"{items.SOURCES[name]}. {form.notes}",
    )
    _ = suite.sha256  # raises ValueError where a text holds half of a surrogate pair
    return suite


def joined(one: Suite, other: Suite) -> Suite:
    """Two parts of a set, each sample once. Raises BadInput where they ask different things under one name."""
    try:
        return replace(one, samples=_each_once((*one.samples, *other.samples)))
    except ValueError as error:
        raise BadInput(
            f"A file of {one.title} is there already, and {error}. Give one of the two, or take the one before off."
        ) from None


def _each_once(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    found = dict[str, Sample]()
    for sample in samples:
        if found.setdefault(sample.id, sample) != sample:
            raise ValueError(f"two different items are called {sample.id}")
    return tuple(found.values())


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
        "the columns sent_more, sent_less, stereo_antistereo and bias_type, parted by commas",
        "github.com/nyu-mll/crows-pairs",
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
        "data with intrasentence or intersentence items, each with bias_type, target and sentences, as JSON",
        "github.com/moinnadeem/StereoSet",
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
        "question_polarity, context_condition, answer_info and the rest of an item a line, as JSON lines",
        "github.com/nyu-mll/BBQ",
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
        "the columns sentid and sentence, parted by tabs (all_sentences.tsv)",
        "github.com/rudinger/winogender-schemas",
    ),
    "winobias": Format(
        "choice",
        "WinoBias",
        "MIT",
        "Made in 2018 with 40 occupations of the United States; the file of the other side is read from the same "
        "folder, or given with it.",
        ("coreference-gap",),
        lambda name, beginning: wino.WINOBIAS_FILE.match(name) is not None,
        wino.read_winobias,
        "bracketed sentences, and lie beside the file of the other side: pro_stereotyped_type1.txt.dev and "
        "anti_stereotyped_type1.txt.dev",
        "github.com/uclanlp/corefBias",
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
        "gender, place, sentence and occupation a line, parted by tabs (en.txt)",
        "github.com/gabrielStanovsky/mt_gender",
        translated=True,
    ),
}
