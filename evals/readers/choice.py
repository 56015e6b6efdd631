"""Multiple choice: rows with a question, its choices and the right one."""

import string
from collections.abc import Sequence

from evals.readers.asked import Asked, Columns, Contents, Wanted, language, optional, samples, text, texts, value
from evals.readers.rows import Row, rows
from llmweb.errors import BadInput

METRICS = ("accuracy", "accuracy-per-character")
LETTERS = string.ascii_uppercase
PLACES = tuple(str(place) for place in range(100))


def read_choice(wanted: Wanted) -> Contents:
    """choices is a list, or one column for each; answer is one of the choices, its label (column labels, or A, B …),
    or its place, counted from 0."""
    if len(wanted.files) > 1:
        raise BadInput(f"One file is read at a time; {wanted.files[1].name} is a suite of its own.")
    code = language(wanted.language)
    asked = [_asked(row, wanted.columns) for row in rows(wanted.files[0])]
    return Contents(samples(asked, wanted.keep_duplicates), METRICS, code, code)


def _asked(row: Row, columns: Columns) -> Asked:
    choices = texts(row, columns, "choices")
    if len(choices) < 2:
        raise BadInput(f"{row.where} has {len(choices)} choices; two are needed at least. Add them or delete the row.")
    if len(set(choices)) < len(choices):
        raise BadInput(f"{row.where} has a choice twice. Make every choice of a question another one.")
    right = choices[_right(row, columns, choices)]
    question, group = text(row, columns, "question"), optional(row, columns, "group")
    return Asked(row.where, question, (right,), group, {"choices": list(choices)}, optional(row, columns, "id"))


def _right(row: Row, columns: Columns, choices: tuple[str, ...]) -> int:
    """The place of the right choice. Raises BadInput where the answer says none, or two."""
    answer = value(row, columns, "answer")
    if "labels" in columns:
        found = _among(answer, texts(row, columns, "labels"))
    elif isinstance(answer, str):
        found = _among(answer, choices) | _among(answer.upper(), LETTERS) | _among(answer, PLACES)
    else:
        found = _among(str(answer), PLACES)
    found = {place for place in found if place < len(choices)}
    if len(found) != 1:
        meant = "may mean two of them" if found else "is none of them"
        raise BadInput(
            f"{row.where} has the choices {', '.join(choices)}; the answer {answer!r} {meant}. Write the choice "
            "itself, its letter (A, B …) or its place, counted from 0."
        )
    return found.pop()


def _among(answer: str, texts: Sequence[str]) -> set[int]:
    return {place for place, text in enumerate(texts) if answer == text}
