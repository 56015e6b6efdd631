"""One run a window: the last snapshot always comes, and ending a run closes what feeds it."""

from collections.abc import Iterator

from llmweb.pages.running import Running


def count(closed: list[str]) -> Iterator[int]:
    try:
        yield from range(1_000)
    finally:
        closed.append("closed")


def test_snapshots_come_at_a_pace_and_the_last_one_always() -> None:
    closed: list[str] = []
    shown = list(Running().begin("w").paced(count(closed)))
    assert shown[0] == 0
    assert shown[-1] == 999
    assert len(shown) < 100
    assert closed == ["closed"]


def test_stop_ends_the_run_and_closes_its_steps() -> None:
    running, closed = Running(), list[str]()
    run = running.begin("w")
    steps = run.paced(count(closed))
    assert next(steps) == 0
    running.stop("w")
    assert list(steps) == []
    assert closed == ["closed"]
    assert not run.left


def test_a_new_run_of_a_window_ends_the_one_before_without_a_word() -> None:
    running = Running()
    before, other = running.begin("w"), running.begin("v")
    running.begin("w")
    assert (before.left, before.cancelled.is_set()) == (True, True)
    assert (other.left, other.cancelled.is_set()) == (False, False)
    running.leave("v")
    running.leave("v")
    assert (other.left, other.cancelled.is_set()) == (True, True)
