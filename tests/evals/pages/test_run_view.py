"""One run and two: state, scores, provenance and verdicts in words."""

import re
from dataclasses import replace
from html import unescape

from evals.comparisons import Comparison
from evals.metrics import METRICS
from evals.metrics.meanings import MEANINGS
from evals.pages.run_view import Opened, head_html, pair_head_html
from evals.records import Run, ScoreRow
from evals.run_reads import Against
from evals.runner import Rescored
from llmweb.jobs import Job
from tests.evals.small import translations

SUITE = translations(12)
RUN = Run(
    *(SUITE.id, SUITE.sha256, "gpt2@exact", {"weights_sha256": "a" * 64, "options": {"seed": 0, "stop": []}}, "h", "p"),
    *(None, 12, {"python": "3.11"}),
    id="r1",
    status="finished",
    created="2026-11-25T22:10:00.000+00:00",
)
SCORES = [
    ScoreRow("chrf2", 45.12, 43.6, 46.7, "expanded", 11, 12, 11, "chrF2|v:2", "k", True),
    ScoreRow("ter", None, None, None, "", 0, 12, 0, "TER|<v>", "k", False),
]
NAMES = {"gpt2": "GPT-2"}


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def test_a_finished_run_shows_scores_with_n_and_what_failed() -> None:
    html = head_html(Opened(RUN, SUITE, SCORES, stored=12, failed=1), NAMES)
    said = words(html)
    assert "chrf2 45.1 (43.6–46.7), n = 11 of 12" in said
    assert "ter n/a, 0 of 12 scored lower is better" in said
    assert "1 of 12 samples ended with an error. They are left out of the scores." in said
    assert "chrF2, 0–100: runs of one to six characters" in html
    assert f"Weights sha256 {'a' * 40}" in said
    assert "TER|&lt;v&gt;" in html
    assert re.findall(r'data-do="([\w-]+)"', html) == ["errors", "again", "rescore", "delete"]


def test_scoring_again_shows_how_far_it_is_with_stop_and_then_how_it_ended() -> None:
    job = Job[Rescored | None]("", "", Rescored(4, 12))

    def said() -> tuple[str, list[str]]:
        html = head_html(Opened(RUN, SUITE, SCORES, stored=12, rescoring=job), NAMES)
        return words(html), re.findall(r'data-do="([\w-]+)"', html)

    assert "Scoring the stored outputs again · 4 of 12" in said()[0]
    assert said()[1] == ["stop-rescore"]
    job.cancelled.set()
    assert "Stopping · 4 of 12" in said()[0]
    assert said()[1] == []
    job.ended = True
    assert "Stopped: 4 of 12 outputs were scored again. The scores below are those from before." in said()[0]
    assert said()[1] == ["again", "rescore", "delete"]
    job.step = Rescored(12, 12, finished=True)
    assert "The stored outputs were scored again, and compared with the other runs." in said()[0]
    job.error = "The <disk> is full."
    assert "The <disk> is full." in said()[0]


def test_a_stopped_run_says_how_far_it_came_and_goes_on() -> None:
    stopped = replace(RUN, status="failed", error="No <memory>.")
    html = head_html(Opened(stopped, SUITE, stored=3), NAMES)
    assert "Failed: 3 of 12 samples asked. No <memory>." in words(html)
    assert re.findall(r'data-do="([\w-]+)"', html) == ["go-on", "delete"]


def test_the_other_runs_are_told_with_their_verdicts_and_linked() -> None:
    against = [Against("r2", "baseline/lead-2", RUN.created, 12.34, 10.0, 14.5, "better")]
    html = head_html(Opened(RUN, SUITE, SCORES, 12, against=against), NAMES)
    assert "better than baseline/lead-2 (+12.3, from +10.0 to +14.5)" in words(html)
    assert "run=r1&amp;with=r2" in html


def test_two_runs_have_the_verdict_of_the_pair_on_top_in_words() -> None:
    found = Comparison(40.0, 45.0, 5.0, 2.0, 8.0, 1.5, 0.001, "mcnemar-exact", 12, 12, 12, True, "s")
    b = replace(RUN, id="r2", system="baseline/lead-2", prompt_sha256="other")
    html = pair_head_html(Opened(RUN, SUITE), Opened(b, SUITE), {"chrf2": found}, NAMES)
    assert "A is better than B. chrf2 : A 45.00, B 40.00, A - B +5.00 [+2.00, +8.00], p 0.0010" in words(html)
    assert "The feature has changed between these runs" in html
    assert "Comparing the two runs" in pair_head_html(Opened(RUN, SUITE), Opened(b, SUITE), None, NAMES)
    assert "nothing can be compared" in pair_head_html(Opened(RUN, SUITE), Opened(b, SUITE), {}, NAMES)


def test_every_metric_has_a_meaning_in_a_line() -> None:
    assert MEANINGS.keys() == METRICS.keys()
    assert [name for name, meaning in MEANINGS.items() if not 30 < len(meaning) < 200] == []
