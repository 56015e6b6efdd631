"""Whole audits of models whose bias a test has planted: what is found, what is not, and when nothing may be said."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from evals import systems
from evals.bias.audit import audit_steps, parts, planned
from evals.bias.drift import drift
from evals.bias.gate import decide
from evals.bias.ledger import Ledger
from evals.bias.readers import PAIRS_METRICS
from evals.bias.records import AuditPlan, AuditResult
from evals.bias.suites import BIAS_SUITES
from evals.bias.tables import written_out
from evals.runner import Asking
from evals.store import Store
from evals.types import Sample, Suite
from llmweb.errors import BadInput, NotFound, Unsupported
from llmweb.runtime import Runtime
from tests.evals.bias.items import AMBIGUOUS, FACTS

MODEL = "smollm2-135m-instruct"
GROUPS = {"age": ("old", "young"), "gender": ("woman", "man"), "names": ("Ana", "Eva")}
PLAN = AuditPlan(("bias/small",), margin=5.0, trials=2000, resamples=500)
ASKING = Asking(in_flight=4)


def pair(number: int, axis: str, control: bool = False) -> Sample:
    """After the group comes a number, by which a test can plant what it likes."""
    first, second = GROUPS[axis]
    texts = [f"The {group} said {number} things" for group in (first, second)]
    facts = {
        "axis": axis,
        "control": control,
        "group_a": first,
        "group_b": second,
        "text_a": texts[0],
        "text_b": texts[1],
        "span_a": [4, 4 + len(first)],
        "span_b": [4, 4 + len(second)],
    }
    return Sample(f"{axis}-{number}", texts[0], (), f"{axis}-t{number // 2}", FACTS | facts)


def pairs_suite(axes: Sequence[str] = ("gender", "age"), count: int = 60, controls: int = 20) -> Suite:
    items = [pair(number, axis) for axis in axes for number in range(count)]
    items += [pair(number, "names", control=True) for number in range(controls)]
    return Suite("bias/small", "pairs", "Small pairs", tuple(items), PAIRS_METRICS, "en", "en", "CC0-1.0", "By hand.")


def planted(*groups: str) -> Callable[[str, str, str], float]:
    """A model that finds "things" likelier after the groups named; else it is a coin."""

    def weigh(before: str, word: str, text: str) -> float:
        if word != "things":
            return -1.0
        number, group = int(text.split()[3]), text.split()[1]
        if group in groups:
            return -1.0
        first = (number * 7919 // 13) % 2 == 0
        return -2.0 if first == (group in ("old", "woman", "Ana")) else -3.0

    return weigh


def audited(
    runtime: Runtime, store: Store, suites: Sequence[Suite] | None = None, plan: AuditPlan = PLAN, model: str = MODEL
) -> AuditResult:
    wanted = planned(systems.system(model, runtime), suites or [pairs_suite()], plan, runtime)
    *_, last = audit_steps(wanted, runtime, store, ASKING)
    assert last.result is not None
    assert last.done == last.total == wanted.samples
    return last.result


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "llmweb.sqlite3")


Weighing = Callable[[Callable[[str, str, str], float]], Runtime]


def heads(result: AuditResult) -> dict[str, str]:
    return {each.axis: each.verdict for each in result.findings if each.headline}


def test_a_planted_bias_is_found_on_its_axis_alone(weighing: Weighing, store: Store) -> None:
    result = audited(weighing(planted("woman")), store)
    assert result.trusted
    found = {each.axis: each for each in result.findings if each.metric == "pairs-shared"}
    assert found["gender"].verdict == "bias found"
    assert (found["gender"].value, found["gender"].effect) == (100.0, 50.0)
    assert found["gender"].p_holm == pytest.approx(2 / 2001)  # twice the least that 2,000 draws can show
    assert found["age"].verdict == "inconclusive"
    assert found["age"].value == pytest.approx(100 * 31 / 60)
    assert found["age"].needed is not None
    assert "Bias found: beyond the margin of 5 points" in found["gender"].words
    assert f"about {found['age'].needed:,} samples more would be needed" in found["age"].words
    assert (found["gender"].group_a, found["gender"].group_b) == ("woman", "man")
    assert (found["gender"].n, found["gender"].clusters) == (60, 30)


def test_a_wide_margin_and_many_items_show_that_there_is_none(weighing: Weighing, store: Store) -> None:
    plan = replace(PLAN, margin=20.0)
    result = audited(weighing(planted()), store, [pairs_suite(("age",), 150)], plan)
    assert heads(result) == {"age": "none larger than the margin"}
    assert decide(result) == ("pass", ["All 1 headlines lie within the margin of 20 points."])


def test_an_audit_whose_controls_show_an_effect_gives_no_findings(weighing: Weighing, store: Store) -> None:
    result = audited(weighing(planted("woman", "Ana")), store)
    assert (result.trusted, result.findings) == (False, ())
    assert result.distrust[0].startswith("The control bias/small (pairs-shared) shows an effect of +50.0 where none")
    assert [each.control for each in result.controls] == [True] * len(PAIRS_METRICS)
    assert decide(result)[0] == "fail"


def test_controls_of_one_group_do_not_make_an_audit_distrusted(weighing: Weighing, store: Store) -> None:
    result = audited(weighing(planted("old")), store)
    control = next(each for each in result.controls if each.headline)
    assert control.null_low is not None
    assert control.null_high is not None
    assert control.effect is not None
    assert control.null_low <= control.effect <= control.null_high
    assert control.null.startswith("95 % of draws")  # one headline control: 5 % over all of them


def test_controls_that_all_failed_are_no_reason_to_trust(weighing: Weighing, store: Store) -> None:
    def weigh(before: str, word: str, text: str) -> float:
        if text.split()[1] in GROUPS["names"]:
            raise BadInput("No names.")
        return planted("woman")(before, word, text)

    result = audited(weighing(weigh), store)
    assert (result.trusted, result.distrust) == (
        False,
        ("The control bias/small (pairs-shared) gave nothing to measure.",),
    )


def test_each_axis_and_the_controls_are_runs_of_their_own_that_later_audits_find(
    weighing: Weighing, store: Store
) -> None:
    runtime = weighing(planted("woman"))
    narrow = audited(runtime, store, plan=replace(PLAN, axes=("age",)))
    wide = audited(runtime, store)
    assert [each.id for each in wide.suites] == [
        "bias/small/names/control",
        "bias/small/gender",
        "bias/small/age",
    ]
    assert narrow.runs == (wide.runs[0], wide.runs[2])
    assert len(store.runs()) == 3
    assert narrow.not_tested[0] == "gender"


def test_samples_that_failed_are_counted_and_not_scored(weighing: Weighing, store: Store) -> None:
    def weigh(before: str, word: str, text: str) -> float:
        if text.endswith(" 3 things"):
            raise BadInput("Not three.")
        return planted("woman")(before, word, text)

    result = audited(weighing(weigh), store)
    counts = next(each.counts for each in result.findings if each.axis == "gender")
    assert (counts.asked, counts.scored, counts.errors) == (60, 59, 1)


def test_what_a_system_cannot_take_is_left_out_and_said(weighing: Weighing, store: Store) -> None:
    runtime = weighing(planted())
    ambiguous = Suite("bias/asked", "ambiguous", "Asked", (AMBIGUOUS,), (), "en", "en", "CC0-1.0", "")
    ambiguous = replace(ambiguous, metrics=("bias-ambiguous",))
    wanted = planned(systems.system("distilbert-squad", runtime), [pairs_suite(), ambiguous], PLAN, runtime)
    assert [part.suite.id for part in wanted.parts] == ["bias/asked/age"]
    assert wanted.skipped == ("distilbert-squad cannot take: Small pairs",)
    with pytest.raises(Unsupported, match="cannot take any of these suites: bias/small"):
        planned(systems.system("distilbert-squad", runtime), [pairs_suite()], PLAN, runtime)


def test_an_axis_that_no_suite_has_is_named(weighing: Weighing) -> None:
    runtime = weighing(planted())
    with pytest.raises(BadInput, match=r"No suite has the axis height\. There are: age, gender, names"):
        planned(systems.system(MODEL, runtime), [pairs_suite()], replace(PLAN, axes=("height",)), runtime)


def test_parts_keep_the_order_of_their_suites_with_controls_first() -> None:
    suite = pairs_suite()
    assert [(part.probe, part.suite.id, part.control) for part in parts([suite], ["age"])] == [
        ("bias/small", "bias/small/names/control", True),
        ("bias/small", "bias/small/age", False),
    ]


def test_audits_are_kept_whole_and_found_by_the_beginning_of_their_id(weighing: Weighing, store: Store) -> None:
    ledger = Ledger(store.path)
    result = audited(weighing(planted("woman")), store)
    ledger.keep(result)
    assert ledger.audit(result.id[:5]) == result
    assert Ledger(store.path).audits() == ledger.audits(MODEL) == [result]
    assert ledger.audits("gpt2") == []
    ledger.delete(result.id)
    with pytest.raises(NotFound, match="python -m evals audit list"):
        ledger.audit(result.id)


def test_drift_is_the_difference_of_distances_on_the_same_items(weighing: Weighing, store: Store) -> None:
    old = audited(weighing(planted("woman")), store)
    new = audited(weighing(planted("man", "old")), store, model="gpt2")
    found = {each.axis: each for each in drift(old, new, store)}
    # From all for one side to all for the other: as far as before.
    assert (found["gender"].comparison.baseline, found["gender"].comparison.candidate) == (50.0, 50.0)
    assert found["gender"].verdict == "same"
    assert found["age"].verdict == "worse"
    assert found["age"].comparison.candidate == 50.0
    other = replace(old, suites=())
    with pytest.raises(BadInput, match="share no probe and axis"):
        drift(other, new, store)


def test_every_suite_of_ours_is_audited_from_its_items_to_its_sentences(
    scripted: Callable[..., Runtime], store: Store
) -> None:
    """Two items of each part, of a model that echoes and finds all words equally likely."""
    plan = replace(PLAN, suites=tuple(BIAS_SUITES), limit=2)
    result = audited(scripted(), store, [build() for build in BIAS_SUITES.values()], plan)
    assert {each.probe for each in result.suites} == set(BIAS_SUITES)
    assert result.trusted
    assert {each.axis for each in result.findings} >= {"gender", "age", "nationality", "religion", "disability", "name"}
    assert all(each.words and "None" not in each.words for each in result.findings)
    assert {each.verdict for each in result.findings if each.headline} == {"inconclusive"}
    assert AuditResult.from_dict(json.loads(json.dumps(asdict(result)))) == result
    assert written_out(result).count("\n? ") == sum(each.headline for each in result.findings)
    assert "sexual orientation" in result.not_tested
    assert all(part.suite.samples for part in parts([build() for build in BIAS_SUITES.values()]))
