"""Public formats to suites of one's own: FORMATS names each, one file reads a family of them.

Nothing is fetched here (datasets.py does that, when asked) and nothing is stored (store.py).
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evals.readers.asked import Contents, Wanted
from evals.readers.choice import read_choice
from evals.readers.parallel import read_parallel, read_summaries
from evals.readers.squad import read_mlqa, read_squad
from evals.types import Kind, Suite
from llmweb.errors import BadInput

__all__ = ["FORMATS", "Naming", "Wanted", "read_suite"]


@dataclass(frozen=True, slots=True)
class Format:
    """about says what the files hold, columns which roles a table's columns have; those in brackets may be missing."""

    kind: Kind
    read: Callable[[Wanted], Contents]
    about: str
    columns: str


FORMATS: dict[str, Format] = {
    "squad": Format(
        "ask",
        read_squad,
        "questions on paragraphs: SQuAD 1.1, 2.0 and XQuAD (.json), or a table",
        "question, context, answers [title, id]",
    ),
    "mlqa": Format("ask", read_mlqa, "the same, scored by MLQA's rules", "question, context, answers [title, id]"),
    "parallel": Format(
        "translate",
        read_parallel,
        "translations: text files of equal length, or a table",
        "source, references [group, id]",
    ),
    "summaries": Format(
        "summarize", read_summaries, "texts and their summaries: a table", "source, references [group, id]"
    ),
    "choice": Format(
        "choice",
        read_choice,
        "multiple choice: a table",
        "question, choices, answer [labels, group, id]",
    ),
}


@dataclass(frozen=True, slots=True)
class Naming:
    """What a suite is called and comes under. name "" and title "" are made from the file's; origin is where on the
    model hub the files come from, "" for those of this machine."""

    licence: str
    name: str = ""
    title: str = ""
    origin: str = ""


def read_suite(name: str, wanted: Wanted, naming: Naming) -> Suite:
    """The suite that files of a format make. Raises BadInput, naming file, row and fix."""
    if name not in FORMATS:
        known = "".join(f"\n  {each}: {FORMATS[each].about} ({FORMATS[each].columns})" for each in FORMATS)
        raise BadInput(f"No format {name!r}. There are, with the columns of a table:{known}")
    first = wanted.files[0]
    if not naming.licence.strip():
        raise BadInput(
            f'Which licence does {first.name} come under? Say it with --licence "CC BY 4.0", or --licence unknown: '
            "it is shown wherever results are."
        )
    contents = FORMATS[name].read(wanted)
    if not contents.samples:
        raise BadInput(f"{first.name} has no samples. Choose a file with some in it.")
    kind = FORMATS[name].kind
    return Suite(
        id=f"{kind}/{_name(naming.name or first.stem)}",
        kind=kind,
        title=naming.title or naming.name or first.stem,
        samples=contents.samples,
        metrics=contents.metrics,
        source=contents.language,
        target=contents.target,
        licence=naming.licence.strip(),
        notes=f"Added from {', '.join(_described(path) for path in wanted.files)}, read as {name}.",
        origin=naming.origin,
    )


def _name(said: str) -> str:
    name = re.sub(r"[^a-z0-9.]+", "-", said.lower()).strip("-.")
    if not name:
        raise BadInput(f"{said!r} has no Latin letter or digit to call the suite by. Name it with --id.")
    return name


def _described(path: Path) -> str:
    return f"{path.name} (SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()[:12]})"
