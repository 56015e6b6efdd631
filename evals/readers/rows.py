"""Files to lines and rows, strictly: what a measurement rests on is never guessed at.

Every error names the file, the row where there is one, and what to do. What the rows mean is the formats' own.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from llmweb.errors import BadInput

MAX_BYTES = 100_000_000
PARQUET_MARK = b"PAR1"


class Row(NamedTuple):
    """number counts as a spreadsheet or an editor does: 1 = the first line, the header's if there is one."""

    file: str
    number: int
    values: dict[str, Any]

    @property
    def where(self) -> str:
        return f"{self.file}, row {self.number:,}"


def rows(path: Path, numbered: bool = False) -> list[Row]:
    """The rows of a .jsonl, .json, .csv, .tsv or .parquet file. numbered: a table without a header line, its columns
    called "1", "2" … Raises BadInput."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise BadInput(f"{path.name}: rows are read from {', '.join(READERS)} files. Save it as one of them.")
    found = list(reader(path, numbered))
    if not found:
        raise BadInput(f"{path.name} has no rows. Choose a file with samples in it.")
    return found


def lines(path: Path) -> list[str]:
    """Without their ends, and without what follows the last newline if that is nothing."""
    # Not splitlines: it parts at form feeds and U+2028 too, where the other side of a parallel text has no line end.
    found = text_of(path).replace("\r\n", "\n").split("\n")
    return found[:-1] if found[-1] == "" else found


def text_of(path: Path) -> str:
    """The file as UTF-8, without a byte order mark. Raises BadInput for anything else."""
    data = bytes_of(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = data.count(b"\n", 0, error.start) + 1
        raise BadInput(
            f"{path.name}, row {at:,}: byte {error.start:,} is not UTF-8. Save the file as UTF-8 and add it again."
        ) from error
    if "\0" in text:
        at = text.count("\n", 0, text.index("\0")) + 1
        raise BadInput(f"{path.name}, row {at:,} holds a NUL byte. Is it a text file? Take the byte out.")
    return text


def bytes_of(path: Path) -> bytes:
    """Raises BadInput where the file cannot be opened, is empty or has more than MAX_BYTES."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise BadInput(
                f"{path.name} has {size:,} bytes; the limit is {MAX_BYTES:,}. Keep a part of its rows: a few thousand "
                "samples tell systems apart as well."
            )
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path.name} cannot be opened: {error.strerror or error}. Check the path.") from error
    if not data.strip():
        raise BadInput(f"{path.name} is empty. Choose a file with samples in it.")
    return data


def parsed(text: str, where: str) -> Any:
    """JSON. Raises BadInput."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{where} is not JSON ({error}). Write it as one JSON value.") from error


def _jsonl(path: Path, numbered: bool) -> Iterator[Row]:
    for number, line in enumerate(lines(path), 1):
        if not line.strip():
            raise BadInput(f"{path.name}, row {number:,} is empty. Delete the line.")
        yield _object(path.name, number, parsed(line, f"{path.name}, row {number:,}"))


def _json(path: Path, numbered: bool) -> Iterator[Row]:
    """A list of objects; or JSON lines, which many a .json file holds."""
    text = text_of(path)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            yield from _jsonl(path, numbered)
            return
        found = parsed(text, path.name)
    for number, value in enumerate(found if isinstance(found, list) else [found], 1):
        yield _object(path.name, number, value)


def _object(file: str, number: int, value: Any) -> Row:
    if not isinstance(value, dict):
        raise BadInput(f'{file}, row {number:,} is not a JSON object. Write it as {{"column": "value", …}}.')
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BadInput(f"{file}, row {number:,} holds half a character (a lone surrogate). Write it whole.") from error
    return Row(file, number, value)


def _csv(path: Path, numbered: bool) -> Iterator[Row]:
    return _table(path, numbered, csv.reader(io.StringIO(text_of(path), newline=""), strict=True))


def _tsv(path: Path, numbered: bool) -> Iterator[Row]:
    """No quoting: in the tab-separated files of parallel text, a quotation mark is one."""
    return _table(path, numbered, (line.split("\t") for line in lines(path)))


def _table(path: Path, numbered: bool, records: Iterator[list[str]]) -> Iterator[Row]:
    header: list[str] = []
    csv.field_size_limit(MAX_BYTES)  # its own limit, 131,072 characters, is shorter than a long article
    number = 0
    try:
        for number, cells in enumerate(records, 1):
            if not any(cell.strip() for cell in cells):
                raise BadInput(f"{path.name}, row {number:,} is empty. Delete the line.")
            if not header:
                header = [str(place) for place in range(1, len(cells) + 1)] if numbered else _header(path, cells)
                if not numbered:
                    continue
            if len(cells) != len(header):
                raise BadInput(
                    f"{path.name}, row {number:,} has {len(cells)} cells, the first row {len(header)}. Give every row "
                    "as many; put a cell that holds the separator in quotation marks (.csv)."
                )
            yield Row(path.name, number, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise BadInput(
            f"{path.name}, row {number + 1:,} is not CSV ({error}). Put cells with commas, line ends or quotation "
            "marks in quotation marks, and double those inside."
        ) from error


def _header(path: Path, cells: list[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    twice = [name for name in header if header.count(name) > 1]
    if twice:
        raise BadInput(f"{path.name}, row 1 names two columns {twice[0]!r}. Give every column a name of its own.")
    return header


def _parquet(path: Path, numbered: bool) -> Iterator[Row]:
    from arro3.io import read_parquet

    data = bytes_of(path)
    damaged = f"{path.name} is damaged or not a Parquet file. Fetch or save it again."
    if not (data.startswith(PARQUET_MARK) and data.endswith(PARQUET_MARK)):
        raise BadInput(damaged)
    number, unpacked = 0, 0
    try:
        for batch in read_parquet(data):
            unpacked += batch.nbytes
            if unpacked > MAX_BYTES:
                raise BadInput(f"{path.name} unpacks to more than {MAX_BYTES:,} bytes. Keep a part of its rows.")
            for values in batch.to_struct_array().to_pylist():
                number += 1
                yield Row(path.name, number, values)
    except BadInput:
        raise
    except BaseException as error:
        # What the Rust library cannot read ends in an Exception or in a panic, which is none.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise BadInput(damaged) from error
        raise


READERS: dict[str, Callable[[Path, bool], Iterator[Row]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".tsv": _tsv,
    ".parquet": _parquet,
}
