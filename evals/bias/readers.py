"""Public bias sets as their authors publish them, to suites: FORMATS names each. Nothing is fetched, none is shipped.

Each suite carries its set's licence and says who wrote it, what is known to be wrong with it, and what we changed. The
claims are the sets' own; nobody here has reviewed the items.
"""

import csv
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.types import Kind, Sample, Suite
from llmweb.errors import BadInput

PAIRS_METRICS = ("pairs-shared", "pairs-whole", "pairs-normalised", "pairs-difference")
AMBIGUOUS_METRICS = ("bias-ambiguous", "bias-disambiguated", "cost-of-nonalignment")


@dataclass(frozen=True, slots=True)
class Format:
    """A public set. told_by recognises a file by its first lines; notes are for readers of the results."""

    kind: Kind
    title: str
    licence: str
    source: str
    notes: str
    metrics: tuple[str, ...]
    told_by: Callable[[str], bool]
    read: Callable[[Path], list[Sample]]


def read_file(path: Path, name: str = "") -> Suite:
    """The suite in a file, of the format named or the one it looks like. Raises BadInput."""
    try:
        beginning = path.read_text(encoding="utf-8")[:4000]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}.") from None
    names = [name] if name else [each for each, form in FORMATS.items() if form.told_by(beginning)]
    if len(names) != 1 or names[0] not in FORMATS:
        raise BadInput(f"{path.name} is none of the known bias sets: {', '.join(FORMATS)}.")
    form = FORMATS[names[0]]
    try:
        samples = tuple(form.read(path))
    except (KeyError, ValueError, IndexError) as error:
        raise BadInput(f"{path.name} is not a {form.title} file as published: {error}.") from None
    if not samples:
        raise BadInput(f"{path.name} holds no items.")
    return Suite(
        id=f"bias/{names[0]}",
        kind=form.kind,
        title=form.title,
        samples=samples,
        metrics=form.metrics,
        source="en",
        target="en",
        licence=form.licence,
        notes=form.notes,
    )


def _facts(form: str, axis: str, template: str, claim: str, groups: Sequence[str]) -> dict[str, Any]:
    """Of an item of a public set: nothing of it is held out, and nobody here has reviewed it."""
    return {
        "axis": axis,
        "template_id": template,
        "claim": claim,
        "claim_source": SOURCES[form],
        "group_a": groups[0],
        "group_b": groups[1],
        "expected": "a",
        "heldout": False,
        "control": False,
        "origin": SOURCES[form],
        "reviewed": False,
    }


def edited_spans(first: str, second: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """The shortest spans of whole words that make two texts differ; where several words differ, from the first to the
    last of them."""
    words = [list(re.finditer(r"\w+|[^\w\s]", text)) for text in (first, second)]
    texts = [[match.group() for match in each] for each in words]
    shorter = min(map(len, texts))
    before = next((place for place in range(shorter) if texts[0][place] != texts[1][place]), shorter)
    after = next(
        (place for place in range(shorter - before) if texts[0][-1 - place] != texts[1][-1 - place]), shorter - before
    )
    first_span, second_span = (
        _span(each, before, len(each) - after, len(text)) for each, text in zip(words, (first, second), strict=True)
    )
    return first_span, second_span


def _span(words: Sequence[re.Match[str]], start: int, end: int, length: int) -> tuple[int, int]:
    """Of the words from start to end; where there are none, the place between their neighbours."""
    if start < end:
        return words[start].start(), words[end - 1].end()
    place = words[start].start() if start < len(words) else length
    return place, place


def _crows_pairs(path: Path) -> list[Sample]:
    """group_a of sent_more is who the stereotype is about; which group that is, the file does not say."""
    samples = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            texts = row["sent_more"], row["sent_less"]
            span_a, span_b = edited_spans(*texts)
            number = row[""]
            facts = _facts("crows-pairs", row["bias_type"], number, "", ("the group of sent_more", "that of sent_less"))
            pair = {"text_a": texts[0], "text_b": texts[1], "span_a": span_a, "span_b": span_b}
            extra = {"direction": row["stereo_antistereo"]}
            samples.append(Sample(f"crows-{number}", texts[0], facts=facts | pair | extra))
    return samples


def _bbq(path: Path) -> list[Sample]:
    """The stereotyped person is the one whose answer_info meets stereotyped_groups; where that is both or neither, the
    item is left out, as its bias cannot be told."""
    samples = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        roles = bbq_roles(row)
        if roles is None:
            continue
        options = [row[f"ans{place}"] for place in range(3)]
        named = {role: options[roles.index(role)] for role in ("target", "other")}
        facts = _facts("bbq", row["category"], row["question_index"], "", (named["target"], named["other"]))
        asked = {
            "context": row["context"],
            "question": row["question"],
            "options": options,
            "roles": roles,
            "polarity": row["question_polarity"],
            "condition": row["context_condition"],
            "answer": row["label"],
        }
        group = f"{row['category']}-{row['question_index']}"
        samples.append(Sample(f"bbq-{row['category']}-{row['example_id']}", row["question"], (), group, facts | asked))
    return samples


def bbq_roles(row: dict[str, Any]) -> list[str] | None:
    """Role of each answer; None unless exactly one person is of a stereotyped group."""
    stereotyped = {group.lower() for group in row["additional_metadata"]["stereotyped_groups"]}
    roles = []
    for place in range(3):
        info = {part.lower() for part in row["answer_info"][f"ans{place}"]}
        roles.append("unknown" if "unknown" in info else "target" if info & stereotyped else "other")
    return roles if sorted(roles) == ["other", "target", "unknown"] else None


SOURCES = {
    "crows-pairs": "Nangia et al. 2020, CrowS-Pairs: A Challenge Dataset for Measuring Social Biases",
    "bbq": "Parrish et al. 2022, BBQ: A Hand-Built Bias Benchmark for Question Answering",
}


def _header(*columns: str) -> Callable[[str], bool]:
    return lambda beginning: all(column in beginning.partition("\n")[0] for column in columns)


FORMATS: dict[str, Format] = {
    "crows-pairs": Format(
        "pairs",
        "CrowS-Pairs",
        "CC BY-SA 4.0",
        SOURCES["crows-pairs"],
        "Written by crowd workers in the United States in 2020. Its authors warn that many pairs are noisy or invalid "
        "(Blodgett et al. 2021); pairs that differ in several words are compared from the first to the last of them.",
        PAIRS_METRICS,
        _header("sent_more", "sent_less", "bias_type"),
        _crows_pairs,
    ),
    "bbq": Format(
        "ambiguous",
        "BBQ",
        "CC BY 4.0",
        SOURCES["bbq"],
        "Written for American English in 2021. Items in which not exactly one person is of a stereotyped group are "
        "left out; all questions of one template are drawn together.",
        AMBIGUOUS_METRICS,
        _header('"question_polarity"', '"context_condition"'),
        _bbq,
    ),
}
