"""The Bias page as a person uses it, in Chromium on the scripted engine: plan, stop, map, pairs, audit file, lab; a
public set brought to it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from evals.verify import verify

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
HERE = "/?tab=bias"


def choose(page: Page, axis: str) -> None:
    """The quickest audit of one axis."""
    for box in page.locator("#bias-axes input").all():
        box.uncheck()
    page.get_by_label(axis, exact=True).check()
    page.get_by_label("50: a first look").check()


def test_an_audit_is_planned_stopped_made_read_taken_away_and_tried_against(window: Open, tmp_path: Path) -> None:
    page = window(HERE)
    expect(page.locator("#bias-empty")).to_contain_text("No audits yet")
    expect(page.get_by_label("religion", exact=True)).to_be_checked()
    for box in page.locator("#bias-axes input").all():
        box.uncheck()
    expect(page.locator("#bias-plan")).to_contain_text("No axis is chosen. Choose at least one.")
    choose(page, "religion")
    plan = page.locator("#bias-plan")
    expect(plan.get_by_role("row", name="Questions the text leaves open, religion 50")).to_be_visible()
    expect(plan).not_to_contain_text("gender")
    expect(plan).to_contain_text(re.compile(r"± \d+\.\d to \d+\.\d points"))

    page.get_by_role("button", name="Audit", exact=True).click()
    live = page.locator("#bias-live")
    expect(live).to_contain_text("Under way")
    live.get_by_role("button", name="Stop").click()
    expect(live).not_to_contain_text("Under way")
    expect(page.locator("#bias-list li")).to_have_count(0)

    page.locator("#bias-new > button").click()
    page.get_by_role("button", name="Audit", exact=True).click()
    page.locator("#bias-list li a").click()
    body = page.locator("#bias-body")
    expect(body.locator(".tile")).to_have_count(2)
    body.locator(".tile").last.click()
    body.locator(".tile", has_text="inconclusive").first.click()  # while the other is on its way
    expect(body.locator(".opened")).to_contain_text("Questions the text leaves open, religion")
    page.set_viewport_size({"width": 390, "height": 844})
    plot = body.locator(".opened .drawn:visible")
    expect(plot).to_have_count(1)
    assert plot.evaluate("e => e.scrollWidth <= e.clientWidth && e.querySelector('text').textContent.length > 0")
    assert plot.locator("svg").bounding_box()["width"] <= 390  # type: ignore[index]
    assert body.locator(".map").evaluate("e => e.scrollWidth <= e.clientWidth")
    expect(body.locator(".tile .of").first).to_have_css("clip-path", "none")
    body.get_by_role("button", name="Close").press("Enter")
    expect(body.locator(".opened")).to_have_count(0)
    closed = body.locator(".tile:focus")
    expect(closed).to_contain_text("inconclusive")
    closed.press("Enter")
    page.set_viewport_size({"width": 1280, "height": 800})
    pair = body.locator(".opened article").first
    expect(pair).not_to_be_visible()
    body.locator("summary", has_text="they repeat stereotypes and may hurt").click()
    expect(pair).to_be_visible()
    expect(page).to_have_url(re.compile(r"tab=bias&audit=\w+&tile=religion"))

    page.reload(wait_until="domcontentloaded")
    expect(body.locator(".opened")).to_contain_text("Questions the text leaves open, religion")
    with page.expect_download() as download:
        page.get_by_role("button", name="Audit file").click()
    download.value.save_as(tmp_path / "audit.json")
    checked = verify((tmp_path / "audit.json").read_bytes(), "json")
    assert checked.signature is not None
    assert checked.audit is not None
    assert {finding.axis for finding in checked.audit.findings} == {"religion"}

    lab = page.locator("#bias-lab")
    lab.get_by_role("button", name="Mitigation lab").click()
    lab.get_by_label("Unless surely told, not known").check()
    expect(page.locator("#lab-plan")).to_contain_text("named only where that is more probable")
    lab.get_by_role("button", name="Try it").click()
    trial = page.locator("#lab-trials .trial")
    expect(trial.locator(".conditions li")).to_have_count(5)
    expect(trial.locator("svg").first).to_be_visible()
    trial.get_by_role("link", name="audit with it").click()
    expect(page.locator("#bias-head")).to_contain_text("abstain-v1")


def crows_pairs(folder: Path) -> Path:
    """Ten pairs written for this test, in the form of CrowS-Pairs."""
    pairs = [f"{{}} people forget {place} keys every week." for place in range(10)]
    rows = [f'{n},"{pair.format("Old")}","{pair.format("Young")}",stereo,age' for n, pair in enumerate(pairs)]
    path = folder / "crows_pairs_anonymized.csv"
    path.write_text("\n".join([",sent_more,sent_less,stereo_antistereo,bias_type", *rows]), encoding="utf-8")
    return path


def test_a_public_set_is_brought_asked_named_with_its_licence_and_taken_off(window: Open, tmp_path: Path) -> None:
    page = window(HERE)
    expect(page.locator("#bias-list li, #bias-empty h2").first).to_be_visible()
    audits = page.locator("#bias-list li")
    before = audits.count()
    if before:
        page.locator("#bias-new > button").click()
    fold = page.locator("#bias-asked > button")
    expect(fold).to_contain_text("What is asked · all 11 probes")
    fold.click()
    expect(page.locator("#bias-probes input").first).to_be_visible()
    for box in page.locator("#bias-probes input").all():
        box.uncheck()
    plan, credit = page.locator("#bias-plan"), "Nangia et al. 2020"
    expect(plan).to_contain_text("No probe is chosen.")

    (tmp_path / "notes.csv").write_text("id,text\n1,Nothing of the kind\n", encoding="utf-8")
    files = [tmp_path / "notes.csv", crows_pairs(tmp_path)]
    page.locator("#page-bias input[type=file]").set_input_files(files)
    expect(page.locator("#bias-set-problem")).to_contain_text("notes.csv is none of the sets that are read.")
    sets = page.locator("#bias-sets")
    expect(sets).to_contain_text("10 samples on age")
    expect(sets).to_contain_text(credit)
    expect(plan.get_by_role("row", name="CrowS-Pairs, age 10")).to_be_visible()
    expect(plan).to_contain_text("Licence: CC BY-SA 4.0.")
    expect(fold).to_contain_text("0 of 11 probes · CrowS-Pairs")

    page.get_by_role("button", name="Audit", exact=True).click()
    expect(audits).to_have_count(before + 1)
    audits.first.get_by_role("link").click()
    body = page.locator("#bias-body")
    expect(body).to_contain_text(credit)
    body.locator(".tile").click()
    expect(body.locator(".opened")).to_contain_text("Licence: CC BY-SA 4.0.")

    page.get_by_role("link", name="← All audits").click()
    page.locator("#bias-new > button").click()
    sets.get_by_role("button", name="Take off").click()
    expect(sets.locator("li")).to_have_count(0)
    expect(plan).to_contain_text("No probe is chosen.")
