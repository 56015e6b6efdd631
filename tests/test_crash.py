"""Kill the process, fill the disk: what is stored stays, and the next start says what was cut off."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from llmweb.firststart import tell_interrupted
from llmweb.history import History
from llmweb.live import Live, Setup
from llmweb.runtime import Runtime

SETUP = Setup("smollm2-135m-instruct")

# A process that answers at ten words a second and says on stdout when its first words are on disk.
WRITER = """
import sys, time
from pathlib import Path
from llmweb.history import History
from llmweb.live import Live, Setup
from llmweb.runtime import open_runtime
from llmweb.settings import Settings

settings = Settings(Path(sys.argv[1]), engine="scripted")
history = History(settings.database)
live = Live(open_runtime(settings), history)
done = live.send("", "A question from before", Setup("smollm2-135m-instruct"))
for _ in live.watch(done): pass
entry = live.send("", "word " * 400, Setup("smollm2-135m-instruct"))
while not history.entry(entry).text:
    time.sleep(0.05)
print(entry, flush=True)
time.sleep(60)
"""


def test_a_killed_process_loses_nothing_stored_and_the_next_start_says_what_was_cut_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stdout is not None
    entry_id = process.stdout.readline().strip()
    process.send_signal(signal.SIGKILL)
    process.communicate()

    history = History(tmp_path / "llmweb.sqlite3")
    tell_interrupted(history)

    assert "1 answer was cut off when the app last ended." in capsys.readouterr().out
    cut = history.entry(entry_id)
    assert cut.status == "interrupted"
    assert cut.text.startswith("You said: word word")
    kept = history.chats(search="before")
    assert [(e.text, e.status) for e in history.thread(kept[0].id)] == [
        ("A question from before", "done"),
        ("You said: A question from before", "done"),
    ]


def test_a_full_disk_fails_the_answer_in_words_and_keeps_what_was_there(
    small_disk: Callable[[int], Path], scripted: Callable[..., Runtime]
) -> None:
    live = Live(scripted(lambda request: ("word" * 2000 + " ") * 400), History(small_disk(1) / "h.sqlite3"))
    chat_id = live.history.record("chat", "kept question", "kept answer", None, {})
    entry_id = live.send("", "fill the disk", SETUP)
    *_, answer = live.watch(entry_id)
    assert answer.status == "failed"
    assert "could not be saved: database or disk is full. Make room on the disk" in answer.error
    assert answer.turn.text.startswith("wordword")
    assert [entry.text for entry in live.history.thread(chat_id)] == ["kept question", "kept answer"]
