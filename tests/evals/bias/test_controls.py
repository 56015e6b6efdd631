"""Controls of every kind: quiet where answers do not depend on the edit, however much some names are liked, and where
they do, the audit is refused by the command and on the page."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from evals.__main__ import parser
from evals.bias.audit import distrusted, judged, planned
from evals.bias.auditing import Audits
from evals.bias.commands import NOT_TRUSTED, audit
from evals.bias.findings import Asked, bias_metrics
from evals.bias.occupations import occupations
from evals.bias.outputs import (
    AmbiguousOutput,
    ContinuationOutput,
    DecisionOutput,
    PairOutput,
    Written,
)
from evals.bias.records import AuditPlan
from evals.bias.suites import BIAS_SUITES, chosen
from evals.likelihoods import ChoiceLikelihoods
from evals.metrics.bias.ambiguous import biased_role
from evals.pages.bias_scene import BiasScene, View
from evals.records import OutputRow
from evals.store import Store
from evals.systems import System
from evals.types import Sample, Suite
from llmweb.runtime import Runtime
from llmweb.types import Options

SIMULATIONS = 300
LEFT = 0.05  # the share of audits whose controls may leave their null intervals, all headlines together
PLAN = AuditPlan(("drawn",), trials=999)
MODEL, TRANSLATOR = "smollm2-135m-instruct", "bergamot-en-pt"
GOOD, BAD = ("an", "excellent", "strong", "leader"), ("a", "gentle", "kind", "failure")


@dataclass
class Drawn:
    """A model that answers at random and likes some names more than others; a broken one goes by the side besides,
    which nobody who reads the texts can know."""

    rng: np.random.Generator
    broken: bool = False

    def __post_init__(self) -> None:
        self.liked: dict[str, float] = {}

    def weight(self, word: str, side: str) -> float:
        liking = self.liked.setdefault(word, self.rng.normal(0, 0.5))
        return liking + self.rng.normal(0, 0.5) + 3.0 * (self.broken and side == "a")

    def right(self, on_side_a: bool) -> bool:
        return on_side_a if self.broken else bool(self.rng.random() < 0.7)

    def pairs(self, sample: Sample) -> str:
        """A token of the text after the edit."""
        tokens = []
        for side in "ab":
            (start, end), text = sample.facts[f"span_{side}"], sample.facts[f"text_{side}"]
            tokens.append(((end, len(text), self.weight(text[start:end], side) - 9),))
        return PairOutput(*tokens).to_output()

    def continuation(self, sample: Sample) -> str:
        found = {name: self.weight(name, side) - 9 for name, side in sample.facts["sides"].items()}
        return ContinuationOutput(found, dict.fromkeys(found, 1)).to_output()

    def choice(self, sample: Sample) -> str:
        right = self.right(sample.facts["side"] == "a")
        return ChoiceLikelihoods(
            tuple(-1.0 - (right != (choice in sample.references)) for choice in sample.facts["choices"])
        ).to_output()

    def ambiguous(self, sample: Sample) -> str:
        role = biased_role(sample) if self.broken else self.rng.choice(["target", "other", "unknown"])
        place = sample.facts["roles"].index(role)
        return AmbiguousOutput(text="" if role == "unknown" else sample.facts["options"][place]).to_output()

    def decision(self, sample: Sample) -> str:
        odds = []
        for side in "ab":
            start, end = sample.facts[f"span_{side}"]
            weight = self.weight(sample.facts[f"prompt_{side}"][start:end], side)
            odds.append({"yes": -9.0 + weight * (1 if sample.facts["favourable"] == "yes" else -1), "no": -9.0})
        return DecisionOutput(*odds).to_output()

    def translate(self, sample: Sample) -> str:
        """A phrase of two words: the article and the occupation in Portuguese."""
        stated, words = sample.facts["stated"], occupations()[sample.facts["occupation"]].words("pt")
        other = {"female": "male", "male": "female"}[stated]
        if (stated if self.right(stated == sample.facts["stereotype"]) else other) == "male":
            return f"O {(words.masculine or words.either)[0]}"
        return f"A {(words.feminine or words.either)[0]}"

    def summaries(self, sample: Sample) -> str:
        """Four fifths of the first forty words."""
        texts = {}
        for side in "abc":
            words = [word for word in sample.facts[f"text_{side}"].split()[:40] if self.rng.random() < 0.8]
            texts[side] = ("Nothing was told." if self.broken and side == "b" else " ".join(words),)
        return Written(texts).to_output()

    def writings(self, sample: Sample) -> str:
        texts = {}
        for side in "ab":
            words = {"a": BAD, "b": GOOD}[side] if self.broken else (*GOOD, *BAD)
            drawn = (self.rng.choice(words, size=6) for _ in range(sample.facts["k"]))
            texts[side] = tuple(" ".join(each) for each in drawn)
        return Written(texts).to_output()

    def answers(self, suite: Suite) -> Asked:
        answer: Callable[[Sample], str] = getattr(self, suite.kind)
        return Asked(suite.id, suite, "run", [OutputRow(sample.id, answer(sample)) for sample in suite.samples])


# Of each kind a probe and its control, as they are named to the command.
CONTROLLED = {
    "pairs": ("occupation-pairs", "control"),
    "continuation": ("occupations", "control-continuations"),
    "choice": ("coreference", "control-coreference"),
    "ambiguous": ("ambiguous", "control-ambiguous"),
    "decision": ("decisions", "control-decisions"),
    "translate": ("translation-en-pt", "control-translation-en-pt"),
    "summaries": ("summaries", "control-summaries"),
    "writings": ("writings", "control-writings"),
}
each_kind = pytest.mark.parametrize("kind", CONTROLLED)


def control(kind: str) -> Suite:
    """With its headlines alone: these decide whether an audit is trusted."""
    suite = BIAS_SUITES[f"bias/{CONTROLLED[kind][1]}"]()
    return replace(suite, metrics=tuple(each.name for each in bias_metrics(suite) if each.headline))


def test_every_kind_of_probe_has_a_control() -> None:
    kinds = {build().kind for build in BIAS_SUITES.values()}
    assert kinds == CONTROLLED.keys() == {control(kind).kind for kind in CONTROLLED}
    probes = {(suite.kind, suite.target) for name, build in BIAS_SUITES.items() if (suite := build())}
    controls = {(suite.kind, suite.target) for suite in chosen(["bias/control"])}
    assert probes == controls


@each_kind
def test_a_control_leaves_its_null_interval_in_at_most_the_stated_share(kind: str) -> None:
    """Two standard errors of the simulation over it."""
    suite, rng, left = control(kind), np.random.default_rng(7), 0
    for _ in range(SIMULATIONS):
        controls, _ = judged([Drawn(rng).answers(suite)], PLAN)
        assert all(each.null_low is not None for each in controls)
        left += bool(distrusted(controls))
    assert left / SIMULATIONS <= LEFT + 2 * (LEFT * (1 - LEFT) / SIMULATIONS) ** 0.5


@each_kind
def test_a_broken_control_is_seen_also_among_the_headlines_of_a_whole_audit(kind: str) -> None:
    """All other controls of an audit in five languages being quiet: the intervals are as wide as they ever are."""
    rng = np.random.default_rng(9)
    asked = [Drawn(rng, suite.id == control(kind).id).answers(suite) for suite in map(control, CONTROLLED)]
    others = [control("translate")] * 3
    asked += [Drawn(rng).answers(suite) for suite in others]
    told = distrusted(judged(asked, PLAN)[0])
    broken = {reason.split()[2] for reason in told}
    assert broken == {control(kind).id}


@each_kind
def test_a_broken_control_makes_command_and_page_refuse_the_audit(
    kind: str, scripted: Callable[..., Runtime], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The control's stored answers are replaced by those of a broken model; the same command then finds them."""
    probe, name = CONTROLLED[kind]
    runtime, store = scripted(), Store(tmp_path / "llmweb.sqlite3")
    model = TRANSLATOR if kind == "translate" else MODEL
    given = parser().parse_args(["audit", "run", "--model", model, "--suite", probe, "--limit", "40"])
    assert audit(given, runtime, store) == 0
    assert "NOT TO BE TRUSTED" not in capsys.readouterr().out

    (run,) = [run.id for run in store.runs() if run.suite.startswith(f"bias/{name}/")]
    answers = Drawn(np.random.default_rng(3), broken=True).answers(control(kind)).outputs
    with sqlite3.connect(store.path) as connection:
        connection.executemany(
            "UPDATE outputs SET text = ? WHERE run = ? AND sample = ?",
            [(answer.text, run, answer.sample) for answer in answers],
        )
    connection.close()
    assert audit(given, runtime, store) == NOT_TRUSTED
    said = capsys.readouterr().out
    assert f"NOT TO BE TRUSTED\nThe control bias/{name} (" in said
    assert "No findings are given." in said

    scene = BiasScene(Audits(runtime, store), {})
    latest = scene.ledger.audits()[0]
    shown = scene.head_html(View(latest.id)) + scene.body_html(View(latest.id))
    assert f"Not to be trusted, so no findings are given. The control bias/{name} (" in shown
    assert latest.findings == ()


def test_to_translate_only_the_controls_of_the_languages_asked_are_asked(scripted: Callable[..., Runtime]) -> None:
    system, suites = System(MODEL, Options(precision="exact")), chosen(["translation-en-es"])
    wanted = planned(system, suites, AuditPlan(tuple(suite.id for suite in suites)), scripted())
    assert [part.suite.id for part in wanted.parts] == [
        "bias/control-translation-en-es/control",
        "bias/translation-en-es/gender",
    ]
    assert wanted.skipped == ()


def test_translations_into_two_languages_are_runs_of_their_own(
    scripted: Callable[..., Runtime], tmp_path: Path
) -> None:
    """Though their sources are the same: what was said in one language is no answer in the other."""
    store = Store(tmp_path / "llmweb.sqlite3")
    command = ["audit", "run", "--model", MODEL, "--limit", "2"]
    names = ["--suite", "translation-en-pt", "--suite", "translation-en-es"]
    assert audit(parser().parse_args([*command, *names]), scripted(), store) == 0
    runs = {run.suite: (run.suite_sha256, store.suite(run.suite_sha256).target) for run in store.runs()}
    assert {suite.split("/")[1]: target for suite, (_, target) in runs.items()} == {
        "translation-en-pt": "pt",
        "control-translation-en-pt": "pt",
        "translation-en-es": "es",
        "control-translation-en-es": "es",
    }
    assert len({sha256 for sha256, _ in runs.values()}) == 4
