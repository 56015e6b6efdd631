"""Composition root: settings → stores → runtime → pages → launch. No logic of its own."""

import sys

from filelock import FileLock, Timeout

from llmweb.errors import UserError
from llmweb.settings import Settings, quiet_environment, read_settings


def serve(settings: Settings) -> None:
    """Open the app and block until it is stopped."""
    quiet_environment()
    from evals.bias.auditing import Audits
    from evals.bias.suites import chosen
    from evals.counterfactual.results import Results
    from evals.pages import STYLES, bias, compare, leaderboard, loop, runs
    from evals.pages.counterfactual_pane import SwapPane
    from evals.pages.own_prompts import HistoryAudits, OwnPrompts
    from evals.run_queue import RunQueue
    from evals.side_by_side import SideBySide
    from evals.store import Store
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
    store = Store(settings.database)
    queue, audits, comparisons = RunQueue(runtime, store), Audits(runtime, store), SideBySide(runtime, history)
    swaps, own = SwapPane(runtime, Results(settings.database)), HistoryAudits(runtime, history, settings.database)
    actions = loop.answer_actions(queue, swaps)
    pages = [
        chat.page(live, temporary, actions("chat")),
        translate.page(translations, passing, actions("translate")),
        summarize.page(runtime, history, actions("summarize")),
        ask.page(runtime, history, actions("ask")),
        compare.page(comparisons, store),
        leaderboard.page(store, runtime.catalog),
        runs.page(queue, history),
        bias.page(audits, lambda: chosen([]), OwnPrompts(own)),
        models.page(runtime, history),
    ]
    try:
        blocks = frame.build(pages)
        print(
            f"LLM Web is at {frame.launch(blocks, settings.port, STYLES)} (Ctrl+C stops it; log: {settings.log_file})"
        )
        firststart.fetch_defaults(runtime)
        firststart.warm_up(runtime)
        blocks.block_thread()
    finally:
        for owner in (live, translations, passing, queue, audits, comparisons, swaps.jobs, own.jobs, runtime):
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
