"""Systems under test, models and baselines: what each may take, what makes it itself, how it answers a sample.

The ways to ask a model are asking.py's and bias/asking.py's, the baselines baselines.py's.
"""

from dataclasses import asdict, dataclass, fields, replace
from threading import Event
from typing import Any

from evals.asking import ASK, Cancelled, Output, Question
from evals.baselines import BASELINES
from evals.bias import mitigations, steering
from evals.bias.asking import ASK_BIAS
from evals.records import Run
from evals.types import Kind, Sample, Suite
from llmweb.engines.debias import check_debias
from llmweb.errors import BadInput, NotDownloaded, Unsupported, UserError
from llmweb.retrieve import EMBEDDER
from llmweb.runtime import Runtime
from llmweb.translate import chosen
from llmweb.types import Options, Precision

__all__ = [
    "BASELINES",
    "Cancelled",
    "Output",
    "System",
    "able",
    "answer",
    "baselines_for",
    "check",
    "check_ready",
    "identity",
    "stored_system",
    "system",
]

EXACT = Options(precision="exact")
# Kinds that are asked by log-likelihoods, of a model that tells them.
WEIGH_TEXTS: frozenset[Kind] = frozenset({"language-model", "choice", "pairs", "continuation", "decision", "ambiguous"})
# Kinds whose feature embeds, where the embedder is here.
COMPARE_MEANINGS: frozenset[Kind] = frozenset({"ask", "summarize", "ambiguous", "summaries"})


@dataclass(frozen=True, slots=True)
class System:
    """A catalog model with options, precision among them, or a baseline, whose options mean nothing.

    mitigation is the name of one that is part of the system (bias/mitigations.py), "" of a model as it is.
    """

    model: str
    options: Options = EXACT
    mitigation: str = ""

    @property
    def id(self) -> str:
        """smollm2-135m-instruct@exact; options other than the default ones follow it, then + and a mitigation."""
        if self.is_baseline:
            return self.model
        plain = replace(EXACT, precision=self.options.precision)
        changed = [
            f",{each.name}={getattr(self.options, each.name)}"
            for each in fields(Options)
            if getattr(self.options, each.name) != getattr(plain, each.name)
        ]
        mitigation = f"+{self.mitigation}" if self.mitigation else ""
        return f"{self.model}@{self.options.precision}{''.join(changed)}{mitigation}"

    @property
    def is_baseline(self) -> bool:
        return self.model in BASELINES


def system(model: str, runtime: Runtime, precision: Precision = "exact") -> System:
    """In the precision wanted, or the one its engine has. Raises UnknownModel."""
    if model in BASELINES:
        return System(model)
    offered = runtime.precisions(model)
    return System(model, replace(EXACT, precision=precision if precision in offered else offered[0]))


def check(system: System, suite: Suite, runtime: Runtime) -> None:
    """Raises UnknownModel, Unsupported or UnsupportedPair where the system cannot take the suite."""
    if system.is_baseline:
        if suite.kind not in BASELINES[system.model].kinds:
            raise Unsupported(f"{system.id} is not for {suite.kind} suites. It {BASELINES[system.model].about}.")
        return
    spec = runtime.catalog.find(system.model)
    chats = spec in runtime.catalog.for_chat()
    takes = {
        "translate": lambda: bool(
            ("translate" in spec.tasks or chats) and chosen(runtime, suite.source, suite.target, system.model)
        ),
        "summarize": lambda: "generate" in spec.tasks,
        "ask": lambda: bool(spec.tasks & {"generate", "span"}),
        "instruct": lambda: chats,
        "language-model": lambda: "loglikelihood" in spec.tasks and chats,
        "choice": lambda: "loglikelihood" in spec.tasks,
        **dict.fromkeys(("pairs", "continuation", "decision"), lambda: "loglikelihood" in spec.tasks and chats),
        "ambiguous": lambda: ("loglikelihood" in spec.tasks and chats) or "span" in spec.tasks,
        "summaries": lambda: "generate" in spec.tasks,
        "writings": lambda: chats,
    }
    if not takes[suite.kind]():
        raise Unsupported(f"{spec.name} cannot take {suite.id}. See which can with: python -m evals list")
    if system.mitigation:
        steering.check(system.mitigation, spec, suite)


def able(suite: Suite, runtime: Runtime, precision: Precision = "exact") -> tuple[System, ...]:
    """Models of the catalog that can take the suite, here or not."""
    found = []
    for spec in runtime.catalog.models:
        model = system(spec.id, runtime, precision)
        try:
            check(model, suite, runtime)
        except UserError:  # the reason why this model is not among them
            continue
        found.append(model)
    return tuple(found)


def stored_system(run: Run) -> System:
    """The system that a stored run asked. Raises BadInput for a run that was imported."""
    if "imported" in run.identity:
        raise BadInput(f"Run {run.id} was imported from {run.identity['imported']}: only that can ask its model again.")
    if "baseline" in run.identity:
        return System(run.system)
    options = run.identity["options"]
    mitigation = run.identity.get("mitigation", {"name": ""})["name"]
    return System(run.system.partition("@")[0], Options(**{**options, "stop": tuple(options["stop"])}), mitigation)


def baselines_for(suite: Suite) -> tuple[System, ...]:
    return tuple(System(name) for name, baseline in BASELINES.items() if suite.kind in baseline.kinds)


def check_ready(system: System, runtime: Runtime) -> None:
    """Raises NotDownloaded where the weights are not on disk."""
    if not system.is_baseline and not runtime.ready(system.model):
        name = runtime.catalog.find(system.model).name
        raise NotDownloaded(
            f"{name} is not on this machine yet. Get it with: python -m llmweb models download {system.model}"
        )


def needs_embedder(suite: Suite, runtime: Runtime) -> bool:
    """Whether the suite's feature compares meanings, and can here."""
    return suite.kind in COMPARE_MEANINGS and runtime.ready(EMBEDDER)


def weighs(system: System, suite: Suite, runtime: Runtime) -> bool:
    """Whether the suite is asked of the system by log-likelihoods of texts."""
    return (
        suite.kind in WEIGH_TEXTS
        and not system.is_baseline
        and ("loglikelihood" in runtime.catalog.find(system.model).tasks)
    )


def identity(system: System, suite: Suite, runtime: Runtime) -> dict[str, Any]:
    """What makes two systems two: weights, engine, precision, template, options, the mitigation where there is one, and
    the embedder where the suite's feature uses one. Loads the model.

    Raises NotDownloaded, what loading raises, and Unsupported where the engine cannot debias as the options say.
    """
    if system.is_baseline:
        return {"baseline": system.model, "version": BASELINES[system.model].version}
    check_ready(system, runtime)
    found = runtime.identity(system.model, system.options.precision)
    check_debias(system.model, runtime.abilities(system.model, system.options.precision), (system.options.debias,))
    facts = {
        "weights_sha256": found.weights_sha256 or found.model,
        "engine": found.engine,
        "precision": found.precision,
        "template_sha256": found.template_sha256,
        "options": _told(system.options),
    }
    if suite.kind in COMPARE_MEANINGS:
        embeds = needs_embedder(suite, runtime)
        facts["embedder_sha256"] = runtime.identity(EMBEDDER, "exact").weights_sha256 if embeds else "none"
    if system.mitigation:
        facts["mitigation"] = mitigations.identity(system.mitigation)
    return facts


def _told(options: Options) -> dict[str, Any]:
    """debias only where it is on: systems that were measured before it was known are the same ones still."""
    return {name: value for name, value in asdict(options).items() if name != "debias" or value}


def answer(system: System, suite: Suite, sample: Sample, runtime: Runtime, cancelled: Event | None = None) -> Output:
    """Raises Cancelled once cancelled is set, and what the feature raises."""
    if system.is_baseline:
        return Output(BASELINES[system.model].write(suite, sample))
    ask, view = (ASK | ASK_BIAS)[suite.kind], runtime.debiasing(system.options.debias)
    question = Question(system.model, system.options, suite, sample, view, cancelled or Event())
    return steering.steered(question, ask, system.mitigation) if system.mitigation else ask(question)
