"""Translations in the background: kept with their pairs, found again, stopped, uploads deleted."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from llmweb.errors import BadInput, NotDownloaded, NotFound
from llmweb.history import History
from llmweb.runtime import Runtime
from llmweb.translate.jobs import Ask, TranslationJobs, Work
from llmweb.types import Options

Make = Callable[..., TranslationJobs]


@pytest.fixture
def make(scripted: Callable[..., Runtime], tmp_path: Path) -> Iterator[Make]:
    made: list[TranslationJobs] = []

    def jobs(**engine: float) -> TranslationJobs:
        made.append(TranslationJobs(scripted(**engine), History(tmp_path / "history.sqlite3")))
        return made[-1]

    yield jobs
    for each in made:
        each.close()


def last(jobs: TranslationJobs, chat_id: str) -> Work:
    return list(jobs.watch(chat_id))[-1]


def test_a_translation_is_found_again_as_it_was_made(make: Make, tmp_path: Path) -> None:
    jobs = make()
    ask = Ask("auto", "pt", "How are you today? Come in.", options=Options(alternatives=2))
    chat_id = jobs.start(ask)
    made = last(jobs, chat_id)
    again = TranslationJobs(jobs.runtime, History(tmp_path / "history.sqlite3"))
    kept = again.kept(chat_id)
    again.close()
    assert (made.status, made.translation.text) == ("done", "[pt] How are you today? [pt] Come in.")
    assert (kept.ask, kept.status, kept.completion, kept.seconds) == (ask, "done", made.completion, made.seconds)
    assert [(part.source, part.target, part.alternatives) for part in kept.translation.segments] == [
        (part.source, part.target, part.alternatives) for part in made.translation.segments
    ]
    assert kept.translation.detected == made.translation.detected


def test_a_correction_is_shown_in_place_of_what_was_made_and_both_are_kept(make: Make) -> None:
    jobs = make()
    chat_id = jobs.start(Ask("en", "pt", "How are you today?"))
    made = last(jobs, chat_id)
    jobs.correct(chat_id, "Como está?")
    kept = jobs.kept(chat_id)
    assert (kept.translation.text, kept.status, kept.completion) == ("Como está?", "done", None)
    assert kept.translation.segments == ()
    assert (kept.translation.source, kept.translation.target) == ("en", "pt")
    assert [entry.text for entry in jobs.history.tree(chat_id)][1:] == [made.translation.text, "Como está?"]
    with pytest.raises(BadInput, match="no corrected text"):
        jobs.correct(chat_id, " ")


def test_a_stopped_one_keeps_the_sentences_it_has(make: Make) -> None:
    jobs = make(words_per_second=20, slots=1)
    chat_id = jobs.start(Ask("en", "pt", "One fine day. " * 40))
    for work in jobs.watch(chat_id):
        if work.translation.done >= 2:
            jobs.stop(chat_id)
            break
    kept = jobs.kept(chat_id)
    assert kept.status == "stopped"
    assert kept.translation.text.startswith("[pt] One fine day. [pt] One fine day.")
    assert kept.translation.done < 40
    assert kept.completion is not None
    assert kept.completion.stop_reason == "cancelled"


def test_nothing_is_kept_of_what_cannot_begin(make: Make) -> None:
    jobs = make()
    with pytest.raises(BadInput, match="the text is empty"):
        jobs.start(Ask("en", "pt", " "))
    assert jobs.history.chats() == []


def test_weights_that_are_missing_are_told_before_anything_is_kept(tmp_runtime: Runtime) -> None:
    jobs = TranslationJobs(tmp_runtime, History(":memory:"))
    with pytest.raises(NotDownloaded, match="is not on this machine yet"):
        jobs.start(Ask("en", "fr", "Hello"))
    assert jobs.history.chats() == []
    jobs.close()


def test_an_upload_is_deleted_and_its_translation_lies_ready(make: Make, tmp_path: Path) -> None:
    jobs = make()
    upload = tmp_path / "upload" / "notes.txt"
    upload.parent.mkdir()
    upload.write_text("Come in.")
    work = last(jobs, jobs.start(Ask("en", "pt", file=upload, uploaded=True)))
    assert work.written is not None
    assert (work.written.name, work.written.read_text(), upload.parent.exists()) == (
        "notes.pt.txt",
        "[pt] Come in.",
        False,
    )


def test_a_bad_upload_is_deleted_too(make: Make, tmp_path: Path) -> None:
    upload = tmp_path / "upload" / "empty.txt"
    upload.parent.mkdir()
    upload.write_text("")
    with pytest.raises(BadInput, match=r"empty.txt is empty"):
        make().start(Ask("en", "pt", file=upload, uploaded=True))
    assert not upload.parent.exists()


def test_a_chat_is_no_translation(make: Make) -> None:
    jobs = make()
    chat_id = jobs.history.record("chat", "Hello", "Hi", None, {})
    with pytest.raises(NotFound, match="This translation is gone"):
        jobs.kept(chat_id)


def test_one_that_is_deleted_while_it_runs_ends_quietly(make: Make) -> None:
    jobs = make(words_per_second=20, slots=1)
    chat_id = jobs.start(Ask("en", "pt", "One fine day. " * 40))
    jobs.delete(chat_id)
    assert (jobs.running(chat_id), jobs.history.chats()) == (False, [])
