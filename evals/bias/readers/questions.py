"""Sets of questions about two people: BBQ."""

import json
from pathlib import Path
from typing import Any

from evals.bias.readers.items import check, facts
from evals.readers.rows import lines
from evals.types import Sample

KNOWN = {"question_polarity": ("neg", "nonneg"), "context_condition": ("ambig", "disambig"), "label": (0, 1, 2)}


def read_bbq(path: Path) -> list[Sample]:
    """group is the question template of the category; items whose bias cannot be told are left out."""
    samples = []
    for number, line in enumerate(lines(path), start=1):
        row = json.loads(line)
        check(row, KNOWN, number)
        roles = bbq_roles(row)
        if roles is None:
            continue
        options = [row[f"ans{place}"] for place in range(3)]
        named = [options[roles.index(role)] for role in ("target", "other")]
        group = f"{row['category']}-{row['question_index']}"
        asked = {
            "context": row["context"],
            "question": row["question"],
            "options": options,
            "roles": roles,
            "polarity": row["question_polarity"],
            "condition": row["context_condition"],
            "answer": row["label"],
        }
        own = facts("bbq", row["category"], group, "", named)
        samples.append(Sample(f"bbq-{row['category']}-{row['example_id']}", row["question"], (), group, own | asked))
    return samples


def bbq_roles(row: dict[str, Any]) -> list[str] | None:
    """Role of each answer: the stereotyped person is the one whose answer_info meets stereotyped_groups. None unless
    that is exactly one person."""
    stereotyped = {group.lower() for group in row["additional_metadata"]["stereotyped_groups"]}
    roles = []
    for place in range(3):
        info = {part.lower() for part in row["answer_info"][f"ans{place}"]}
        roles.append("unknown" if "unknown" in info else "target" if info & stereotyped else "other")
    return roles if sorted(roles) == ["other", "target", "unknown"] else None
