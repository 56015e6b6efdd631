"""A pytest plugin for .ci/run (-p tests.ci): a skipped test fails; why a test was run again and the minutes of each
group are told.

Locally a test may skip for want of Chromium or a network; where everything is installed a skip hides a hole. The one
skip allowed there is for public sets that are absent: its reason names LLMWEB_TEST_DATA, which is unset.
"""

import os
from collections import defaultdict
from collections.abc import Generator

import pytest

GROUPS = ("browser", "slow")  # by marker; a test that carries neither is a unit test


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    fail_if_skipped(report)
    return report


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """An expected failure (xfail) is also reported as skipped; it ran, so it stays."""
    if report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    # pytest gives a skip as (file, line, reason).
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if "LLMWEB_TEST_DATA" in reason and "LLMWEB_TEST_DATA" not in os.environ:
        return
    report.outcome = "failed"
    report.longrepr = f"Skipped where nothing may be skipped. {reason}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    seconds: defaultdict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[next((group for group in GROUPS if group in report.keywords), "unit")] += report.duration
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"run again: {report.nodeid}")
        terminalreporter.line(report.longreprtext)
    terminalreporter.section("minutes by group")
    for group, spent in sorted(seconds.items()):
        terminalreporter.line(f"{group:8} {spent / 60:.1f}")
