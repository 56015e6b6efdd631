"""Settings: read once at the start, frozen, passed on. The only reader of os.environ."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

QUIET = {
    # Spinning OpenMP threads made torch 3 to 15 times slower on two cores.
    "OMP_WAIT_POLICY": "PASSIVE",
    # Nothing is sent unasked: Gradio's analytics and version check, the hub's telemetry.
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}


# Not a dataclass: those load inspect, a fifth of the time of the quickest commands.
class Settings(NamedTuple):
    """data_dir holds weights, history and the log. engine "scripted" replaces every model by the shipped fake.

    memory_bytes is the budget of all loaded models together, None = 60 % of the RAM available at the start.
    idle_seconds: an unused model leaves memory after that; 0 keeps it.
    """

    data_dir: Path
    port: int = 7860
    engine: str = ""
    download: bool = True
    memory_bytes: int | None = None
    idle_seconds: float = 900.0

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"

    @property
    def database(self) -> Path:
        return self.data_dir / "llmweb.sqlite3"

    @property
    def log_file(self) -> Path:
        return self.data_dir / "llmweb.log"


def read_settings(arguments: list[str] | None = None) -> Settings:
    """Those of the app, from its command line. Prints and exits where it is wrong."""
    import argparse  # here: not every command that has settings has this command line

    parser = argparse.ArgumentParser(description="LLM Web: chat with, measure and audit language models, here.")
    parser.add_argument("--port", type=int, default=7860, help="port on 127.0.0.1 (default: %(default)s)")
    parser.add_argument("--data-dir", type=Path, default=default_data_dir(), help="weights, history and log")
    parser.add_argument("--engine", choices=["scripted"], default="", help="show every page without weights")
    parser.add_argument("--memory", type=float, metavar="GB", help="budget of all models (default: 60 %% of free RAM)")
    parser.add_argument("--idle-minutes", type=float, default=15, help="unload a model after that; 0 keeps it")
    parser.add_argument("--no-download", action="store_true", help="do not fetch the default weights")
    given = parser.parse_args(arguments)
    return Settings(
        data_dir=given.data_dir.expanduser().resolve(),
        port=given.port,
        engine=given.engine,
        download=not given.no_download,
        memory_bytes=int(given.memory * 1e9) if given.memory else None,
        idle_seconds=given.idle_minutes * 60,
    )


def default_data_dir() -> Path:
    """LLMWEB_HOME, else the platform's place for application data."""
    import platformdirs  # here: it takes a tenth of the time of the quickest commands

    home = os.environ.get("LLMWEB_HOME")
    return Path(home).expanduser() if home else platformdirs.user_data_path("llmweb", appauthor=False)


def quiet_environment() -> None:
    """Set, before the heavy imports, what keeps libraries fast and silent. What the user has set stays."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


def child_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """The environment of this process with changes, for a child process."""
    return {**os.environ, **changes}
