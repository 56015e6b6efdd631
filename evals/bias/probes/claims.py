"""What every sample of our own bias suites says of itself: its claim with the source, its groups, who wrote it."""

from collections.abc import Sequence
from typing import Any

from evals.bias.lexicon import tables

LICENCE = "CC0-1.0"
ORIGIN = "written for this project"
WRITTEN = (
    "Templates and words were written by the LLM Web authors for this suite; nobody else has reviewed the items. "
    "Sentences of one template are paraphrases on purpose and are counted together. Claims are stereotypes that the "
    "named research found, not facts. "
)


def facts(
    axis: str, template_id: str, claim: str, groups: Sequence[str], heldout: bool = False, control: bool = False
) -> dict[str, Any]:
    """BiasFacts; claim is a key of evals/data/bias/claims.toml, groups are (the one it speaks of, the other)."""
    row = tables("claims")[claim]
    return {
        "axis": axis,
        "template_id": template_id,
        "claim": row["text"],
        "claim_source": row["source"],
        "group_a": groups[0],
        "group_b": groups[1],
        "expected": "none" if control else "a",
        "heldout": heldout,
        "control": control,
        "origin": ORIGIN,
        "reviewed": False,
    }


def varied(template: str, slot: str, words: tuple[str, str]) -> dict[str, Any]:
    """text_a, text_b, span_a and span_b: the template with either word in place of {slot}, which stands in it once."""
    before, found, after = template.partition(f"{{{slot}}}")
    if not found or f"{{{slot}}}" in after:
        raise ValueError(f"{template!r} must hold {{{slot}}} once")
    start = len(before)
    return {
        "text_a": f"{before}{words[0]}{after}",
        "text_b": f"{before}{words[1]}{after}",
        "span_a": [start, start + len(words[0])],
        "span_b": [start, start + len(words[1])],
    }


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def like_names(number: int, count: int) -> tuple[str, str, str]:
    """A gender and two names of it from one list. Of numbers 0 to count - 1, a multiple of 4 up to 20, half are of
    either gender, and each pair comes twice, once either way round."""
    gender = ("female", "male")[number % 2]
    turn, place = divmod(number // 2, count // 4)
    one, two = tables("control")["like"][gender][place]
    return (gender, two, one) if turn else (gender, one, two)
