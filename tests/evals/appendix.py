"""Twenty samples of each suite for a person to read: python -m tests.evals.appendix writes docs/samples.md.

Which ones, a seed decides, and test_appendix.py holds the page to it: nobody has picked the good ones.
"""

import random
import re
from pathlib import Path
from typing import Any

from evals.suites import SUITES
from evals.suites.instruct import CHECKS
from evals.types import Sample, Suite

PAGE = Path(__file__).parent.parent.parent / "docs" / "samples.md"
SEED = 12345
DRAWN = 20
HEAD = f"""# Twenty samples of every suite

`python -m tests.evals.appendix` writes this page: {DRAWN} samples of each suite, drawn by the seed {SEED} and never
picked by hand. Where they come from and what they leave out is said in [SOURCES.md](../evals/data/SOURCES.md).
"""
SHOWN_APART = {"passage", "title", "checks"}


def drawn(suite: Suite) -> list[Sample]:
    """In the suite's order; the same however many suites there are."""
    count = min(DRAWN, len(suite.samples))
    places = random.Random(f"{SEED} {suite.id}").sample(range(len(suite.samples)), count)
    return [suite.samples[place] for place in sorted(places)]


def page() -> str:
    return "\n".join([HEAD, *(_section(build()) for build in SUITES.values())])


def _section(suite: Suite) -> str:
    about = f"{len(suite.samples)} samples, {suite.licence}. {plain(suite.notes)}"
    return "\n".join([f"## {suite.id}: {suite.title}", "", about, "", *map(_item, drawn(suite))])


def _item(sample: Sample) -> str:
    """Id and facts, the source, the text it is about, then what a good output is."""
    facts = ", ".join(f"{name}: {value}" for name, value in sample.facts.items() if name not in SHOWN_APART)
    parts = [f"**{sample.id}** ({plain(facts)})", _quoted(sample.source)]
    if "passage" in sample.facts:
        parts.append(f"About “{plain(sample.facts['title'])}”:\n\n{_quoted(sample.facts['passage'])}")
    wanted = [plain(text) or "(the text does not tell)" for text in sample.references]
    wanted += [_check(check) for check in sample.facts.get("checks", [])]
    parts.append("\n".join(f"- {each}" for each in wanted))
    return "\n\n".join(filter(None, parts)) + "\n"


def _check(check: dict[str, Any]) -> str:
    """A check's kind, what it means, and its parameters here."""
    parameters = ", ".join(f"{name}: {value}" for name, value in check.items() if name != "kind")
    return f"`{check['kind']}`: " + plain(CHECKS[check["kind"]].meaning + f" ({parameters})" * bool(parameters))


def _quoted(text: str) -> str:
    return "\n".join(f"> {plain(line)}".rstrip() for line in text.splitlines())


def plain(text: str) -> str:
    """Text as Markdown that shows it as it stands."""
    return re.sub(r"([\\`*_\[\]<>#|~])", r"\\\1", text)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
