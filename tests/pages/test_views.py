"""What the Chat page's buttons do, without a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from llmweb.chat import PRESETS
from llmweb.errors import BadInput, NotDownloaded, NotFound
from llmweb.history import History
from llmweb.live import Live, Setup
from llmweb.pages.parts import Click
from llmweb.pages.views import View, Views
from llmweb.runtime import Runtime

MODEL = "smollm2-135m-instruct"
SETUP = Setup(MODEL, options=PRESETS["Precise"])


@pytest.fixture
def lives(scripted: Callable[..., Runtime], tmp_path: Path) -> Iterator[tuple[Live, Live]]:
    runtime = scripted()
    kept, passing = Live(runtime, History(tmp_path / "history.sqlite3")), Live(runtime, History(":memory:"))
    yield kept, passing
    kept.close()
    passing.close()


def answered(views: Views, view: View) -> View:
    """The view after its answer has ended."""
    list(views.live(view).watch(view.answer_id))
    return View(view.chat_id, view.temporary)


def texts(views: Views, view: View) -> list[str]:
    return [entry.text for entry in views.live(view).history.thread(view.chat_id)]


def test_a_message_in_an_empty_view_opens_a_chat_and_answers_there(lives: tuple[Live, Live]) -> None:
    views = Views(*lives)
    view = answered(views, views.send(View(), "hello", SETUP))
    assert texts(views, view) == ["hello", "You said: hello"]
    assert views.open(view.chat_id) == View(view.chat_id)


def test_a_temporary_chat_is_gone_when_its_window_shows_something_else(lives: tuple[Live, Live]) -> None:
    views = Views(*lives)
    view = answered(views, views.send(View(temporary=True), "secret", SETUP))
    views.show("window", view)
    assert texts(views, view) == ["secret", "You said: secret"]
    assert lives[0].history.chats() == []
    views.show("window", View())
    with pytest.raises(NotFound):
        texts(views, view)


def test_a_closed_window_forgets_its_temporary_chat_even_when_told_twice(lives: tuple[Live, Live]) -> None:
    views = Views(*lives)
    view = views.send(View(temporary=True), "secret", SETUP)
    views.show("window", view)
    views.leave("window")
    views.leave("window")
    with pytest.raises(NotFound):
        texts(views, view)


def test_a_watcher_learns_that_its_window_shows_another_chat(lives: tuple[Live, Live]) -> None:
    views = Views(*lives)
    first = views.send(View(), "one", SETUP)
    views.show("window", first)
    assert views.shows("window", first)
    views.show("window", View())
    assert not views.shows("window", first)


def test_regenerate_edit_and_branch_keep_every_version(lives: tuple[Live, Live]) -> None:
    views = Views(*lives)
    view = answered(views, views.send(View(), "cats", SETUP))
    history = lives[0].history
    said, answer = history.thread(view.chat_id)
    view = answered(views, views.act(view, Click("regenerate", answer.id, ""), SETUP))
    assert len(history.thread(view.chat_id)[1].siblings) == 2
    view = answered(views, views.act(view, Click("edit", said.id, "dogs"), SETUP))
    assert texts(views, view) == ["dogs", "You said: dogs"]
    views.act(view, Click("branch", answer.id, ""), SETUP)
    assert texts(views, view) == ["cats", "You said: cats"]
    views.act(view, Click("rewrite", answer.id, "Cats purr."), SETUP)
    assert texts(views, view) == ["cats", "Cats purr."]


def test_who_presses_twice_gets_one_answer(scripted: Callable[..., Runtime], tmp_path: Path) -> None:
    live = Live(scripted(words_per_second=20), History(tmp_path / "history.sqlite3"))
    views = Views(live, live)
    first = answered(views, views.send(View(), "cats", SETUP))
    said, answer = live.history.thread(first.chat_id)
    view = views.act(first, Click("regenerate", answer.id, ""), SETUP)
    assert view.answer_id
    assert views.act(view, Click("regenerate", answer.id, ""), SETUP) == view
    with pytest.raises(BadInput, match="An answer is being written in this chat"):
        views.act(view, Click("edit", said.id, "dogs"), SETUP)
    view = answered(views, view)
    assert len(live.history.tree(view.chat_id)) == 3


def test_a_deleted_chat_leaves_an_empty_view_and_a_second_delete_says_so(lives: tuple[Live, Live]) -> None:
    views = Views(*lives)
    view = answered(views, views.send(View(), "cats", SETUP))
    assert views.choose(view, Click("delete", view.chat_id, "")) == View()
    with pytest.raises(NotFound, match="This chat is gone: it was deleted, perhaps in another window"):
        views.choose(view, Click("delete", view.chat_id, ""))
    with pytest.raises(NotFound, match="This chat is gone"):
        views.send(view, "still there?", SETUP)
    assert views.still(view) == View()


@pytest.mark.parametrize("click", [Click("format-disk", "", ""), Click("example", "not an example", "")])
def test_an_action_the_page_does_not_have_is_refused(lives: tuple[Live, Live], click: Click) -> None:
    with pytest.raises(BadInput, match=r"There is no action '(format-disk|example)' here\. Reload the page\."):
        Views(*lives).act(View(), click, SETUP)


def test_a_chat_is_not_renamed_to_nothing(lives: tuple[Live, Live]) -> None:
    views = Views(*lives)
    view = answered(views, views.send(View(), "cats", SETUP))
    with pytest.raises(BadInput, match=r"A chat needs a name\. Write one, or cancel\."):
        views.choose(view, Click("rename", view.chat_id, "  "))


def test_the_turns_the_model_did_not_read_are_counted(scripted: Callable[..., Runtime], tmp_path: Path) -> None:
    live = Live(scripted(context_tokens=700), History(tmp_path / "history.sqlite3"))
    views = Views(live, live)
    view = answered(views, views.send(View(), "one " * 100, SETUP))
    assert views.dropped(live.history.thread(view.chat_id)) == 0
    view = answered(views, views.send(view, "two " * 100, SETUP))
    # 100 + 102 + 100 words and 512 reserved are over 700: the first question and its answer go.
    assert views.dropped(live.history.thread(view.chat_id)) == 2


def test_a_model_that_is_not_here_is_refused_before_anything_is_said(tmp_runtime: Runtime, tmp_path: Path) -> None:
    live = Live(tmp_runtime, History(tmp_path / "history.sqlite3"))
    with pytest.raises(NotDownloaded) as refusal:
        Views(live, live).send(View(), "hello", SETUP)
    assert str(refusal.value) == (
        "SmolLM2 135M Instruct is not on this machine yet. Download it (98 MB) on the Models page, "
        "or choose another model."
    )
    assert live.history.chats() == []
