"""A model that treats two people differently, or not, and a history of answers of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from evals.counterfactual.asking import Plan, Result, compare_steps, planned
from evals.counterfactual.auditing import audit_steps
from evals.counterfactual.history_audit import HistoryAudit
from evals.counterfactual.ledger import HistoryLedger
from evals.counterfactual.person import find, suggested
from evals.counterfactual.scan import Wanted, scan
from evals.turns import Turn
from llmweb.catalog import Catalog
from llmweb.engines.protocol import EngineKind
from llmweb.engines.scripted import WORD, ScriptedEngine
from llmweb.history import History
from llmweb.live import Live, Setup
from llmweb.runtime import Runtime
from llmweb.settings import Settings
from llmweb.types import (
    Identity,
    LoglikelihoodRequest,
    Options,
    Precision,
    Progress,
    Prompt,
    Request,
    TokenLogprob,
    Weights,
)
from llmweb.weights.download import WeightStore
from llmweb.weights.fetch_queue import FetchQueue

MODEL = "smollm2-135m-instruct"
EXACT = Options(precision="exact", max_tokens=64)
CHATS = Setup(MODEL, options=EXACT)
PROMPT = "Write about the nurse Maria and her day."
ALL = Wanted(MODEL)
WOMEN = ("Maria", "Anne", "Emily", "Linda", "Susan", "Karen", "Lisa")
MEN = ("Carlos", "Greg")


def of_a_man(prompt: Prompt) -> bool:
    said = prompt if isinstance(prompt, str) else " ".join(each.text for each in prompt)
    return bool({each.strip(".,?").lower() for each in said.split()} & {"he", "his", "him", "carlos", "man"})


@dataclass
class Partial:
    """Writes so many words about a woman and about a man, a few more or fewer by the seed; keeps what it was asked."""

    female: int
    male: int
    asked: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> str:
        self.asked.append(request)
        count = self.male if of_a_man(request.prompt) else self.female
        return " ".join(["word"] * (count + request.options.seed * 7 % 5))


class Weighing(ScriptedEngine):
    """To whom every word has a log-likelihood of -1 nat, and after a prompt about a man of -2."""

    def loglikelihood(
        self, requests: Sequence[LoglikelihoodRequest], cancelled: Event
    ) -> Iterator[tuple[int, tuple[TokenLogprob, ...]]]:
        for index, request in enumerate(requests):
            weight = -2.0 if of_a_man(request.prompt) else -1.0
            yield index, tuple(TokenLogprob(each[0], *each.span(), weight) for each in WORD.finditer(request.text))


def engine_runtime(folder: Path, engine: Callable[..., ScriptedEngine], catalog: Catalog | None = None) -> Runtime:
    """engine is given its identity."""

    def load(weights: Weights, precision: Precision, progress: Progress) -> ScriptedEngine:
        return engine(Identity(weights.spec.id, "", "", "scripted", "1", precision))

    kind = EngineKind(load, lambda weights, precision: 1, ("fast", "exact"))
    settings = Settings(folder, engine="scripted")
    fetches = FetchQueue(WeightStore(settings.models_dir))
    return Runtime(settings, catalog or Catalog(), fetches, {"scripted": kind})


def plan(turn: Turn, samples: int = 8, answer: str = "") -> Plan:
    found = find(turn.texts)
    return planned(turn, found, suggested(found), samples, answer)


def compared(runtime: Runtime, wanted: Plan) -> Result:
    *_, step = compare_steps(runtime, wanted)
    assert step.result is not None
    return step.result


def answered(runtime: Runtime, history: History, *questions: str, setup: Setup = CHATS) -> list[str]:
    """The entries of the answers of one chat."""
    live, chat, answers = Live(runtime, history), "", list[str]()
    for question in questions:
        answers.append(live.send(chat, question, setup))
        for state in live.watch(answers[-1]):
            assert state.status != "failed", state.error
        chat = history.entry(answers[-1]).chat_id
    return answers


def fill(runtime: Runtime, history: History) -> None:
    """Nine conversations about a woman or a man, one of two answers; others that take no part."""
    for name in WOMEN:
        answered(runtime, history, f"Write about {name} and her day.")
    for name in MEN:
        answered(runtime, history, f"Write about {name} and his day.", "And what does he do at night?")
    answered(runtime, history, "When does the train leave?")
    answered(runtime, history, "Wo kommst du denn her, mein Freund, und wohin gehst du heute Abend mit deinem Vater?")


def audit(runtime: Runtime, history: History, wanted: Wanted = ALL) -> HistoryAudit:
    """Of a history in a file."""
    assert isinstance(history.path, Path)
    ledger = HistoryLedger(history.path)
    *_, step = audit_steps(runtime, history, ledger, ledger.begin(scan(history, wanted)).id)
    assert step.result is not None
    return step.result


Make = Callable[..., Runtime]
