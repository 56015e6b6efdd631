"""Rounds on the scripted engine; which votes count, how they are kept, and the pairs they are for training."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from evals.bradley_terry import rate
from evals.flips import Flips
from evals.rounds import Round, begin, chosen_systems, round_steps
from evals.store import Store
from evals.votes import jsonl, preference_pairs, standing, vote, why_uncounted
from llmweb.errors import BadInput, NotDownloaded, UnknownModel
from llmweb.runtime import Runtime, open_runtime
from llmweb.settings import Settings
from llmweb.types import Message, Options, Request

FAST, EXACT = "smollm2-135m-instruct@fast", "smollm2-135m-instruct@exact"
BASE = "gemma-3-270m@fast"
Make = Callable[..., Runtime]


def answered(runtime: Runtime, text: str, names: tuple[str, ...] = (FAST, EXACT), **more: object) -> Round:
    options = Options(max_tokens=int(str(more.get("max_tokens", 64))))
    before = [earlier for earlier in [more.get("before")] if isinstance(earlier, Round)]
    begun = begin(chosen_systems(runtime, names, options), text, before, "", False)
    *_, ended = round_steps(runtime, begun, Event())
    return ended


def says(*answers: str) -> Callable[[Request], str]:
    """A script: the first answer is fast precision's, the second exact's."""
    return lambda request: answers[request.options.precision == "exact"]


def test_every_side_answers_the_same_message_and_all_end(scripted: Make) -> None:
    ended = answered(scripted(), "hello", (FAST, EXACT, BASE))
    assert [(side.name, side.turn.text, side.ended) for side in ended.sides] == [
        (name, "You said: hello", True) for name in (FAST, EXACT, BASE)
    ]
    assert why_uncounted(ended) == ""


def test_each_goes_on_from_its_own_answers(scripted: Make) -> None:
    runtime = scripted(says("one", "two"))
    second = answered(runtime, "and then?", before=answered(runtime, "hello"))
    assert [side.asked for side in second.sides] == [
        (Message("user", "hello"), Message("assistant", answer), Message("user", "and then?"))
        for answer in ("one", "two")
    ]


def test_blind_sides_stand_in_every_order(scripted: Make) -> None:
    systems = chosen_systems(scripted(), (FAST, EXACT), Options())
    seen = {tuple(side.name for side in begin(systems, "hi", [], "", True).sides) for _ in range(100)}
    assert seen == {(FAST, EXACT), (EXACT, FAST)}
    assert {tuple(side.name for side in begin(systems, "hi", [], "", False).sides) for _ in range(20)} == {
        (FAST, EXACT)
    }


def test_one_side_that_fails_leaves_the_other_whole(scripted: Make) -> None:
    def script(request: Request) -> str:
        if request.options.precision == "exact":
            raise BadInput("no memory left")
        return "fine"

    ended = answered(scripted(script), "hello")
    assert [(side.turn.text, side.error) for side in ended.sides] == [("fine", ""), ("", "no memory left")]
    assert why_uncounted(ended) == "B failed"


def test_stop_ends_every_side_with_the_text_it_had(scripted: Make) -> None:
    runtime, cancelled = scripted(words_per_second=50), Event()
    begun = begin(chosen_systems(runtime, (FAST, EXACT), Options()), "word " * 400, [], "", False)
    for seen in round_steps(runtime, begun, cancelled):
        if all(side.turn.text for side in seen.sides):
            cancelled.set()
    assert [side.ended and 0 < len(side.turn.text) < 1000 for side in seen.sides] == [True, True]
    assert why_uncounted(seen) == "A was stopped"


def test_closing_the_steps_cancels_the_answers(scripted: Make) -> None:
    runtime, cancelled = scripted(words_per_second=50), Event()
    steps = round_steps(
        runtime, begin(chosen_systems(runtime, (FAST, EXACT), Options()), "hello", [], "", False), cancelled
    )
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert cancelled.is_set()


@pytest.mark.parametrize(
    ("names", "error", "words"),
    [
        ((FAST,), BadInput, "1 models are chosen. Choose 2 to 4 different ones"),
        ((FAST, FAST), BadInput, "2 models are chosen. Choose 2 to 4 different ones"),
        ((FAST, "nobody@fast"), UnknownModel, "No model 'nobody'"),
        ((FAST, "smollm2-135m-instruct@half"), BadInput, "cannot answer as 'half' here"),
        ((FAST, "bergamot-en-pt@exact"), BadInput, "cannot answer as 'exact' here"),
    ],
)
def test_what_the_browser_names_is_checked(
    scripted: Make, names: tuple[str, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        chosen_systems(scripted(), names, Options())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("A fine day.", ""),
        ("", "A wrote nothing"),
        ("I am SmolLM, a helpful assistant.", "A names itself"),
        ("I'm an AI assistant called ChatGPT.", "A names itself"),
        ("I was created by a team at Hugging Face.", "A names itself"),
        ("SmolLM2 says hello", "A names itself"),
        ("Llamas live in Peru, and Google is a search engine.", ""),
        ("I am fond of falcons.", ""),
        ("one two three four five six", "A was cut off"),
    ],
)
def test_an_answer_that_names_itself_failed_or_was_cut_off_does_not_count(
    scripted: Make, answer: str, reason: str
) -> None:
    length = 5 if reason == "A was cut off" else 64
    assert why_uncounted(answered(scripted(says(answer, "Fine.")), "hello", max_tokens=length)) == reason


@pytest.mark.parametrize("choice", ["2", "-1", "", "best", "0; DROP TABLE votes"])
def test_a_choice_that_was_not_offered_is_refused(scripted: Make, choice: str) -> None:
    with pytest.raises(BadInput, match="There is no choice"):
        vote(answered(scripted(), "hello"), choice, "c")


def test_a_vote_waits_for_the_answers(scripted: Make) -> None:
    ended = answered(scripted(), "hello")
    with pytest.raises(BadInput, match="still being written"):
        vote(replace(ended, sides=(replace(ended.sides[0], ended=False), ended.sides[1])), "0", "c")


def test_votes_come_back_as_they_were_cast_and_can_be_taken_back(scripted: Make, tmp_path: Path) -> None:
    store = Store(tmp_path / "llmweb.sqlite3")
    row = vote(answered(scripted(), "Olá, ç?"), "1", "c1")
    kept = store.keep_vote(row)
    assert replace(kept, id="", created="") == row
    assert store.votes() == [replace(kept, sides=json.loads(json.dumps(kept.sides)))]
    assert kept.sides[1]["completion"]["identity"]["model"] == "smollm2-135m-instruct"
    store.take_back_vote(kept.id)
    assert store.votes() == []


def test_a_file_of_runs_from_before_there_were_votes_gets_them(tmp_path: Path) -> None:
    store = Store(tmp_path / "llmweb.sqlite3")
    with sqlite3.connect(store.path) as connection:
        connection.execute("DROP TABLE votes")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name LIKE '%votes'")
    connection.close()
    assert Store(store.path).votes() == []


def test_ratings_are_made_of_the_votes_that_count(scripted: Make) -> None:
    runtime = scripted(says("one", "two words"))
    ended = answered(runtime, "hello")
    cut = answered(runtime, "hello", max_tokens=1)
    rows = [vote(ended, choice, f"c{number}") for number, choice in enumerate(["0", "0", "1", "tie", "bad"])]
    found = standing([*rows, vote(replace(ended, blind=True), "0", "c9"), vote(cut, "1", "c10")])
    assert (found.ratings.votes, found.blind, found.uncounted) == (6, 1, {"was cut off": 1})
    assert [(row.system, row.votes) for row in found.ratings.rows] == [(FAST, 6), (EXACT, 6)]
    assert found.flips == Flips(2, True)
    assert found.ratings.rows[0].rating > 1000


def test_votes_of_one_conversation_are_one_draw(scripted: Make) -> None:
    ended = answered(scripted(says("one", "two")), "hello")
    choices = ["0", "0", "0", "1", "0", "1", "1", "0"] * 3
    apart = standing([vote(ended, choice, f"c{number}") for number, choice in enumerate(choices)])
    together = standing([vote(ended, choice, f"c{number % 12}") for number, choice in enumerate(choices)])
    assert apart.ratings.method == "ci:95|sandwich|clusters:24"
    assert together.ratings.method == "ci:95|sandwich|clusters:12"


def test_style_is_controlled_by_what_the_answers_look_like(scripted: Make) -> None:
    runtime = scripted(says("word " * 50, "# short\n- **it** is"))
    rows = [vote(answered(runtime, "hello"), choice, "") for choice in ("0", "1", "0")]
    assert standing(rows, control_style=True).ratings.prior == "style alone tells some outcomes"
    assert standing(rows).ratings.prior == ""
    assert rate([]) == standing([]).ratings


def test_preference_pairs_are_prompt_chosen_and_rejected_in_turns(scripted: Make) -> None:
    runtime = scripted(says("good", "bad"))
    three = answered(runtime, "hello", (FAST, EXACT, BASE))
    second = answered(runtime, "more", before=three)
    rows = [vote(three, "1", "c"), vote(three, "tie", "c"), vote(second, "0", "c")]
    pairs, left_out = preference_pairs(rows)
    prompt = [{"role": "user", "content": "hello"}]
    said = {word: [{"role": "assistant", "content": word}] for word in ("good", "bad")}
    assert pairs == [{"prompt": prompt, "chosen": said["bad"], "rejected": said["good"]}] * 2
    assert left_out == 1
    assert jsonl(pairs[:1]) == (
        '{"prompt": [{"role": "user", "content": "hello"}], "chosen": [{"role": "assistant", "content": "bad"}], '
        '"rejected": [{"role": "assistant", "content": "good"}]}\n'
    )


def test_a_model_whose_weights_are_not_here_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    runtime = open_runtime(Settings(tmp_path))
    with pytest.raises(NotDownloaded, match="SmolLM2 135M Instruct is not on this machine yet"):
        chosen_systems(runtime, (FAST, EXACT), Options())
    runtime.close()
