"""The loop in one script without pauses: chat, correct, keep, run on two systems, rank, open the worst, chat again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.walk import HEIGHTS, Walker, walk

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_the_loop_can_be_walked_by_keyboard_and_on_a_phone(
    window: Callable[..., Page], serve: Callable[..., str], width: int
) -> None:
    address = serve("--engine", "scripted", "--no-download")
    walk(Walker(window(f"{address}/?tab=chat", width=width, height=HEIGHTS[width])))
