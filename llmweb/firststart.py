"""What the app says and does as it opens: answers a crash cut off, default weights that are not here yet."""

import logging
import threading

from llmweb.errors import UserError
from llmweb.history import History
from llmweb.runtime import Runtime
from llmweb.weights.download import human_bytes

log = logging.getLogger(__name__)


def tell_interrupted(history: History) -> None:
    """After a crash: how many answers were cut off. Nothing stored is lost."""
    count = history.mark_interrupted()
    if count:
        words = "1 answer was" if count == 1 else f"{count} answers were"
        _say(f"{words} cut off when the app last ended. The text so far is kept in the chat: open it and continue.")


def fetch_defaults(runtime: Runtime) -> None:
    """Announce the default weights that are missing and fetch them in the background, unless told not to."""
    missing = [model for model in runtime.catalog.models if model.default and not runtime.ready(model.id)]
    if not missing:
        return
    if not runtime.settings.download:
        names = " and ".join(model.id for model in missing)
        _say(f"Not fetched, because of --no-download: {names}. Fetch on the Models page when you want to.")
        return
    _say(f"First start: fetching {human_bytes(sum(model.download_bytes or 0 for model in missing))} in the background.")
    for model in missing:
        _say(f"  {runtime.fetches.store.announce(model)}")
        runtime.fetches.start(model)


def warm_up(runtime: Runtime) -> None:
    """Load the default chat model in the background, after its download, so that the first answer comes at once."""
    model = runtime.catalog.for_task("generate")[0]
    if model.default and (runtime.ready(model.id) or runtime.fetches.find(model.id)):
        threading.Thread(target=_load, args=(runtime, model.id), name="warm-up", daemon=True).start()


def _load(runtime: Runtime, model: str) -> None:
    try:
        for _ in runtime.loading(model):
            pass
    except UserError as error:  # the chat that asks for it will say the same
        log.info("Not loaded ahead: %s", error)


def _say(words: str) -> None:
    print(words, flush=True)
    log.info("%s", words)
