"""Carries out the checks of instructions: a function for every kind that evals/suites/instruct.py defines.

A function takes the output without the white space around it, and the check with its parameters.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from evals.metrics import text_parts as parts

Check = Mapping[str, Any]
Holds = Callable[[str, Check], bool]

QUESTION_END = re.compile(r"\?[\"'”’»)\]]*$")
DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
DASHES = re.compile(r":?-+:?")
OPENING_QUOTES, CLOSING_QUOTES = '"“', '"”'
NOT_JSON = object()


def passes(check: Check, text: str) -> bool:
    """Raises ValueError for a kind nobody wrote."""
    kind = check["kind"]
    if kind not in CHECKED:
        raise ValueError(f"No check of kind {kind!r}. Known: {', '.join(sorted(CHECKED))}")
    return CHECKED[kind](text.strip(), check)


def _lines_sorted(text: str, check: Check) -> bool:
    items = [parts.without_list_mark(line).casefold() for line in parts.lines(text)]
    return len(items) > 1 and items == sorted(items)


def _acrostic(text: str, check: Check) -> bool:
    firsts = [(parts.letters(line) or [""])[0].casefold() for line in parts.lines(text)]
    return firsts == list(check["letters"].casefold())


def _only_list_items(text: str, check: Check) -> bool:
    return all(line.startswith(parts.BULLETS) or parts.NUMBER_MARK.match(line) for line in parts.lines(text))


def _parts_separated_by(text: str, check: Check) -> bool:
    pieces = text.split(check["separator"])
    return [bool(parts.words(piece)) for piece in pieces] == [True] * check["count"]


def _markdown_headings(text: str, check: Check) -> bool:
    mark = "#" * check["level"] + " "
    return [line.startswith(mark) for line in parts.lines(text)].count(True) == int(check["count"])


def _markdown_table(text: str, check: Check) -> bool:
    rows = [parts.table_cells(line) for line in parts.lines(text) if len(line) > 1 and line[0] == line[-1] == "|"]
    shape = [check["columns"]] * (check["rows"] + 2)  # the header and the line of dashes besides
    return [len(row) for row in rows] == shape and all(map(DASHES.fullmatch, rows[1]))


def _quoted(text: str, check: Check) -> bool:
    inside = text[1:-1]
    return (
        len(text) > 1
        and text[0] in OPENING_QUOTES
        and text[-1] in CLOSING_QUOTES
        and not set(inside) & set(OPENING_QUOTES + CLOSING_QUOTES)
    )


def _wrapped_in(text: str, check: Check) -> bool:
    opening, closing = check["opening"], check["closing"]
    inside = text[len(opening) : len(text) - len(closing)]
    return text.startswith(opening) and text.endswith(closing) and bool(parts.words(inside))


def _csv_table(text: str, check: Check) -> bool:
    rows = parts.lines(parts.without_fence(text))
    return len(rows) == check["rows"] and all(row.count(",") == check["columns"] - 1 for row in rows)


def _contains_in_order(text: str, check: Check) -> bool:
    found = [parts.occurrences(text, wanted) for wanted in check["texts"]]
    firsts = [places[0] for places in found if places]
    return all(found) and firsts == sorted(set(firsts))


def _every_word_starts_with(text: str, check: Check) -> bool:
    firsts = [(parts.letters(word) or [""])[0].casefold() for word in parts.words(text)]
    return set(firsts) == {check["letter"].casefold()}


def _numbers_exactly(text: str, check: Check) -> bool:
    unmarked = " ".join(parts.without_list_mark(line) for line in parts.lines(text))
    numbers = [word for word in parts.words(unmarked) if any(map(str.isdecimal, word))]
    return len(numbers) == int(check["count"])


def _title_case(text: str, check: Check) -> bool:
    spelled = [parts.letters(word) for word in parts.words(text)]
    return all(letters[0].isupper() for letters in spelled if letters)


def _uppercase_words_exactly(text: str, check: Check) -> bool:
    spelled = [parts.letters(word) for word in parts.words(text)]
    shouted = [word for word in spelled if len(word) > 1 and not any(map(str.islower, word))]
    return len(shouted) == int(check["count"])


def _number_between(text: str, check: Check) -> bool:
    return bool(DECIMAL.fullmatch(text)) and check["min"] <= float(text) <= check["max"]


def _one_of(text: str, check: Check) -> bool:
    bare = [option.removesuffix(".").casefold() for option in (text, *check["texts"])]
    return bare[0] in bare[1:]


def _json(text: str) -> Any:
    """NOT_JSON where it is none: NaN and Infinity, which Python reads, are not."""
    try:
        return json.loads(parts.without_fence(text, ("", "json")), parse_constant=_refuse)
    except ValueError:
        return NOT_JSON


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _is_of_type(value: Any, name: str) -> bool:
    """bool is an int to Python; to JSON it is no number."""
    types = {
        "string": str,
        "number": (int, float),
        "integer": int,
        "boolean": bool,
        "object": dict,
        "array": list,
    }
    return isinstance(value, types[name]) and (name == "boolean" or not isinstance(value, bool))  # type: ignore[arg-type]


def _json_equal(mine: Any, theirs: Any) -> bool:
    """As Python's, but true is not 1."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return mine.keys() == theirs.keys() and all(_json_equal(mine[key], theirs[key]) for key in mine)
    if isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(map(_json_equal, mine, theirs))
    return isinstance(mine, bool) == isinstance(theirs, bool) and bool(mine == theirs)


def _json_object_with_keys(text: str, check: Check) -> bool:
    value = _json(text)
    return isinstance(value, dict) and value.keys() == set(check["keys"])


def _json_list_of(text: str, check: Check) -> bool:
    value = _json(text)
    return (
        isinstance(value, list)
        and len(value) == check["count"]
        and all(_is_of_type(item, check["type"]) for item in value)
    )


def _json_types(text: str, check: Check) -> bool:
    value = _json(text)
    return isinstance(value, dict) and all(
        key in value and _is_of_type(value[key], name) for key, name in check["types"].items()
    )


CHECKED: dict[str, Holds] = {
    "words_between": lambda text, check: check["min"] <= len(parts.words(text)) <= check["max"],
    "sentences_between": lambda text, check: check["min"] <= len(parts.sentences(text)) <= check["max"],
    "sentences_exactly": lambda text, check: len(parts.sentences(text)) == check["count"],
    "paragraphs_exactly": lambda text, check: len(parts.paragraphs(text)) == check["count"],
    "lines_exactly": lambda text, check: len(parts.lines(text)) == check["count"],
    "max_characters": lambda text, check: len(text) <= check["count"],
    "words_a_line": lambda text, check: all(len(parts.words(line)) == check["count"] for line in parts.lines(text)),
    "words_a_sentence_at_most": lambda text, check: all(
        len(parts.words(sentence)) <= check["count"] for sentence in parts.sentences(text)
    ),
    "letters_a_word_at_most": lambda text, check: all(
        len(parts.letters(word)) <= check["count"] for word in parts.words(text)
    ),
    "bullets_exactly": lambda text, check: len(parts.bullets(text)) == check["count"],
    "numbered_list": lambda text, check: parts.numbers_of_list(text) == [*range(1, check["count"] + 1)],
    "only_list_items": _only_list_items,
    "lines_sorted": _lines_sorted,
    "acrostic": _acrostic,
    "every_line_starts_with": lambda text, check: all(line.startswith(check["text"]) for line in parts.lines(text)),
    "parts_separated_by": _parts_separated_by,
    "markdown_headings": _markdown_headings,
    "markdown_table": _markdown_table,
    "bold_exactly": lambda text, check: len(re.findall(r"\*\*(?=\S)[^\n]+?\*\*", text)) == check["count"],
    "placeholders_exactly": lambda text, check: len(re.findall(r"\[[^\[\]\n]+\]", text)) == check["count"],
    "quoted": _quoted,
    "wrapped_in": _wrapped_in,
    "csv_table": _csv_table,
    "matches": lambda text, check: re.fullmatch(check["pattern"], text) is not None,
    "starts_with": lambda text, check: text.startswith(check["text"]),
    "ends_with": lambda text, check: text.endswith(check["text"]),
    "ends_with_question": lambda text, check: QUESTION_END.search(text) is not None,
    "contains_all": lambda text, check: all(parts.occurrences(text, wanted) for wanted in check["texts"]),
    "contains_none": lambda text, check: not any(parts.occurrences(text, wanted) for wanted in check["texts"]),
    "contains_times": lambda text, check: len(parts.occurrences(text, check["text"])) == check["count"],
    "contains_in_order": _contains_in_order,
    "every_sentence_contains": lambda text, check: all(
        parts.occurrences(sentence, check["text"]) for sentence in parts.sentences(text)
    ),
    "every_word_starts_with": _every_word_starts_with,
    "lacks_characters": lambda text, check: not set(check["characters"].casefold()) & set(text.casefold()),
    "no_digits": lambda text, check: not any(map(str.isdecimal, text)),
    "numbers_exactly": _numbers_exactly,
    "all_lowercase": lambda text, check: any(map(str.isalpha, text)) and not any(map(str.isupper, text)),
    "all_uppercase": lambda text, check: any(map(str.isalpha, text)) and not any(map(str.islower, text)),
    "title_case": _title_case,
    "uppercase_words_exactly": _uppercase_words_exactly,
    "exact_text": lambda text, check: text == check["text"],
    "one_of": _one_of,
    "number_between": _number_between,
    "language_is": lambda text, check: parts.language_of(text) == check["language"],
    "json_object_with_keys": _json_object_with_keys,
    "json_list_of": _json_list_of,
    "json_equals": lambda text, check: (value := _json(text)) is not NOT_JSON and _json_equal(value, check["value"]),
    "json_types": _json_types,
}
