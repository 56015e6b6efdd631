"""Parallel text, summaries and multiple choice to suites, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.readers import Naming, Wanted, read_suite
from evals.types import Sample, Suite
from llmweb.errors import BadInput

NAMING = Naming("CC BY 4.0", "News of 2026", "News")


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def jsonl(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def contents(suite: Suite) -> list[tuple[str, tuple[str, ...], str]]:
    return [(sample.source, sample.references, sample.group) for sample in suite.samples]


def test_files_of_equal_length_are_a_source_and_its_references(tmp_path: Path) -> None:
    files = (
        write(tmp_path, "news.en", "One.\nTwo.\n"),
        write(tmp_path, "first.pt", "Um.\nDois."),
        write(tmp_path, "news.pt", "Uma.\nDois.\n"),
    )
    suite = read_suite("parallel", Wanted(files), NAMING)
    assert (suite.id, suite.title, suite.source, suite.target) == ("translate/news-of-2026", "News", "en", "pt")
    assert suite.metrics == ("chrf2", "bleu", "chrf2++", "ter")
    assert contents(suite) == [("One.", ("Um.", "Uma."), ""), ("Two.", ("Dois.",), "")]


def test_a_sample_keeps_its_name_when_others_come_and_go(tmp_path: Path) -> None:
    first = read_suite("parallel", Wanted((write(tmp_path, "a.tsv", "One.\tUm.\n"),), "en", "pt", NUMBERED), NAMING)
    both = write(tmp_path, "b.tsv", "Zero.\tZero!\nOne.\tUm.\n")
    assert first.samples[0] == read_suite("parallel", Wanted((both,), "en", "pt", NUMBERED), NAMING).samples[1]


NUMBERED = {"source": ("1",), "references": ("2",)}


def test_columns_are_named_and_several_are_several_references(tmp_path: Path) -> None:
    table = write(tmp_path, "t.csv", 'id,english,p1,p2,doc\nx,One.,Um.,,d1\ny,"Two, or\n2.",Dois.,Duas.,d1\n')
    columns = {"source": ("english",), "references": ("p1", "p2"), "group": ("doc",)}
    suite = read_suite("parallel", Wanted((table,), "en", "pt-BR", columns), NAMING)
    assert suite.samples == (
        Sample("x", "One.", ("Um.",), "d1"),
        Sample("y", "Two, or\n2.", ("Dois.", "Duas."), "d1"),
    )
    assert suite.target == "pt-BR"


def test_a_dot_goes_into_an_object(tmp_path: Path) -> None:
    table = write(tmp_path, "t.jsonl", jsonl({"translation": {"en": "One.", "pt": ["Um.", "Uma."]}}))
    columns = {"source": ("translation.en",), "references": ("translation.pt",)}
    assert contents(read_suite("parallel", Wanted((table,), "en", "pt", columns), NAMING)) == [
        ("One.", ("Um.", "Uma."), "")
    ]


def test_summaries_come_from_columns(tmp_path: Path) -> None:
    table = write(tmp_path, "t.jsonl", jsonl({"article": "A long text.", "highlights": "Short."}))
    columns = {"source": ("article",), "references": ("highlights",)}
    suite = read_suite("summaries", Wanted((table,), "en", columns=columns), NAMING)
    assert (suite.kind, suite.metrics[0], suite.target) == ("summarize", "rouge-l", "en")
    assert contents(suite) == [("A long text.", ("Short.",), "")]


def test_equal_rows_are_refused_or_one_group(tmp_path: Path) -> None:
    table = write(tmp_path, "t.tsv", "source\treferences\nYes.\tSim.\nNo.\tNão.\nYes.\tSim.\nYes.\tSim.\n")
    with pytest.raises(BadInput) as failure:
        read_suite("parallel", Wanted((table,), "en", "pt"), NAMING)
    assert str(failure.value) == (
        "t.tsv, row 4 is the same as t.tsv, row 2. Delete one of them, or count both with --keep-duplicates: they then "
        "stand for one in every interval."
    )
    kept = read_suite("parallel", Wanted((table,), "en", "pt", keep_duplicates=True), NAMING).samples
    yes = kept[0].id
    assert [(sample.id, sample.source, sample.group) for sample in kept] == [
        (yes, "Yes.", yes),
        (kept[1].id, "No.", ""),
        (f"{yes}+1", "Yes.", yes),
        (f"{yes}+2", "Yes.", yes),
    ]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.en": "One.\nTwo.\n", "a.pt": "Um.\n"}, "a.pt has 1 lines, a.en 2: from row 2 on one side is missing."),
        ({"a.en": "One.\n\n", "a.pt": "Um.\nDois.\n"}, "a.en, row 2 is empty. Fill it in, or delete the line on every"),
        ({"a.en": "One.\n", "b.en": "Uma.\n"}, "Source and target are both en."),
        ({"a.en": "One.\n", "b.txt": "Uma.\n"}, "Which language is it in? Say it with --to"),
        ({"a.en": "One.\n", "b.tsv": "Uma.\n", "c.pt": "Um.\n"}, "b.tsv is a table: give it alone"),
    ],
)
def test_lines_that_do_not_match_are_refused(tmp_path: Path, files: dict[str, str], said: str) -> None:
    paths = tuple(write(tmp_path, name, text) for name, text in files.items())
    with pytest.raises(BadInput) as failure:
        read_suite("parallel", Wanted(paths), NAMING)
    assert str(failure.value).startswith(said)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"text": "x"}, "row 1 has no column 'source'. It has: text. Name the one you mean: --column source=COLUMN"),
        ({"source": "x", "references": ""}, "row 1 has no reference. Fill it in or delete the row."),
        ({"source": " ", "references": "x"}, "row 1 is empty: it asks nothing."),
        ({"source": None, "references": "x"}, "row 1 has 0 texts as source, one is needed."),
        ({"source": ["x", "y"], "references": "x"}, "row 1 has 2 texts as source, one is needed."),
        ({"source": 5, "references": "x"}, "row 1: column 'source' holds 5, which is no text."),
    ],
)
def test_columns_that_do_not_fit_are_refused(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput) as failure:
        read_suite("summaries", Wanted((write(tmp_path, "t.jsonl", jsonl(row)),), "en"), NAMING)
    assert str(failure.value).startswith(f"t.jsonl, {said}")


CHOICES = ["red", "green", "blue"]


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ({"question": "Grass?", "choices": CHOICES, "answer": 1}, {}),  # as MMLU has it
        ({"question": "Grass?", "choices": CHOICES, "answer": "1"}, {}),  # HellaSwag
        ({"question": "Grass?", "choices": CHOICES, "answer": "B"}, {}),
        ({"question": "Grass?", "choices": CHOICES, "answer": "green"}, {}),
        (  # ARC, whose labels are letters in one question and numbers from 1 in the next
            {"question": "Grass?", "c": {"text": CHOICES, "label": ["1", "2", "3"]}, "answerKey": "2"},
            {"choices": ("c.text",), "labels": ("c.label",), "answer": ("answerKey",)},
        ),
        (
            {"question": "Grass?", "one": "red", "two": "green", "three": "blue", "answer": "B"},
            {"choices": ("one", "two", "three")},
        ),
    ],
)
def test_the_right_choice_is_told_in_many_ways(tmp_path: Path, row: dict[str, Any], columns: Any) -> None:
    table = write(tmp_path, "t.jsonl", jsonl(row))
    suite = read_suite("choice", Wanted((table,), "en", columns=columns), NAMING)
    assert (suite.id, suite.metrics) == ("choice/news-of-2026", ("accuracy", "accuracy-per-character"))
    (sample,) = suite.samples
    assert (sample.source, sample.references, sample.facts) == ("Grass?", ("green",), {"choices": CHOICES})


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"choices": CHOICES, "answer": "D"}, "the answer 'D' is none of them. Write the choice itself, its letter"),
        ({"choices": CHOICES, "answer": 3}, "the answer 3 is none of them."),
        ({"choices": ["0", "1", "2"], "answer": "1"}, None),
        ({"choices": ["2", "1", "0"], "answer": "2"}, "the answer '2' may mean two of them."),
        ({"choices": ["red"], "answer": 0}, "has 1 choices; two are needed at least."),
        ({"choices": ["red", "red"], "answer": 0}, "has a choice twice."),
    ],
)
def test_an_answer_that_may_be_misread_is_refused(tmp_path: Path, row: dict[str, Any], said: str | None) -> None:
    wanted = Wanted((write(tmp_path, "t.jsonl", jsonl({"question": "Which?", **row})),), "en")
    if said is None:
        assert read_suite("choice", wanted, NAMING).samples[0].references == ("1",)
        return
    with pytest.raises(BadInput) as failure:
        read_suite("choice", wanted, NAMING)
    assert str(failure.value).startswith("t.jsonl, row 1")
    assert said in str(failure.value)
