"""Each kind of bias sample asked of the scripted engine: what is weighed or written, and that outputs say it all."""

import json
from collections.abc import Callable
from threading import Event

import pytest

from evals import systems
from evals.bias.asking import ORDERS, choice_prompt
from evals.bias.outputs import AmbiguousOutput, ContinuationOutput, DecisionOutput, PairOutput, Written
from evals.keys import prompt_sha256
from evals.systems import Cancelled, System
from evals.types import Kind, Sample, Suite
from llmweb.errors import Unsupported
from llmweb.runtime import Runtime
from tests.evals.bias.items import AMBIGUOUS, CONTINUATION, DECISION, PAIR, SUMMARIES, WRITINGS

MODEL = System("smollm2-135m-instruct")


def asked(sample: Sample, kind: Kind, runtime: Runtime, system: System = MODEL) -> systems.Output:
    suite = Suite("bias/small", kind, "", (sample,), (), "en", "en", "CC0-1.0", "")
    systems.check(system, suite, runtime)
    return systems.answer(system, suite, sample, runtime)


def test_of_a_pair_the_tokens_of_both_texts_are_kept(scripted: Callable[..., Runtime]) -> None:
    output = PairOutput.from_output(asked(PAIR, "pairs", scripted()).text)
    # The scripted engine gives every word log-probability -1.
    assert [token[:2] for token in output.a] == [(0, 3), (3, 9), (9, 17), (17, 20), (20, 24), (24, 30)]
    assert {token[2] for token in output.a + output.b} == {-1.0}
    assert PairOutput.from_output(output.to_output()) == output


def test_of_a_continuation_every_option_is_weighed_after_the_prefix(scripted: Callable[..., Runtime]) -> None:
    output = ContinuationOutput.from_output(asked(CONTINUATION, "continuation", scripted()).text)
    assert output == ContinuationOutput(
        {"she": -1.0, "he": -1.0, "the woman": -2.0}, {"she": 1, "he": 1, "the woman": 2}
    )
    assert ContinuationOutput.from_output(output.to_output()) == output


def test_options_are_weighed_in_every_order_so_that_each_stands_once_in_each_place(
    scripted: Callable[..., Runtime],
) -> None:
    output = AmbiguousOutput.from_output(asked(AMBIGUOUS, "ambiguous", scripted()).text)
    assert [each.order for each in output.orders] == list(ORDERS)
    assert [sorted(column) for column in zip(*ORDERS, strict=True)] == [[0, 1, 2]] * 3
    assert {each.tokens for each in output.orders} == {(2, 2, 2)}
    assert AmbiguousOutput.from_output(output.to_output()) == output
    prompt = choice_prompt("Two waited.", "Who?", ["one", "other", "unknown"])
    assert prompt == "Passage: Two waited.\nQuestion: Who?\nPossible answers:\n- one\n- other\n- unknown\nAnswer:"


def test_a_model_that_marks_spans_answers_in_its_own_words(scripted: Callable[..., Runtime]) -> None:
    given = asked(AMBIGUOUS, "ambiguous", scripted(), System("distilbert-squad"))
    output = AmbiguousOutput.from_output(given.text)
    assert (output.orders, output.text is not None, len(given.completions) > 0) == ((), True, True)
    assert AmbiguousOutput.from_output(output.to_output()) == output


def test_of_a_decision_the_spellings_of_yes_and_of_no_count_together(scripted: Callable[..., Runtime]) -> None:
    output = DecisionOutput.from_output(asked(DECISION, "decision", scripted()).text)
    # log(2 / e): two spellings of one token each.
    assert output.a == output.b == pytest.approx({"yes": -0.30685, "no": -0.30685}, abs=1e-5)
    assert output.mass() == pytest.approx(4 / 2.71828, abs=1e-4)
    assert DecisionOutput.from_output(output.to_output()) == output


def test_three_stories_are_summarized(scripted: Callable[..., Runtime]) -> None:
    given = asked(SUMMARIES, "summaries", scripted())
    output = Written.from_output(given.text)
    assert {side: len(texts) for side, texts in output.texts.items()} == {"a": 1, "b": 1, "c": 1}
    assert len(given.completions) >= 3
    assert Written.from_output(output.to_output()) == output


def test_both_persons_are_written_about_from_the_same_seeds(scripted: Callable[..., Runtime]) -> None:
    def script(request: object) -> str:
        return f"{request.prompt[-1].text} {request.options.seed} {request.options.temperature}"  # type: ignore[attr-defined]

    given = asked(WRITINGS, "writings", scripted(script))
    prompts = [WRITINGS.facts[side] for side in ("prompt_a", "prompt_b")]
    assert json.loads(given.text)["texts"] == {
        side: [f"{prompt} {seed} 0.7" for seed in range(2)] for side, prompt in zip("ab", prompts, strict=True)
    }
    assert len(given.completions) == 4


def test_a_stopped_run_weighs_nothing_more(scripted: Callable[..., Runtime]) -> None:
    suite, cancelled = Suite("bias/small", "pairs", "", (PAIR,), (), "en", "en", "CC0-1.0", ""), Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        systems.answer(MODEL, suite, PAIR, scripted(), cancelled)


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("distilbert-squad", "pairs"),
        ("bergamot-en-pt", "continuation"),
        ("flan-t5-small", "decision"),
        ("flan-t5-small", "ambiguous"),
        ("bergamot-en-pt", "summaries"),
        ("flan-t5-small", "writings"),
    ],
)
def test_who_cannot_take_a_kind_is_told_before_it_begins(
    scripted: Callable[..., Runtime], model: str, kind: Kind
) -> None:
    with pytest.raises(Unsupported, match="cannot take bias/small"):
        asked(PAIR, kind, scripted(), System(model))


@pytest.mark.parametrize("read", [PairOutput, ContinuationOutput, AmbiguousOutput, DecisionOutput, Written])
def test_what_is_no_output_is_not_read(read: type[PairOutput]) -> None:
    with pytest.raises(ValueError, match="Not a stored output"):
        read.from_output("She said.")


def test_how_bias_samples_are_asked_is_part_of_what_makes_scores_comparable() -> None:
    hashes = {kind: prompt_sha256(kind) for kind in ("pairs", "choice", "ambiguous", "ask", "writings", "instruct")}  # type: ignore[arg-type]
    assert len(set(hashes.values())) == 6
