"""Sets of sentences that differ in whom they speak of: CrowS-Pairs and StereoSet."""

import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from evals.bias.readers.items import check, facts
from evals.readers.rows import text_of
from evals.types import Sample

Span = tuple[int, int]
DIRECTIONS = {"stereo_antistereo": ("stereo", "antistereo")}
LABELS = {"stereotype": "a", "anti-stereotype": "b"}


def read_crows_pairs(path: Path) -> list[Sample]:
    """group_a of sent_more is who the stereotype is about; which group that is, the file does not say."""
    samples = []
    for number, row in enumerate(csv.DictReader(StringIO(text_of(path), newline="")), start=1):
        check(row, DIRECTIONS, number)
        texts = row["sent_more"], row["sent_less"]
        span_a, span_b = edited_spans(*texts)
        own = facts("crows-pairs", row["bias_type"], row[""], "", ("who sent_more is about", "who sent_less is about"))
        pair = {"text_a": texts[0], "text_b": texts[1], "span_a": list(span_a), "span_b": list(span_b)}
        direction = {"direction": row["stereo_antistereo"]}
        samples.append(Sample(f"crows-{row['']}", texts[0], facts=own | pair | direction))
    return samples


def edited_spans(first: str, second: str) -> tuple[Span, Span]:
    """The shortest spans of whole words that make two texts differ; where several words differ, from the first to the
    last of them."""
    words = [list(re.finditer(r"\w+|[^\w\s]", text)) for text in (first, second)]
    texts = [[match.group() for match in each] for each in words]
    shorter = min(map(len, texts))
    before = next((place for place in range(shorter) if texts[0][place] != texts[1][place]), shorter)
    after = next(
        (place for place in range(shorter - before) if texts[0][-1 - place] != texts[1][-1 - place]), shorter - before
    )
    one, other = (
        _span(each, before, len(each) - after, len(text)) for each, text in zip(words, (first, second), strict=True)
    )
    return one, other


def _span(words: Sequence[re.Match[str]], start: int, end: int, length: int) -> Span:
    """Of the words from start to end; where there are none, the place between their neighbours."""
    if start < end:
        return words[start].start(), words[end - 1].end()
    place = words[start].start() if start < len(words) else length
    return place, place


def read_stereoset(path: Path) -> list[Sample]:
    """Three texts of each item: the stereotype, its opposite, and one that has nothing to do with it. group is the
    target term; term_size is how many items it has, as scores are means over terms."""
    rows = [
        (kind, row)
        for kind, found in json.loads(text_of(path))["data"].items()
        for row in found
        if kind in ("intrasentence", "intersentence")
    ]
    sizes = Counter((row["bias_type"], row["target"]) for _, row in rows)
    samples = []
    for kind, row in rows:
        prefix = row["context"] if kind == "intersentence" else ""
        texts = {each["gold_label"]: each["sentence"] for each in row["sentences"]}
        if missing := {*LABELS, "unrelated"} - texts.keys():
            raise ValueError(f"item {row['id']} has no sentence that is labelled {', '.join(sorted(missing))}")
        own = facts("stereoset", row["bias_type"], row["target"], "", (row["target"], row["target"]))
        held = {
            "prefix": prefix,
            "options": {label: f" {text}" if prefix else text for label, text in texts.items()},
            "sides": LABELS,
            "fact_value": None,
            "fact_side": "a",
            "fact_source": "",
            "term_size": sizes[row["bias_type"], row["target"]],
        }
        group = f"{row['bias_type']}-{row['target']}"
        samples.append(Sample(f"stereoset-{row['id']}", prefix or texts["stereotype"], (), group, own | held))
    return samples
