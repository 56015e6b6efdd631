"""Systems that debias: other systems than those that do not, measured as they write, and no news to stored runs."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import sqlite_utils

from evals import systems
from evals.likelihoods import ChoiceLikelihoods, TextLikelihood
from evals.migrations import migrations
from evals.runner import run_suite
from evals.store import Store
from evals.systems import System
from evals.tokens import request_of
from evals.types import Sample
from llmweb.catalog import Catalog
from llmweb.errors import Unsupported
from llmweb.history import History
from llmweb.runtime import Runtime
from llmweb.settings import Settings
from llmweb.types import Local, LoglikelihoodRequest, Message, Options, Request
from llmweb.weights.download import WeightStore
from llmweb.weights.fetch_queue import FetchQueue
from tests.engines import tiny
from tests.evals.small import Script, suite, translations

BIAS = "The children play in the old garden:"
PLAIN = System("tiny", Options(precision="exact", max_tokens=8))
DEBIASED = replace(PLAIN, options=replace(PLAIN.options, debias=BIAS))

# The options of a run, as they were stored before there was debias.
STORED = {
    "precision": "exact",
    "max_tokens": 512,
    "temperature": 0.0,
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "seed": 0,
    "stop": [],
    "schema": "",
    "beams": 1,
    "alternatives": 1,
}


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    """Of one model, tiny, by the transformers engine."""
    folder = tiny.gpt2(tmp_path / "gpt2", template=tiny.TEMPLATE)
    spec = replace(tiny.weights(folder, ["generate", "loglikelihood"]).spec, source=Local(folder))
    store = WeightStore(tmp_path / "models")
    store.fetch(spec, lambda note, share: None)
    made = Runtime(Settings(tmp_path), Catalog([spec]), FetchQueue(store))
    yield made
    made.close()


def test_a_system_that_debiases_is_another_one_and_says_so(runtime: Runtime) -> None:
    asked = suite("language-model", ())
    plain, debiased = (systems.identity(system, asked, runtime) for system in (PLAIN, DEBIASED))
    assert DEBIASED.id == f"tiny@exact,max_tokens=8,debias={BIAS}"
    assert {name for name in plain if plain[name] != debiased[name]} == {"options"}
    assert debiased["options"] == {**plain["options"], "debias": BIAS}


def test_what_is_weighed_and_what_is_written_is_debiased(runtime: Runtime) -> None:
    text = Sample("1", "The fox jumps.")
    choice = Sample("2", "Where do the", facts={"choices": ["children play?", "old tree"]})
    said = Sample("3", "Where?")
    weighed = systems.answer(DEBIASED, suite("language-model", (text,)), text, runtime)
    chosen = systems.answer(DEBIASED, suite("choice", (choice,)), choice, runtime)
    written = systems.answer(DEBIASED, suite("instruct", (said,)), said, runtime)

    def total(prompt: str, text: str) -> float:
        ((_, tokens),) = runtime.loglikelihood("tiny", [LoglikelihoodRequest(prompt, text, debias=BIAS)])
        return sum(token.log_probability for token in tokens)

    assert TextLikelihood.from_output(weighed.text).log_likelihood == pytest.approx(total("", text.source), abs=1e-4)
    assert ChoiceLikelihoods.from_output(chosen.text).log_likelihoods == pytest.approx(
        [total("Where do the", f" {each}") for each in choice.facts["choices"]], abs=1e-4
    )
    assert [completion.options.debias for completion in written.completions] == [BIAS]
    plain = systems.answer(PLAIN, suite("language-model", (text,)), text, runtime)
    assert TextLikelihood.from_output(plain.text) != TextLikelihood.from_output(weighed.text)


def test_an_engine_that_cannot_is_refused_before_anything_is_asked(
    scripted: Callable[..., Runtime], tmp_path: Path
) -> None:
    script, asked, store = Script(), translations(2), Store(tmp_path / "runs.sqlite3")
    system = System("bergamot-en-pt", Options(debias=BIAS))
    with pytest.raises(Unsupported, match=r"bergamot-en-pt cannot debias .* such as gpt2"):
        run_suite(asked, system, scripted(script), store)
    assert (script.asked.total(), store.runs()) == (0, [])


def test_a_run_stored_before_debiasing_was_known_is_the_run_of_the_same_system(
    scripted: Callable[..., Runtime], tmp_path: Path
) -> None:
    """In a file of the first schema: the system that does not debias finds its run done, and asks nothing again."""
    script, asked, system = Script(), translations(2), System("bergamot-en-pt")
    runtime, new = scripted(script), Store(tmp_path / "new.sqlite3")
    run = new.run(run_suite(asked, system, runtime, new).run)
    identity = {
        "weights_sha256": "bergamot-en-pt",
        "engine": "scripted",
        "precision": "exact",
        "template_sha256": "",
        "options": STORED,
    }
    canonical = json.dumps(identity, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    old = sqlite_utils.Database(tmp_path / "old.sqlite3")
    first, second, *_ = migrations.pending(old)
    migrations.apply(old, stop_before=second.name)
    with old.atomic():
        kept = {"sha256": asked.sha256, "id": asked.id, "kind": "translate", "title": asked.title, "notes": ""}
        old.table("suites").insert(kept | {"metrics": "[]", "source": "en", "target": "pt", "licence": ""})
        told = {"identity": canonical, "versions": json.dumps(run.versions), "id": "old"}
        known = {name: value for name, value in asdict(run).items() if name != "working_seconds"}
        row = known | told | {"identity_sha256": hashlib.sha256(canonical.encode()).hexdigest()}
        old.table("runs").insert(row)
    old.close()
    script.asked.clear()
    store = Store(tmp_path / "old.sqlite3")
    progress = run_suite(asked, system, runtime, store)
    assert (first.name, progress.run, progress.status) == ("m001_suites_and_runs", "old", "finished")
    assert script.asked.total() == 0
    assert systems.stored_system(store.run("old")) == system
    assert run.identity == {**identity, "options": STORED}


def test_the_tokens_of_an_answer_are_read_as_the_model_that_wrote_it_weighed_them(
    runtime: Runtime, tmp_path: Path
) -> None:
    history = History(tmp_path / "chats.sqlite3")
    asked = (Message("user", "Where?"),)
    completion = runtime.complete("tiny", [Request("generate", asked, DEBIASED.options)])[0]
    answer = history.thread(history.record("chat", "Where?", completion.text, completion, {}))[-1]
    request, _ = request_of(runtime, history, answer.id, "answer", "tiny", "exact")
    assert request.debias == BIAS
