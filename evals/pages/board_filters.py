"""What one window wants of the leaderboard: filters, order, metrics, the rows picked; and what of the boards is left.

Pure. A View comes from the address or the browser, so whatever is unknown in it means "all" or the default.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from evals.leaderboard import Board, Ranked
from evals.standings import SuiteFacts
from llmweb.translate.languages import name
from llmweb.types import ModelSpec

Models = Mapping[str, ModelSpec]
"""Catalog id → model; a model may have left the catalog since it was measured."""

TASKS = {
    "translate": "Translate",
    "summarize": "Summarize",
    "ask": "Ask",
    "instruct": "Follow instructions",
    "language-model": "Predict text",
    "choice": "Choose an answer",
}
SIZES = {"small": (0, 150e6), "medium": (150e6, 1e9), "large": (1e9, float("inf"))}  # parameters: from, up to below
SIZE_WORDS = {
    "small": "Under 150 M parameters",
    "medium": "150 M to 1 B parameters",
    "large": "1 B parameters and more",
}
PICKED = 2


@dataclass(frozen=True, slots=True)
class View:
    """ "" is all; order is one of ORDERS. metrics: suite → a metric other than its leading one. picked: run ids."""

    task: str = ""
    language: str = ""
    systems: str = ""
    order: str = "rank"
    metrics: Mapping[str, str] = field(default_factory=dict)
    picked: tuple[str, ...] = ()

    def place(self) -> dict[str, str]:
        """As parameters of the address, the defaults left out."""
        return {
            "task": self.task,
            "language": self.language,
            "systems": self.systems,
            "order": "" if self.order == "rank" else self.order,
            "metric": ",".join(f"{suite}:{metric}" for suite, metric in self.metrics.items()),
            "runs": ",".join(self.picked),
        }


def from_place(parameters: Mapping[str, str]) -> View:
    """The inverse of View.place()."""
    chosen = dict(pair.rsplit(":", 1) for pair in parameters.get("metric", "").split(",") if ":" in pair)
    picked = tuple(run for run in parameters.get("runs", "").split(",") if run)
    task, language, systems = (parameters.get(name, "") for name in ("task", "language", "systems"))
    return View(task, language, systems, parameters.get("order", "rank"), chosen, picked[:PICKED])


def metrics_of(view: View, suites: Mapping[str, SuiteFacts]) -> dict[str, str]:
    """Suite → metric, where it is another than the leading one of those the suite has."""
    return {
        suite: metric
        for suite, metric in view.metrics.items()
        if suite in suites and metric in suites[suite].metrics[1:]
    }


def known(view: View, suites: Mapping[str, SuiteFacts], boards: Sequence[Board], models: Models) -> View:
    """The view without what there is not: a language nobody measured, a run that is gone. Of the picked rows the last
    two of the last one's board stay."""
    choices = Choices(suites, boards, models)
    return View(
        view.task if view.task in choices.tasks else "",
        view.language if view.language in choices.languages else "",
        view.systems if view.systems in choices.systems else "",
        view.order if view.order in ORDERS else "rank",
        metrics_of(view, suites),
        _pair(view.picked, [{row.standing.run for row in board.rows} for board in boards]),
    )


def _pair(picked: Sequence[str], shown: Sequence[set[str]]) -> tuple[str, ...]:
    there = [run for run in picked if any(run in runs for runs in shown)]
    mates: set[str] = next((runs for runs in shown if there and there[-1] in runs), set())
    return tuple(run for run in there if run in mates)[-PICKED:]


class Choices:
    """What the filters offer: value → words, of the boards there are."""

    def __init__(self, suites: Mapping[str, SuiteFacts], boards: Sequence[Board], models: Models) -> None:
        asked = [suites[board.suite] for board in boards]
        kinds = {facts.kind for facts in asked}
        codes = {code for facts in asked for code in (facts.source, facts.target)}
        rows = [row for board in boards for row in board.rows if not row.is_baseline]
        engines = sorted({row.standing.engine for row in rows} - {""})
        sizes = {size_of(row, models) for row in rows}
        self.tasks = {kind: words for kind, words in TASKS.items() if kind in kinds}
        self.languages = {code: name(code) for code in sorted(codes, key=name)}
        self.systems = {
            **{engine: f"Engine: {engine}" for engine in engines},
            **{size: words for size, words in SIZE_WORDS.items() if size in sizes},
        }


def size_of(row: Ranked, models: Models) -> str:
    """A key of SIZES; "" where the size is not known."""
    spec = models.get(model_of(row))
    return next((size for size, (least, most) in SIZES.items() if spec and least <= spec.parameters < most), "")


def model_of(row: Ranked) -> str:
    """The catalog id of a row's system."""
    return row.standing.system.partition("@")[0]


def name_of(row: Ranked, models: Models) -> str:
    """What people call a system, its precision and options behind: SmolLM2 135M Instruct (exact)."""
    model, _, options = row.standing.system.partition("@")
    if model not in models or not options:
        return row.standing.system
    return f"{models[model].name} ({options.replace(',', ', ')})"


def filtered(
    view: View, suites: Mapping[str, SuiteFacts], boards: Sequence[Board], models: Models
) -> list[tuple[Board, Board]]:
    """Each board that is left, whole, and with the rows that are, in the order wanted. Baselines stay with any models,
    and ranks are those of all."""
    left = []
    for board in boards:
        facts = suites[board.suite]
        if view.task not in ("", facts.kind) or view.language not in ("", facts.source, facts.target):
            continue
        rows = [row for row in board.rows if row.is_baseline or _wanted(row, view.systems, models)]
        if view.systems and all(row.is_baseline for row in rows):
            continue
        left.append((board, board._replace(rows=tuple(sorted(rows, key=ORDERS[view.order])))))
    return left


def _wanted(row: Ranked, systems: str, models: Models) -> bool:
    return systems in ("", row.standing.engine, size_of(row, models))


def _speed(row: Ranked) -> tuple[bool, float]:
    seconds = row.standing.seconds_a_sample
    return (seconds is None, seconds or 0.0)


def _memory(row: Ranked) -> tuple[bool, float]:
    card = row.standing.speed
    return (card is None or card.memory_bytes is None, (card.memory_bytes or 0) if card else 0)


# The rows of a board come by rank, and sorting keeps the order of equals.
ORDERS: Mapping[str, Callable[[Ranked], Any]] = {
    "rank": lambda row: 0,
    "speed": _speed,
    "memory": _memory,
    "name": lambda row: row.standing.system,
    "date": lambda row: -datetime.fromisoformat(row.standing.finished).timestamp(),
}
ORDER_WORDS = {
    "rank": "Best first",
    "speed": "Fastest first",
    "memory": "Least memory first",
    "name": "By name",
    "date": "Newest first",
}


def clicked(view: View, do: str, target: str) -> View:
    """The view after a click in the boards. Nothing is checked yet: that is known()'s."""
    match do:
        case "pick" if target in view.picked:
            return replace(view, picked=tuple(run for run in view.picked if run != target))
        case "pick":
            return replace(view, picked=(*view.picked, target))
        case "unpick":
            return replace(view, picked=())
        case "metric":
            suite, _, metric = target.rpartition(":")
            return replace(view, metrics={**view.metrics, suite: metric})
        case "clear":
            return View()
    return view
