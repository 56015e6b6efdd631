"""The Bias page's form and scene: what comes from the browser is checked, and what is shown is read from the store."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evals.bias.audit import audit_steps, planned
from evals.bias.auditing import Audits
from evals.bias.probes import translations
from evals.bias.records import AuditPlan
from evals.pages.bias_asked import sets_html
from evals.pages.bias_form import BiasForm
from evals.pages.bias_scene import BiasScene, View
from evals.runner import Asking
from evals.store import Store
from evals.systems import System
from evals.types import Suite
from evals.verify import verify
from llmweb.errors import BadInput, NotFound, UnknownModel, UserError
from llmweb.pages.uploads import side_by_side
from llmweb.runtime import Runtime
from tests.evals.bias.small_audit import SUITES, SYSTEM, audited, weigh
from tests.evals.bias.test_readers import ANTI, CROWS, PRO, WINOMT

CHOSEN: dict[str, Any] = {
    "model": "smollm2-135m-instruct",
    "axes": ["gender", "age"],
    "probes": ["bias/pairs", "bias/decisions"],
    "margin": 5,
    "limit": "all",
    "precision": "exact",
}
TILE = "gender/Preference pairs"


@pytest.fixture
def audits(weighing: Callable[..., Runtime], tmp_path: Path) -> Audits:
    return Audits(weighing(weigh), Store(tmp_path / "llmweb.sqlite3"))


@pytest.fixture
def form(audits: Audits) -> BiasForm:
    return BiasForm(audits, lambda: SUITES)


@pytest.fixture
def scene(audits: Audits) -> BiasScene:
    audits.ledger.keep(audited(audits.runtime, audits.store))
    return BiasScene(audits, {})


def plan(form: BiasForm, **changes: Any) -> Any:
    return form.plan(*(CHOSEN | changes).values())


def test_what_is_chosen_becomes_a_plan(form: BiasForm) -> None:
    wanted = plan(form)
    assert wanted.plan == AuditPlan(())
    assert (wanted.system, wanted.samples) == (SYSTEM, 36)
    some = plan(form, axes=["age"], margin=7.5, limit="50")
    assert (some.plan.axes, some.plan.margin, some.plan.limit, some.samples) == (("age",), 7.5, 50, 16)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"axes": []}, "No axis is chosen"),
        ({"axes": ["height"]}, "No axis is chosen"),
        ({"probes": []}, "No probe is chosen. Open “What is asked”"),
        ({"probes": ["bias/nothing"]}, "No probe is chosen"),
        ({"axes": ["age"], "probes": ["bias/decisions"]}, "No chosen probe asks about age. .* one of the axes gender"),
        ({"margin": 0}, "The margin is 0. Give a number"),
        ({"margin": None}, "The margin is None"),
        ({"margin": float("nan")}, "The margin is nan"),
        ({"limit": "-1"}, "No number of samples '-1'"),
        ({"precision": "rough"}, "No precision 'rough'"),
        ({"model": ""}, "No model here can be audited"),
    ],
)
def test_what_the_browser_sends_is_checked(form: BiasForm, change: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        plan(form, **change)


def test_a_model_that_is_not_in_the_catalog_is_refused(form: BiasForm) -> None:
    with pytest.raises(UnknownModel):
        plan(form, model="gone")


def test_the_plan_tells_samples_and_the_interval_to_expect(form: BiasForm) -> None:
    shown, fold = form.describe(*CHOSEN.values())
    assert fold.label == "What is asked · all 2 probes"
    assert "<strong>36 samples</strong> in 4 parts." in shown
    # Wilson's interval of 50 %: z √(z² / 4n² + ¼n⁻¹) / (1 + z² / n), n = 12 samples or 6 templates, z = 1.96.
    assert '<th scope="row">Preference pairs, gender</th><td>12</td><td>± 24.6 to 31.2 points</td>' in shown
    assert '<th scope="row">Preference pairs</th><td>8</td>' in shown
    assert "3 intervals will be wider than the margin" in shown
    assert "No axis is chosen" in form.describe(*(CHOSEN | {"axes": []}).values())[0]


def test_only_the_probes_that_are_chosen_are_asked_with_the_controls(form: BiasForm) -> None:
    wanted = plan(form, probes=["bias/pairs"])
    assert [part.suite.id for part in wanted.parts] == [
        "bias/pairs/names/control",
        "bias/pairs/gender",
        "bias/pairs/age",
    ]
    assert wanted.plan.suites == ("bias/pairs",)
    decided = plan(form, probes=["bias/decisions"])
    assert (decided.plan.axes, [part.suite.id for part in decided.parts]) == ((), ["bias/decisions/gender"])


def uploaded(folder: Path, name: str, content: bytes) -> str:
    """As Gradio lays an upload down: in a folder of its own."""
    place = folder / f"upload-{name}"
    place.mkdir()
    (place / name).write_bytes(content)
    return str(place / name)


def read(form: BiasForm, paths: list[str], language: str) -> tuple[list[Suite], list[UserError]]:
    with side_by_side(paths) as files:
        return form.asked.read(files, language)


def test_a_public_set_is_brought_planned_and_taken_off(form: BiasForm, tmp_path: Path) -> None:
    path = uploaded(tmp_path, "crows.csv", CROWS.encode())
    (suite,), failed = read(form, [path], "pt")
    assert (suite.id, failed, Path(path).parent.exists()) == ("bias/crows-pairs", [], False)
    axes, probes = form.asked.everything()
    assert (axes, probes) == (["gender", "age", "status"], ["bias/pairs", "bias/decisions", "bias/crows-pairs"])
    listed = sets_html(form.asked.sets.suites().values())
    assert "<strong>CrowS-Pairs</strong>" in listed
    assert "1 sample on status" in listed
    assert "Nangia et al. 2020, CrowS-Pairs: A Challenge" in listed
    assert "Licence: CC BY-SA 4.0." in listed

    told, fold = form.describe(*(CHOSEN | {"axes": axes, "probes": probes}).values())
    assert "<strong>37 samples</strong> in 5 parts." in told
    assert '<th scope="row">CrowS-Pairs, status</th><td>1</td>' in told
    assert "Licence: CC BY-SA 4.0." in told
    assert fold.label == "What is asked · all 2 probes · CrowS-Pairs"

    form.asked.sets.take_off(suite.id)
    assert form.asked.everything() == (CHOSEN["axes"], CHOSEN["probes"])
    assert sets_html(form.asked.sets.suites().values()) == ""
    assert plan(form, axes=axes, probes=probes).samples == 36


def test_files_that_cannot_be_read_say_why_and_lose_nothing(form: BiasForm, tmp_path: Path) -> None:
    good = uploaded(tmp_path, "crows.csv", CROWS.encode())
    notes = uploaded(tmp_path, "notes.txt", b"Nothing of the kind")
    latin = uploaded(tmp_path, "latin.csv", CROWS.replace("Poor", "Démunis").encode("latin-1"))
    english = uploaded(tmp_path, "en.txt", WINOMT.encode())
    (suite,), failed = read(form, [notes, good, latin, str(tmp_path / "x" / "gone.csv"), english], "xx")
    assert suite.title == "CrowS-Pairs"
    told = [str(error) for error in failed]
    assert told[0].startswith("notes.txt is none of the sets that are read. CrowS-Pairs: the columns sent_more")
    assert told[1].startswith("latin.csv, row 2: byte ")
    assert "is not UTF-8. Save the file as UTF-8" in told[1]
    assert told[2].startswith("gone.csv cannot be opened: No such file")
    assert told[3].startswith("en.txt is to be translated: say into which language")
    assert not any(str(tmp_path) in words for words in told)
    assert list(tmp_path.glob("upload-*")) == []


def test_both_files_of_winobias_are_told_by_each_other(form: BiasForm, tmp_path: Path) -> None:
    def pro() -> str:
        return uploaded(tmp_path, "pro_stereotyped_type1.txt.dev", PRO.encode())

    came, (failed,) = read(form, [pro()], "pt")
    assert came == []
    assert "anti_stereotyped_type1.txt.dev is not beside it" in str(failed)
    anti = uploaded(tmp_path, "anti_stereotyped_type1.txt.dev", ANTI.encode())
    came, refused = read(form, [pro(), anti], "pt")
    assert refused == []
    assert [len(suite.samples) for suite in came] == [4, 4]


def test_a_place_in_the_address_is_checked(scene: BiasScene) -> None:
    (audit,) = scene.ledger.audits()
    assert scene.checked(View(audit.id[:6], TILE)) == View(audit.id, TILE)
    assert scene.checked(View(audit.id, "gender/Nothing")) == View(audit.id)
    with pytest.raises(NotFound, match="There is no audit 'nothing'"):
        scene.checked(View("nothing"))


def test_a_tile_opens_to_its_pairs_those_for_the_stereotype_first(scene: BiasScene) -> None:
    (audit,) = scene.ledger.audits()
    shown = scene.body_html(View(audit.id, TILE))
    assert shown.count('<article class="sample">') == 10
    assert "1 of 2" in shown
    assert shown.index("with the stereotype, ") < shown.index("against the stereotype, ")


def test_a_tile_of_translations_opens_too(scripted: Callable[..., Runtime], tmp_path: Path) -> None:
    audits = Audits(scripted(), Store(tmp_path / "llmweb.sqlite3"))
    suite, system = translations.suite("pt"), System("bergamot-en-pt")
    wanted = planned(system, [suite], AuditPlan((suite.id,), limit=4, resamples=100, trials=100), audits.runtime)
    *_, last = audit_steps(wanted, audits.runtime, audits.store, Asking())
    assert last.result is not None
    audits.ledger.keep(last.result)
    shown = BiasScene(audits, {}).body_html(View(last.result.id, f"gender/{suite.title}"))
    assert shown.count('<article class="sample">') == 4


def test_a_tile_whose_run_was_deleted_says_so(scene: BiasScene) -> None:
    (audit,) = scene.ledger.audits()
    run = next(suite.run for suite in audit.suites if (suite.axis, suite.kind) == ("gender", "pairs"))
    scene.store.delete(run)
    assert "Its pairs can no longer be shown." in scene.body_html(View(audit.id, TILE))


def test_the_files_are_those_of_the_shell(scene: BiasScene) -> None:
    (audit,) = scene.ledger.audits()
    name, content = scene.file(View(audit.id), "json")
    assert name == f"bias-audit-smollm2-135m-instruct-{audit.created[:10]}-{audit.id}.json"
    assert verify(content, "json").audit == audit


def test_two_audits_are_compared_where_another_one_is_chosen(scene: BiasScene) -> None:
    scene.ledger.keep(audited(scene.audits.runtime, scene.store, limit=6))
    later, earlier = scene.ledger.audits()
    view = scene.checked(View(later.id, against=earlier.id))
    assert [each for _, each in scene.others(view)] == [earlier.id]
    shown = scene.body_html(view)
    assert "Change since the other audit" in shown
    assert "the same within the margin" in shown
    name, content = scene.file(view, "html")
    assert name.endswith(".html")
    assert f"Compared with audit {earlier.id}".encode() in content
