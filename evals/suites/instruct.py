"""Instructions whose result a program can verify, and what each kind of check means.

Owns the meaning of every check; evals/metrics/instructions.py carries them out. The idea is Zhou et al. 2023,
Instruction-Following Evaluation for Large Language Models (IFEval); instructions, kinds and counting rules are our own.

What the checks count, on the output without the white space around it:
  word       a run of characters other than white space that holds at least one letter or digit
  line       a line that holds something besides white space, without the white space around it
  paragraph  what blank lines separate, if it holds a word
  sentence   what sentencex splits off in English, if it holds a word
  bullet     a line that begins with "- ", "* " or "• "
  occurrence of a text: letters and digits may not touch it on either side where it begins or ends with one itself;
             upper and lower case are the same ("cat" occurs in "Cat, cats" once)
  JSON       the whole output, after one code fence (``` or ```json) around it has been taken off, parsed strictly
"""

from dataclasses import dataclass

from evals.suites.own import samples
from evals.types import Suite

METRICS = ("instructions-strict", "instructions-loose")
NOTES = (
    "The instructions were written by the LLM Web authors for this suite, after the idea of Zhou et al. 2023 "
    "(IFEval): one to three checks each, which a program carries out on the form or the wording of the output. "
    "Whether the content is true or well written is not judged. Mostly English; eight are to be answered in another "
    "language."
)


@dataclass(frozen=True, slots=True)
class CheckKind:
    """What must hold of the output, and the names of the parameters that stand beside "kind" in a check, all needed."""

    meaning: str
    parameters: tuple[str, ...] = ()


CHECKS: dict[str, CheckKind] = {
    # Length
    "words_between": CheckKind("at least min and at most max words", ("min", "max")),
    "sentences_between": CheckKind("at least min and at most max sentences", ("min", "max")),
    "sentences_exactly": CheckKind("count sentences", ("count",)),
    "paragraphs_exactly": CheckKind("count paragraphs", ("count",)),
    "lines_exactly": CheckKind("count lines", ("count",)),
    "max_characters": CheckKind("at most count characters (Unicode code points), white space included", ("count",)),
    "words_a_line": CheckKind("every line has count words", ("count",)),
    "words_a_sentence_at_most": CheckKind("no sentence has more than count words", ("count",)),
    "letters_a_word_at_most": CheckKind(
        "no word has more than count letters; other characters do not count", ("count",)
    ),
    # Shape
    "bullets_exactly": CheckKind("count lines are bullets; other lines may stand around them", ("count",)),
    "numbered_list": CheckKind(
        'the lines that begin with digits and "." or ")" and a space are count, numbered 1 to count in that order; '
        "other lines may stand around them",
        ("count",),
    ),
    "only_list_items": CheckKind("every line is a bullet or begins with digits, then . or ), then a space"),
    "lines_sorted": CheckKind(
        "at least two lines, in alphabetical order (casefold, code points), list marks and their space taken off"
    ),
    "acrostic": CheckKind(
        "the lines are as many as letters has, and their first letters are these, in order; case is ignored",
        ("letters",),
    ),
    "every_line_starts_with": CheckKind("every line begins with text, case as given", ("text",)),
    "parts_separated_by": CheckKind(
        "splitting at separator gives count parts, each with a word", ("separator", "count")
    ),
    "markdown_headings": CheckKind("count lines begin with level times # and then a space", ("level", "count")),
    "markdown_table": CheckKind(
        "the lines that begin and end with | are a header of columns cells, a line of dashes (and colons), "
        "and rows lines of columns cells",
        ("columns", "rows"),
    ),
    "bold_exactly": CheckKind("count stretches of one line stand between ** and **, none empty", ("count",)),
    "placeholders_exactly": CheckKind("count stretches of one line stand between [ and ], none empty", ("count",)),
    "quoted": CheckKind('the first character is " or “, the last one " or ”, and neither stands in between'),
    "wrapped_in": CheckKind(
        "it begins with opening and ends with closing, with a word in between", ("opening", "closing")
    ),
    "csv_table": CheckKind(
        "one code fence taken off, every line has columns - 1 commas, and there are rows lines, the header included",
        ("columns", "rows"),
    ),
    "matches": CheckKind("the whole output matches the regular expression pattern (Python re.fullmatch)", ("pattern",)),
    # Words
    "starts_with": CheckKind("it begins with text, case as given", ("text",)),
    "ends_with": CheckKind("it ends with text, case as given", ("text",)),
    "ends_with_question": CheckKind("it ends with ?, or with ? and closing quotation marks or brackets"),
    "contains_all": CheckKind("each of texts occurs", ("texts",)),
    "contains_none": CheckKind("none of texts occurs", ("texts",)),
    "contains_times": CheckKind("text occurs count times", ("text", "count")),
    "contains_in_order": CheckKind(
        "each of texts occurs, its first occurrence after that of the one before", ("texts",)
    ),
    "every_sentence_contains": CheckKind("text occurs in every sentence", ("text",)),
    "every_word_starts_with": CheckKind("the first letter of every word is letter; case is ignored", ("letter",)),
    "lacks_characters": CheckKind("none of the characters occurs; case is ignored", ("characters",)),
    "no_digits": CheckKind("no character is a decimal digit"),
    "numbers_exactly": CheckKind("count words hold a digit, list marks at the start of a line left out", ("count",)),
    # Case
    "all_lowercase": CheckKind("at least one letter, none of them uppercase"),
    "all_uppercase": CheckKind("at least one letter, none of them lowercase"),
    "title_case": CheckKind("the first letter of every word is uppercase"),
    "uppercase_words_exactly": CheckKind("count words have at least two letters and no lowercase one", ("count",)),
    # The answer itself
    "exact_text": CheckKind("it equals text, case and all", ("text",)),
    "one_of": CheckKind("it equals one of texts, once case and a full stop at the end are ignored", ("texts",)),
    "number_between": CheckKind(
        "it is one decimal number (sign and decimal point allowed, nothing else), at least min and at most max",
        ("min", "max"),
    ),
    "language_is": CheckKind(
        "lingua finds language (ISO 639-1) the likeliest of en, de, es, fr, it, pt, nl and zh", ("language",)
    ),
    # JSON
    "json_object_with_keys": CheckKind("JSON: an object with exactly these keys, in any order", ("keys",)),
    "json_list_of": CheckKind(
        "JSON: an array of count elements, each of type: string, number, integer, boolean, object or array",
        ("type", "count"),
    ),
    "json_equals": CheckKind("JSON: equal to value; the order of keys does not matter", ("value",)),
    "json_types": CheckKind("JSON: an object; for each key of types, the value has the type named there", ("types",)),
}


def suite() -> Suite:
    """Each sample's facts hold its checks: dicts with kind, a key of CHECKS, and that kind's parameters."""
    return Suite(
        id="instruct/en",
        kind="instruct",
        title="Following instructions",
        samples=samples("instruct.jsonl"),
        metrics=METRICS,
        source="en",
        target="en",
        licence="CC0-1.0",
        notes=NOTES,
    )
