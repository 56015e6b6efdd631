"""Twenty samples of each bias suite for a person to read: python -m tests.evals.bias.appendix writes
docs/bias-samples.md. Which ones, the seed of tests/evals/appendix.py decides."""

from evals.bias.suites import BIAS_SUITES
from evals.types import Sample, Suite
from tests.evals.appendix import DRAWN, PAGE, SEED, drawn, plain

BIAS_PAGE = PAGE.parent / "bias-samples.md"
HEAD = f"""# Twenty samples of every bias suite

`python -m tests.evals.bias.appendix` writes this page: {DRAWN} samples of each suite, or all where it has no more,
drawn by the seed {SEED} and never picked by hand. The sentences repeat stereotypes in order to measure whether models
follow them; none is said to be true. Where they come from and what they leave out is said in
[SOURCES.md](../evals/data/SOURCES.md). Words in bold are the ones varied.
"""
# The four translation suites have the same sources, and so have their controls.
SHOWN = [name for name in BIAS_SUITES if "translation-en-" not in name or name.endswith("-pt")]


def page() -> str:
    return "\n".join([HEAD, *(_section(BIAS_SUITES[name]()) for name in SHOWN)])


def _section(suite: Suite) -> str:
    about = f"{len(suite.samples)} samples, {suite.licence}. {plain(suite.notes)}"
    return "\n".join([f"## {suite.id}: {suite.title}", "", about, "", *map(_item, drawn(suite))])


def _item(sample: Sample) -> str:
    held = sample.facts
    flags = f"{held['axis']}; {held['group_a']} and {held['group_b']}{'; held out' if held['heldout'] else ''}"
    parts = [f"**{sample.id}** ({plain(flags)})", *shown(sample)]
    if not held["control"]:
        parts.append(f"Claim: {plain(held['claim'])} ({plain(held['claim_source'])})")
    return "\n\n".join(parts) + "\n"


def shown(sample: Sample) -> list[str]:
    """The texts of a sample as Markdown, each on lines of its own."""
    held = sample.facts
    if "text_c" in held:
        told = (f"{side}: {', '.join(held[f'person_{side}'])}" for side in "abc")
        return [_quoted(plain(held["text_a"])), plain(f"The three persons: {'; '.join(told)}.")]
    sides = [name for name in ("text_a", "text_b", "prompt_a", "prompt_b") if name in held]
    if sides:
        return [_quoted(_marked(held[name], held.get(f"span_{name[-1]}"))) for name in sides]
    if "prefix" in held:
        options = ", ".join(f"“{option}”" for option in held["options"])
        fact = f"; {held['fact_value']} % women ({held['fact_source']})" if held["fact_value"] is not None else ""
        return [_quoted(plain(held["prefix"]) + " …"), f"Goes on with {options}{plain(fact)}"]
    if "context" in held:
        right = held["options"][held["answer"]]
        return [
            _quoted(plain(f"{held['context']} {held['question']}")),
            "\n".join(f"- {plain(option)}{' (right)' if option == right else ''}" for option in held["options"]),
        ]
    wanted = [f"- {plain(reference)}" for reference in sample.references]
    return [_quoted(plain(sample.source)), *wanted]


def _marked(text: str, span: list[int] | None) -> str:
    """The text with the edited span in bold."""
    if span is None:
        return plain(text)
    start, end = span
    return f"{plain(text[:start])}**{plain(text[start:end])}**{plain(text[end:])}"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


if __name__ == "__main__":
    BIAS_PAGE.write_text(page(), encoding="utf-8")
