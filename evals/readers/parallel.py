"""Text with its translations, line by line in files of their own or row by row in a table; and texts with summaries."""

from pathlib import Path

from evals.readers.asked import Asked, Contents, Wanted, language, optional, samples, text, texts
from evals.readers.rows import READERS, lines, rows
from evals.suites import summarize, translate
from llmweb.errors import BadInput
from llmweb.translate.languages import NAMES


def read_parallel(wanted: Wanted) -> Contents:
    """One table with the columns source and references; or a file of sources and files of references, line by line."""
    source = language(wanted.language, _told(wanted.files[0]), "--from")
    target = language(wanted.target, _told(wanted.files[-1]) if len(wanted.files) > 1 else "", "--to")
    if source == target:
        raise BadInput(f"Source and target are both {source}. Name the languages with --from and --to.")
    asked = _of_lines(wanted.files) if len(wanted.files) > 1 else _of_rows(wanted)
    return Contents(samples(asked, wanted.keep_duplicates), translate.METRICS, source, target)


def read_summaries(wanted: Wanted) -> Contents:
    if len(wanted.files) > 1:
        raise BadInput(f"One file is read at a time; {wanted.files[1].name} is a suite of its own.")
    code = language(wanted.language)
    return Contents(samples(_of_rows(wanted), wanted.keep_duplicates), summarize.METRICS, code, code)


def _of_rows(wanted: Wanted) -> list[Asked]:
    """Columns that are all named by numbers are those of a table without a header line."""
    named = [name for role in wanted.columns.values() for name in role]
    found, columns = rows(wanted.files[0], bool(named) and all(name.isdecimal() for name in named)), wanted.columns
    return [
        Asked(
            row.where,
            text(row, columns, "source"),
            texts(row, columns, "references"),
            optional(row, columns, "group"),
            id=optional(row, columns, "id"),
        )
        for row in found
    ]


def _of_lines(files: tuple[Path, ...]) -> list[Asked]:
    """Raises BadInput for files of unequal length, and for a line that is empty in one of them."""
    tables = [path.name for path in files if path.suffix.lower() in READERS]
    if tables:
        raise BadInput(
            f"{tables[0]} is a table: give it alone, with all its columns, or plain text files of equal length."
        )
    sides = [lines(path) for path in files]
    for path, side in zip(files, sides, strict=True):
        if len(side) != len(sides[0]):
            raise BadInput(
                f"{path.name} has {len(side):,} lines, {files[0].name} {len(sides[0]):,}: from row "
                f"{min(len(side), len(sides[0])) + 1:,} on one side is missing. Give every line its translation."
            )
        for number, line in enumerate(side, 1):
            if not line.strip():
                raise BadInput(f"{path.name}, row {number:,} is empty. Fill it in, or delete the line on every side.")
    return [
        Asked(f"{files[0].name}, row {number:,}", source, tuple(dict.fromkeys(references)))
        for number, (source, *references) in enumerate(zip(*sides, strict=True), 1)
    ]


def _told(path: Path) -> str:
    """news.pt is in Portuguese."""
    code = path.suffix.removeprefix(".").lower()
    return code if code in NAMES else ""
