"""Answers kept as tests: from the history into suites of one's own, and from a run back into a chat."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evals import cases, systems
from evals.asking import conversation
from evals.pages.keeping import keep_action
from evals.readers import Naming, Wanted, read_suite
from evals.run_queue import RunQueue
from evals.store import Store
from evals.systems import System
from evals.types import Sample, Suite
from llmweb.engines.scripted import echo
from llmweb.errors import BadInput
from llmweb.history import History
from llmweb.live import Setup, setup_from, setup_record
from llmweb.pages.parts import Answered
from llmweb.runtime import Runtime
from llmweb.types import Message, Options, Request

MODEL = "smollm2-135m-instruct"


@pytest.fixture
def history() -> History:
    return History(":memory:")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "evals.sqlite3")


@pytest.fixture
def talk(history: History) -> list[str]:
    """Entries of a chat of two turns with a system prompt; the second answer was corrected, beside the first."""
    chat = history.new_chat("chat", "Hello", setup_record(Setup(MODEL, "Be brief.")))
    ids: list[str] = []
    for role, text in (("user", "Hello"), ("assistant", "Hi"), ("user", "Capital of France?"), ("assistant", "Rome")):
        ids.append(history.add(chat, ids[-1] if ids else None, role, text))
    return [*ids, history.add(chat, ids[2], "assistant", "Paris")]


def kept(history: History, entry: str, store: Store, reference: str = "Paris", name: str = "My tests") -> Suite:
    return cases.keep(cases.case_of(history, entry), name, reference, "geo, short", store)


def test_a_turn_is_kept_with_all_that_was_said_before_it_and_knows_where_it_came_from(
    history: History, store: Store, talk: list[str]
) -> None:
    suite = kept(history, talk[4], store)
    chat = history.entry(talk[4]).chat_id
    (sample,) = suite.samples
    before = [["system", "Be brief."], ["user", "Hello"], ["assistant", "Hi"]]
    came = {"feature": "chat", "chat": chat, "entry": talk[4]}
    facts = {"messages": before, "from": came, "tags": ["geo", "short"]}
    assert sample == Sample(sample.id, "Capital of France?", ("Paris",), chat, facts)
    assert (suite.id, suite.kind, suite.title) == ("instruct/my-tests", "instruct", "My tests")
    assert store.suite(store.own_suites()["instruct/my-tests"]) == suite
    assert conversation(sample) == (*(Message(role, text) for role, text in before), Message("user", sample.source))


def test_the_same_turn_kept_again_changes_its_reference_and_the_suite_is_another_version(
    history: History, store: Store, talk: list[str]
) -> None:
    first = kept(history, talk[3], store, "Rome")
    second = kept(history, talk[4], store, "Paris")
    assert [sample.references for sample in second.samples] == [("Paris",)]
    assert first.samples[0].id == second.samples[0].id
    assert first.sha256 != second.sha256


def test_a_kept_turn_is_asked_of_a_model_with_its_conversation_and_scored(
    history: History, store: Store, talk: list[str], scripted: Callable[..., Runtime]
) -> None:
    asked: list[Request] = []

    def script(request: Request) -> str:
        asked.append(request)
        return "Paris"

    suite = kept(history, talk[4], store)
    output = systems.answer(System(MODEL), suite, suite.samples[0], scripted(script))
    assert output.text == "Paris"
    assert [message.text for message in asked[0].prompt if not isinstance(message, str)] == [
        "Be brief.",
        "Hello",
        "Hi",
        "Capital of France?",
    ]
    assert suite.metrics == ("chrf2", "f1", "exact-match")


def test_a_plain_completion_is_asked_as_it_stands(history: History, store: Store) -> None:
    chat = history.new_chat("chat", "Once", setup_record(Setup(MODEL, plain=True)))
    said = history.add(chat, None, "user", "Once upon")
    suite = kept(history, history.add(chat, said, "assistant", " a time"), store, " a time")
    assert conversation(suite.samples[0]) == "Once upon"


def test_translations_are_kept_by_pair_summaries_and_answers_with_their_texts(history: History, store: Store) -> None:
    setups = {
        "translate": {"from": "en", "to": "pt"},
        "summarize": {},
        "ask": {"answer": {"names": ["boat.txt"], "passages": [{"text": "The boat is red."}]}},
    }
    made = {}
    for feature, setup in setups.items():
        chat = history.record(feature, "What colour is the boat that lies in the harbour?", "red", None, setup)
        made[feature] = kept(history, history.thread(chat)[-1].id, store, "" if feature == "ask" else "vermelho")
    assert [suite.id for suite in made.values()] == ["translate/my-tests-en-pt", "summarize/my-tests", "ask/my-tests"]
    assert (made["translate"].source, made["translate"].target) == ("en", "pt")
    answer = made["ask"].samples[0]
    assert (answer.references, answer.facts["passage"], answer.facts["title"]) == (
        ("",),
        "The boat is red.",
        "boat.txt",
    )


@pytest.mark.parametrize(
    ("reference", "name", "words"),
    [
        ("  ", "My tests", "There is no reference. Write what a good answer says."),
        ("a\0", "My tests", "The reference must be a text"),
        ("Paris", "!!", "has no Latin letter or digit"),
        ("Paris", "en", "one of the suites that come with the program"),
    ],
)
def test_what_cannot_be_kept_says_why(
    history: History, store: Store, talk: list[str], reference: str, name: str, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        kept(history, talk[4], store, reference, name)
    assert store.own_suites() == {}


def test_a_question_is_no_answer(history: History, talk: list[str]) -> None:
    with pytest.raises(BadInput, match="not an answer"):
        cases.case_of(history, talk[2])


def test_cases_are_edited_and_deleted_and_the_suite_goes_with_the_last(
    history: History, store: Store, talk: list[str]
) -> None:
    suite = kept(history, talk[1], store, "Hi")
    suite = kept(history, talk[4], store)
    after = cases.edit(suite, suite.samples[0].id, "Hello there", "", store)
    assert [sample.references for sample in after.samples] == [("Hello there",), ("Paris",)]
    assert "tags" not in after.samples[0].facts
    after = cases.drop(after, after.samples[0].id, store) or after
    assert [sample.source for sample in after.samples] == ["Capital of France?"]
    assert cases.drop(after, after.samples[0].id, store) is None
    assert store.own_suites() == {}


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_an_exported_suite_is_added_again_with_the_same_samples(
    history: History, store: Store, talk: list[str], tmp_path: Path, suffix: str
) -> None:
    kept(history, talk[1], store, 'Hi, "you"\nthere')
    suite = kept(history, talk[4], store)
    file = tmp_path / f"mine.{suffix}"
    file.write_text(cases.as_jsonl(suite) if suffix == "jsonl" else cases.as_csv(suite), encoding="utf-8")
    again = read_suite("chat", Wanted((file,), language=suite.source), Naming("own texts"))
    assert (again.kind, again.metrics) == (suite.kind, suite.metrics)
    assert [conversation(sample) for sample in again.samples] == [conversation(sample) for sample in suite.samples]
    assert [(each.id, each.references) for each in again.samples] == [
        (each.id, each.references) for each in suite.samples
    ]


def test_a_sample_of_a_run_becomes_a_chat_with_its_prompt_model_options_and_answer(
    history: History, store: Store, talk: list[str], scripted: Callable[..., Runtime]
) -> None:
    suite, options = kept(history, talk[4], store), Options(precision="exact", seed=7)
    completion = systems.answer(System(MODEL, options), suite, suite.samples[0], scripted()).completions[-1]
    chat = cases.open_in_chat(history, suite.samples[0], MODEL, options, completion)
    assert [entry.text for entry in history.thread(chat)] == ["Hello", "Hi", "Capital of France?", completion.text]
    assert history.thread(chat)[-1].completion == completion
    assert setup_from(history.setup(chat)) == Setup(MODEL, "Be brief.", options)


@pytest.fixture
def queue(scripted: Callable[..., Runtime], store: Store) -> Iterator[RunQueue]:
    made = RunQueue(scripted(echo), store)
    yield made
    made.close()


def test_the_button_offers_the_answer_as_reference_and_the_suite_can_be_run(
    history: History, queue: RunQueue, talk: list[str]
) -> None:
    action = keep_action(queue, "chat")
    assert [(field.name, field.value) for field in action.fields("Paris")] == [
        ("reference", "Paris"),
        ("suite", "My tests"),
        ("tags", ""),
    ]
    values = {"reference": "Paris", "suite": "<b>Geo", "tags": ""}
    (said,) = action.run(Answered(history, talk[4], values=values))
    assert "Kept in &lt;b&gt;Geo, which now has 1 case." in said
    assert "<b>" not in said
    assert [field.choices for field in action.fields("")][1] == ("My tests", "b-geo")
    assert queue.suites()["instruct/b-geo"].samples[0].references == ("Paris",)
