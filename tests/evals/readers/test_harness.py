"""Files of lm-evaluation-harness, made here by the schema of its evaluation_tracker.py, to runs that are compared."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evals.__main__ import main
from evals.likelihoods import ChoiceLikelihoods
from evals.metrics import metric
from evals.readers.harness import read_harness
from evals.store import Store
from llmweb.errors import BadInput

Shell = Callable[..., int]
DATE = "2026-11-20T10-30-00.123456"


def choice(place: int, right: bool, prompt: str = "Question") -> dict[str, Any]:
    """A row of a multiple-choice task: of two choices, the first is the target's."""
    mine, other = (-1.5, -2.5) if right else (-2.5, -1.5)
    return {
        "doc_id": place,
        "doc": {"question": f"Which, {place}?", "choices": ["red", "green"]},
        "target": "0",
        "arguments": {
            f"gen_args_{each}": {"arg_0": f"{prompt}: Which, {place}?\nAnswer:", "arg_1": f" {text}"}
            for each, text in enumerate(("red", "green"))
        },
        "resps": [[[str(mine), "True"]], [[str(other), "False"]]],
        "filtered_resps": [[str(mine), "True"], [str(other), "False"]],
        "filter": "none",
        "metrics": ["acc", "acc_norm"],
        "doc_hash": f"doc-{place}",
        "prompt_hash": f"{prompt}-{place}",
        "target_hash": "target",
        "acc": float(right),
        "acc_norm": float(right),
    }


def written_answer(place: int, name: str, value: float) -> dict[str, Any]:
    """A row of a generation task that has two filters, as gsm8k has."""
    return {
        "doc_id": place,
        "doc": {"question": f"How many, {place}?", "answer": "4"},
        "target": "4",
        "arguments": {"gen_args_0": {"arg_0": f"Q: How many, {place}?\nA:", "arg_1": {"until": ["Q:"]}}},
        "resps": [["There are 4."]],
        "filtered_resps": ["4" if name == "flexible-extract" else "[invalid]"],
        "filter": name,
        "metrics": ["exact_match"],
        "doc_hash": f"doc-{place}",
        "prompt_hash": f"prompt-{place}",
        "target_hash": "target",
        "exact_match": value,
    }


def file_of(folder: Path, rows: list[dict[str, Any]], model: str = "tiny/one") -> Path:
    """With the results beside it, in the model's folder."""
    path = folder / model.replace("/", "__") / f"samples_colours_{DATE}.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    told = {"model_name": model, "n-shot": {"colours": 5}, "git_hash": "abc1234", "config": {"model": "hf"}}
    path.with_name(f"results_{DATE}.json").write_text(json.dumps(told), encoding="utf-8")
    return path


def test_choices_become_samples_with_likelihoods_kept_as_our_own_are(tmp_path: Path) -> None:
    found = read_harness(file_of(tmp_path, [choice(0, True), choice(1, False)]))
    assert found.run.system == "lm-evaluation-harness: tiny/one"
    assert found.run.identity["n-shot"] == {"colours": 5}
    assert (found.suite.id, found.suite.kind) == ("lm-evaluation-harness/colours", "choice")
    assert found.suite.metrics == ("lm-eval:acc", "lm-eval:acc_norm")
    first = found.suite.samples[0]
    assert (first.id, first.source, first.references) == ("doc-0", "Question: Which, 0?\nAnswer:", ("0",))
    assert first.facts["choices"] == ["red", "green"]
    assert ChoiceLikelihoods.from_output(found.outputs[0].text) == ChoiceLikelihoods((-1.5, -2.5))
    assert [each.statistics["lm-eval:acc"] for each in found.outputs] == [[1.0, 1.0], [0.0, 1.0]]


def test_two_filters_of_one_answer_are_two_metrics_of_one_sample(tmp_path: Path) -> None:
    rows = [written_answer(place, name, name == "flexible-extract") for name in FILTERS for place in range(2)]
    found = read_harness(file_of(tmp_path, rows))
    assert found.suite.metrics == ("lm-eval:exact_match,strict-match", "lm-eval:exact_match,flexible-extract")
    assert [(each.sample, each.text) for each in found.outputs] == [
        ("doc-0", "There are 4."),
        ("doc-1", "There are 4."),
    ]
    assert [value[0] for value in found.outputs[0].statistics.values()] == [0.0, 1.0]
    assert found.suite.kind == "instruct"


FILTERS = ("strict-match", "flexible-extract")


def test_what_is_no_mean_of_numbers_is_left_out(tmp_path: Path) -> None:
    """perplexity is exp of minus a mean; bleu is made of pairs; half a right answer is no right-or-wrong value."""
    row = choice(0, True) | {"metrics": ["acc", "perplexity", "bleu", "em"], "perplexity": -3.5, "bleu": ["a", "b"]}
    found = read_harness(file_of(tmp_path, [row | {"em": 0.5}, choice(1, False)]))
    assert found.suite.metrics == ("lm-eval:acc", "lm-eval:acc_norm")
    assert found.left_out == ("bleu", "em", "perplexity")


def test_the_same_document_twice_is_two_samples(tmp_path: Path) -> None:
    found = read_harness(file_of(tmp_path, [choice(0, True), choice(0, False) | {"doc_id": 7}]))
    assert [each.sample for each in found.outputs] == ["doc-0", "doc-0-2"]


def test_questions_on_one_passage_are_a_group(tmp_path: Path) -> None:
    rows = [choice(place, True) for place in range(3)]
    for place, row in enumerate(rows):
        row["doc"]["passage"] = "one" if place < 2 else "other"
    one, same, other = (sample.group for sample in read_harness(file_of(tmp_path, rows)).suite.samples)
    assert one == same != other


def test_right_or_wrong_is_in_percent_and_lower_may_be_better() -> None:
    accuracy, difference = metric("lm-eval:acc,none", ""), metric("lm-eval:likelihood_diff", "")
    totals = np.array([[3.0, 4.0]])
    assert accuracy.combine(totals).tolist() == [75.0]
    assert difference.combine(totals).tolist() == [0.75]
    assert (accuracy.higher_is_better, difference.higher_is_better) == (True, False)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [{"question": "x"}],
            r"row 1 has no doc_id, doc, target, arguments, resps, filtered_resps: it is no sample of",
        ),
        ([choice(0, True) | {"arguments": {}}], r"row 1 has no prompt among its arguments"),
        ([choice(0, True) | {"resps": []}], r"row 1 has no answer in resps"),
        (
            [choice(0, True) | {"metrics": ["bleu"], "bleu": ["a", "b"]}],
            r" has no metric that is a number .* it has: bleu",
        ),
    ],
)
def test_other_files_are_refused(tmp_path: Path, rows: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_harness(file_of(tmp_path, rows))


def test_a_file_under_another_name_must_be_told_its_model(tmp_path: Path) -> None:
    path = file_of(tmp_path, [choice(0, True)]).rename(tmp_path / "mine.jsonl")
    with pytest.raises(BadInput, match=r"^Neither mine.jsonl nor a results_\*.json beside it says which model"):
        read_harness(path)
    assert read_harness(path, "tiny/two").run.system == "lm-evaluation-harness: tiny/two"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return lambda *arguments: main(["--engine", "scripted", "--data-dir", str(tmp_path / "home"), *arguments])


def test_imported_runs_are_listed_compared_on_shared_samples_and_never_ranked(
    shell: Shell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second file asked fewer documents, with another prompt."""
    all_right = file_of(tmp_path, [choice(place, place != 3) for place in range(20)])
    fewer = file_of(tmp_path, [choice(place, place % 5 == 0, "Other") for place in range(15)], model="tiny/two")
    assert shell("import", str(all_right)) == 0
    first = capsys.readouterr().out.splitlines()
    one = first[0].split()[1].rstrip(":")
    assert first == [
        f"Run {one}: lm-evaluation-harness: tiny/one on lm-evaluation-harness/colours, 20 samples. It is not ranked.",
        "lm-eval:acc: 95",
        "lm-eval:acc_norm: 95",
    ]
    assert shell("import", str(all_right)) == 0
    assert capsys.readouterr().out.splitlines() == first
    assert shell("import", str(fewer)) == 0
    two = capsys.readouterr().out.split()[1].rstrip(":")
    assert {run.id for run in Store(tmp_path / "home" / "llmweb.sqlite3").runs()} == {one, two}

    assert shell("compare", one, two) == 0
    shown = capsys.readouterr().out
    assert "Not all samples are the same in both: compared on those that are." in shown
    assert "lm-eval:acc: A is better than B. A 93.33, B 20.00, A - B +73.33" in shown  # 14 and 3 of 15
    assert "15 of 15 samples" in shown

    assert shell("leaderboard", "--older") == 0
    assert capsys.readouterr().out.startswith("No finished runs yet.")
    assert shell("rescore", one) == 1
    assert "was imported: its scores are those of lm-evaluation-harness" in capsys.readouterr().err
    assert shell("list", "--runs") == 0
    assert capsys.readouterr().out.count("lm-evaluation-harness/colours") == 2


def answered(place: int, answer: str) -> dict[str, Any]:
    """A row of a question on a passage, as the harness's squad tasks have them."""
    row = written_answer(place, "none", 0.0)
    row["doc"] = {
        "id": f"q{place}",
        "question": f"Who, {place}?",
        "context": f"Ada Reis built tower {place}. Rui Sá paid for it.",
        "answers": {"text": ["Ada Reis"]},
    }
    return row | {"filtered_resps": [answer]}


def test_answers_to_samples_of_a_suite_are_scored_and_compared_with_ours(
    shell: Shell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Questions 0 to 9 are the suite's; of the file's 2 to 11, eight are shared, six of them answered rightly."""
    data = tmp_path / "tower.jsonl"
    asked = [answered(place, "")["doc"] for place in range(10)]
    data.write_text("".join(json.dumps(each) + "\n" for each in asked), encoding="utf-8")
    assert shell("suite", "add", str(data), "--format", "squad", "--language", "en", "--licence", "CC0-1.0") == 0
    assert shell("run", "ask/tower", "--model", "smollm2-135m-instruct") == 0
    store = Store(tmp_path / "home" / "llmweb.sqlite3")
    ours = next(run.id for run in store.runs() if run.system == "baseline/passage-sentence")
    rows = [answered(place, "Ada Reis" if place < 8 else "Rui Sá") for place in range(2, 12)]
    assert shell("import", str(file_of(tmp_path, rows)), "--suite", "ask/tower") == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[-3].endswith("lm-evaluation-harness: tiny/one on ask/tower, 8 samples. It is not ranked.")
    assert shown[-2:] == ["f1-squad1: 75", "exact-match-squad1: 75"]
    theirs = shown[-3].split()[1].rstrip(":")
    assert shell("compare", theirs, ours) == 0
    said = capsys.readouterr().out
    assert "The feature has changed between these runs" in said
    assert "exact-match-squad1: " in said
    assert "A 75.00, B 0.00" in said
    assert shell("leaderboard") == 0
    assert "lm-evaluation-harness" not in capsys.readouterr().out
    assert shell("import", str(file_of(tmp_path, [choice(0, True)])), "--suite", "ask/tower") == 1
    assert "has no document that is a sample of ask/tower" in capsys.readouterr().err
