"""The loop as a person walks it: chat turns become tests, are run on two systems, ranked, and are a chat again.

test_loop_walk.py walks it on the scripted engine, by keyboard and on a phone. On real weights, in a data folder whose
models/ is filled, with a picture of every step:

    python -m tests.browser.walk --home FOLDER --pictures FOLDER [--width 390]
"""

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.browser.conftest import CHROMIUM, QUIET, running

NARROW = 390
HEIGHTS = {NARROW: 844, 1280: 800}
SUITE = "My suite"
EDITED = ("What is the capital of France?", "The capital of France is Paris.")
TYPED = ("How many legs does a spider have? Answer with one word.", "Eight")
MODEL, MODEL_ID = "SmolLM2 135M Instruct", "smollm2-135m-instruct"
# Loading a model in two precisions, two answers each and the speed of both, on two slow cores.
RUN_MILLISECONDS = 180_000


@dataclass
class Walker:
    """Who walks: by keyboard on a wide screen, by touch on a phone. pictures, if any, gets one of every step."""

    page: Page
    pictures: Path | None = None
    steps: int = 0

    @property
    def on_phone(self) -> bool:
        size = self.page.viewport_size
        return size is not None and size["width"] <= NARROW

    def do(self, button: Locator) -> None:
        if self.on_phone:
            button.click()
        else:
            button.press("Enter")

    def choose(self, field: Locator) -> None:
        if self.on_phone:
            field.click()
        else:
            field.press("Space")

    def seen(self, what: str) -> None:
        """Nothing sticks out sideways in what is seen now."""
        self.steps += 1
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= self.page.evaluate("innerWidth"), what
        if self.pictures is not None:
            self.page.screenshot(path=self.pictures / f"{self.steps:02} {what}.png")


def walk(walker: Walker) -> None:
    """From a page that shows an empty chat."""
    _keep_an_edited_answer(walker)
    _keep_with_a_typed_reference(walker)
    _run_on_two_systems(walker)
    _read_the_board(walker)
    _open_the_worst_in_chat(walker)


def _ask(walker: Walker, text: str) -> Locator:
    """The answer, once it is done."""
    box = walker.page.locator("#chat-box textarea")
    box.fill(text)
    box.press("Enter")
    answer = walker.page.locator("#chat-thread .turn.answered").last
    expect(answer.get_by_role("button", name="Keep as test")).to_be_visible(timeout=RUN_MILLISECONDS)
    return answer


def _keep_an_edited_answer(walker: Walker) -> None:
    page = walker.page
    question, reference = EDITED
    answer = _ask(walker, question)
    walker.seen("an answer")
    walker.do(answer.get_by_role("button", name="Edit", exact=True))
    field = page.get_by_role("dialog").get_by_label("The answer")
    field.fill(reference)
    walker.seen("the answer is corrected")
    field.press("Enter")
    expect(answer).to_contain_text("written by you")
    walker.do(answer.get_by_role("button", name="Keep as test"))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("What a good answer says")).to_have_value(reference)
    dialog.get_by_label("Suite").fill(SUITE)
    walker.seen("it is kept as a test")
    walker.do(dialog.get_by_role("button", name="Keep as test"))
    expect(answer).to_contain_text(f"Kept in {SUITE}, which now has 1 case.")
    walker.seen("kept")


def _keep_with_a_typed_reference(walker: Walker) -> None:
    page = walker.page
    question, reference = TYPED
    if walker.on_phone:
        page.get_by_role("button", name="Chats", exact=True).click()
    walker.do(page.locator("#chat-new"))
    expect(page.locator("#chat-thread .turn")).to_have_count(0)
    answer = _ask(walker, question)
    walker.do(answer.get_by_role("button", name="Keep as test"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What a good answer says").fill(reference)
    dialog.get_by_label("Suite").fill(SUITE)
    walker.do(dialog.get_by_role("button", name="Keep as test"))
    expect(answer).to_contain_text(f"Kept in {SUITE}, which now has 2 cases.")
    walker.do(answer.get_by_role("link", name=f"Open {SUITE}"))
    expect(page.locator("#runs-own").get_by_role("cell", name=reference)).to_be_visible()
    walker.seen("the suite")


def _run_on_two_systems(walker: Walker) -> None:
    page = walker.page
    walker.do(page.locator("#runs-own").get_by_role("button", name="Run it"))
    model = page.locator("#runs-systems").get_by_label(MODEL)
    expect(model).to_be_checked()
    for box in page.locator("#runs-systems").get_by_role("checkbox", checked=True).all()[::-1]:
        if box.get_attribute("name") != MODEL_ID:
            walker.choose(box)
    walker.seen("what to run")
    walker.do(page.locator("#runs-go"))
    row = page.locator("#runs-list .run", has_text=MODEL)
    expect(row.filter(has_text="exact")).to_be_visible(timeout=RUN_MILLISECONDS)
    walker.seen("the first run")
    walker.do(page.locator("#runs-new > button"))
    walker.choose(page.locator("#runs-precision").get_by_label("Fast"))
    expect(page.locator("#runs-note")).to_contain_text(re.compile(r"\d+ runs?, \d+ samples"))
    walker.do(page.locator("#runs-go"))
    expect(row.filter(has_text="fast")).to_be_visible(timeout=RUN_MILLISECONDS)
    expect(page.locator("#runs-live .run")).to_have_count(0, timeout=RUN_MILLISECONDS)
    walker.seen("both runs")


def _read_the_board(walker: Walker) -> None:
    page = walker.page
    walker.do(page.get_by_role("tab", name="Leaderboard"))
    board = page.locator(".board", has=page.get_by_role("heading", name=SUITE))
    rows = board.locator("tbody tr", has=page.locator(".system", has_text=MODEL))
    expect(rows).to_have_count(2)
    for row in rows.all():
        walker.do(row.get_by_role("checkbox"))
    expect(board.locator(".verdict strong")).to_be_visible()
    walker.seen("the board")
    walker.do(rows.filter(has=page.locator(".system", has_text="(exact)")).locator(".score").get_by_role("link"))


def _open_the_worst_in_chat(walker: Walker) -> None:
    page = walker.page
    samples = page.locator("#runs-body .sample")
    expect(samples).to_have_count(2)
    walker.seen("its samples, the worst first")
    walker.do(samples.first.get_by_role("link"))
    expect(samples).to_have_count(1)
    asked, _, given = samples.locator(".texts .plain-text").all_inner_texts()
    walker.seen("the worst sample")
    walker.do(page.locator("#runs-body").get_by_role("button", name="Open in chat"))
    expect(page).to_have_url(re.compile(r"\?tab=chat&chat=[0-9a-f]{32}$"))
    expect(page.locator("#chat-thread .turn.said .bubble")).to_have_text(asked)
    expect(page.locator("#chat-thread .turn.answered")).to_contain_text(given)
    expect(page.locator("#chat-thread .turn.answered")).to_contain_text("tokens")
    expect(page.locator("#chat-model input")).to_have_value(MODEL)
    walker.seen("in a chat again")


def main() -> None:
    given = argparse.ArgumentParser(description="Walk the loop on real weights, and keep a picture of every step.")
    given.add_argument("--home", type=Path, required=True, metavar="FOLDER", help="a data folder with models")
    given.add_argument("--pictures", type=Path, required=True, metavar="FOLDER")
    given.add_argument("--width", type=int, default=1280)
    arguments = given.parse_args()
    arguments.pictures.mkdir(parents=True, exist_ok=True)
    found = next(path for path in CHROMIUM if Path(path).exists())
    with running(arguments.home, "--no-download") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        size = {"width": arguments.width, "height": HEIGHTS.get(arguments.width, 800)}
        page = browser.new_page(viewport=size, locale="en-US")
        page.goto(f"{address}/?tab=chat", wait_until="domcontentloaded")
        page.locator("#chat-list :is(nav, p)").first.wait_for(state="attached")
        walk(Walker(page, arguments.pictures))
        browser.close()


if __name__ == "__main__":
    main()
