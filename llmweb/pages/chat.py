"""The Chat page: history left, conversation in the middle, options right. Layout, wiring and handlers.

What a click does is views.py's, what things look like conversation.py's; answers run in live.py, watched or not.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import gradio as gr
from gradio.components.base import Component

from llmweb import chat, export
from llmweb.chat import Turn
from llmweb.errors import BadInput, UserError
from llmweb.history import History
from llmweb.live import Answer, Live, Setup, setup_from
from llmweb.pages import conversation, parts
from llmweb.pages.frame import Page
from llmweb.pages.options import differences, options_from, options_panel, preset_of, values_of
from llmweb.pages.running import MEANWHILE, QUICK, QUIET, Running
from llmweb.pages.views import View, Views

DEFAULT = chat.PRESETS["Precise"]
SPOKEN_CHARACTERS = 500

Shown = dict[Component, Any]


def page(live: Live, temporary: Live, actions: Sequence[parts.AnswerAction] = ()) -> Page:
    """temporary answers the chats that are not kept; actions are what other rooms add under every answer."""
    return Page("chat", "Chat", lambda blocks: _Chat(live, temporary, actions).build(blocks))


class _Chat:
    """The widgets and handlers of the page."""

    def __init__(self, live: Live, temporary: Live, actions: Sequence[parts.AnswerAction]) -> None:
        self.runtime, self.kept = live.runtime, live.history
        self.views = Views(live, temporary)
        self.panels = Running()  # what other rooms say under the answers
        self.actions = {action.do: action for action in actions}
        self.names = conversation.Names(self.runtime.catalog.names, actions)

    def build(self, blocks: gr.Blocks) -> None:
        self.view = gr.State(View())
        self.said = parts.announcer("chat-said")
        self.place = parts.canvas("chat-place", parts.place_html("chat"), classes=["visually-hidden"])
        self.door = parts.canvas("chat-door", parts.door_html("chat"), classes=["visually-hidden"])
        self.download = parts.canvas("chat-download", parts.download_html(), classes=["visually-hidden"])
        with gr.Row(elem_id="chat-page", elem_classes=["three-panes"]):
            with gr.Column(elem_id="chat-history", elem_classes=["side-pane"], min_width=0):
                self._build_history()
            with gr.Column(elem_id="chat-middle", elem_classes=["middle-pane"], min_width=0):
                self._build_conversation()
            with gr.Column(elem_id="chat-options", elem_classes=["side-pane"], min_width=0):
                self._build_options()
        self._wire(blocks)

    def _build_history(self) -> None:
        with gr.Row(elem_classes=["buttons"]):
            self.new = gr.Button("New chat", elem_id="chat-new", elem_classes=["leads"], min_width=0)
            self.new_temporary = gr.Button("Temporary", elem_id="chat-temporary", elem_classes=["leads"], min_width=0)
        self.search = gr.Textbox(
            placeholder="Search chats ( / )",
            label="Search chats",
            show_label=False,
            elem_id="chat-search",
            elem_classes=["search-field"],
        )
        self.history = parts.canvas("chat-list", classes=["history"])

    def _build_conversation(self) -> None:
        parts.canvas("chat-folds", parts.unfold_html({"chat-history": "Chats", "chat-options": "Options"}))
        with gr.Column(elem_id="chat-scroll", elem_classes=["follows"]):
            self.thread = parts.canvas("chat-thread", conversation.empty_html(False), classes=["thread"])
            self.answer = parts.canvas("chat-answer", classes=["thread"])
        self.problem = parts.canvas("chat-problem")
        with gr.Row(elem_id="chat-composer", elem_classes=["composer"]):
            self.box = gr.Textbox(
                placeholder="Message",
                label="Message",
                show_label=False,
                lines=1,
                max_lines=10,
                elem_id="chat-box",
                autofocus=True,
                scale=1,
                min_width=0,
            )
            self.send = gr.Button("Send", variant="primary", elem_id="chat-send", min_width=88, scale=0)
            self.stop = gr.Button(
                "Stop", elem_id="chat-stop", elem_classes=["stop-button"], min_width=88, scale=0, visible=False
            )
        self.gauge = parts.canvas("chat-gauge")

    def _build_options(self) -> None:
        self.model = parts.model_picker(self.runtime, self.runtime.catalog.for_chat(), "chat-model")
        with gr.Accordion(parts.summary([]), open=False, elem_id="chat-fold") as self.fold:
            self.system = gr.Textbox(
                label="System prompt",
                info="What the model should be or do, before the chat begins.",
                lines=2,
                max_lines=12,
                elem_id="chat-system",
            )
            panel = options_panel("chat", DEFAULT)
            self.plain = gr.Checkbox(
                label="Plain completion",
                info="The model writes on from your text, without a chat template.",
                elem_id="chat-plain",
            )
        self.options_problem = parts.canvas("chat-options-problem")
        with gr.Accordion("Export this chat", open=False, elem_id="chat-export"), gr.Row(elem_classes=["buttons"]):
            self.markdown = gr.Button("Markdown", elem_id="chat-markdown", min_width=0)
            self.json = gr.Button("JSON", elem_id="chat-json", min_width=0)
        self.preset = panel.preset
        self.setup: list[Component] = [self.model, self.system, self.plain, *panel.fields]

    def _wire(self, blocks: gr.Blocks) -> None:
        view, search, setup = self.view, self.search, self.setup
        outputs: list[Component] = [
            *(view, self.place, self.history, self.thread, self.answer, self.problem, self.box, self.send, self.stop),
            *(self.gauge, self.said, self.preset, *setup),
        ]
        starts = (
            blocks.load(self.load, search, outputs, **QUIET),
            gr.on([self.box.submit, self.send.click], self.ask, [self.box, view, search, *setup], outputs, **QUIET),
            self.thread.click(self.act, [view, search, *setup], outputs, **MEANWHILE),
            self.history.click(self.choose, [view, search], outputs, **QUICK),
            self.door.click(self.enter, [view, search], outputs, **QUICK),
            self.new.click(self.begin, [view, search], outputs, **QUIET),
            self.new_temporary.click(self.begin_temporary, [view, search], outputs, **QUIET),
        )
        for start in starts:
            start.then(self.watch, [view, search, self.model], outputs, **MEANWHILE)
        self.stop.click(self.end, view, None, **QUIET)
        search.input(self.find, [view, search], self.history, trigger_mode="always_last", **QUIET)
        changes = [field.change for field in setup]  # type: ignore[attr-defined]
        described = [self.fold, self.options_problem, self.model]
        gr.on(changes, self.summarize, setup, described, trigger_mode="always_last", **QUIET)
        loaded, _, _, chosen, entered, *_ = starts  # a field in a closed fold is restored without a change
        for restored in (loaded, chosen, entered):
            restored.then(self.summarize, setup, described, trigger_mode="always_last", **QUIET)
        self.markdown.click(self.export_markdown, view, [self.download, self.problem], **QUIET)
        self.json.click(self.export_json, view, [self.download, self.problem], **QUIET)
        blocks.unload(self.leave)

    def load(self, request: gr.Request, search: str) -> Shown:
        """Where the address says the window was; an answer still being written there is found again."""
        asked = request.query_params
        chat_id, entry_id = asked.get("chat", ""), asked.get("entry", "")
        if not chat_id:  # the page stands as it was built: who types at once is not interrupted
            return {self.history: self.find(View(), search), self.model: gr.Dropdown(choices=self._models())}
        return self._next(request, View(), search, lambda: self.views.open(chat_id, entry_id))

    def ask(self, request: gr.Request, text: str, view: View, search: str, *setup: Any) -> Shown:
        shown = self._next(request, view, search, lambda: self.views.send(view, text, _setup(setup)))
        return shown if shown[self.problem] else shown | {self.box: ""}

    def act(self, request: gr.Request, event: gr.EventData, view: View, search: str, *setup: Any) -> Iterator[Shown]:
        window, click = request.session_hash or "", parts.clicked(event)
        run = self.panels.begin(window)
        if click.do not in self.actions:
            yield self._next(request, view, search, lambda: self.views.act(view, click, _setup(setup)))
            return
        yield {self.problem: gr.skip()}  # a generator that yields nothing empties its outputs
        about = click.id.partition(":")[0]
        for said in run.paced(parts.added_steps(self.actions[click.do], click, self.views.live(view).history)):
            if not self.views.shows(window, view):
                return
            yield self._thread_shown(view, replace(self.names, panel=(about, said))) | {self.problem: ""}

    def choose(self, request: gr.Request, event: gr.EventData, view: View, search: str) -> Shown:
        return self._next(request, view, search, lambda: self.views.choose(view, parts.clicked(event)))

    def enter(self, request: gr.Request, event: gr.EventData, view: View, search: str) -> Shown:
        """A link of any page to a chat."""
        asked = parts.entered(event)
        return self._next(request, view, search, lambda: self.views.open(asked.get("chat", ""), asked.get("entry", "")))

    def begin(self, request: gr.Request, view: View, search: str) -> Shown:
        return self._next(request, view, search, View)

    def begin_temporary(self, request: gr.Request, view: View, search: str) -> Shown:
        return self._next(request, view, search, lambda: View(temporary=True))

    def watch(self, request: gr.Request, view: View, search: str, model: str | None) -> Iterator[Shown]:
        """The running answer as it grows, until it ends or the window shows something else."""
        window = request.session_hash or ""
        if not view.answer_id or not self.views.shows(window, view):
            yield {self.problem: gr.skip()}  # a generator that yields nothing empties its outputs
            return
        live, answer = self.views.live(view), Answer(Turn(), "running")
        try:
            asked = datetime.fromisoformat(live.history.entry(view.answer_id).created)
            for answer in live.watch(view.answer_id):
                if not self.views.shows(window, view):
                    # What this one sent last may have come after the other chat was shown.
                    yield {self.answer: ""}
                    return
                seconds = (datetime.now(UTC) - asked).total_seconds()
                yield {self.answer: conversation.live_html(answer, view.answer_id, seconds)}
        except UserError as error:
            answer = replace(answer, error=str(error))
        shown = self._next(request, view, search, lambda: self.views.still(replace(view, answer_id="")))
        del shown[self.history]  # as it was when the answer began, or searched since
        words = f"Answer done. {answer.turn.text[:SPOKEN_CHARACTERS]} {answer.error}"
        if model:  # it is loaded now
            shown[self.model] = gr.Dropdown(choices=self._models(), info=parts.model_info(self.runtime, model))
        yield shown | {self.said: parts.announce_html(words)}

    def end(self, view: View) -> None:
        self.views.live(view).stop(view.answer_id)

    def find(self, view: View, search: str) -> str:
        return conversation.history_html(self.kept.chats("chat", search), view.chat_id, search)

    def summarize(self, *setup: Any) -> tuple[Any, str, Any]:
        """The line on the folded options, what is wrong in them, and what the chosen model needs before it answers."""
        try:
            label = parts.summary(_differs(_setup(setup)))
            return gr.Accordion(label=label), "", gr.Dropdown(info=parts.model_info(self.runtime, setup[0]))
        except UserError as error:
            return gr.skip(), parts.error_html(error), gr.skip()

    def export_markdown(self, view: View) -> tuple[str, str]:
        return self._exported(view, ".md", export.chat_markdown)

    def export_json(self, view: View) -> tuple[str, str]:
        return self._exported(view, ".json", export.chat_json)

    def _exported(self, view: View, suffix: str, write: Callable[[History, str], str]) -> tuple[str, str]:
        """(download, problem)."""
        try:
            if not view.chat_id:
                raise BadInput("There is nothing to export yet. Send a message first.")
            history = self.views.live(view).history
            name = history.chat(view.chat_id).title + suffix
            return parts.download_html(name, write(history, view.chat_id)), ""
        except UserError as error:
            return gr.skip(), parts.error_html(error)

    def leave(self, request: gr.Request) -> None:
        self.views.leave(request.session_hash or "")
        self.panels.leave(request.session_hash or "")

    def _next(self, request: gr.Request, view: View, search: str, do: Callable[[], View]) -> Shown:
        """The page after do() has said which view comes next; on an error the view there was, with its banner."""
        problem = ""
        try:
            after = do()
        except UserError as error:
            after, problem = self.views.still(view), parts.error_html(error)
        self.views.show(request.session_hash or "", after)
        shown = self._shown(after, search) | {self.problem: problem}
        return shown | self._restored(after) if after.chat_id != view.chat_id else shown

    def _shown(self, view: View, search: str) -> Shown:
        busy = bool(view.answer_id)
        waiting = conversation.live_html(Answer(Turn(), "running"), view.answer_id, 0) if busy else ""
        return {
            self.view: view,
            self.place: parts.place_html("chat", chat="" if view.temporary else view.chat_id),
            self.history: self.find(view, search),
            self.send: gr.Button(visible=not busy),
            self.stop: gr.Button(visible=busy),
            self.model: gr.Dropdown(choices=self._models()),
            self.answer: waiting,
            **self._thread_shown(view, self.names),
        }

    def _models(self) -> list[tuple[str, str]]:
        return parts.model_choices(self.runtime, self.runtime.catalog.for_chat())

    def _thread_shown(self, view: View, names: conversation.Names) -> Shown:
        thread = self.views.live(view).history.thread(view.chat_id) if view.chat_id else []
        entries = [entry for entry in thread if entry.id != view.answer_id]
        if not entries:
            return {self.thread: conversation.empty_html(view.temporary), self.gauge: ""}
        answers = [entry.id for entry in entries if entry.role == "assistant"]
        kept = parts.kept_htmls(names.actions, self.views.live(view).history, answers)
        names = replace(names, kept=kept)
        last = next((entry.completion for entry in reversed(entries) if entry.completion), None)
        if last is None:
            return {self.thread: conversation.thread_html(entries, names), self.gauge: ""}
        usage, context = last.usage, parts.context_tokens(self.runtime, last.identity.model)
        shown = conversation.thread_html(entries, names, self.views.dropped(entries), usage.tokens_dropped)
        gauge = conversation.gauge_html(usage.tokens_in + usage.tokens_out, context, usage.tokens_dropped)
        return {self.thread: shown, self.gauge: gauge}

    def _restored(self, view: View) -> Shown:
        """The options a chat was last answered with."""
        record = self.views.live(view).history.setup(view.chat_id) if view.chat_id else {}
        if not record:
            return {}
        setup = setup_from(record)
        values = [setup.system, setup.plain, *values_of(setup.options)]
        restored: Shown = dict(zip(self.setup[1:], values, strict=True)) | {self.preset: preset_of(setup.options)}
        choices = self._models()
        if setup.model in {model for _, model in choices}:
            restored[self.model] = gr.Dropdown(choices=choices, value=setup.model)
        return restored


def _setup(values: Sequence[Any]) -> Setup:
    """Setup of the panel's values: model, system prompt, plain, then options. Raises BadInput."""
    model, system, plain, *options = values
    if not isinstance(model, str):
        raise BadInput("No model is chosen. Choose one on the right, under Model.")
    return Setup(model, str(system or ""), options_from(tuple(options)), bool(plain))


def _differs(setup: Setup) -> list[str]:
    words = ["system prompt"] if setup.system.strip() else []
    words += ["plain completion"] if setup.plain else []
    return words + differences(setup.options, DEFAULT)
