"""Answers that a person keeps as tests: a case from an entry of the history, put into a suite of one's own.

Every change makes the suite anew; what runs have asked stays stored with them. What the buttons look like is
pages/keeping.py's and pages/own_suites.py's.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evals.adding import keep_suite
from evals.keys import sha256
from evals.readers import chats, slug
from evals.store import Store
from evals.suites import ask, summarize, translate
from evals.types import Kind, Sample, Suite
from llmweb.errors import BadInput, NotFound
from llmweb.history import Entry, History
from llmweb.live import Setup, setup_from, setup_record
from llmweb.translate.languages import detect, name
from llmweb.types import Completion, Options

FIRST_SUITE = "My tests"
METRICS: dict[Kind, tuple[str, ...]] = {
    "translate": translate.METRICS,
    "summarize": summarize.METRICS,
    "ask": ask.METRICS,
    "instruct": chats.METRICS,
}
NOTES = "Kept one by one from answers in this app; the references are what the person who kept them wanted."
LICENCE = "own texts"
UNSURE_LANGUAGE = "en"
SURE = 0.8
ID_CHARACTERS = 12
MOST_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class Case:
    """A sample without references, the kind of suite it is for, and its languages."""

    kind: Kind
    sample: Sample
    source: str
    target: str


def case_of(history: History, entry_id: str) -> Case:
    """Of an answer: what it answered, and where it came from. Raises NotFound, and BadInput for what is no answer."""
    thread = history.branch_to(entry_id)
    feature = history.chat(thread[-1].chat_id).feature
    if thread[-1].role != "assistant" or len(thread) < 2 or feature not in CASES:
        raise BadInput("That is not an answer that can be kept as a test. Choose an answer.")
    case = CASES[feature](thread, history.setup(thread[-1].chat_id))
    asked = {fact: value for fact, value in case.sample.facts.items() if value}
    came = {"feature": feature, "chat": thread[-1].chat_id, "entry": entry_id}
    name = sha256([case.sample.source, asked])[:ID_CHARACTERS]
    return replace(case, sample=replace(case.sample, id=name, facts={**asked, "from": came}))


def keep(case: Case, suite_name: str, reference: str, tags: str, store: Store) -> Suite:
    """Put a case into the suite of this name, in place of the one that asks the same; the suite as it then is.

    reference is what a good answer says; tags are parted by commas. Raises BadInput.
    """
    suite = _suite(case, suite_name, store)
    sample = _written(case.sample, suite, reference, tags)
    others = {each.id: each for each in suite.samples}
    after = replace(suite, samples=tuple((others | {sample.id: sample}).values()))
    keep_suite(after, store)
    return after


def edit(suite: Suite, sample_id: str, reference: str, tags: str, store: Store) -> Suite:
    """Another reference, one a line where there are several, and other tags."""
    found = _found(suite, sample_id)
    after = _written(found, suite, reference, tags, len(found.references) > 1)
    return _stored(suite, [after if each is found else each for each in suite.samples], store)


def drop(suite: Suite, sample_id: str, store: Store) -> Suite | None:
    """Without one case; None where it was the last and the suite is gone with it."""
    found = _found(suite, sample_id)
    left = [each for each in suite.samples if each is not found]
    if not left:
        store.remove_suite(suite.id)
        return None
    return _stored(suite, left, store)


def names(store: Store, kind: Kind) -> tuple[str, ...]:
    """Of one's own suites of a kind, as they are written into the dialog."""
    prefix = f"{kind}/"
    found = [each.removeprefix(prefix) for each in store.own_suites() if each.startswith(prefix)]
    return tuple(dict.fromkeys([FIRST_SUITE, *found]))


def as_jsonl(suite: Suite) -> str:
    """A line a case, in the columns that "suite add" reads (readers.FORMATS), then its other facts."""
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in _rows(suite))


def as_csv(suite: Suite) -> str:
    """The same as a table: further references have columns of their own, everything else that is no text is JSON."""
    rows = [_flat(row) for row in _rows(suite)]
    out = io.StringIO(newline="")
    table = csv.DictWriter(out, list(dict.fromkeys(column for row in rows for column in row)), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return out.getvalue()


def open_in_chat(history: History, sample: Sample, model: str, options: Options, given: Completion | None) -> str:
    """A new chat with what a sample says, to be answered by the same model with the same options; its id. The answer of
    the run stands in it, if there is one."""
    said = [(str(role), str(text)) for role, text in sample.facts.get("messages", ())]
    system = "\n\n".join(text for role, text in said if role == "system")
    setup = Setup(model, system, options, bool(sample.facts.get("plain")))
    chat = history.new_chat("chat", sample.source, setup_record(setup))
    last: str | None = None
    for role, text in [*(each for each in said if each[0] != "system"), ("user", sample.source)]:
        last = history.add(chat, last, role, text)
    if given is not None:
        answer = history.add(chat, last, "assistant", "", "running")
        history.update(answer, given.text, status="done", completion=given)
    return chat


def _of_chat(thread: Sequence[Entry], record: dict[str, Any]) -> Case:
    """The language has no part in the metrics: it only stands with the suite."""
    setup = setup_from(record) if record else Setup("")
    *before, asked, answer = thread
    language = _language(answer.text)
    if setup.plain:
        text = "".join(entry.text for entry in (*before, asked))
        return Case("instruct", Sample("", text, facts={"plain": True}), language, language)
    messages = [["system", setup.system]] if setup.system.strip() else []
    messages += [[entry.role, entry.text] for entry in before if entry.text]
    sample = Sample("", asked.text, group=answer.chat_id, facts={"messages": messages})
    return Case("instruct", sample, language, language)


def _of_translation(thread: Sequence[Entry], record: dict[str, Any]) -> Case:
    source, target = str(record.get("from", "")), str(record.get("to", ""))
    if not source or not target:
        raise BadInput("The languages of this translation were not kept. Translate the text again, then keep it.")
    return Case("translate", Sample("", thread[0].text), source, target)


def _of_summary(thread: Sequence[Entry], record: dict[str, Any]) -> Case:
    language = _language(thread[0].text)
    return Case("summarize", Sample("", thread[0].text), language, language)


def _of_answer(thread: Sequence[Entry], record: dict[str, Any]) -> Case:
    """Asked again of the passages that were read for the answer, not of the whole documents."""
    stored = record.get("answer") or {}
    passages = [str(passage["text"]) for passage in stored.get("passages", ())]
    if not passages:
        raise BadInput("No passage was kept with this answer. Ask the question again, then keep it.")
    passage = "\n\n".join(passages)
    language = _language(passage)
    facts = {"passage": passage, "title": next(iter(stored.get("names", ())), "")}
    sample = Sample("", thread[0].text, group=sha256(passage)[:ID_CHARACTERS], facts=facts)
    return Case("ask", sample, language, language)


CASES: dict[str, Callable[[Sequence[Entry], dict[str, Any]], Case]] = {
    "chat": _of_chat,
    "translate": _of_translation,
    "summarize": _of_summary,
    "ask": _of_answer,
}
KINDS: dict[str, Kind] = {"chat": "instruct", "translate": "translate", "summarize": "summarize", "ask": "ask"}


def _language(text: str) -> str:
    found = detect(text)
    return found[0].language if found and found[0].confidence >= SURE else UNSURE_LANGUAGE


def _suite(case: Case, suite_name: str, store: Store) -> Suite:
    """The suite of this name, or a new one without cases. A translation suite has one pair, which ends its name."""
    suite_id = f"{case.kind}/{slug(suite_name)}"
    pair = f"-{case.source}-{case.target}" if case.kind == "translate" else ""
    suite_id += "" if suite_id.endswith(pair) else pair
    if suite_id in (own := store.own_suites()):
        suite = store.suite(own[suite_id])
        if case.kind in ("translate", "summarize") and (suite.source, suite.target) != (case.source, case.target):
            raise BadInput(
                f"The texts of {suite_id} are in {name(suite.source)}, this one is in {name(case.source)}. "
                "Write another name for the suite."
            )
        return suite
    title = f"{suite_name.strip()} ({name(case.source)} → {name(case.target)})" if pair else suite_name.strip()
    return Suite(suite_id, case.kind, title, (), METRICS[case.kind], case.source, case.target, LICENCE, NOTES)


def _written(sample: Sample, suite: Suite, reference: str, tags: str, several: bool = False) -> Sample:
    """With references and tags as a person wrote them."""
    texts = reference.split("\n") if several else [reference]
    references = tuple(text.strip() for text in texts if text.strip())
    if not references and suite.kind != "ask":
        raise BadInput("There is no reference. Write what a good answer says.")
    if len(reference) > MOST_CHARACTERS or "\0" in reference:
        raise BadInput(f"The reference must be a text of at most {MOST_CHARACTERS:,} characters. Shorten it.")
    listed = list(dict.fromkeys(tag.strip() for tag in tags.split(",") if tag.strip()))
    facts = {fact: value for fact, value in sample.facts.items() if fact != "tags"}
    return replace(sample, references=references or ("",), facts=facts | ({"tags": listed} if listed else {}))


def _found(suite: Suite, sample_id: str) -> Sample:
    for sample in suite.samples:
        if sample.id == sample_id:
            return sample
    raise NotFound("This case is gone: it was deleted, perhaps in another window.")


def _stored(suite: Suite, samples: Sequence[Sample], store: Store) -> Suite:
    after = replace(suite, samples=tuple(samples))
    keep_suite(after, store)
    return after


def _rows(suite: Suite) -> Iterator[dict[str, Any]]:
    for each in suite.samples:
        source, references = ("question", "answers") if suite.kind == "ask" else ("source", "references")
        row = {"id": each.id, source: each.source, references: [text for text in each.references if text]}
        row |= {"context": each.facts.get("passage", "")} if suite.kind == "ask" else {"group": each.group}
        yield row | {fact: value for fact, value in each.facts.items() if fact != "passage"}


def _flat(row: dict[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for column, value in row.items():
        if column in ("references", "answers"):
            texts = value or [""]
            flat |= {f"{column} {place}" if place > 1 else column: text for place, text in enumerate(texts, 1)}
        else:
            flat[column] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return flat
