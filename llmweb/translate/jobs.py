"""Translations that outlive the page they were asked on: each runs in a thread of its own and is kept as it grows.

A page that is closed or reloaded finds its translation again by its id in the history. What a translation says is
translate.py's, files are files.py's, the rows history.py's.
"""

import logging
import sqlite3
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from llmweb.errors import BadInput, NotDownloaded, NotFound, UserError
from llmweb.history import History, Status
from llmweb.runtime import Runtime
from llmweb.translate import Segment, Translation, alternatives_note, translate_steps
from llmweb.translate.files import translate_file_steps
from llmweb.translate.languages import Detection
from llmweb.types import Completion, Options, Usage
from llmweb.weights.download import human_bytes

log = logging.getLogger(__name__)

FEATURE = "translate"
SAVE_SECONDS = 2.0
WATCH_SECONDS = 1 / 10


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted: source "auto" detects, model "" takes the best on disk. file, if given, is translated instead of
    text, with the default options; an uploaded one is a passing copy, deleted once it is translated."""

    source: str
    target: str
    text: str = ""
    file: Path | None = None
    model: str = ""
    options: Options = Options()
    uploaded: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """A translation at one moment. seconds it took so far; error says why it ended early; written is the translated
    file, while this process keeps it; note says why there are no alternatives though they were asked for."""

    ask: Ask
    translation: Translation
    status: Status = "running"
    error: str = ""
    seconds: float = 0.0
    completion: Completion | None = None
    written: Path | None = None
    note: str = ""


@dataclass(eq=False)
class _Job:
    work: Work
    entry_id: str
    cancelled: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)
    began: float = field(default_factory=time.monotonic)

    def tell(self, work: Work) -> None:
        with self.changed:
            running = work.status == "running"
            self.work = replace(work, seconds=time.monotonic() - self.began) if running else work
            self.changed.notify_all()


class TranslationJobs:
    """Owns the running translations of a process, kept in one history. Every method may be called from any thread."""

    def __init__(self, runtime: Runtime, history: History) -> None:
        self.runtime, self.history = runtime, history
        self._jobs: dict[str, _Job] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="llmweb-translated-", ignore_cleanup_errors=True)

    def start(self, ask: Ask) -> str:
        """Check what is asked, then translate in the background; the id it is kept under.

        Raises what translate_steps and translate_file_steps raise before the first sentence, and NotDownloaded.
        """
        try:
            first = next(_begun(self.runtime, ask, Path(self._folder.name)))
            self._require_weights(first.model)
        except UserError:
            _discard(ask)
            raise
        title = ask.file.name if ask.file else first.original
        chat_id = self.history.new_chat(FEATURE, title)
        said = self.history.add(chat_id, None, "user", first.original)
        entry_id = self.history.add(chat_id, said, "assistant", "", "running")
        job = self._jobs[chat_id] = _Job(Work(ask, first), entry_id)
        self.history.set_setup(chat_id, _record(job.work))
        threading.Thread(target=self._translate, args=(chat_id, job), name="translation", daemon=True).start()
        return chat_id

    def stop(self, chat_id: str) -> None:
        """End a translation and return when what it has is kept; nothing happens if it has ended."""
        job = self._jobs.get(chat_id)
        if job is not None:
            job.cancelled.set()
            with job.changed:
                job.changed.wait_for(lambda: job.work.status != "running", timeout=5)

    def running(self, chat_id: str) -> bool:
        return chat_id in self._jobs

    def watch(self, chat_id: str) -> Iterator[Work]:
        """The translation now and at each change, at most 10 a second, until it ends. Closing stops watching only."""
        job = self._jobs.get(chat_id)
        if job is None:
            yield self.kept(chat_id)
            return
        seen = None
        while seen is None or seen.status == "running":
            with job.changed:
                job.changed.wait_for(lambda seen=seen: job.work is not seen, timeout=0.2)  # type: ignore[misc]
                seen = job.work
            yield replace(seen, seconds=time.monotonic() - job.began) if seen.status == "running" else seen
            time.sleep(WATCH_SECONDS)

    def kept(self, chat_id: str) -> Work:
        """A translation as it stands in the history, running or not. Raises NotFound."""
        job = self._jobs.get(chat_id)
        if job is not None:
            return job.work
        record, thread = self.history.setup(chat_id), self.history.thread(chat_id)
        if self.history.chat(chat_id).feature != FEATURE or len(thread) != 2:
            raise NotFound("This translation is gone: it was deleted, perhaps in another window. Choose another one.")
        original, answer = thread
        work = _restored(record, original.text, answer.text)
        if len(answer.siblings) > 1:  # corrected: the sentences are no longer where they were
            work = replace(work, translation=replace(work.translation, segments=()))
            return replace(work, status=answer.status)
        written = next((Path(self._folder.name) / chat_id).glob("*"), None)
        return replace(work, status=answer.status, error=answer.error, completion=answer.completion, written=written)

    def correct(self, chat_id: str, text: str) -> None:
        """Keep a translation as a person corrected it, beside the one that was made. Raises BadInput and NotFound."""
        self.kept(chat_id)
        if not text.strip() or "\0" in text or self.running(chat_id):
            raise BadInput(
                "There is no corrected text to keep, or the translation still runs. Wait for it, and write one."
            )
        self.history.add(chat_id, self.history.thread(chat_id)[0].id, "assistant", text)

    def delete(self, chat_id: str) -> None:
        self.stop(chat_id)
        self.history.delete(chat_id)

    def close(self) -> None:
        """Stop every running translation; what they have is kept. Translated files not downloaded are removed."""
        for chat_id in list(self._jobs):
            self.stop(chat_id)
        self._folder.cleanup()

    def _require_weights(self, model: str) -> None:
        fetch = self.runtime.fetches.find(model)
        if self.runtime.ready(model) or (fetch is not None and not fetch.ended):
            return
        spec = self.runtime.catalog.find(model)
        size = f" ({human_bytes(spec.download_bytes)})" if spec.download_bytes else ""
        raise NotDownloaded(
            f"{spec.name} is not on this machine yet. Download it{size} on the Models page, or choose another model."
        )

    def _translate(self, chat_id: str, job: _Job) -> None:
        work, saved = job.work, time.monotonic()
        status: Status = "done"
        error = ""
        try:
            for work in self._steps(chat_id, job):
                job.tell(work)
                if time.monotonic() - saved > SAVE_SECONDS:
                    self.history.update(job.entry_id, work.translation.text)
                    saved = time.monotonic()
            status = "stopped" if job.cancelled.is_set() and not _whole(work) else "done"
        except NotFound:
            job.cancelled.set()  # deleted in another window: nobody waits for the rest
            status = "stopped"
        except UserError as failure:
            status, error = "failed", str(failure)
        except sqlite3.Error as failure:
            status, error = "failed", _unsaved(failure)
        except Exception as failure:  # a defect ends this translation, not the others
            log.exception("A translation failed")
            status, error = "failed", f"The model failed: {failure}. Try again; the log file has the details."
        self._finish(chat_id, job, replace(work, status=status, error=error))

    def _steps(self, chat_id: str, job: _Job) -> Iterator[Work]:
        """The work from loading to the last sentence, or until it is cancelled."""
        work, model = job.work, job.work.translation.model
        ask = replace(work.ask, model=model)
        for delta in self.runtime.loading(model, ask.options.precision, job.cancelled):
            yield replace(work, translation=replace(work.translation, note=delta.note, progress=delta.progress))
        if job.cancelled.is_set():
            return
        job.began = time.monotonic()  # speed and the time left are the translation's, not the loading's
        if ask.options.alternatives > 1 and (note := alternatives_note(self.runtime, model, ask.options)):
            work = replace(work, note=note)
            ask = replace(ask, options=replace(ask.options, alternatives=1))
        folder = Path(self._folder.name) / chat_id
        steps = _begun(self.runtime, ask, folder)
        try:
            for translation in steps:
                yield replace(work, translation=translation)
                if job.cancelled.is_set():
                    return
        finally:
            steps.close()

    def _finish(self, chat_id: str, job: _Job, work: Work) -> None:
        seconds = time.monotonic() - job.began
        written = next((Path(self._folder.name) / chat_id).glob("*"), None)
        completion = joined(work.translation, seconds, work.status == "stopped")
        work = replace(work, seconds=seconds, completion=completion, written=written)
        try:
            self.history.set_setup(chat_id, _record(work))
            text = work.translation.text
            self.history.update(job.entry_id, text, status=work.status, error=work.error, completion=completion)
        except (NotFound, sqlite3.Error) as failure:
            work = replace(work, status="failed", error=_unsaved(failure))
        _discard(work.ask)
        job.tell(work)
        del self._jobs[chat_id]


def joined(translation: Translation, seconds: float, stopped: bool = False) -> Completion | None:
    """The provenance of the whole text in one: whose it is, its sentences' tokens added up, the seconds it all took."""
    completions = translation.completions
    if not completions:
        return None
    usages = [completion.usage for completion in completions]
    usage = Usage(
        tokens_in=sum(usage.tokens_in for usage in usages),
        tokens_out=sum(usage.tokens_out for usage in usages),
        seconds_queued=usages[0].seconds_queued,
        seconds_to_first_token=usages[0].seconds_to_first_token,
        seconds=seconds,
    )
    reasons = {completion.stop_reason for completion in completions}
    return replace(
        completions[0],
        text=translation.text,
        stop_reason="cancelled" if stopped else "length" if "length" in reasons else "end",
        usage=usage,
        log_probability=None,
        alternatives=(),
    )


def _discard(ask: Ask) -> None:
    """Delete an upload and the folder made for it, unless something else lies there."""
    if ask.uploaded and ask.file is not None:
        ask.file.unlink(missing_ok=True)
        with suppress(OSError):
            ask.file.parent.rmdir()


def _begun(runtime: Runtime, ask: Ask, folder: Path) -> Generator[Translation, None, None]:
    if ask.file is None:
        yield from translate_steps(runtime, ask.text, ask.source, ask.target, ask.model, ask.options)
        return
    for step in translate_file_steps(runtime, ask.file, ask.source, ask.target, folder, ask.model):
        yield step.translation


def _whole(work: Work) -> bool:
    return bool(work.translation.total) and work.translation.done == work.translation.total


def _record(work: Work) -> dict[str, Any]:
    """What the history keeps beside the two texts; JSON."""
    translation, ask = work.translation, work.ask
    return {
        "source": ask.source,
        "target": ask.target,
        "model": ask.model,
        "options": asdict(ask.options),
        "file": ask.file.name if ask.file else "",
        "seconds": work.seconds,
        "note": work.note,
        "from": translation.source,
        "to": translation.target,
        "by": translation.model,
        "detected": [[found.language, found.confidence] for found in translation.detected],
        "done": translation.done,
        "total": translation.total,
        "segments": [
            [part.source_start, part.source_end, part.target_start, part.target_end, part.alternatives]
            for part in translation.segments
        ],
    }


def _restored(record: dict[str, Any], original: str, text: str) -> Work:
    """The inverse of _record; records of the shell have no details."""
    options = record.get("options") or asdict(Options())
    ask = Ask(
        record.get("source", "auto"),
        record.get("target", ""),
        original,
        Path(record["file"]) if record.get("file") else None,
        record.get("model", ""),
        Options(**{**options, "stop": tuple(options["stop"])}),
    )
    translation = Translation(
        text,
        original,
        record.get("from", ""),
        record.get("to", ""),
        record.get("by", ""),
        segments=tuple(_segment(original, text, *values) for values in record.get("segments", ())),
        done=record.get("done", 0),
        total=record.get("total", 0),
        detected=tuple(Detection(*values) for values in record.get("detected", ())),
    )
    return Work(ask, translation, seconds=record.get("seconds", 0.0), note=record.get("note", ""))


def _segment(original: str, text: str, start: int, end: int, begin: int, stop: int, others: list[str]) -> Segment:
    return Segment(original[start:end], text[begin:stop], start, end, begin, stop, tuple(others))


def _unsaved(failure: Exception) -> str:
    if isinstance(failure, NotFound):
        return str(failure)
    return f"The translation could not be saved: {failure}. Make room on the disk of the data folder, then try again."
