"""Answers that outlive the page they were asked on: each runs in a thread of its own and is saved as it grows.

A page that is closed or reloaded finds its answer again by the entry's id. What an answer says is chat.py's; the rows
are history.py's.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from llmweb import chat
from llmweb.chat import Turn
from llmweb.errors import BadInput, NotFound, UserError
from llmweb.history import Entry, History, Status
from llmweb.runtime import Runtime
from llmweb.types import Message, Options, Prompt

log = logging.getLogger(__name__)

SAVE_SECONDS = 1.0
WATCH_SECONDS = 1 / 15


@dataclass(frozen=True, slots=True)
class Setup:
    """How a chat is answered: plain completes its text as it stands, without the chat template."""

    model: str
    system: str = ""
    options: Options = Options()
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer at one moment; error says why it failed or what it lacks."""

    turn: Turn
    status: Status
    error: str = ""


@dataclass(eq=False)
class _Running:
    answer: Answer
    chat_id: str
    cancelled: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def tell(self, answer: Answer) -> None:
        with self.changed:
            self.answer = answer
            self.changed.notify_all()


class Live:
    """Owns the running answers of a process. Every method may be called from any thread."""

    def __init__(self, runtime: Runtime, history: History) -> None:
        self.runtime, self.history = runtime, history
        self._running: dict[str, _Running] = {}
        self._lock = threading.Lock()  # one answer at a time in a chat

    def send(self, chat_id: str, text: str, setup: Setup) -> str:
        """Say something in a chat, "" = a new one, and start the answer; the id of its entry. Raises BadInput."""
        self._check(text, setup)
        if not chat_id:
            chat_id = self.history.new_chat("chat", text)
        self._require_free(chat_id)
        thread = self.history.thread(chat_id)
        said = self.history.add(chat_id, thread[-1].id if thread else None, "user", text)
        return self._start(chat_id, said, setup)

    def edit(self, entry_id: str, text: str, setup: Setup) -> str:
        """Say something else in its place, as a branch, and start the answer; the id of its entry."""
        self._check(text, setup)
        entry = self.history.entry(entry_id)
        self._require_free(entry.chat_id)
        said = self.history.add(entry.chat_id, entry.parent_id, "user", text)
        return self._start(entry.chat_id, said, setup)

    def regenerate(self, entry_id: str, setup: Setup) -> str:
        """Answer again beside an answer, as a branch, with options that gave none of the answers there; the id of the
        new entry."""
        entry = self._answer(entry_id)
        self._check("again", setup)
        there = [each.completion for each in self.history.tree(entry.chat_id) if each.parent_id == entry.parent_id]
        used = {each.options for each in there if each is not None and each.identity.model == setup.model}
        return self._start(entry.chat_id, entry.parent_id, setup, options=chat.varied(setup.options, used))

    def go_on(self, entry_id: str, setup: Setup) -> str:
        """Continue an answer that was stopped or cut off, as a branch that begins with it; the id of the new entry."""
        entry = self._answer(entry_id)
        self._check("again", setup)
        return self._start(entry.chat_id, entry.parent_id, setup, prefix=raw(entry))

    def branch(self, entry_id: str, text: str, setup: Setup) -> str:
        """Answer beside an answer, beginning with text, byte for byte; the id of the new entry."""
        entry = self._answer(entry_id)
        self._check(f"again {text}", setup)
        return self._start(entry.chat_id, entry.parent_id, setup, prefix=text)

    def rewrite(self, entry_id: str, text: str) -> str:
        """Keep an answer as a person corrected it, as a branch without provenance; the id of the new entry."""
        entry = self._answer(entry_id)
        chat.check_prompt(text)
        return self.history.add(entry.chat_id, entry.parent_id, "assistant", text)

    def stop(self, entry_id: str) -> None:
        """End an answer and return when its text is saved; nothing happens if it has ended."""
        running = self._running.get(entry_id)
        if running is not None:
            running.cancelled.set()
            with running.changed:
                running.changed.wait_for(lambda: running.answer.status != "running", timeout=5)

    def running(self, chat_id: str) -> str | None:
        """The entry being written in this chat."""
        return next((entry for entry, run in list(self._running.items()) if run.chat_id == chat_id), None)

    def watch(self, entry_id: str) -> Iterator[Answer]:
        """The answer now and at each change, at most 15 a second, until it ends. Closing stops the watching only."""
        running = self._running.get(entry_id)
        if running is None:
            yield _stored(self.history.entry(entry_id))
            return
        seen = None
        while seen is None or seen.status == "running":
            with running.changed:
                running.changed.wait_for(lambda seen=seen: running.answer is not seen, timeout=0.2)  # type: ignore[misc]
                seen = running.answer
            yield seen
            time.sleep(WATCH_SECONDS)

    def close(self) -> None:
        """Stop every running answer; their text is kept."""
        for entry_id in list(self._running):
            self.stop(entry_id)

    def _check(self, text: str, setup: Setup) -> None:
        self.runtime.catalog.find(setup.model)
        chat.check_options(setup.options)
        chat.check_prompt(text)

    def _answer(self, entry_id: str) -> Entry:
        entry = self.history.entry(entry_id)
        if entry.role != "assistant":
            raise BadInput("That is a question, not an answer. Choose the answer below it.")
        return entry

    def _require_free(self, chat_id: str) -> None:
        if self.running(chat_id) is not None:
            raise BadInput("An answer is being written in this chat. Wait for it or stop it first.")

    def _start(
        self, chat_id: str, said: str | None, setup: Setup, prefix: str = "", options: Options | None = None
    ) -> str:
        """options, where they are not those of the setup, hold for this answer alone."""
        with self._lock:
            self._require_free(chat_id)
            entry_id = self.history.add(chat_id, said, "assistant", "", "running")
            running = self._running[entry_id] = _Running(Answer(Turn(), "running"), chat_id)
        self.history.set_setup(chat_id, setup_record(setup))
        prompt = prompt_of(self.history.thread(chat_id)[:-1], setup)
        asked = options or setup.options
        steps = chat.reply_steps(self.runtime, setup.model, prompt, asked, prefix, running.cancelled)
        threading.Thread(target=self._write, args=(entry_id, running, steps), name="answer", daemon=True).start()
        return entry_id

    def _write(self, entry_id: str, running: _Running, steps: Iterator[Turn]) -> None:
        turn, saved = Turn(), time.monotonic()
        status: Status = "stopped"
        error = ""
        try:
            for turn in steps:
                running.tell(Answer(turn, "running"))
                if time.monotonic() - saved > SAVE_SECONDS:
                    self.history.update(entry_id, turn.text, turn.thinking)
                    saved = time.monotonic()
        except NotFound:
            running.cancelled.set()  # deleted in another window: nobody waits for the rest
        except UserError as failure:
            status, error = "failed", str(failure)
        except sqlite3.Error as failure:
            running.cancelled.set()
            status, error = "failed", _unsaved(failure)
        except Exception as failure:  # a defect ends this answer, not the others
            log.exception("An answer failed")
            status, error = "failed", f"The model failed: {failure}. Try again; the log file has the details."
        else:
            status = "stopped" if running.cancelled.is_set() else "done"
        self._finish(entry_id, running, Answer(turn, status, error))

    def _finish(self, entry_id: str, running: _Running, answer: Answer) -> None:
        turn = answer.turn
        try:
            self.history.update(entry_id, turn.text, turn.thinking, answer.status, answer.error, turn.completion)
        except (NotFound, sqlite3.Error) as failure:
            answer = replace(answer, status="failed", error=_unsaved(failure))
        del self._running[entry_id]
        running.tell(answer)


def setup_record(setup: Setup) -> dict[str, Any]:
    return asdict(setup)


def setup_from(record: dict[str, Any]) -> Setup:
    """The inverse of setup_record, after JSON."""
    options = Options(**{**record["options"], "stop": tuple(record["options"]["stop"])})
    return Setup(**{**record, "options": options})


def prompt_of(thread: list[Entry], setup: Setup) -> Prompt:
    """The branch up to the question. Plain mode joins it to one text, so that an answer can be written on."""
    if setup.plain:
        return "".join(entry.text for entry in thread)
    system = (Message("system", setup.system),) if setup.system.strip() else ()
    return system + tuple(Message(entry.role, entry.text) for entry in thread if entry.text)


def raw(entry: Entry) -> str:
    """An answer as the model wrote it, its thinking in front."""
    thinking = f"<think>{entry.thinking}</think>\n\n" if entry.thinking else ""
    return thinking + entry.text


def _stored(entry: Entry) -> Answer:
    return Answer(Turn(entry.text, entry.thinking, completion=entry.completion), entry.status, entry.error)


def _unsaved(failure: Exception) -> str:
    if isinstance(failure, NotFound):
        return str(failure)
    return f"The answer could not be saved: {failure}. Make room on the disk of the data folder, then ask again."
