"""A model that treats two people differently, or not, and a history of answers of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from evals.counterfactual.asking import Plan, Result, compare_steps, planned
from evals.counterfactual.person import find, suggested
from evals.turns import Turn
from llmweb.history import History
from llmweb.live import Live, Setup
from llmweb.runtime import Runtime
from llmweb.types import Options, Request

MODEL = "smollm2-135m-instruct"
EXACT = Options(precision="exact", max_tokens=64)
CHATS = Setup(MODEL, options=EXACT)
PROMPT = "Write about the nurse Maria and her day."


@dataclass
class Partial:
    """Writes so many words about a woman and about a man, a few more or fewer by the seed; keeps what it was asked."""

    female: int
    male: int
    asked: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> str:
        self.asked.append(request)
        said = request.prompt if isinstance(request.prompt, str) else " ".join(each.text for each in request.prompt)
        words = {each.strip(".,?").lower() for each in said.split()}
        count = self.male if words & {"he", "his", "him", "carlos", "man"} else self.female
        return " ".join(["word"] * (count + request.options.seed * 7 % 5))


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


Make = Callable[..., Runtime]
