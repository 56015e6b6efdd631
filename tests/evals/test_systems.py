"""Systems and baselines: who may take which suite, what makes one itself, and how each kind of sample is asked."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from evals import systems
from evals.baselines import importance
from evals.likelihoods import ChoiceLikelihoods, TextLikelihood
from evals.systems import Cancelled, System
from evals.types import Kind, Sample
from llmweb.errors import Unsupported, UnsupportedPair
from llmweb.runtime import Runtime
from llmweb.types import Options
from tests.evals.small import suite, translations

ROOT = Path(__file__).parent.parent.parent
MODEL = System("smollm2-135m-instruct")
TEXT = (
    "The bridge over the Senn closed on Monday. A crack in the bridge was found by a diver of the river police. "
    "Its mayor spent a holiday with three friends at that time. "
    "The police closed the bridge over the river at once because of the crack. "
    "Elsewhere it rained all day and nobody went out except some children with their red kite and dog."
)


def test_a_system_is_named_by_its_model_precision_and_what_differs_from_the_default() -> None:
    assert MODEL.id == "smollm2-135m-instruct@exact"
    assert System("gpt2", Options(max_tokens=64, seed=3)).id == "gpt2@fast,max_tokens=64,seed=3"
    assert System("baseline/lead-2", Options(seed=3)).id == "baseline/lead-2"


def test_a_model_whose_engine_has_one_precision_is_measured_in_that(tmp_runtime: Runtime) -> None:
    assert systems.system("bergamot-en-pt", tmp_runtime).id == "bergamot-en-pt@fast"
    assert systems.system("smollm2-135m-instruct", tmp_runtime).id == "smollm2-135m-instruct@exact"


@pytest.mark.parametrize(
    ("system", "kind", "error"),
    [
        (System("bergamot-pt-en"), "translate", UnsupportedPair),
        (System("bergamot-en-pt"), "summarize", Unsupported),
        (System("flan-t5-small"), "instruct", Unsupported),
        (System("distilbert-squad"), "language-model", Unsupported),
        (System("baseline/lead-2"), "translate", Unsupported),
    ],
)
def test_who_cannot_take_a_suite_is_told_before_it_begins(
    scripted: Callable[..., Runtime], system: System, kind: Kind, error: type[Exception]
) -> None:
    with pytest.raises(error):
        systems.check(system, suite(kind, ()), scripted())


def test_every_kind_of_suite_but_the_weighing_ones_has_a_baseline() -> None:
    kinds: tuple[Kind, ...] = ("translate", "summarize", "ask", "instruct", "language-model", "choice")
    found = {kind: [system.id for system in systems.baselines_for(suite(kind, ()))] for kind in kinds}
    assert found == {
        "translate": ["baseline/copy-source"],
        "summarize": ["baseline/lead-2", "baseline/textrank"],
        "ask": ["baseline/passage-sentence"],
        "instruct": ["baseline/copy-source"],
        "language-model": [],
        "choice": [],
    }


@pytest.mark.parametrize(
    ("name", "kind", "sample", "output"),
    [
        ("copy-source", "translate", Sample("1", "Good morning."), "Good morning."),
        (
            "lead-2",
            "summarize",
            Sample("1", TEXT),
            "The bridge over the Senn closed on Monday. "
            "A crack in the bridge was found by a diver of the river police.",
        ),
        (
            "textrank",
            "summarize",
            Sample("1", TEXT),
            "The bridge over the Senn closed on Monday. "
            "A crack in the bridge was found by a diver of the river police. "
            "The police closed the bridge over the river at once because of the crack.",
        ),
        (
            "passage-sentence",
            "ask",
            Sample("1", "Who found the crack?", facts={"passage": TEXT}),
            "A crack in the bridge was found by a diver of the river police.",
        ),
    ],
)
def test_what_a_baseline_gives(
    scripted: Callable[..., Runtime], name: str, kind: Kind, sample: Sample, output: str
) -> None:
    given = systems.answer(System(f"baseline/{name}"), suite(kind, (sample,)), sample, scripted())
    assert given == systems.Output(output)


def test_textrank_is_the_stationary_walk_between_sentences_that_share_words() -> None:
    # The first two share two words, the last two one: the walk leaves the middle for the first with 2/3. By hand,
    # with 0.15 / 3 for each: middle = 0.05 + 0.85 (first + last), and first + last = 0.10 + 0.85 middle.
    weights = importance(["one two three", "two three four", "four five six"])
    middle = (0.05 + 0.85 * 0.10) / (1 - 0.85**2)
    assert weights == pytest.approx([0.05 + 0.85 * middle * 2 / 3, middle, 0.05 + 0.85 * middle / 3], abs=1e-6)


def test_a_text_of_one_sentence_without_words_is_its_own_summary(scripted: Callable[..., Runtime]) -> None:
    sample = Sample("1", "?!")
    for system in systems.baselines_for(suite("summarize", (sample,))):
        assert systems.answer(system, suite("summarize", (sample,)), sample, scripted()).text == "?!"


def test_a_translation_goes_through_the_feature_in_the_system_s_precision(scripted: Callable[..., Runtime]) -> None:
    asked = translations(1)
    output = systems.answer(System("bergamot-en-pt"), asked, asked.samples[0], scripted())
    assert output.text == "[pt] The river is near the bridge 0"
    assert [each.identity.precision for each in output.completions] == ["exact"]


def test_an_instruction_is_a_chat_of_one_turn(scripted: Callable[..., Runtime]) -> None:
    sample = Sample("1", "Say hello.")
    output = systems.answer(MODEL, suite("instruct", (sample,)), sample, scripted())
    assert (output.text, len(output.completions)) == ("You said: Say hello.", 1)


def test_an_answer_that_is_not_in_the_text_is_empty(scripted: Callable[..., Runtime]) -> None:
    """The scripted engine's guesses have the words of no sentence, so the feature does not believe in them."""
    sample = Sample("1", "Which colour has the comet?", facts={"passage": TEXT, "title": "Bridge"})
    output = systems.answer(MODEL, suite("ask", (sample,)), sample, scripted(lambda request: "zzz"))
    assert output.text == ""
    assert len(output.completions) == 2


def test_a_summary_is_asked_for_in_few_words(scripted: Callable[..., Runtime]) -> None:
    sample = Sample("1", TEXT * 6)
    output = systems.answer(MODEL, suite("summarize", (sample,)), sample, scripted())
    assert 0 < len(output.text.split()) <= 60


def test_a_text_is_weighed_as_a_whole_and_choices_one_by_one(scripted: Callable[..., Runtime]) -> None:
    """The scripted engine gives every word a log-probability of -1."""
    prose, choice = Sample("1", "one two three"), Sample("2", "Which?", facts={"choices": ["a cat", "one big dog"]})
    weighed = systems.answer(MODEL, suite("language-model", (prose,)), prose, scripted())
    chosen = systems.answer(MODEL, suite("choice", (choice,)), choice, scripted())
    assert TextLikelihood.from_output(weighed.text) == TextLikelihood(-3.0, 3)
    assert ChoiceLikelihoods.from_output(chosen.text) == ChoiceLikelihoods((-2.0, -3.0))


@pytest.mark.parametrize("kind", ["translate", "instruct", "summarize", "language-model"])
def test_a_cancelled_question_gives_no_output(scripted: Callable[..., Runtime], kind: Kind) -> None:
    cancelled = Event()
    cancelled.set()
    sample = Sample("1", TEXT, facts={"passage": TEXT})
    with pytest.raises(Cancelled):
        systems.answer(MODEL, suite(kind, (sample,)), sample, scripted(words_per_second=5), cancelled)


def test_an_identity_is_what_makes_two_systems_two(scripted: Callable[..., Runtime]) -> None:
    runtime = scripted()
    asked = suite("ask", ())
    assert systems.identity(System("baseline/passage-sentence"), asked, runtime) == {
        "baseline": "baseline/passage-sentence",
        "version": 2,
    }
    exact = systems.identity(MODEL, asked, runtime)
    fast = systems.identity(System(MODEL.model, Options(precision="fast")), asked, runtime)
    assert {name for name in exact if exact[name] != fast[name]} == {"precision", "options"}
    assert "embedder_sha256" in exact
    assert "embedder_sha256" not in systems.identity(MODEL, suite("instruct", ()), runtime)


def test_the_baselines_say_the_same_in_every_process() -> None:
    """Sets are walked in another order in each: sums of the same weights must not differ in the last digit."""
    program = """
from evals.baselines import passage_sentence
from evals.suites import ask
suite = ask.suite()
print([passage_sentence(suite, sample) for sample in suite.samples])
"""
    said = set()
    for seed in "12":
        command, environment = [sys.executable, "-c", program], os.environ | {"PYTHONHASHSEED": seed}
        shell = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        said.add(shell.stdout)
    assert len(said) == 1
