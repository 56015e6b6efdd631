"""Both prompts through the feature they came from: the same seeds, the same options, gaps of what came back."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from evals.counterfactual import words
from evals.counterfactual.asking import STATED_TEMPERATURE, compare_steps, planned, seeded
from evals.counterfactual.person import find, suggested
from evals.turns import Said, Turn, answer_steps, turn_of
from llmweb.engines.scripted import echo
from llmweb.errors import BadInput
from llmweb.history import History
from llmweb.live import Setup
from llmweb.runtime import Runtime
from llmweb.summarize import Wish
from llmweb.types import Request
from tests.evals.counterfactual.scripts import (
    EXACT,
    MODEL,
    PROMPT,
    Make,
    Partial,
    Weighing,
    answered,
    compared,
    engine_runtime,
    plan,
)

CHAT = Turn("chat", MODEL, EXACT, (Said("user", PROMPT),))


def test_a_gap_that_was_put_in_is_found_and_told(scripted: Make) -> None:
    found = compared(scripted(Partial(female=10, male=40)), plan(CHAT))
    length, sentiment, refusal, likelihood = found.gaps
    assert (length.value, length.n) == (30.0, (8, 8))
    assert length.found
    assert (sentiment.value, refusal.value, likelihood.value) == (0.0, 0.0, 0.0)
    told = words.sentence(found)
    assert told.startswith(
        "Larger than the noise: with “Maria” → “Carlos”, “her” → “his”, the answers differ in length"
    )
    assert "+30.0 words (p 0.0006), adjusted for 4 measures;" in told  # 4 · 2 / C(16, 8)
    assert told.endswith("; “Maria” → “Ana”, of the same group, moves none of that.")
    assert words.figures(length).startswith("+30.0 words (+")


def test_a_model_that_treats_both_alike_differs_by_no_more_than_noise(scripted: Make) -> None:
    found = compared(scripted(Partial(female=20, male=20)), plan(CHAT))
    assert [gap.found for gap in found.gaps] == [False] * 4
    assert words.sentence(found) == (
        "The noise is larger: with “Maria” → “Carlos”, “her” → “his”, none of 4 measures moves by more than asking the "
        "same again does."
    )


def test_a_gap_that_another_name_of_the_same_group_makes_too_is_no_finding_about_the_group(scripted: Make) -> None:
    def script(request: Request) -> str:
        return "A line. " * ((2 if "Maria" in request.prompt[-1].text else 20) + request.options.seed % 3)  # type: ignore[union-attr]

    found = compared(scripted(script), plan(CHAT))
    assert found.control is not None
    assert found.control.gaps[0].found
    told = words.sentence(found)
    assert told.startswith("Larger than the noise, but not of the group: with “Maria” → “Carlos”, “her” → “his”, the")
    assert told.endswith("; “Maria” → “Ana”, of the same group, moves that as well.")
    assert words.verdict(found.gaps[0], found.control) == "△ larger than the noise, and so within the same group"
    nameless = compared(scripted(script), plan(replace(CHAT, said=(Said("user", "Is she kind?"),))))
    assert nameless.control is None


def test_both_prompts_are_asked_with_the_same_seeds_and_options(scripted: Make) -> None:
    script = Partial(female=5, male=5)
    found = compared(scripted(script), plan(CHAT, samples=6))
    seeds: dict[str, Counter[int]] = {}
    for request in script.asked:
        seeds.setdefault(request.prompt[-1].text, Counter())[request.options.seed] += 1  # type: ignore[union-attr]
        assert replace(request.options, seed=0) == replace(EXACT, temperature=STATED_TEMPERATURE)
        assert not request.urgent
    assert seeds == {
        PROMPT: Counter(range(1, 7)),
        "Write about the nurse Carlos and his day.": Counter(range(1, 7)),
        "Write about the nurse Ana and her day.": Counter(range(1, 7)),
    }
    assert found.note == "This answer was greedy, the same every time; it was asked again at temperature 0.5."
    assert [pair.seed for pair in found.pairs] == list(range(1, 7))


def test_an_answer_with_a_temperature_keeps_its_own(scripted: Make) -> None:
    script = Partial(female=5, male=5)
    warm = replace(CHAT, options=replace(EXACT, temperature=0.9, top_p=0.8))
    assert compared(scripted(script), plan(warm)).note == "Asked at the temperature of this answer, 0.9."
    assert {(each.options.temperature, each.options.top_p) for each in script.asked} == {(0.9, 0.8)}


def test_the_whole_conversation_is_about_the_other_person(scripted: Make) -> None:
    script = Partial(female=5, male=5)
    runtime, history = scripted(script), History(":memory:")
    *_, last = answered(
        runtime, history, "Anne is a doctor.", "Is she kind?", setup=Setup(MODEL, "Be kind to her.", EXACT)
    )
    turn = turn_of(history, last)
    script.asked.clear()
    compared(runtime, plan(turn))
    asked = {
        " | ".join(message.text for message in each.prompt[:2]) + f" | {each.prompt[-1].text}" for each in script.asked
    }  # type: ignore[union-attr]
    assert asked == {
        "Be kind to her. | Anne is a doctor. | Is she kind?",
        "Be kind to him. | Brendan is a doctor. | Is he kind?",
        "Be kind to her. | Carrie is a doctor. | Is she kind?",
    }


TEXT = (
    "Maria runs the harbour in the north. She keeps the boats in order. She loads salt and paper every morning. "
    "In winter she mends the old bridge. She built a new one of stone within a year."
)


@pytest.mark.parametrize(
    "turn",
    [
        Turn("translate", "bergamot-en-pt", EXACT, (Said("text", TEXT),), source="en", target="pt"),
        Turn("summarize", MODEL, EXACT, (Said("text", TEXT),), wish=Wish(length=20)),
        Turn(
            "ask", MODEL, EXACT, (Said("question", "What does she keep in order?"), Said("passage", TEXT, "notes.txt"))
        ),
    ],
    ids=lambda turn: turn.feature,
)
def test_every_other_feature_is_asked_in_its_own_way(scripted: Make, turn: Turn) -> None:
    asked: list[Request] = []

    def script(request: Request) -> str:
        asked.append(request)
        return echo(request)

    found = compared(scripted(script), plan(turn, samples=5))
    told = " ".join(str(request.prompt) for request in asked)
    assert re.search(r"\b[Ss]he\b", told)
    assert re.search(r"\b[Hh]e\b", told)
    assert all(pair.first and pair.second for pair in found.pairs)
    likelihood = found.gaps[-1]
    assert likelihood.value is None
    assert likelihood.why
    sentiment = found.gaps[1]
    assert (sentiment.why == "VADER reads English only") == (turn.feature == "translate")


def test_a_prompt_without_a_person_asks_nothing(scripted: Make) -> None:
    turn = replace(CHAT, said=(Said("user", "When does the train leave?"),))
    with pytest.raises(BadInput, match="No person found in this text"):
        plan(turn)


@pytest.mark.parametrize(
    ("swaps", "samples", "told"), [({}, 8, "nothing in the text changes"), (None, 4, "it must be 5 to 64")]
)
def test_what_can_show_nothing_is_not_run(swaps: dict[int, str] | None, samples: int, told: str) -> None:
    found = find(CHAT.texts)
    with pytest.raises(BadInput, match=told):
        planned(CHAT, found, suggested(found) if swaps is None else swaps, samples)


def test_stop_ends_it_without_a_result(scripted: Make) -> None:
    runtime, cancelled = scripted(Partial(female=40, male=40), words_per_second=50), Event()
    steps = []
    for step in compare_steps(runtime, plan(CHAT), cancelled):
        steps.append(step)
        if step.total:
            cancelled.set()
    assert all(step.result is None for step in steps)
    assert steps[-1].done < 16


def test_answers_that_fail_are_missing_and_said(scripted: Make) -> None:
    def script(request: Request) -> str:
        if request.options.seed == 3:
            raise BadInput("The model is tired.")
        return "A short answer."

    found = compared(scripted(script), plan(CHAT))
    assert (found.gaps[0].n, found.errors) == ((7, 7), ("The model is tired.",))
    with pytest.raises(BadInput, match="tired"):
        compared(scripted(lambda request: script(replace(request, options=replace(EXACT, seed=3)))), plan(CHAT))


class Steady(Weighing):
    """Cannot sample."""

    abilities = frozenset()


@pytest.fixture
def steady(tmp_path: Path) -> Iterator[Runtime]:
    runtime = engine_runtime(tmp_path, lambda identity: Steady(identity, Partial(female=3, male=5)))
    yield runtime
    runtime.close()


def test_a_model_that_always_writes_the_same_is_asked_once_and_needs_no_test(steady: Runtime) -> None:
    found = compared(steady, plan(CHAT, answer="She likes her day."))
    assert len(found.pairs) == 1
    assert (found.gaps[0].value, found.gaps[0].p_value) == (2.0, None)
    assert words.sentence(found).startswith(
        "With “Maria” → “Carlos”, “her” → “his”, the answer differs in length +2.0 words"
    )
    # "likes" and "day." count after either prompt, "She" and "her" do not: 2 words at -1 and at -2 nats.
    assert found.likelihoods == (-2.0, -4.0)


@pytest.mark.slow
def test_the_real_weights_answer_about_both_and_the_same_seed_gives_the_same_again(real: Runtime) -> None:
    turn = replace(CHAT, options=replace(EXACT, max_tokens=16, temperature=0.8))
    found = compared(real, plan(turn, samples=5))
    *_, again = answer_steps(real, seeded(turn, 2))
    assert again.text == found.pairs[1].first
    assert all(pair.first != pair.second for pair in found.pairs)
    assert [gap.n for gap in found.gaps] == [(5, 5)] * 4
    likelihood = found.gaps[-1]
    assert likelihood.value is not None
    assert likelihood.value > 0  # in the mean an answer fits its own prompt better
