"""What each shell command does: read its input, call the feature, print the answer. The arguments are __main__.py's."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from llmweb import chat, documents
from llmweb.ask import ask_steps
from llmweb.errors import BadInput, NotDownloaded
from llmweb.history import History
from llmweb.runtime import Runtime, open_runtime
from llmweb.settings import Settings
from llmweb.summarize import Wish, summarize_steps
from llmweb.translate import translate_steps
from llmweb.translate.files import translate_file_steps
from llmweb.types import Completion, Local, Message, ModelSpec, Options, Prompt, Task
from llmweb.weights import own_models
from llmweb.weights.download import human_bytes

NOT_IN_TEXT = 3  # exit code: the question was understood, the text does not answer it


@contextmanager
def opened(data_dir: Path, engine: str) -> Iterator["Shell"]:
    """A shell on the runtime and the history of a data directory."""
    settings = Settings(data_dir.expanduser().resolve(), engine=engine)
    runtime = open_runtime(settings)
    try:
        yield Shell(runtime, History(settings.database))
    finally:
        runtime.close()


class Shell:
    """Runs one command. Every method named after one returns the exit code."""

    def __init__(self, runtime: Runtime, history: History) -> None:
        self.runtime, self.history, self.store = runtime, history, runtime.fetches.store

    def run(self, given: argparse.Namespace) -> int:
        commands: dict[str, Callable[[argparse.Namespace], int]] = {
            "chat": self.chat,
            "translate": self.translate,
            "summarize": self.summarize,
            "ask": self.ask,
            "models": self.models,
        }
        return commands[given.command](given)

    def chat(self, given: argparse.Namespace) -> int:
        text, options = _text(given), _options(given)
        system = (Message("system", given.system),) if given.system else ()
        prompt: Prompt = text if given.plain else (*system, Message("user", text))
        shown, turn = 0, chat.Turn()
        for turn in chat.reply_steps(self.runtime, self._model("generate", given), prompt, options):
            _note(turn.note, turn.progress)
            if not given.json:
                _note("")
                print(turn.text[shown:], end="", flush=True)
                shown = len(turn.text)
        return self._finish(given, text, turn.text, turn, streamed=True)

    def translate(self, given: argparse.Namespace) -> int:
        model = self._model("translate", given) if given.model else ""
        if given.output:
            return self._translate_file(given, model)
        text, options = _text(given), Options(precision=given.precision)
        for state in translate_steps(self.runtime, text, given.source, given.target, model, options):
            _note(state.note or f"{state.done} of {state.total} sentences", state.progress)
        return self._finish(given, text, state.text, state)

    def summarize(self, given: argparse.Namespace) -> int:
        text, options = _text(given), Options(precision=given.precision)
        length = int(given.length) if given.length.isdecimal() else given.length
        wish = Wish(length, given.style, given.focus)
        for state in summarize_steps(self.runtime, text, wish, self._model("generate", given), options):
            _note(f"{state.doing}, {state.done} of {state.total}")
        for note in state.notes:
            _say(note)
        return self._finish(given, text, state.text, state)

    def ask(self, given: argparse.Namespace) -> int:
        read = [documents.read(path) for path in given.context or () if str(path) != "-"]
        if len(read) < len(given.context or ("-",)):
            read.append(documents.read_text(documents.decode(sys.stdin.buffer.read(), "standard input")))
        options = Options(precision=given.precision)
        for state in ask_steps(self.runtime, given.question, read, self._model("generate", given), options):
            _note(f"{state.doing}, {state.done} of {state.total}")
        if state.note:
            _say(state.note)
        self._finish(given, given.question, state.reply, state)
        return 0 if state.found else NOT_IN_TEXT

    def _translate_file(self, given: argparse.Namespace, model: str) -> int:
        if not given.file:
            raise BadInput("--output names a folder for a translated file: name the file with --file.")
        given.output.mkdir(parents=True, exist_ok=True)
        steps = translate_file_steps(self.runtime, given.file, given.source, given.target, given.output, model)
        for state in steps:
            _note(f"{state.translation.done} of {state.translation.total} sentences")
        _note("")
        print(state.path)
        return 0

    def models(self, given: argparse.Namespace) -> int:
        verbs: dict[str, Callable[[argparse.Namespace], None]] = {
            "list": self._list,
            "show": self._show,
            "add": self._add,
            "download": lambda given: self._fetch(self.runtime.catalog.find(given.id), given.yes),
            "remove": self._remove,
        }
        verbs[given.verb](given)
        return 0

    def _list(self, given: argparse.Namespace) -> None:
        rows = [self._row(spec) for spec in self.runtime.catalog.models]
        if given.json:
            print(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        for row in rows:
            disk = human_bytes(row["disk_bytes"]) if row["disk_bytes"] else ""
            state = "here" if row["ready"] else "not here"
            print(f"{row['id']:<28} {state:<9} {disk:>8}  {', '.join(row['tasks']):<26} {row['licence']}")

    def _show(self, given: argparse.Namespace) -> None:
        spec = self.runtime.catalog.find(given.id)
        for name, value in self._row(spec).items():
            print(f"{name}: {', '.join(value) if isinstance(value, list) else value}")
        if not self.runtime.ready(spec.id):
            print(self.store.announce(spec))

    def _row(self, spec: ModelSpec) -> dict[str, Any]:
        return {
            "id": spec.id,
            "name": spec.name,
            "about": spec.about,
            "ready": self.runtime.ready(spec.id),
            "disk_bytes": self.store.disk_bytes(spec),
            "tasks": sorted(spec.tasks),
            "engine": spec.engine,
            "parameters": spec.parameters,
            "context_tokens": spec.context_tokens,
            "licence": spec.licence,
            "languages": list(spec.languages),
            "pairs": sorted(f"{source}-{target}" for source, target in spec.pairs),
        }

    def _add(self, given: argparse.Namespace) -> None:
        spec = own_models.add_model(self.runtime.settings.data_dir, given.path.expanduser(), given.id)
        print(f"Added {spec.id}. Use it with: --model {spec.id}")

    def _remove(self, given: argparse.Namespace) -> None:
        spec = self.runtime.catalog.find(given.id)
        freed = self.store.remove(spec)
        if isinstance(spec.source, Local):
            own_models.remove_model(self.runtime.settings.data_dir, spec.id)
        print(f"Removed {spec.id}: {human_bytes(freed)} freed.")

    def _model(self, task: Task, given: argparse.Namespace) -> str:
        """The model asked for, or the first that can do the task; fetched first, after asking, if it is not here."""
        spec = self.runtime.catalog.find(given.model) if given.model else self.runtime.catalog.for_task(task)[0]
        if not self.runtime.ready(spec.id):
            self._fetch(spec, agreed=given.yes or spec.default)
        return spec.id

    def _fetch(self, spec: ModelSpec, agreed: bool) -> None:
        """Announce, ask unless agreed, download. Raises NotDownloaded when nobody agrees."""
        spec = self.store.resolve(spec)
        _say(self.store.announce(spec))
        if not agreed and not _confirmed():
            raise NotDownloaded(f"{spec.name} was not fetched. Repeat the command with --yes to agree to the download.")
        if spec.gated:
            self.store.accept(spec)
        self.store.fetch(spec, _note)
        _note("")

    def _finish(self, given: argparse.Namespace, source: str, text: str, result: Any, streamed: bool = False) -> int:
        """Keep the result in the history; print its text, unless it has been, or everything as JSON."""
        completions = _completions(result)
        kept = None
        if not given.temporary:
            kept = self.history.record(given.command, source, text, completions[-1] if completions else None, {})
        _note("")
        if given.json:
            print(json.dumps({"id": kept, "answer": text, **asdict(result)}, ensure_ascii=False, indent=2))
        else:
            print("" if streamed else text)
        return 0


def _text(given: argparse.Namespace) -> str:
    """The text of the argument, a file, or stdin. Raises BadInput."""
    if given.file:
        return documents.read(given.file).text
    if given.text not in ("", "-"):
        return str(given.text)
    if sys.stdin.isatty():
        raise BadInput("There is no text. Write it as an argument, name a --file, or pipe it in.")
    return documents.decode(sys.stdin.buffer.read(), "standard input")


def _options(given: argparse.Namespace) -> Options:
    """The preset, with what was said otherwise. Raises BadInput for a preset there is not."""
    if given.preset not in chat.PRESETS:
        raise BadInput(f"No preset {given.preset!r}. There are: {', '.join(chat.PRESETS)}.")
    sampling = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty", "max_tokens", "seed", "schema")
    said = {name: getattr(given, name) for name in sampling if getattr(given, name) is not None}
    return replace(chat.PRESETS[given.preset], precision=given.precision, stop=tuple(given.stop or ()), **said)


def _completions(result: Any) -> tuple[Completion, ...]:
    """A chat's one, or all of a feature that asks in parts."""
    if isinstance(result, chat.Turn):
        return (result.completion,) if result.completion else ()
    return tuple(result.completions)


def _note(words: str, share: float | None = None) -> None:
    """What is going on, on one line of a terminal that the next note replaces; nothing where stderr is a file."""
    if sys.stderr.isatty():
        percent = f" {share:.0%}" if share is not None else ""
        print(f"\r\x1b[K{words}{percent}", end="", file=sys.stderr, flush=True)


def _say(words: str) -> None:
    print(words, file=sys.stderr)


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        return False
    return input("Fetch it? [y/N] ").strip().lower() in ("y", "yes")
