"""The Leaderboard page as a person uses it, in Chromium, on runs made by the scripted engine and the baselines."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from evals.runner import run_suite
from evals.store import Store
from evals.systems import System
from evals.types import Sample
from llmweb.runtime import Runtime, open_runtime
from llmweb.settings import Settings
from tests.browser.conftest import running
from tests.evals.small import suite, translations

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
HERE = "/?tab=leaderboard"
COPY, PASSAGE = System("baseline/copy-source"), System("baseline/passage-sentence")
MODELS = (System("bergamot-en-pt"), System("nllb-200-distilled-600m"))
PASSAGES = suite(
    "ask", tuple(Sample(f"q{n}", "Who?", ("Ana",), f"t{n}", {"passage": f"Ana is {n}. Rui is not."}) for n in range(6))
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Store]]:
    """(address, store) of an app: two equal models over a baseline on a translation, a baseline on questions."""
    data_dir = tmp_path_factory.mktemp("board")
    with running(data_dir, "--engine", "scripted", "--no-download") as address:
        settings = Settings(data_dir, engine="scripted")
        store, runtime = Store(settings.database), open_runtime(settings)
        for system in (COPY, *MODELS):
            run_suite(translations(12), system, runtime, store)
        run_suite(PASSAGES, PASSAGE, runtime, store)
        runtime.close()
        yield address, store


def run_of(store: Store, system: System) -> str:
    return next(run.id for run in store.runs() if run.system == system.id)


def row(page: Page, name: str) -> Locator:
    return page.locator(".board-table tbody tr", has=page.locator(".system", has_text=name))


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option).click()


def test_before_the_first_run_it_says_what_a_board_is_for_and_leads_to_the_runs(window: Open, bare_app: str) -> None:
    page = window(bare_app + HERE)
    expect(page.get_by_role("heading", name="Nothing measured yet")).to_be_visible()
    expect(page.locator("#leaderboard-filters")).to_be_hidden()
    page.get_by_role("button", name="Start a run").click()
    expect(page.get_by_role("tab", name="Runs")).to_have_attribute("aria-selected", "true")


def test_two_ticked_rows_give_the_verdict_which_stays_in_the_address(window: Open, filled: tuple[str, Store]) -> None:
    address, store = filled
    page = window(address + HERE)
    model, copied = (run_of(store, system) for system in (MODELS[0], COPY))
    expect(row(page, "Bergamot").locator(".rank")).to_contain_text(
        "1–2, not surely different from NLLB-200 distilled 600M (exact)"
    )
    expect(row(page, "copy-source").locator(".rank")).to_have_text("3")
    expect(row(page, "Bergamot").locator(".speed")).to_contain_text("sentences/s, ")
    expect(row(page, "Bergamot").get_by_role("link")).to_have_attribute("href", f"?tab=runs&run={model}")
    row(page, "Bergamot").get_by_role("checkbox").press("Space")
    expect(page.get_by_text("Tick one more row to read whether they differ.")).to_be_visible()
    row(page, "copy-source").get_by_role("checkbox").click()
    verdict = page.locator(".verdict strong")
    expect(verdict).to_have_text("Bergamot English → Portuguese (exact) is better than baseline/copy-source.")
    expect(page.locator(".verdict p").first).to_contain_text("after Holm over 3 pairs, 12 of 12 samples")
    expect(page.locator("#leaderboard-said [role=status]")).to_contain_text("is better than")
    expect(page).to_have_url(re.compile(f"runs={model}(,|%2C){copied}"))
    page.reload()
    expect(verdict).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(verdict).to_have_count(0)
    ticks = page.get_by_role("checkbox", name=re.compile("Bergamot|copy-source"))
    ticks.evaluate_all("ticks => ticks.forEach(tick => tick.click())")
    expect(verdict).to_be_visible()  # also of two that come at once
    row(page, "Bergamot").get_by_role("link").click()
    expect(page.get_by_role("tab", name="Runs")).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile(f"tab=runs&run={model}"))


def test_filters_and_metrics_leave_what_was_asked_for_and_stay_in_the_address(
    window: Open, filled: tuple[str, Store]
) -> None:
    page = window(filled[0] + HERE)
    boards = page.locator(".board h2")
    expect(boards).to_have_text(["Small ask", "Small translate"])
    choose(page, "Task", "Translate")
    expect(boards).to_have_text(["Small translate"])
    choose(page, "Systems", "150 M to 1 B parameters")
    expect(page.locator(".board-table tbody .system")).to_contain_text(["NLLB", "copy-source"])
    page.get_by_role("button", name="bleu").click()
    expect(page.get_by_role("button", name="bleu", pressed=True)).to_have_count(1)
    expect(page.locator("thead .score")).to_contain_text("bleu")
    page.reload()
    expect(page.locator("thead .score")).to_contain_text("bleu")
    expect(page.get_by_label("Task", exact=True)).to_have_value("Translate")
    choose(page, "Language", "Portuguese")
    choose(page, "Order", "By name")
    expect(page.locator(".board-table tbody .system")).to_contain_text(["copy-source", "NLLB"])


def test_a_phone_shows_every_number_without_scrolling_sideways_and_new_runs_come_by_themselves(
    window: Open, filled: tuple[str, Store], scripted: Callable[..., Runtime]
) -> None:
    address, store = filled
    page = window(address + HERE, width=390, height=800)
    shown = row(page, "Bergamot")
    for part in (".score", ".plot svg", ".n", ".speed", ".memory"):
        expect(shown.locator(part).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    low = shown.get_by_role("checkbox").bounding_box()
    assert low
    assert (low["width"], low["height"]) >= (40, 40)
    late = run_suite(translations(3, "late/suite"), COPY, scripted(), store).run
    expect(page.locator(".board", has_text="late/suite")).to_have_count(1)
    store.delete(late)
    expect(page.locator(".board", has_text="late/suite")).to_have_count(0)


def test_a_term_is_explained_on_focus(window: Open, filled: tuple[str, Store]) -> None:
    page = window(filled[0] + HERE)
    term = page.locator(".board-table").first.get_by_role("button", name="Rank")
    expect(term).to_have_accessible_description(re.compile("1 \\+ the systems surely better .* Holm 1979"))
    term.focus()
    expect(term.locator(".tip")).to_be_visible()
