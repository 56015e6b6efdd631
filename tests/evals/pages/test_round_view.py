"""What rounds and ratings look like: nothing of a blind side shows before the vote, and texts stay texts."""

from dataclasses import replace

from evals.pages.rating_view import section_html, standing_html
from evals.pages.round_view import live_html, rounds_html, vote_html
from evals.rounds import Round, Side
from evals.systems import System
from evals.votes import standing, vote
from llmweb.chat import Turn
from llmweb.types import Completion, Identity, Message, Options, StopReason, Usage

NAMES = {"alfa": "Model <b>Alfa</b>", "bravo": "Model Bravo"}
USAGE = Usage(tokens_in=3, tokens_out=11, seconds_to_first_token=0.5, seconds=1.5)


def side(model: str, text: str, reason: StopReason = "end", error: str = "") -> Side:
    identity = Identity(model, "", "", "scripted", "1", "fast")
    completion = None if error else Completion(text, reason, identity, Options(), USAGE)
    return Side(System(model, Options()), (Message("user", "hi"),), Turn(text, completion=completion), error, True)


def asked(*sides: Side, blind: bool = True) -> Round:
    return Round("<i>hi</i>", sides or (side("alfa", "first"), side("bravo", "second")), blind)


def tells(html: str) -> bool:
    return any(word in html.lower() for word in ("alfa", "bravo", "tokens/s", "first token"))


def test_a_blind_round_tells_no_name_and_no_speed_until_its_vote() -> None:
    round_ = asked()
    assert not tells(rounds_html([round_], NAMES) + vote_html(round_, NAMES, "k") + live_html(round_, NAMES, 1))
    voted = rounds_html([replace(round_, choice="1")], NAMES)
    assert "Model &lt;b&gt;Alfa&lt;/b&gt; · fast" in voted
    assert "Model Bravo · 10 tokens/s · first token 0.50 s · 11 tokens" in voted
    assert voted.count("your choice") == 1
    assert voted.index("your choice") > voted.index(">B<")


def test_a_loading_model_and_a_failing_one_are_not_told_while_others_still_answer() -> None:
    writing = replace(side("bravo", "second"), ended=False)
    loading = Side(System("alfa", Options()), (), Turn(phase="loading", note="Loading alfa"))
    html = live_html(asked(side("alfa", "", error="alfa needs more memory"), writing, loading), NAMES, 3)
    assert "This side failed. Why is told when the others are done." in html
    assert not tells(html)
    assert "Loading the model" in html


def test_an_earlier_round_and_one_that_cannot_count_are_told() -> None:
    assert tells(rounds_html([asked(), asked()], NAMES))
    cut = asked(side("alfa", "first", "length"), side("bravo", "second"))
    assert tells(rounds_html([cut], NAMES))
    assert "A vote here is kept but not counted: A was cut off." in vote_html(cut, NAMES, "k")


def test_an_open_round_tells_names_at_once() -> None:
    assert "Model Bravo · fast" in live_html(asked(blind=False), NAMES, 1)


def test_every_choice_has_its_key() -> None:
    two = vote_html(asked(), NAMES, "k")
    assert [
        f'data-id="{choice}" data-key="{key}"' in two for choice, key in (("0", 1), ("1", 2), ("tie", 3), ("bad", 4))
    ]
    three = vote_html(asked(side("alfa", "a"), side("bravo", "b"), side("three", "c")), NAMES, "k")
    assert 'data-id="2" data-key="3"' in three
    assert 'data-id="bad" data-key="5"' in three
    assert "C is best" in three
    assert "All bad" in three


def test_what_was_said_and_answered_is_only_text() -> None:
    evil = "<img src=x onerror=alert(1)>"
    html = rounds_html(
        [replace(asked(side("alfa", evil), side("bravo", "", error=evil), blind=False), text=evil)], NAMES
    )
    assert "<img" not in html
    assert html.count("&lt;img") == 3


def test_ratings_tell_what_they_rest_on_and_what_would_tell_more() -> None:
    rows = [vote(asked(), choice, f"c{number}") for number, choice in enumerate("001")]
    html = standing_html(standing(rows), NAMES, ["alfa@fast", "bravo@fast"])
    assert "Model &lt;b&gt;Alfa&lt;/b&gt; · fast" in html
    assert "3 votes, 3 of them blind." in html
    assert "1 vote cast the other way would change the first place." in html
    assert 'data-do="pair" data-id="alfa@fast bravo@fast"' in html
    assert standing_html(standing([]), NAMES, ["alfa@fast"]).count("No vote counts yet.") == 1


def test_the_ratings_stand_beside_other_measures_once_there_are_votes() -> None:
    assert section_html([], NAMES) == ""
    html = section_html([vote(asked(), "0", "c")], NAMES)
    assert "Preferred in votes" in html
    assert html.count("<li>") == 2
    assert "data-do" not in html
