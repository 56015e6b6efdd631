"""Public formats to suites of one's own: FORMATS names each, one file reads a family of them.

Nothing is fetched here (datasets.py does that, when asked) and nothing is stored (store.py).
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evals.readers.asked import Contents, Wanted
from evals.readers.chats import read_chats
from evals.readers.choice import read_choice
from evals.readers.parallel import read_parallel, read_summaries
from evals.readers.squad import read_mlqa, read_squad
from evals.types import Kind, Suite
from llmweb.errors import BadInput

__all__ = ["FORMATS", "Naming", "Wanted", "read_suite", "slug"]


@dataclass(frozen=True, slots=True)
class Format:
    """about says what the files hold; columns are the roles a table's columns must have, and may those they can."""

    kind: Kind
    read: Callable[[Wanted], Contents]
    about: str
    columns: tuple[str, ...]
    may: tuple[str, ...]


QUESTIONS = ("question", "context", "answers"), ("title", "id")
TEXTS = ("source", "references"), ("group", "id")
FORMATS: dict[str, Format] = {
    "squad": Format("ask", read_squad, "SQuAD 1.1, SQuAD 2.0 and XQuAD, as JSON or a table", *QUESTIONS),
    "mlqa": Format("ask", read_mlqa, "the same, scored by the rules of MLQA", *QUESTIONS),
    "parallel": Format("translate", read_parallel, "translations: text files of equal length, or a table", *TEXTS),
    "summaries": Format("summarize", read_summaries, "texts and their summaries: a table", *TEXTS),
    "chat": Format(
        "instruct",
        read_chats,
        "messages and good answers: a table",
        ("source", "references"),
        ("messages", "group", "id"),
    ),
    "choice": Format(
        "choice",
        read_choice,
        "multiple choice: a table",
        ("question", "choices", "answer"),
        ("labels", "group", "id"),
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
        known = "".join(f"\n  {each}: {form.about} ({_roles(form)})" for each, form in FORMATS.items())
        raise BadInput(f"No format {name!r}. There are, with the columns of a table:{known}")
    form = FORMATS[name]
    for role in wanted.columns:
        if role not in (*form.columns, *form.may):
            raise BadInput(f"No column of {name} is a {role!r}. There are: {_roles(form)}.")
    first = wanted.files[0]
    if not naming.licence.strip():
        raise BadInput(
            f'Which licence does {first.name} come under? Say it with --licence "CC BY 4.0", or --licence unknown: '
            "it is shown wherever results are."
        )
    contents = form.read(wanted)
    if not contents.samples:
        raise BadInput(f"{first.name} has no samples. Choose a file with some in it.")
    return Suite(
        id=f"{form.kind}/{slug(naming.name or first.stem)}",
        kind=form.kind,
        title=naming.title or naming.name or first.stem,
        samples=contents.samples,
        metrics=contents.metrics,
        source=contents.language,
        target=contents.target,
        licence=naming.licence.strip(),
        notes=f"Added from {', '.join(_described(path) for path in wanted.files)}, read as {name}.",
        origin=naming.origin,
    )


def _roles(form: Format) -> str:
    return f"{', '.join(form.columns)}; may be missing: {', '.join(form.may)}"


def slug(said: str) -> str:
    """What a suite is called in addresses and commands. Raises BadInput."""
    name = re.sub(r"[^a-z0-9.]+", "-", said.lower()).strip("-.")
    if not name:
        raise BadInput(f"{said!r} has no Latin letter or digit to call the suite by. Name it with --id.")
    return name


def _described(path: Path) -> str:
    return f"{path.name} (SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()[:12]})"
