"""Our own suites' files: whole, counted as promised, and varied. Every file of evals/data is held to it.

A file is evals/data/KIND.jsonl or evals/data/KIND/NAME.jsonl. Two items share an n-gram if one text of the one and one
text of the other (source against source, reference against reference) hold the same eight words, lower-cased, in a row;
for Chinese, eight characters. A template is the first four words of a source (four characters in Chinese).
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent.parent.parent / "evals" / "data"
# texts.jsonl holds what questions are about and no items: tests/evals/suites/test_ask.py is about it.
FILES = sorted(path for path in DATA.glob("**/*.jsonl") if path.stem != "texts")
NGRAM = 8
TEMPLATE = 4
SHARED_MOST = 0.01
TEMPLATE_MOST = 0.05

Row = dict[str, Any]

# Chinese is written without spaces: each character counts as a word.
WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+(?:['’\-][^\W\u3400-\u9fff]+)*")


def rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def of_kind(kind: str) -> list[Row]:
    """Every row of a kind, over all its files."""
    return [row for path in FILES if kind_of(path) == kind for row in rows(path)]


def source(row: Row) -> str:
    """What is asked, or the text that questions of another file are about."""
    return str(row["source"] if "source" in row else row["text"])


def kind_of(path: Path) -> str:
    return path.relative_to(DATA).parts[0].removesuffix(".jsonl")


def words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def ngrams(texts: Iterable[str]) -> set[tuple[str, ...]]:
    return {tuple(found[i : i + NGRAM]) for found in map(words, texts) for i in range(len(found) - NGRAM + 1)}


def sharing(items: Iterable[Iterable[str]]) -> set[int]:
    """The items, by position, that hold an n-gram which another one holds too."""
    holders: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    for position, texts in enumerate(items):
        for ngram in ngrams(texts):
            holders[ngram].add(position)
    return set().union(*(found for found in holders.values() if len(found) > 1))


def templates(sources: Iterable[str]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words(source)[:TEMPLATE]) for source in sources)


def named(path: Path) -> str:
    return str(path.relative_to(DATA))


# What must be there: a check over files that are gone would hold.
KINDS = {"translate": 6, "summarize": 1, "ask": 1, "instruct": 1, "prose": 1}

each_file = pytest.mark.parametrize("path", FILES, ids=named)
each_translation = pytest.mark.parametrize("path", [path for path in FILES if kind_of(path) == "translate"], ids=named)


def test_there_are_files_of_every_kind_and_six_language_pairs() -> None:
    assert Counter(map(kind_of, FILES)) == KINDS


@each_file
def test_every_line_is_an_item_or_a_text(path: Path) -> None:
    for row in rows(path):
        if "text" in row:
            assert row.keys() == {"id", "title", "text"}, row["id"]
            continue
        assert {"id", "source", "facts"} <= row.keys() <= {"id", "source", "references", "group", "facts"}, row["id"]
        assert all(isinstance(reference, str) for reference in row.get("references", []))
        assert row["facts"], row["id"]


@each_file
def test_an_items_id_is_its_suites_name_and_a_number_and_no_id_comes_twice(path: Path) -> None:
    form = re.compile(rf"({path.stem}|{kind_of(path)})-\d{{2,3}}")
    ids = [row["id"] for row in rows(path)]
    assert [row["id"] for row in rows(path) if "source" in row and not form.fullmatch(row["id"])] == []
    assert [identifier for identifier, times in Counter(ids).items() if times > 1] == []


@each_file
def test_no_source_is_empty_or_padded_or_comes_twice(path: Path) -> None:
    sources = [source(row) for row in rows(path)]
    assert [text for text in sources if not text or text != text.strip()] == []
    assert [text for text, times in Counter(sources).items() if times > 1] == []


@each_file
def test_no_reference_is_padded_or_comes_twice_and_an_empty_one_says_that_the_text_does_not_tell(path: Path) -> None:
    for row in rows(path):
        references = row.get("references", [])
        assert len(set(references)) == len(references), row["id"]
        assert all(reference == reference.strip() for reference in references), row["id"]
        assert all(references) or (kind_of(path), references) == ("ask", [""]), row["id"]


@each_file
def test_at_most_one_item_in_a_hundred_shares_eight_words_with_another(path: Path) -> None:
    items = rows(path)
    compared = [[[source(row)] for row in items]]
    if kind_of(path) != "ask":  # Two questions on one text may have the same words of it as their answer.
        compared.append([row.get("references", []) for row in items])
    for texts in compared:
        shared = sorted(sharing(texts))
        assert len(shared) <= SHARED_MOST * len(items), [items[position]["id"] for position in shared]


@each_file
def test_no_four_words_open_more_than_one_source_in_twenty(path: Path) -> None:
    items = rows(path)
    opening, times = templates(map(source, items)).most_common(1)[0]
    assert times <= max(1, TEMPLATE_MOST * len(items)), opening


@each_file
def test_sources_md_names_the_file(path: Path) -> None:
    assert f"`{named(path)}`" in (DATA / "SOURCES.md").read_text(encoding="utf-8")


@each_translation
def test_a_pair_has_120_sentences_30_of_them_with_two_references(path: Path) -> None:
    counts = [len(row["references"]) for row in rows(path)]
    assert min(counts) >= 1
    assert len(counts) >= 120
    assert sum(count >= 2 for count in counts) >= 30


@each_translation
def test_two_references_of_a_sentence_are_different_translations(path: Path) -> None:
    """More than a changed mark or capital: at least two words (characters) of the one are not in the other."""
    for row in rows(path):
        if len(row["references"]) > 1:
            first, second = (Counter(words(reference)) for reference in row["references"][:2])
            assert ((first - second) + (second - first)).total() >= 2, row["id"]


@each_translation
def test_a_translation_names_domain_register_and_difficulty(path: Path) -> None:
    for row in rows(path):
        facts = row["facts"]
        assert {"domain", "register", "difficulty"} <= facts.keys(), row["id"]
        assert facts["difficulty"] in {"easy", "medium", "hard"}, row["id"]


@each_translation
def test_a_pair_spans_fifteen_domains_and_no_domain_is_a_fifth_of_it(path: Path) -> None:
    domains = Counter(row["facts"]["domain"] for row in rows(path))
    assert len(domains) >= 15
    assert max(domains.values()) <= 0.2 * domains.total(), domains.most_common(3)


@each_translation
def test_a_source_has_up_to_50_words_and_short_and_long_ones_are_there(path: Path) -> None:
    lengths = sorted(len(words(row["source"])) for row in rows(path))
    assert lengths[0] <= 5
    assert 30 <= lengths[-1] <= 50


@each_translation
def test_a_year_of_the_source_is_in_every_reference(path: Path) -> None:
    for row in rows(path):
        years = re.findall(r"(?<![\d.,:$€£])(?:1\d|20)\d\d(?![\d.,:]\d|\d)", row["source"])
        for reference in row["references"]:
            assert [year for year in years if year not in reference] == [], row["id"]


def test_no_sentence_stands_in_two_pairs() -> None:
    sources = Counter(row["source"] for row in of_kind("translate"))
    assert [text for text, times in sources.items() if times > 1] == []


def test_summaries_are_40_texts_of_150_to_600_words_with_two_references_each() -> None:
    found = of_kind("summarize")
    assert len(found) >= 40
    assert [row["id"] for row in found if not 150 <= len(words(row["source"])) <= 600] == []
    assert [row["id"] for row in found if len(row["references"]) < 2] == []


def test_questions_are_120_over_30_texts_and_a_quarter_has_no_answer() -> None:
    found = [row for row in of_kind("ask") if "source" in row]
    assert len(found) >= 120
    assert len({row["group"] for row in found}) >= 30
    assert sum("" in row["references"] for row in found) >= len(found) / 4


def test_instructions_are_80_and_each_names_what_a_program_checks() -> None:
    found = of_kind("instruct")
    assert len(found) >= 80
    assert [row["id"] for row in found if not row["facts"].get("checks")] == []


# The measures themselves, on texts whose answer is plain to see.


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((["one two three four five six seven"], ["one two three four five six seven"]), set()),
        ((["A b c d e f g h."], ["so a b C d, e f g h"], ["h g f e d c b a"]), {0, 1}),
        ((["今天的天气非常好我"], ["他说今天的天气非常好。"], ["今天的天气非常热"]), {0, 1}),
        ((["a b c d e f g h", "a b c d e f g h i"],), set()),
    ],
)
def test_sharing_finds_eight_words_in_a_row_and_in_chinese_eight_characters(
    texts: tuple[list[str], ...], expected: set[int]
) -> None:
    assert sharing(texts) == expected


def test_a_template_is_the_first_four_words() -> None:
    assert templates(["Please close the door.", "please close the door now", "Close it"]) == {
        ("please", "close", "the", "door"): 2,
        ("close", "it"): 1,
    }
