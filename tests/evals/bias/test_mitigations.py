"""Mitigations as part of a system: its name and identity, what it can be tried on, how each changes what is asked."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evals import systems
from evals.bias.mitigations import MITIGATIONS, applied, calibrated, identity
from evals.bias.outputs import AmbiguousOutput, DecisionOutput, PairOutput, Written
from evals.records import Run
from evals.systems import System
from evals.types import Kind, Sample, Suite
from llmweb.catalog import Catalog
from llmweb.errors import BadInput, Unsupported
from llmweb.runtime import Runtime
from llmweb.settings import Settings
from llmweb.types import Local, LoglikelihoodRequest, Message, Options, Prompt, Request
from llmweb.weights.download import WeightStore
from llmweb.weights.fetch_queue import FetchQueue
from tests.engines import tiny
from tests.evals.bias.items import AMBIGUOUS, CONTINUATION, DECISION, PAIR, WRITINGS

PLAIN = System("smollm2-135m-instruct")
NEUTRAL = replace(PLAIN, mitigation="neutral-v1")
WORDS = MITIGATIONS["neutral-v1"].words
Scripted = Callable[..., Runtime]
Weighing = Callable[..., Runtime]


def suite(kind: Kind, *samples: Sample) -> Suite:
    return Suite("bias/small", kind, "", samples, (), "en", "en", "CC0-1.0", "")


def asked(sample: Sample, kind: Kind, runtime: Runtime, system: System) -> systems.Output:
    systems.check(system, suite(kind, sample), runtime)
    return systems.answer(system, suite(kind, sample), sample, runtime)


def test_every_mitigation_is_versioned_explained_and_filed_under_its_id() -> None:
    assert list(MITIGATIONS) == [each.id for each in MITIGATIONS.values()]
    for each in MITIGATIONS.values():
        assert each.id.rpartition("-v")[2].isdecimal()
        assert all((each.title, each.about, each.source, each.risk, each.kinds))
        assert bool(each.words) == (each.lever in ("prompt", "reasons", "debias"))


def test_a_name_is_read_with_its_threshold() -> None:
    assert applied("neutral-v1") == (MITIGATIONS["neutral-v1"], None)
    assert applied(calibrated(MITIGATIONS["abstain-v1"], 0.25)) == (MITIGATIONS["abstain-v1"], 0.25)
    with pytest.raises(BadInput, match=r"No mitigation 'hope-v1'\. Known: neutral-v1, "):
        applied("hope-v1")
    with pytest.raises(BadInput, match="threshold of 'abstain-v1=x' is no number"):
        applied("abstain-v1=x")


def test_a_mitigation_makes_another_system_and_none_leaves_it_as_it_was(scripted: Scripted) -> None:
    runtime, pairs = scripted(), suite("pairs", PAIR)
    plain, neutral = (systems.identity(system, pairs, runtime) for system in (PLAIN, NEUTRAL))
    assert (PLAIN.id, NEUTRAL.id) == ("smollm2-135m-instruct@exact", "smollm2-135m-instruct@exact+neutral-v1")
    assert neutral == plain | {"mitigation": identity("neutral-v1")}
    assert plain.keys() == {"weights_sha256", "engine", "precision", "template_sha256", "options"}
    named = {name: identity(name)["sha256"] for name in MITIGATIONS}
    assert len({*named.values()}) == len(MITIGATIONS)
    assert identity("abstain-v1=0.5")["threshold"] == 0.5


def test_a_stored_run_tells_its_mitigation(scripted: Scripted) -> None:
    facts = systems.identity(replace(PLAIN, mitigation="abstain-v1=0.5000"), suite("ambiguous", AMBIGUOUS), scripted())
    run = Run(
        "s", "", "smollm2-135m-instruct@exact+abstain-v1=0.5000", json.loads(json.dumps(facts)), "", "", None, 1, {}
    )
    assert systems.stored_system(run) == replace(PLAIN, mitigation="abstain-v1=0.5000")


@pytest.mark.parametrize(
    ("system", "kind", "sample", "words"),
    [
        (replace(PLAIN, mitigation="both-forms-v1"), "pairs", PAIR, "both-forms-v1 is not for pairs suites"),
        (replace(PLAIN, mitigation="abstain-v1"), "decision", DECISION, "It is for: ambiguous"),
        (replace(PLAIN, mitigation="self-debias-v1"), "pairs", PAIR, "SmolLM2 135M Instruct is of openvino"),
        (System("distilbert-squad", mitigation="neutral-v1"), "ambiguous", AMBIGUOUS, "reads no instructions"),
        (System("distilbert-squad", mitigation="abstain-v1"), "ambiguous", AMBIGUOUS, "weighs no answers"),
    ],
)
def test_what_a_mitigation_cannot_change_is_told_before_it_begins(
    scripted: Scripted, system: System, kind: Kind, sample: Sample, words: str
) -> None:
    with pytest.raises(Unsupported, match=words):
        systems.check(system, suite(kind, sample), scripted())


def test_a_system_prompt_stands_before_what_is_weighed(weighing: Weighing) -> None:
    seen = dict[str, str]()

    def weigh(before: str, word: str, text: str) -> float:
        seen.setdefault(text, before)
        return -1.0

    runtime = weighing(weigh)
    asked(PAIR, "pairs", runtime, NEUTRAL)
    asked(CONTINUATION, "continuation", runtime, NEUTRAL)
    assert seen["The woman fainted at the sight"] == f"{WORDS}\n\n"
    assert seen[" she"] == f"{WORDS}\n\nThe nurse said that"


@pytest.mark.parametrize("model", ["smollm2-135m-instruct", "gpt2"])
def test_a_system_prompt_opens_a_chat_or_the_text_of_a_model_without_a_template(scripted: Scripted, model: str) -> None:
    prompts = set[Prompt]()

    def script(request: Request) -> str:
        prompts.add(request.prompt)
        return "Ana is kind."

    output = asked(WRITINGS, "writings", scripted(script), System(model, mitigation="neutral-v1"))
    assert Written.from_output(output.text).texts["a"] == ("Ana is kind.",) * 2
    chats = model == "smollm2-135m-instruct"
    told = (Message("system", WORDS), Message("user", "Write about Ana.")) if chats else f"{WORDS}\n\nWrite about Ana."
    assert told in prompts
    assert len(prompts) == 2


def test_reasons_are_written_first_and_the_answer_weighed_after_them(weighing: Weighing) -> None:
    befores = set[str]()

    def weigh(before: str, word: str, text: str) -> float:
        befores.add(before)
        return -1.0

    reasons = replace(PLAIN, mitigation="reasons-first-v1")
    output = asked(AMBIGUOUS, "ambiguous", weighing(weigh), reasons)
    assert len(output.completions) == 3  # one an order of the options
    words = MITIGATIONS["reasons-first-v1"].words
    assert all(before.startswith(f"{words}\n\nPassage: An old man") for before in befores)
    # The scripted engine says back the last line it was asked; a new line ends its reasons.
    assert any(before.endswith(f"Reasons: You said: {words}\nAnswer:") for before in befores)
    chat = asked(DECISION, "decision", weighing(weigh), reasons)
    assert len(chat.completions) == 2
    assert DecisionOutput.from_output(chat.text).a["yes"] == pytest.approx(-1 + 0.6931, abs=1e-4)
    assert "So what is your answer, in one word: yes or no?" in befores


def test_an_abstention_names_a_person_only_where_it_is_far_enough_ahead(weighing: Weighing) -> None:
    weights = {"old": -1.0, "young": -1.6, "not": -2.0, "man": -1.0, "stated": -2.0}
    runtime = weighing(lambda before, word, text: weights[word])
    plain = asked(AMBIGUOUS, "ambiguous", runtime, PLAIN)
    near, far = (
        asked(AMBIGUOUS, "ambiguous", runtime, replace(PLAIN, mitigation=f"abstain-v1={t}")) for t in (0.9, 1.1)
    )
    chosen = [AmbiguousOutput.from_output(each.text).chosen(AMBIGUOUS.facts) for each in (plain, near, far)]  # type: ignore[arg-type]
    assert chosen == [0, 0, 2]  # the old man is ahead of "not stated" by 1 nat a token
    # What was measured is kept as it was measured.
    stored = AmbiguousOutput.from_output(far.text)
    assert stored.orders == AmbiguousOutput.from_output(plain.text).orders
    assert stored.added == (0.0, 0.0, 1.1)
    assert AmbiguousOutput.from_output(stored.to_output()) == stored


def test_self_debias_decodes_behind_its_line_whatever_is_asked(tmp_path: Path) -> None:
    """A tiny model of the transformers engine: the same as if the requests themselves had named the line."""
    folder = tiny.gpt2(tmp_path / "gpt2", template=tiny.TEMPLATE)
    spec = replace(tiny.weights(folder, ["generate", "loglikelihood"]).spec, source=Local(folder))
    store = WeightStore(tmp_path / "models")
    store.fetch(spec, lambda note, share: None)
    runtime = Runtime(Settings(tmp_path), Catalog([spec]), FetchQueue(store))
    line = MITIGATIONS["self-debias-v1"].words
    plain = System("tiny", Options(precision="exact", max_tokens=8))
    debiased = replace(plain, mitigation="self-debias-v1")
    try:
        before, after = (asked(PAIR, "pairs", runtime, system).text for system in (plain, debiased))
        request = LoglikelihoodRequest("", PAIR.facts["text_a"], debias=line)
        ((_, tokens),) = runtime.loglikelihood("tiny", [request], "exact")
        written = asked(WRITINGS, "writings", runtime, debiased)
    finally:
        runtime.close()
    assert before != after
    found = [token[2] for token in PairOutput.from_output(after).a]
    assert found == pytest.approx([token.log_probability for token in tokens], abs=1e-5)
    assert {each.options.debias for each in written.completions} == {line}
