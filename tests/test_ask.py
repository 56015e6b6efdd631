"""A question gets the span that answers it, with its place and how sure that is, or "Not in the text"."""

from collections.abc import Callable
from pathlib import Path

import pytest

from llmweb.ask import WORDS_ONLY, answers, ask, ask_steps
from llmweb.catalog import MODELS, Catalog
from llmweb.documents import Document, read_text
from llmweb.engines.protocol import EngineKind
from llmweb.engines.scripted import ScriptedEngine
from llmweb.errors import BadInput, UnknownModel, Unsupported
from llmweb.retrieve import Index
from llmweb.runtime import Runtime
from llmweb.settings import Settings
from llmweb.types import Completion, Hub, Identity, Local, ModelSpec, Options, Request, Usage
from llmweb.weights.download import WeightStore
from llmweb.weights.fetch_queue import FetchQueue

TOWN = read_text(
    "The mill was built in 1790 by Jonas Reed. It ground wheat for the whole valley. A fire ended it in 1902.\n\n"
    "The school opened in 1888. Its first teacher was Ada Holm. She taught forty children.",
    "town.txt",
)
SEA = Document("sea.pdf", "Herring was salted.\n\nShips brought salt from Setúbal.", ((0, 19), (21, 53)), "pdf")


def teacher(request: Request) -> str:
    """A model that knows one thing, and goes on to the next example as base models do."""
    assert isinstance(request.prompt, str)
    assert request.prompt.endswith("\nAnswer:")
    return " Ada Holm.\n\nText: More"


def test_the_answer_is_a_span_of_the_text_with_its_place(scripted: Callable[..., Runtime]) -> None:
    answer = ask(scripted(teacher), "Who was the first teacher?", [SEA, TOWN])
    assert answer.text == "Ada Holm"
    assert (answer.document, answer.name, answer.page) == (1, "town.txt", None)
    assert TOWN.text[answer.start : answer.end] == "Ada Holm"
    assert answer.passage is not None
    assert answer.passage.text == TOWN.text
    assert answer.found
    assert answer.reply == "Ada Holm"
    assert answer.confidence is not None
    assert 0.5 <= answer.confidence <= 1
    assert [ranked.name for ranked in answer.considered] == ["town.txt", "sea.pdf"]
    assert "Ada Holm" not in [candidate.text for candidate in answer.alternatives]
    assert [completion.text for completion in answer.completions] == [" Ada Holm."] * 2
    assert (answer.done, answer.total) == (answer.total, len(Index([SEA, TOWN]).sentences) + 2)


def test_what_the_model_makes_up_is_not_the_answer(scripted: Callable[..., Runtime]) -> None:
    answer = ask(scripted(lambda request: " Napoleon"), "Who was the first teacher?", [TOWN])
    assert answer.text in TOWN.text
    assert "Napoleon" not in answer.text


def test_a_question_the_text_does_not_speak_of_is_not_in_the_text(scripted: Callable[..., Runtime]) -> None:
    answer = ask(scripted(lambda request: " I do not know"), "How deep is the Atlantic near Iceland?", [TOWN])
    assert not answer.found
    assert answer.reply == "Not in the text."
    assert answer.confidence is not None
    assert answer.confidence < 0.2


def test_the_page_of_the_answer_is_told(scripted: Callable[..., Runtime]) -> None:
    answer = ask(scripted(lambda request: " Setúbal"), "Where did the salt come from?", [SEA])
    assert (answer.text, answer.name, answer.page) == ("Setúbal", "sea.pdf", 2)


def test_an_index_serves_the_next_question_without_embedding_again(scripted: Callable[..., Runtime]) -> None:
    runtime, index = scripted(teacher), Index([TOWN])
    doings = [answer.doing for answer in ask_steps(runtime, "Who was the first teacher?", index)]
    assert "Read 6 of 6 sentences" in doings
    again = list(ask_steps(runtime, "Who was the first teacher?", index))
    assert "Read 6 of 6 sentences" not in [answer.doing for answer in again]
    assert again[-1].text == "Ada Holm"


def test_without_the_embedding_model_words_alone_find_it_and_it_says_so(tmp_path: Path) -> None:
    runtime = runtime_without_embedder(tmp_path)
    answer = ask(runtime, "Who was the first teacher?", [TOWN])
    runtime.close()
    runtime.fetches.close()
    assert (answer.text, answer.note) == ("Ada Holm", WORDS_ONLY)
    assert answer.considered[0].similarity is None
    assert answer.confidence is not None


def runtime_without_embedder(folder: Path) -> Runtime:
    """A runtime whose chat model is a local file read by the scripted engine, and whose embedder is not on disk."""
    gguf = folder / "tiny.gguf"
    gguf.write_bytes(b"GGUF")
    chat = ModelSpec(
        "tiny", "Tiny", "", "scripted", frozenset({"generate"}), Local(gguf), "none", 1, 2048, default=True
    )
    catalog = Catalog((chat, *(model for model in MODELS if "embed" in model.tasks)))
    kind = EngineKind(
        lambda weights, precision, progress: ScriptedEngine(
            Identity("tiny", "", "", "scripted", "1", precision), teacher
        ),
        lambda weights, precision: 1,
        ("fast", "exact"),
    )
    settings = Settings(folder)
    return Runtime(settings, catalog, FetchQueue(WeightStore(settings.models_dir)), {"scripted": kind})


def test_an_extractive_model_marks_the_answer_itself(extractive: Callable[..., Runtime]) -> None:
    runtime = extractive(lambda request: "Ada Holm" if "Ada" in request.context else "")
    answer = ask(runtime, "Who was the first teacher?", [SEA, TOWN], "spans")
    assert (answer.text, answer.document, answer.name) == ("Ada Holm", 1, "town.txt")
    assert TOWN.text[answer.start : answer.end] == "Ada Holm"
    assert len(answer.completions) == len(answer.considered) == 2


def test_an_extractive_model_that_marks_nothing_means_not_in_the_text(extractive: Callable[..., Runtime]) -> None:
    answer = ask(extractive(lambda request: ""), "Who was the first teacher?", [TOWN], "spans")
    assert (answer.text, answer.found, answer.confidence, answer.reply) == ("", False, 0.0, "Not in the text.")


@pytest.fixture
def extractive(scripted: Callable[..., Runtime]) -> Callable[..., Runtime]:
    """A runtime with an extractive model called "spans", answering from the script."""

    def make(script: Callable[[Request], str]) -> Runtime:
        runtime = scripted(script)
        source = Hub("example/spans", "0" * 40, ())
        spans = ModelSpec("spans", "Spans", "", "transformers", frozenset({"span"}), source, "MIT", 1, 512)
        runtime.catalog = Catalog((*MODELS, spans))
        return runtime

    return make


def test_each_snapshot_adds_and_the_last_is_complete(scripted: Callable[..., Runtime]) -> None:
    steps = list(ask_steps(scripted(teacher, words_per_second=20), "Who was the first teacher?", [TOWN]))
    done = [answer.done for answer in steps]
    assert done == sorted(done)
    assert {answer.confidence for answer in steps[:-1]} == {None}
    assert steps[-1].confidence is not None


def test_closing_the_iterator_cancels_the_model(scripted: Callable[..., Runtime]) -> None:
    runtime = scripted(lambda request: "word " * 20, words_per_second=5)
    steps = ask_steps(runtime, "Who was the first teacher?", [TOWN])
    for answer in steps:
        if answer.doing == "Answering":
            break
    steps.close()  # type: ignore[attr-defined]
    assert [model.users for model in runtime.loaded() if model.model == "smollm2-135m-instruct"] == [0]


@pytest.mark.parametrize("question", ["", "  \n", "\x00\x01"])
def test_an_empty_question_is_refused(scripted: Callable[..., Runtime], question: str) -> None:
    with pytest.raises(BadInput) as caught:
        ask(scripted(), question, [TOWN])
    assert str(caught.value) == "There is no question. Write one about the text."


def test_a_question_as_long_as_a_book_is_refused(scripted: Callable[..., Runtime]) -> None:
    with pytest.raises(BadInput) as caught:
        ask(scripted(), "why " * 250_000, [TOWN])
    assert str(caught.value) == (
        "The question has 999,999 characters; the limit is 1,000. Put long material into the text and ask shortly."
    )


def test_without_documents_there_is_nothing_to_ask(scripted: Callable[..., Runtime]) -> None:
    with pytest.raises(BadInput) as caught:
        ask(scripted(), "Who?", [])
    assert str(caught.value) == "There is no text to search. Paste one or choose a file."


def test_an_unknown_model_and_one_that_cannot_answer_are_refused(scripted: Callable[..., Runtime]) -> None:
    with pytest.raises(UnknownModel):
        ask(scripted(), "Who?", [TOWN], "gpt-9")
    with pytest.raises(Unsupported) as caught:
        ask(scripted(), "Who?", [TOWN], "bergamot-en-pt")
    assert str(caught.value).startswith("bergamot-en-pt does not answer questions. Choose one of: ")
    assert "smollm2-135m-instruct" in str(caught.value)


def test_a_megabyte_of_text_is_searched_in_steps(scripted: Callable[..., Runtime]) -> None:
    filler = "".join(f"Village number {n} lies by the river and has little to tell. " for n in range(17_000))
    text = filler[:500_000] + " " + TOWN.text + " " + filler[500_000:1_000_000]
    steps = list(ask_steps(scripted(teacher), "Who was the first teacher?", [read_text(text)]))
    assert steps[-1].text == "Ada Holm"
    assert text[steps[-1].start : steps[-1].end] == "Ada Holm"
    assert len(steps) > 500


@pytest.mark.parametrize(
    ("text", "question", "written", "answer"),
    [
        ("בית הספר נפתח בשנת 1888. המורה הראשונה הייתה עדה הולם.", "מי הייתה המורה הראשונה?", "עדה הולם", "עדה הולם"),
        (
            "The 🚀 team won. Its captain 👩‍🚀 was Ada Holm 🎉.",
            "Who was the captain of the 🚀 team?",
            "Ada Holm",
            "Ada Holm",
        ),
        ("<b>Tag</b> <script>alert(1)</script> The name is Ada.", "What is the <b>name</b>?", "Ada", "Ada"),
        ("One\x00 teacher was Ada\x07 Holm.", "Who was\x00 the teacher?", "Ada Holm", "Ada Holm"),
        (
            "A escola abriu em 1888. A professora era Ada Holm.",
            "Who was the teacher, the professora?",
            "Ada Holm",
            "Ada Holm",
        ),
        ("学校は1888年に開校した。最初の先生は花子だった。", "最初の先生は誰？", "花子", "最初の先生は花子だった"),
    ],
)
def test_any_script_gets_a_span_of_the_text(
    scripted: Callable[..., Runtime], text: str, question: str, written: str, answer: str
) -> None:
    document = read_text(text)
    found = ask(scripted(lambda request: written), question, [document])
    assert found.text == answer
    assert document.text[found.start : found.end] == answer


def test_an_error_of_the_model_is_the_askers(scripted: Callable[..., Runtime]) -> None:
    with pytest.raises(BadInput) as caught:
        ask(scripted(), "boom?", [TOWN])
    assert str(caught.value) == "The scripted engine fails when asked to say boom. Ask something else."


def test_options_are_kept_but_for_the_length_and_the_form(scripted: Callable[..., Runtime]) -> None:
    chosen = Options(precision="exact", temperature=0.5, seed=7, max_tokens=500, stop=("END",), schema="{}")
    answer = ask(scripted(teacher), "Who was the first teacher?", [TOWN], options=chosen)
    assert {completion.options for completion in answer.completions} == {
        Options(precision="exact", temperature=0.5, seed=7, max_tokens=24, stop=("END", "\n"))
    }


def test_what_a_model_wrote_is_tidied() -> None:
    assert [answers.tidy(text) for text in (' "Ada Holm."\nText: x', "1888.", "\n\n", "the “red” one")] == [
        "Ada Holm",
        "1888",
        "",
        "the “red” one",
    ]


def test_agreement_is_the_f1_of_words_without_articles() -> None:
    assert answers.agreement("the Red House", "red house") == 1.0
    assert answers.agreement("red house", "red barn door") == pytest.approx(0.4)  # 2 · 1 / (2 + 3)
    assert answers.agreement("", "x") == 0.0


def test_the_decision_is_logistic_in_what_was_seen() -> None:
    assert answers.answerable({"a": 2.0, "unknown": 9.0}, {"bias": -1.0, "a": 0.5}) == 0.5


def test_no_sentence_gives_no_candidate_and_no_trust() -> None:
    written = Completion("Ada", "end", Identity("m", "", "", "e", "1", "fast"), Options(), Usage())
    index = Index([read_text("...")])
    sentences = index.best_sentences("Who?", None, index.rank("Who?"))
    assert answers.weigh("Who?", sentences, [written], {}) == ()
    assert answers.evidence(sentences, [written], ())["candidate probability"] == 0.0


@pytest.mark.slow
def test_the_default_model_answers_from_a_text(real: Runtime) -> None:
    answer = ask(real, "Who was the first teacher of the school?", [SEA, TOWN])
    assert (answer.text, answer.found, answer.name) == ("Ada Holm", True, "town.txt")
    assert not ask(real, "How deep is the Atlantic near Iceland?", [SEA, TOWN]).found
