"""A run written out: nothing in it runs, nothing is lost, and every form says what the scores are."""

import csv
import html.parser
import io
from dataclasses import replace
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from huggingface_hub import EvalResultEntry, parse_eval_result_entries

from evals.export import FORMATS
from evals.records import OutputRow, Run, ScoreRow
from evals.store import Store
from evals.types import Sample, Suite
from llmweb.errors import BadInput
from tests.evals.small import planned, suite

EVIL = '<script>alert(1)</script><img src="https://example.org/x" onerror=alert(2)>'
SCORES = [
    ScoreRow("f1", 61.5, 40.25, 80.0, "ci:95|bs:1000|seed:1", 2, 3, 2, "F1|norm:squad2", "key", True),
    ScoreRow("exact-match", None, None, None, "", 0, 3, 0, "EM|norm:squad2", "key", True),
]


def asked(origin: str = "") -> Suite:
    samples = (
        Sample("a", "=1+1", ("+1", EVIL), "g", {"passage": EVIL, "title": ""}),
        Sample("b", "Who?", ("",), "g", {"passage": "Nobody.", "title": ""}),
        Sample("c", "Why?", ("-x",), "h", {"passage": "…", "title": ""}),
    )
    return replace(suite("ask", samples), title=f"Small {EVIL}", licence="CC BY 4.0", origin=origin)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "evals.sqlite3")


def finished(store: Store, of: Suite, scores: list[ScoreRow] = SCORES) -> Run:
    run = store.begin(replace(planned(of, "model@exact"), asked=3), of)
    store.keep(run.id, OutputRow("a", f"@{EVIL}", statistics={"f1": [0.5, 1.0], "exact-match": [0.0, 1.0]}))
    store.keep(run.id, OutputRow("b", "", statistics={"f1": [1.0, 1.0], "exact-match": [1.0, 1.0]}))
    store.keep(run.id, OutputRow("c", error=f"ValueError: {EVIL}"))
    store.finish(run.id, scores, [])
    return store.run(run.id)


class Tags(html.parser.HTMLParser):
    """Every tag with its attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(" ".join(data.split()))


def test_the_page_asks_for_nothing_and_runs_nothing(store: Store) -> None:
    page = Tags(FORMATS["html"](finished(store, asked()), store))
    names = {name for name, _ in page.tags}
    assert names & {"script", "img", "link", "iframe", "object", "form", "base", "svg"} == set()
    assert [key for _, attributes in page.tags for key in attributes if key in ("src", "href") or key[:2] == "on"] == []
    (policy,) = (each["content"] for _, each in page.tags if each.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    styles = next(text for text in page.texts if "--accent" in text)
    assert "url(" not in styles
    assert "prefers-color-scheme: dark" in styles


def test_the_page_has_every_score_and_sample_as_they_are(store: Store) -> None:
    run = finished(store, asked())
    texts = Tags(FORMATS["html"](run, store)).texts
    rest = " ".join(texts)
    assert texts.count(f"model@exact on Small {EVIL}") == 2  # the title and the heading
    assert "3 of 3 samples answered, 1 failed" in rest
    assert "f1 61.50 40.25 – 80.00 2 of 3 higher F1|norm:squad2 ci:95|bs:1000|seed:1" in rest
    assert "exact-match n/a none 0 of 3 higher EM|norm:squad2" in rest
    for shown in ("=1+1", "+1", EVIL, f"@{EVIL}", f"✕ ValueError: {EVIL}", "The text does not tell.", "empty", "-x"):
        assert shown in texts
    assert "f1 50.00 · exact-match 0.00" in texts
    assert "f1 n/a · exact-match n/a" in texts
    assert any(text.startswith("Samples: CC BY 4.0.") for text in texts)


def test_a_spreadsheet_takes_no_text_for_a_formula(store: Store) -> None:
    written = FORMATS["csv"](finished(store, asked()), store)
    first, second, third = csv.DictReader(io.StringIO(written))
    assert (first["source"], first["output"]) == ("'=1+1", f"'@{EVIL}")
    assert (second["source"], second["output"], third["source"]) == ("Who?", "", "Why?")
    assert (first["f1"], first["licence"]) == ("50.0", "CC BY 4.0")
    cells = [cell for row in (first, second, third) for cell in row.values()]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))] == []


def test_the_hubs_form_names_the_data_set_at_its_commit(store: Store) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    run = finished(store, asked(f"hf://datasets/tiny/news@{commit}/test.tsv"))
    (entry,) = parse_eval_result_entries(yaml.safe_load(FORMATS["eval-results"](run, store)))
    assert entry == EvalResultEntry(
        dataset_id="tiny/news",
        task_id="f1",
        value=61.5,
        dataset_revision=commit,
        date=run.finished,
        notes="model@exact; 95 % interval 40.25 to 80.00 (ci:95|bs:1000|seed:1); 2 of 3 samples scored; "
        f"F1|norm:squad2; samples SHA-256 {run.suite_sha256[:12]}; CC BY 4.0",
    )


def test_a_suite_that_is_not_on_the_hub_says_so(store: Store) -> None:
    run = finished(store, asked())
    (entry,) = yaml.safe_load(FORMATS["eval-results"](run, store))
    assert entry["dataset"] == {"id": "ask/small", "task_id": "f1"}
    assert entry["notes"].endswith("; ask/small is a suite of LLM Web, not of the hub")


def test_a_run_without_a_score_has_no_hub_form(store: Store) -> None:
    run = finished(store, asked(), [])
    with pytest.raises(BadInput, match=r"^Run \w+ has no score to export: it is finished."):
        FORMATS["eval-results"](run, store)
    assert "No scores: the run is finished." in " ".join(Tags(FORMATS["html"](run, store)).texts)
