"""Questions about paragraphs: SQuAD 1.1 and 2.0, XQuAD and MLQA, as their JSON files or as rows of a table.

Rajpurkar et al. 2016 and 2018; Artetxe et al. 2020 (XQuAD, scored as SQuAD 1.1 in every language); Lewis et al. 2020
(MLQA, scored by rules of each language). The paragraph is the group: its questions are resampled together.
"""

import re
from collections.abc import Iterator
from typing import Any

from evals.keys import sha256
from evals.readers.asked import Asked, Contents, Wanted, language, optional, samples, text, texts
from evals.readers.rows import parsed, rows, text_of
from llmweb.errors import BadInput

SQUAD1 = ("f1-squad1", "exact-match-squad1")
SQUAD2 = ("f1", "exact-match")
MLQA = ("f1-mlqa", "exact-match-mlqa")

# xquad.es.json, and MLQA's test-context-es-question-en.json: the answer is in the language of the paragraph.
TOLD = re.compile(r"xquad\.([a-z]{2})\.json|(?:test|dev)-context-([a-z]{2})-question-[a-z]{2}\.json")
NOT_SQUAD = "Expected SQuAD's form: data → paragraphs → context and qas → id, question and answers with a text."


def read_squad(wanted: Wanted) -> Contents:
    """SQuAD 2.0 where it knows unanswerable questions, else 1.1, as XQuAD is scored."""
    asked = _asked(wanted)
    unanswerable = any("" in each.references for each in asked)
    return _contents(wanted, asked, SQUAD2 if unanswerable else SQUAD1)


def read_mlqa(wanted: Wanted) -> Contents:
    return _contents(wanted, _asked(wanted), MLQA)


def _contents(wanted: Wanted, asked: list[Asked], metrics: tuple[str, ...]) -> Contents:
    told = TOLD.fullmatch(wanted.files[0].name)
    code = language(wanted.language, "".join(filter(None, told.groups())) if told else "")
    return Contents(samples(asked, wanted.keep_duplicates), metrics, code, code)


def _asked(wanted: Wanted) -> list[Asked]:
    (path, *others) = wanted.files
    if others:
        raise BadInput(f"One file is read at a time; {others[0].name} is a suite of its own.")
    if path.suffix.lower() == ".json":
        found = parsed(text_of(path), path.name)
        if isinstance(found, dict) and "data" in found:
            return list(_of_articles(path.name, found["data"]))
    return [_of_row(wanted, row) for row in rows(path)]


def _of_articles(file: str, articles: Any) -> Iterator[Asked]:
    for place, article in _each(articles, file, "article"):
        for paragraph_place, paragraph in _each(_part(article, "paragraphs", list, place), place, "paragraph"):
            passage = _part(paragraph, "context", str, paragraph_place)
            for where, question in _each(_part(paragraph, "qas", list, paragraph_place), paragraph_place, "question"):
                yield _question(where, question, passage, str(article.get("title", "")))


def _question(where: str, question: dict[str, Any], passage: str, title: str) -> Asked:
    answers = [_part(answer, "text", str, where) for _, answer in _each(_part(question, "answers", list, where), where)]
    if question.get("is_impossible", False):
        answers = []
    elif not answers and "is_impossible" in question:
        raise BadInput(f"{where} has no answer and is not marked is_impossible. Add an answer or delete the question.")
    asked = _part(question, "question", str, where)
    return _of(where, asked, passage, answers, title, str(question.get("id", "")))


def _of_row(wanted: Wanted, row: Any) -> Asked:
    """The form sets of this kind have on the model hub: answers holds a list text, empty where there is no answer."""
    columns = wanted.columns
    if "answers" not in columns and isinstance(row.values.get("answers"), dict):
        columns = {**columns, "answers": ("answers.text",)}
    answers = texts(row, columns, "answers")
    asked, passage = text(row, columns, "question"), text(row, columns, "context")
    return _of(row.where, asked, passage, answers, optional(row, columns, "title"), optional(row, columns, "id"))


def _of(where: str, question: str, passage: str, answers: Any, title: str, identifier: str) -> Asked:
    if not passage.strip():
        raise BadInput(f"{where} has an empty context. Fill it in or delete the question.")
    references = tuple(dict.fromkeys(answers)) or ("",)
    facts = {"passage": passage, "title": title}
    return Asked(where, question, references, sha256(passage)[:12], facts, identifier)


def _each(values: Any, where: str, what: str = "answer") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object of a list and where it stands, counted from 1."""
    for number, each in enumerate(values if isinstance(values, list) else [values], 1):
        if not isinstance(each, dict):
            raise BadInput(f"{where}, {what} {number} is not an object. {NOT_SQUAD}")
        yield f"{where}, {what} {number}", each


def _part(whole: dict[str, Any], name: str, kind: type, where: str) -> Any:
    found = whole.get(name)
    if not isinstance(found, kind):
        raise BadInput(f"{where} has no {name}, or not as a {'list' if kind is list else 'text'}. {NOT_SQUAD}")
    return found
