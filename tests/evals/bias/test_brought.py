"""Public sets brought to audits: kept by their content, found after a restart, gone when they are taken off."""

from collections.abc import Callable
from pathlib import Path

import pytest

from evals.bias.audit import Planned, audit_steps, planned
from evals.bias.brought import BroughtSets
from evals.bias.records import AuditPlan, AuditResult
from evals.runner import Asking
from evals.store import Store
from llmweb.errors import BadInput, NotFound
from llmweb.runtime import Runtime
from tests.evals.bias.small_audit import SUITES, SYSTEM, weigh
from tests.evals.bias.test_readers import ANTI, CROWS, PRO, written

HEADER, LINE = CROWS.splitlines()


def crows(numbers: range, axis: str = "socioeconomic") -> str:
    rows = [LINE.replace("7,", f"{each},", 1).replace("waste", f"waste {each}") for each in numbers]
    return "\n".join([HEADER, *(row.replace("socioeconomic", axis) for row in rows)])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "llmweb.sqlite3")


def test_files_of_one_set_are_joined_each_item_once(store: Store, tmp_path: Path) -> None:
    sets = BroughtSets(store)
    sets.bring(written(tmp_path, "some.csv", crows(range(3))), "pt")
    both = sets.bring(written(tmp_path, "more.csv", crows(range(2, 5), "age").replace("\n2,", "\n9,")), "pt")
    assert [sample.id for sample in both.samples] == ["crows-0", "crows-1", "crows-2", "crows-9", "crows-3", "crows-4"]
    assert sets.bring(tmp_path / "some.csv", "pt") == both
    with pytest.raises(BadInput, match="A file of CrowS-Pairs is there already, and two different items are called"):
        sets.bring(written(tmp_path, "other.csv", crows(range(1)).replace("Rich", "Wealthy")), "pt")
    assert [*sets.suites().values()] == [both]


def test_what_is_taken_off_leaves_no_samples_unless_a_run_has_asked_them(store: Store, tmp_path: Path) -> None:
    sets = BroughtSets(store)
    suite = sets.bring(written(tmp_path, "crows.csv", crows(range(3))), "pt")
    sets.take_off(suite.id)
    assert sets.suites() == {}
    with pytest.raises(NotFound):
        store.suite(suite.sha256)
    sets.take_off("bias/nothing")


def concluded(wanted: Planned, runtime: Runtime, store: Store) -> AuditResult:
    *_, last = audit_steps(wanted, runtime, store, Asking())
    assert last.result is not None
    return last.result


def test_an_audit_that_was_cut_off_goes_on_without_the_file(
    weighing: Callable[..., Runtime], store: Store, tmp_path: Path
) -> None:
    """Of one axis: the whole set and the part that asks it have the same samples, but not the same name."""
    runtime = weighing(weigh)
    for side, text in (("pro", PRO), ("anti", ANTI)):
        written(tmp_path, f"{side}_stereotyped_type1.txt.dev", text)
    BroughtSets(store).bring(tmp_path / "pro_stereotyped_type1.txt.dev", "pt")

    def plan(store: Store) -> Planned:
        suites = [*SUITES, *BroughtSets(store).suites().values()]
        return planned(SYSTEM, suites, AuditPlan(tuple(each.id for each in suites), resamples=100, trials=100), runtime)

    wanted = plan(store)
    for state in (steps := audit_steps(wanted, runtime, store, Asking())):
        if state.part == state.parts and state.run is not None and state.run.run:
            break
    steps.close()
    asked = sum(len(store.outputs(run.id)) for run in store.runs())
    assert 36 <= asked <= 40

    again = Store(store.path)
    assert [part.suite for part in plan(again).parts] == [part.suite for part in wanted.parts]
    result = concluded(plan(again), runtime, again)
    assert result.suites[-1].id == "bias/winobias/gender"
    assert [*BroughtSets(again).suites()] == ["bias/winobias"]
    assert len(again.runs()) == len(result.runs)
    BroughtSets(again).take_off("bias/winobias")
    assert again.suite(result.suites[-1].sha256).id == "bias/winobias/gender"
