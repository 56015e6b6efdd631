"""SQuAD, XQuAD and MLQA files to suites; the scores of one equal those of the official script's definition."""

import collections
import json
import os
import re
import string
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evals.metrics import metric
from evals.readers import Naming, Wanted, read_suite
from evals.runner import run_suite
from evals.store import Store
from evals.systems import System
from evals.types import Sample, Suite
from llmweb.errors import BadInput
from llmweb.runtime import Runtime

PASSAGE = "Ada Reis built the tower in 1911. It fell in 1950."
FIRST = "article 1, paragraph 1, question "


def squad(*questions: dict[str, Any], context: str = PASSAGE) -> dict[str, Any]:
    return {"data": [{"title": "Tower", "paragraphs": [{"context": context, "qas": list(questions)}]}]}


def question(identifier: str, *answers: str, **more: Any) -> dict[str, Any]:
    texts = [{"text": answer, "answer_start": PASSAGE.find(answer)} for answer in answers]
    return {"id": identifier, "question": f"What of {identifier}?", "answers": texts, **more}


def read(folder: Path, content: Any, name: str = "tower.json", language: str = "en", form: str = "squad") -> Suite:
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_suite(form, Wanted((folder / name,), language), Naming("CC0-1.0"))


def test_questions_of_a_paragraph_are_a_group_and_every_answer_counts(tmp_path: Path) -> None:
    suite = read(tmp_path, squad(question("when", "1911", "in 1911", "1911"), question("who", "Ada Reis")))
    assert (suite.id, suite.kind, suite.source, suite.target) == ("ask/tower", "ask", "en", "en")
    assert suite.metrics == ("f1-squad1", "exact-match-squad1")
    group = suite.samples[0].group
    facts = {"passage": PASSAGE, "title": "Tower"}
    assert suite.samples == (
        Sample("when", "What of when?", ("1911", "in 1911"), group, facts),
        Sample("who", "What of who?", ("Ada Reis",), group, facts),
    )
    assert suite.licence == "CC0-1.0"
    assert re.fullmatch(r"Added from tower.json \(SHA-256 [0-9a-f]{12}\), read as squad\.", suite.notes)


def test_unanswerable_questions_make_it_squad_2(tmp_path: Path) -> None:
    asked = [question("when", "1911", is_impossible=False), question("how", is_impossible=True)]
    suite = read(tmp_path, squad(*asked))
    assert suite.metrics == ("f1", "exact-match")
    assert [sample.references for sample in suite.samples] == [("1911",), ("",)]


@pytest.mark.parametrize(
    ("name", "form", "language", "metrics"),
    [
        ("xquad.es.json", "squad", "es", ("f1-squad1", "exact-match-squad1")),
        ("test-context-zh-question-en.json", "mlqa", "zh", ("f1-mlqa", "exact-match-mlqa")),
    ],
)
def test_the_files_of_xquad_and_mlqa_tell_their_language(
    tmp_path: Path, name: str, form: str, language: str, metrics: tuple[str, ...]
) -> None:
    suite = read(tmp_path, squad(question("when", "1911")), name, "", form)
    assert (suite.target, suite.metrics) == (language, metrics)


def test_rows_as_the_hub_has_them_are_the_same_suite(tmp_path: Path) -> None:
    rows = [
        {
            "id": "when",
            "title": "Tower",
            "context": PASSAGE,
            "question": "What of when?",
            "answers": {"text": ["1911"]},
        },
        {"id": "how", "title": "Tower", "context": PASSAGE, "question": "What of how?", "answers": {"text": []}},
    ]
    flat = read(tmp_path, "\n".join(map(json.dumps, rows)), "tower.jsonl")
    nested = read(tmp_path, squad(question("when", "1911"), question("how", is_impossible=True)))
    assert (flat.samples, flat.metrics) == (nested.samples, nested.metrics)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"data": [{"title": "x"}]}, "article 1 has no paragraphs, or not as a list. Expected SQuAD's form: data"),
        ({"data": ["x"]}, "article 1 is not an object"),
        (squad({"id": "a", "answers": []}), f"{FIRST}1 has no question"),
        (squad(question("a", "1911"), question("a", "1950")), f"{FIRST}2 has the id 'a' of tower.json, {FIRST}1. Give"),
        (squad(question("a", is_impossible=False)), f"{FIRST}1 has no answer and is not marked is_impossible"),
        (squad(question("a", "1911"), context=" "), f"{FIRST}1 has an empty context. Fill it in"),
        (squad(question("a", " ")), f"{FIRST}1 has no reference. Fill it in"),
        (squad(question("a", "1\0")), f"{FIRST}1 holds a NUL character. Take it out"),
        (squad(question("a", "\ud800")), f"{FIRST}1 holds half a character"),
        ({"rows": []}, "row 1 has no column 'answers'. It has: rows."),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(BadInput) as failure:
        read(tmp_path, content)
    assert str(failure.value).startswith(f"tower.json, {said}")


def test_a_file_without_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^tower.json has no samples."):
        read(tmp_path, {"data": []})


def test_language_and_licence_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^Which language is it in\? Say it with --language"):
        read(tmp_path, squad(question("a", "1911")), language="")
    with pytest.raises(BadInput, match=r"^'klingon' is no language"):
        read(tmp_path, squad(question("a", "1911")), language="klingon")
    with pytest.raises(BadInput, match=r"^Which licence does tower.json come under\? Say it with --licence"):
        read_suite("squad", Wanted((tmp_path / "tower.json",), "en"), Naming(" "))
    with pytest.raises(BadInput, match=r"^No format 'poems'. There are, with the columns of a table:\n  squad: "):
        read(tmp_path, squad(question("a", "1911")), form="poems")


# The evaluation of SQuAD 1.1, from the definition its authors published (Rajpurkar et al. 2016, evaluate-v1.1.py):
# lower case, no ASCII punctuation, no articles; F1 of bags of words; the best reference counts; means over questions.
def official(predictions: dict[str, str], references: dict[str, list[str]]) -> tuple[float, float]:
    """F1 and exact match, 0–100."""

    def normal(text: str) -> str:
        bare = "".join(character for character in text.lower() if character not in set(string.punctuation))
        return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())

    def f1(prediction: str, truth: str) -> float:
        ours, theirs = normal(prediction).split(), normal(truth).split()
        same = sum((collections.Counter(ours) & collections.Counter(theirs)).values())
        if same == 0:
            return 0.0
        precision, recall = same / len(ours), same / len(theirs)
        return 2 * precision * recall / (precision + recall)

    total_f1 = total_exact = 0.0
    for identifier, truths in references.items():
        prediction = predictions[identifier]
        total_f1 += max(f1(prediction, truth) for truth in truths)
        total_exact += max(float(normal(prediction) == normal(truth)) for truth in truths)
    return 100 * total_f1 / len(references), 100 * total_exact / len(references)


@pytest.fixture(scope="module")
def xquad() -> Suite:
    """Its first 300 questions."""
    folder = os.environ.get("LLMWEB_TEST_DATA")
    if not folder:
        pytest.skip("LLMWEB_TEST_DATA is unset: it names the folder that holds xquad.en.json")
    suite = read_suite("squad", Wanted((Path(folder) / "xquad.en.json",)), Naming("CC BY-SA 4.0"))
    assert (len(suite.samples), len({sample.group for sample in suite.samples}), suite.source) == (1190, 240, "en")
    return replace(suite, samples=suite.samples[:300])


@pytest.fixture(scope="module")
def truths() -> dict[str, list[str]]:
    """Question → answers, read from the file without our reader."""
    folder = Path(os.environ["LLMWEB_TEST_DATA"])
    articles = json.loads((folder / "xquad.en.json").read_text(encoding="utf-8"))["data"]
    asked = [each for article in articles for paragraph in article["paragraphs"] for each in paragraph["qas"]]
    return {each["id"]: [answer["text"] for answer in each["answers"]] for each in asked[:300]}


def test_a_run_on_xquad_has_the_scores_of_the_official_evaluation(
    scripted: Callable[..., Runtime], tmp_path: Path, xquad: Suite, truths: dict[str, list[str]]
) -> None:
    store = Store(tmp_path / "evals.sqlite3")
    last = run_suite(xquad, System("baseline/passage-sentence"), scripted(), store)
    outputs = {output.sample: output.text for output in store.outputs(last.run)}
    f1, exact = official(outputs, truths)
    scores = {score.metric: score.value for score in store.scores(last.run)}
    assert scores == {"f1-squad1": pytest.approx(f1, abs=1e-9), "exact-match-squad1": pytest.approx(exact, abs=1e-9)}
    assert f1 > 10


def test_answers_of_many_forms_score_as_in_the_official_evaluation(xquad: Suite, truths: dict[str, list[str]]) -> None:
    """A sentence rarely is the answer: these are right, nearly right, and wrong in turn, so that both metrics move."""
    forms = [
        lambda text: text,
        lambda text: f"The {text.upper()}.",
        lambda text: f"{text} and more",
        lambda text: text.partition(" ")[0],
        lambda text: "",
        lambda text: "something else",
    ]
    outputs = {name: forms[place % 6](answers[0]) for place, (name, answers) in enumerate(truths.items())}
    f1, exact = official(outputs, truths)
    texts = [outputs[sample.id] for sample in xquad.samples]
    for name, expected in zip(xquad.metrics, (f1, exact), strict=True):
        each = metric(name, "en")
        assert float(each.combine(each.statistics(texts, xquad.samples).sum(axis=0))) == pytest.approx(
            expected, abs=1e-9
        )
    assert 30 < exact < f1 < 90
