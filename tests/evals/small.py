"""Small suites of every kind, and the facts of a run, for tests of the engine."""

from collections import Counter

from evals.records import Run
from evals.types import Kind, Sample, Suite
from llmweb.errors import BadInput
from llmweb.types import Request

WORDS = [
    "river",
    "stone",
    "cloud",
    "lamp",
    "garden",
    "paper",
    "winter",
    "bridge",
    "salt",
    "morning",
    "kettle",
    "harbour",
]
METRICS: dict[Kind, tuple[str, ...]] = {
    "translate": ("chrf2", "bleu"),
    "summarize": ("rouge-l",),
    "ask": ("f1", "exact-match"),
    "instruct": ("instructions-strict",),
    "language-model": ("bits-per-byte", "perplexity"),
    "choice": ("accuracy",),
}


def suite(kind: Kind, samples: tuple[Sample, ...], name: str = "") -> Suite:
    target = "pt" if kind == "translate" else "en"
    return Suite(name or f"{kind}/small", kind, f"Small {kind}", samples, METRICS[kind], "en", target, "CC0-1.0", "")


def translations(count: int = 12, name: str = "") -> Suite:
    """count sentences of different words; the references differ from what the scripted engine says."""
    sentences = [
        f"The {one} is near the {WORDS[(place + 7) % 12]} {place}" for place, one in enumerate((WORDS * count)[:count])
    ]
    samples = (Sample(f"s{place}", text, (f"[pt] {text} {place}",)) for place, text in enumerate(sentences))
    return suite("translate", tuple(samples), name)


SOURCES = {sample.source for sample in translations().samples}


class Script:
    """Answers as the echo does, counts the samples it is asked, and fails on sources that hold one of the words."""

    def __init__(self, *fails: str) -> None:
        self.fails, self.asked = fails, Counter[str]()

    def __call__(self, request: Request) -> str:
        text = str(request.prompt)
        self.asked[text] += text in SOURCES
        if any(word in text for word in self.fails):
            raise BadInput(f"There is no {self.fails[0]}.")
        return f"[pt] {text}"


def planned(asked: Suite, system: str = "model@exact", limit: int | None = None) -> Run:
    return Run(
        asked.id, asked.sha256, system, {"model": system}, f"hash of {system}", "prompt", limit, 2, {"python": "3"}
    )
