"""What a window of the Chat page shows, and what its buttons do: a View and a click → the next View. No widgets.

Owns which view each window has, so that whoever watches an answer there knows when to end. Ids and texts come from
the browser: each is looked up and checked by live.py and history.py.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from llmweb import chat
from llmweb.errors import BadInput, NotDownloaded, NotFound
from llmweb.history import Entry
from llmweb.live import Live, Setup, setup_from
from llmweb.pages.conversation import EXAMPLES
from llmweb.pages.parts import Click, download_size
from llmweb.types import Message

BESIDE = ("regenerate", "continue", "branch-with")  # clicks on an answer that have another written beside it


@dataclass(frozen=True, slots=True)
class View:
    """A chat, "" = a new one, and the answer being written in it, "" = none."""

    chat_id: str = ""
    temporary: bool = False
    answer_id: str = ""


class Views:
    """live answers the chats that are kept, temporary the others. Methods raise UserError and change nothing then."""

    def __init__(self, live: Live, temporary: Live) -> None:
        self._live, self._temporary = live, temporary
        self._of_window: dict[str, View] = {}

    def live(self, view: View) -> Live:
        return self._temporary if view.temporary else self._live

    def show(self, window: str, view: View) -> None:
        """Note what a window shows now; a temporary chat ends when its window leaves it."""
        before = self._of_window.get(window, View())
        self._of_window[window] = view
        if before.chat_id != view.chat_id:
            self._forget(before)

    def shows(self, window: str, view: View) -> bool:
        return self._of_window.get(window) == view

    def leave(self, window: str) -> None:
        """The window was closed; told twice at times."""
        self._forget(self._of_window.pop(window, View()))

    def open(self, chat_id: str, entry_id: str = "") -> View:
        """A chat, at the branch this entry is on."""
        self._live.history.chat(chat_id)
        if entry_id and self._live.history.entry(entry_id).chat_id == chat_id:
            self._live.history.show_branch(entry_id)
        return View(chat_id, answer_id=self._live.running(chat_id) or "")

    def still(self, view: View) -> View:
        """The view, or an empty one when its chat was deleted meanwhile."""
        try:
            if view.chat_id:
                self.live(view).history.chat(view.chat_id)
        except NotFound:
            return View(temporary=view.temporary)
        return view

    def send(self, view: View, text: str, setup: Setup) -> View:
        self._require_weights(setup)
        return self._answering(view, self.live(view).send(view.chat_id, text, setup))

    def act(self, view: View, click: Click, setup: Setup) -> View:
        """A button in the conversation."""
        live = self.live(view)
        if self._pressed_twice(view, click):
            return view
        match click.do:
            case "example" if click.id in EXAMPLES:
                return self.send(view, click.id, setup)
            case "edit":
                self._require_weights(setup)
                return self._answering(view, live.edit(click.id, click.text, setup))
            case "regenerate":
                self._require_weights(setup)
                return self._answering(view, live.regenerate(click.id, setup))
            case "continue":
                self._require_weights(setup)
                return self._answering(view, live.go_on(click.id, setup))
            case "branch-with":
                self._require_weights(setup)
                return self._answering(view, live.branch(click.id, click.text, setup))
            case "rewrite":
                live.rewrite(click.id, click.text)
            case "branch":
                live.history.show_branch(click.id)
            case _:
                raise BadInput(f"There is no action {click.do!r} here. Reload the page.")
        return view

    def choose(self, view: View, click: Click) -> View:
        """A button in the list of chats."""
        match click.do:
            case "open":
                return self.open(click.id)
            case "rename":
                if not click.text.strip():
                    raise BadInput("A chat needs a name. Write one, or cancel.")
                self._live.history.rename(click.id, click.text)
            case "delete":
                self._live.stop(self._live.running(click.id) or "")
                self._live.history.delete(click.id)
            case _:
                raise BadInput(f"There is no action {click.do!r} here. Reload the page.")
        return self.still(view)

    def dropped(self, entries: Sequence[Entry]) -> int:
        """How many of the first entries the model did not read for the last answer; 0 also while it is not loaded."""
        answered = [number for number, entry in enumerate(entries) if entry.completion is not None]
        if not answered:
            return 0
        completion = entries[answered[-1]].completion
        assert completion is not None
        runtime, model = self._live.runtime, completion.identity.model
        if not completion.usage.tokens_dropped or not any(loaded.model == model for loaded in runtime.loaded()):
            return 0
        record = self._live.history.setup(entries[0].chat_id)
        system = setup_from(record).system if record else ""
        turns = tuple(Message(entry.role, entry.text) for entry in entries[: answered[-1]] if entry.text)
        prompt = ((Message("system", system),) if system.strip() else ()) + turns
        return len(chat.fit(runtime, model, prompt, completion.options)[1].dropped)

    def _pressed_twice(self, view: View, click: Click) -> bool:
        """The answer being written stands where the button was, so it is what the first press has started."""
        if not view.answer_id or self.live(view).running(view.chat_id) != view.answer_id:
            return False
        if click.do == "example":
            return True
        history = self.live(view).history
        return click.do in BESIDE and history.entry(view.answer_id).parent_id == history.entry(click.id).parent_id

    def _answering(self, view: View, answer_id: str) -> View:
        return View(self.live(view).history.entry(answer_id).chat_id, view.temporary, answer_id)

    def _require_weights(self, setup: Setup) -> None:
        """Raises NotDownloaded before anything is said, unless the weights are there or on their way."""
        runtime = self._live.runtime
        fetch = runtime.fetches.find(setup.model)
        if not runtime.ready(setup.model) and (fetch is None or fetch.ended):
            spec = runtime.catalog.find(setup.model)
            raise NotDownloaded(
                f"{spec.name} is not on this machine yet. Download it ({download_size(spec)}) "
                "on the Models page, or choose another model."
            )

    def _forget(self, view: View) -> None:
        if view.temporary and view.chat_id:
            self._temporary.stop(view.answer_id)
            with suppress(NotFound):
                self._temporary.history.delete(view.chat_id)
