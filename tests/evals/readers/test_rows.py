"""Files to rows: the good ones whole, every bad one refused with file, row and fix."""

import os
from pathlib import Path

import numpy as np
import pytest
from arro3.core import Array, DataType, Field, Table, list_array, struct_array
from arro3.io import write_parquet

from evals.readers.rows import MAX_BYTES, Row, lines, rows
from llmweb.errors import BadInput


def written(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("two.jsonl", '{"a": "ção", "b": 1}\n{"a": "x,\\ny", "b": null}\n'),
        ("two.json", '[{"a": "ção", "b": 1}, {"a": "x,\\ny", "b": null}]'),
        ("lines.json", '{"a": "ção", "b": 1}\n{"a": "x,\\ny", "b": null}'),
    ],
)
def test_json_keeps_its_values(tmp_path: Path, name: str, data: str) -> None:
    found = rows(written(tmp_path, name, data.encode()))
    assert found == [Row(name, 1, {"a": "ção", "b": 1}), Row(name, 2, {"a": "x,\ny", "b": None})]


def test_a_table_has_a_header_and_its_rows_count_as_in_a_spreadsheet(tmp_path: Path) -> None:
    found = rows(written(tmp_path, "t.csv", b'\xef\xbb\xbfa, b \r\n"x,\r\n""y""",1\r\nlast,2\r\n'))
    assert found == [Row("t.csv", 2, {"a": 'x,\r\n"y"', "b": "1"}), Row("t.csv", 3, {"a": "last", "b": "2"})]


def test_tabs_part_cells_and_quotation_marks_are_text(tmp_path: Path) -> None:
    found = rows(written(tmp_path, "t.tsv", b'"Yes", he said\t"Sim\n'), numbered=True)
    assert found == [Row("t.tsv", 1, {"1": '"Yes", he said', "2": '"Sim'})]


def test_a_cell_may_be_longer_than_what_csv_allows_by_itself(tmp_path: Path) -> None:
    (row,) = rows(written(tmp_path, "t.csv", b"a\n" + b"x" * 200_000 + b"\n"))
    assert len(row.values["a"]) == 200_000


def test_parquet_keeps_its_values(tmp_path: Path) -> None:
    texts = list_array(Array(np.array([0, 1, 3], np.int32)), Array(["x", "y", "ção"], DataType.string()))
    answers = struct_array([texts], fields=[Field("text", texts.type)])
    table = Table.from_pydict({"n": Array([1, None], DataType.int64()), "answers": answers})
    write_parquet(table, tmp_path / "t.parquet")
    assert [row.values for row in rows(tmp_path / "t.parquet")] == [
        {"n": 1, "answers": {"text": ["x"]}},
        {"n": None, "answers": {"text": ["y", "ção"]}},
    ]


def test_lines_end_at_newlines_only(tmp_path: Path) -> None:
    """A form feed or U+2028 on one side would put all later lines of a parallel text beside the wrong ones."""
    assert lines(written(tmp_path, "t.en", "one\x0ctwo\r\nthree\u2028four\n".encode())) == [
        "one\x0ctwo",
        "three\u2028four",
    ]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("t.jsonl", b"", "t.jsonl is empty. Choose a file"),
        ("t.jsonl", b" \n\n", "t.jsonl is empty. Choose a file"),
        ("t.jsonl", b'{"a": 1}\n\n{"a": 2}\n', "t.jsonl, row 2 is empty. Delete the line."),
        ("t.jsonl", b'{"a": 1}\n{"a": \n', "t.jsonl, row 2 is not JSON"),
        ("t.jsonl", b'{"a": 1}\n[1]\n', "t.jsonl, row 2 is not a JSON object. Write it as"),
        ("t.jsonl", b"[" * 100_000 + b"\n", "t.jsonl, row 1 is not JSON"),
        ("t.jsonl", b'{"a": "\\ud83d"}\n', "t.jsonl, row 1 holds half a character (a lone surrogate). Write it whole."),
        ("t.json", b'{"a": ', "t.json is not JSON"),
        ("t.json", b"[]", "t.json has no rows"),
        ("t.jsonl", b'{"a": "ok"}\n{"a": "caf\xe9"}\n', "t.jsonl, row 2: byte 22 is not UTF-8. Save the file as UTF-8"),
        ("t.csv", "a,b\n1,2\n".encode("utf-16"), "t.csv, row 1: byte 0 is not UTF-8"),
        ("t.csv", b"a,b\n1,\x00\n", "t.csv, row 2 holds a NUL byte"),
        ("t.csv", b"a,b\n", "t.csv has no rows"),
        ("t.csv", b"a,a\n1,2\n", "t.csv, row 1 names two columns 'a'"),
        ("t.csv", b"a,b\n1,2\n1,2,3\n", "t.csv, row 3 has 3 cells, the first row 2. Give every row as many"),
        ("t.csv", b"a,b\n1,2\n,\n", "t.csv, row 3 is empty"),
        ("t.csv", b'a,b\n1,2\n"x"y,2\n', "t.csv, row 3 is not CSV"),
        ("t.csv", b'a,b\n1,"open\n', "t.csv, row 2 is not CSV"),
        ("t.tsv", b"a\tb\n1 2\n", "t.tsv, row 2 has 1 cells, the first row 2"),
        ("t.parquet", b"no such thing", "t.parquet is damaged or not a Parquet file"),
        ("t.parquet", b"PAR1" + b"x" * 50 + b"PAR1", "t.parquet is damaged or not a Parquet file"),
        ("t.xlsx", b"PK", "t.xlsx: rows are read from .jsonl, .json, .csv, .tsv, .parquet files. Save it as one"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_row(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    with pytest.raises(BadInput) as failure:
        rows(written(tmp_path, name, data))
    assert str(failure.value).startswith(said)


def test_a_file_of_200_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "big.jsonl").open("wb") as file:
        os.truncate(file.fileno(), 200_000_000)
    with pytest.raises(BadInput, match=r"^big.jsonl has 200,000,000 bytes; the limit is 100,000,000. Keep a part"):
        rows(tmp_path / "big.jsonl")
    assert MAX_BYTES == 100_000_000


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^none.csv cannot be opened: No such file or directory. Check the path."):
        rows(tmp_path / "none.csv")
