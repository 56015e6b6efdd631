"""Composition root: settings → stores → runtime → pages → launch. No logic of its own."""

import argparse
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from llmweb.errors import UserError
from llmweb.settings import Settings, default_data_dir, quiet_environment


def read_settings(arguments: list[str] | None = None) -> Settings:
    parser = argparse.ArgumentParser(description="LLM Web: chat with, measure and audit language models, here.")
    parser.add_argument("--port", type=int, default=7860, help="port on 127.0.0.1 (default: %(default)s)")
    parser.add_argument("--data-dir", type=Path, default=default_data_dir(), help="weights, history and log")
    parser.add_argument("--engine", choices=["scripted"], default="", help="show every page without weights")
    parser.add_argument("--memory", type=float, metavar="GB", help="budget of all models (default: 60 %% of free RAM)")
    parser.add_argument("--idle-minutes", type=float, default=15, help="unload a model after that; 0 keeps it")
    parser.add_argument("--no-download", action="store_true", help="do not fetch the default weights")
    given = parser.parse_args(arguments)
    return Settings(
        data_dir=given.data_dir.expanduser().resolve(), port=given.port, engine=given.engine,
        download=not given.no_download, memory_bytes=int(given.memory * 1e9) if given.memory else None,
        idle_seconds=given.idle_minutes * 60,
    )  # fmt: skip


def serve(settings: Settings) -> None:
    """Open the app and block until it is stopped."""
    quiet_environment()
    from evals.pages import leaderboard
    from llmweb import firststart, logfile
    from llmweb.history import History
    from llmweb.live import Live
    from llmweb.pages import ask, chat, frame, models, summarize, translate
    from llmweb.runtime import open_runtime
    from llmweb.translate.jobs import TranslationJobs

    logfile.open_log(settings)
    history = History(settings.database)
    firststart.tell_interrupted(history)
    runtime = open_runtime(settings)
    live, temporary = Live(runtime, history), Live(runtime, History(":memory:"))
    translations, passing = TranslationJobs(runtime, history), TranslationJobs(runtime, History(":memory:"))
    pages = [
        chat.page(live, temporary),
        translate.page(translations, passing),
        summarize.page(runtime, history),
        ask.page(runtime, history),
        leaderboard.page(settings.database, runtime.catalog),
        models.page(runtime, history),
    ]
    try:
        blocks = frame.build(pages)
        print(f"LLM Web is at {frame.launch(blocks, settings.port)} (Ctrl+C stops it; log: {settings.log_file})")
        firststart.fetch_defaults(runtime)
        firststart.warm_up(runtime)
        blocks.block_thread()
    finally:
        for owner in (live, translations, passing, runtime):
            owner.close()


def main() -> int:
    settings = read_settings()
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(settings.data_dir / "app.lock", blocking=False):
            serve(settings)
        return 0
    except Timeout:
        print(f"LLM Web already runs on {settings.data_dir}. Use its window, or another --data-dir.", file=sys.stderr)
    except (UserError, OSError) as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
