"""Reports: the same sixteen parts on screen and on paper, nothing asks a server, and no model's text runs."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO

import pypdfium2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evals import sign
from evals.bias.drift import Drift
from evals.bias.readers.items import SOURCES
from evals.bias.records import AuditResult
from evals.comparisons import Comparison
from evals.evidence import Evidence
from evals.report import Signer, format_of, plots, results, words, write
from evals.report.blocks import Block, Cell, Table, Text
from evals.report.html import block_html
from evals.report.limits import ALONE, Context, Proof
from evals.report.parts import report
from llmweb.errors import BadInput
from tests.evals.report.example import AUDIT, EVIDENCE, FINDINGS, HOSTILE, UNTRUSTED

PROOF = Proof(12, "ab" * 32, "0123 4567", "2026-11-25T12:01:00+00:00")
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), "2026-11-25T12:01:00+00:00")
# Of facts on good audit reports, from model cards, NIST's AI risk management framework and rules for audits.
PARTS = (
    "What was audited",
    "What it is for, and whom a bias would harm",
    "Groups and languages, and what was not tested",
    "What the model was asked",
    "How it was measured",
    "Results",
    "What the model can do at all",
    "Worst examples",
    "Findings in plain language",
    "What was tried against it",
    "Limits",
    "Change since an earlier audit",
    "Who wrote, ran and reviewed it",
    "Where every number comes from",
    "How long it holds",
    "Questions and corrections",
)


class Tags(HTMLParser):
    """Every tag with its attributes, and the text outside of style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def page() -> str:
    return write(EVIDENCE, "SmolLM2", "html", SIGNER).decode()


@pytest.fixture(scope="module")
def paper() -> list[str]:
    """The text of each page."""
    pdf = write(EVIDENCE, "SmolLM2", "pdf", SIGNER)
    return [sheet.get_textpage().get_text_range() for sheet in pypdfium2.PdfDocument(BytesIO(pdf))]


def everything(part: int, audit: AuditResult = AUDIT, context: Context = ALONE) -> str:
    """All the words of a part."""

    def said(block: Block) -> str:
        return repr(block)

    made = report(replace(EVIDENCE, audit=audit), "SmolLM2", PROOF, context)
    return "\n".join(map(said, made.parts[part - 1].blocks))


def test_a_report_has_its_sixteen_parts_on_screen_and_on_paper(page: str, paper: list[str]) -> None:
    headings = re.findall(r'<h2><span class="number">(\d+)</span> (.*?)</h2>', page)
    assert headings == [(str(number), title) for number, title in enumerate(PARTS, start=1)]
    printed = "\n".join(paper)
    assert [title for title in PARTS if title not in printed] == []


def test_the_page_asks_nothing_of_any_server_and_runs_nothing(page: str) -> None:
    found = Tags(page)
    names = {tag for tag, _ in found.tags}
    assert (
        names & {"script", "link", "img", "iframe", "object", "form", "base", "image", "use", "foreignobject"} == set()
    )
    attributes = [(name, value or "") for _, given in found.tags for name, value in given.items()]
    assert {value for name, value in attributes if name in ("href", "src", "action")} == {
        f"#part-{number}" for number in range(1, 17)
    }
    assert not [name for name, _ in attributes if name.startswith("on") or name == "style"]
    policy = next(given["content"] for _, given in found.tags if given.get("http-equiv") == "Content-Security-Policy")
    assert (policy or "").startswith("default-src 'none'; style-src 'sha256-")


def test_what_a_model_wrote_is_only_text(page: str, paper: list[str]) -> None:
    assert "<script>" not in page
    shown = HOSTILE.replace("ama@example.org", "[e-mail address]").replace("+44 20 7946 0958", "[telephone number]")
    assert shown in Tags(page).text
    assert "#panic()" in "".join(paper)
    assert "example.org" not in page + "".join(paper)


def test_worst_examples_stand_behind_their_warning(page: str) -> None:
    before, opened, after = page.partition("<details>")
    assert opened
    assert "panic()" not in before
    assert after.startswith("<summary>These texts repeat stereotypes and may hurt.")


def test_both_reports_carry_a_signature_of_their_own() -> None:
    for kind in ("html", "pdf"):
        made = write(EVIDENCE, "SmolLM2", kind, SIGNER)
        assert sign.read_seal(made, kind).signed == SIGNER.at
        assert write(EVIDENCE, "SmolLM2", kind, SIGNER) == made, f"{kind}: the same report, other bytes"


def test_the_reports_name_the_hash_of_the_last_row_of_evidence(page: str) -> None:
    *_, last = [row for row in json.loads(write(EVIDENCE, "SmolLM2", "json", SIGNER))["rows"] if row["kind"] != "part"]
    assert last["chain"] in page


def test_an_audit_that_is_not_to_be_trusted_says_so_first_and_gives_no_findings() -> None:
    made = report(replace(EVIDENCE, audit=UNTRUSTED), "SmolLM2", PROOF)
    assert made.short == (
        Text(
            "Not to be trusted. Controls on names left their floor. No findings are given; the controls are in part 6.",
            "found",
        ),
    )
    assert "None are given: the audit is not to be trusted." in everything(9, UNTRUSTED)
    assert "Controls" in everything(6, UNTRUSTED)


def test_the_short_account_counts_the_verdicts() -> None:
    told = report(EVIDENCE, "SmolLM2", PROOF).short[0]
    assert told == Text(
        "Of 8 measurements, 3 found a bias, 1 none larger than the margin of 5 points chosen before the run, and 4 "
        "could not tell."
    )


def test_self_written_and_unreviewed_is_said_as_such() -> None:
    assert "written for this test; no sample was reviewed by anybody else. Licence: CC0-1.0." in everything(13)
    assert "this is a self-audit" in everything(13)
    assert "0 of 200" in everything(4)


def test_a_public_set_stands_with_its_source_and_licence_where_its_results_and_texts_do() -> None:
    told = f"CrowS-Pairs: {SOURCES['crows-pairs']}. Licence: CC BY-SA 4.0."
    public = replace(AUDIT.suites[0], title="CrowS-Pairs", licence="CC BY-SA 4.0", origins=(SOURCES["crows-pairs"],))
    for part in (6, 8):
        assert told in everything(part, replace(AUDIT, suites=(public,)))
        assert "Licence" not in everything(part)


def test_what_was_not_tested_is_listed() -> None:
    assert "religion" in everything(3)
    assert "none: each axis was varied alone" in everything(3)


def test_an_earlier_audit_is_compared_with_where_one_is_named() -> None:
    assert "No earlier audit was named to compare with." in everything(12)
    earlier = replace(AUDIT, id="old1", created="2026-01-05T10:00:00+00:00")
    found = Comparison(1.2, 8.5, 7.3, 1.0, 13.6, 3.2, 0.02, "ar", 190, 200, 40, False, "pairs")
    drifts = [
        Drift("bias/pairs", "gender", "pairs-shared", found, 0.04, "worse"),
        Drift("bias/pairs", "age", "pairs-shared", replace(found, difference=None), None, "inconclusive"),
    ]
    made = report(replace(EVIDENCE, audit=AUDIT), "SmolLM2", PROOF, Context(earlier, drifts))
    told, table = made.parts[11].blocks
    assert isinstance(told, Text)
    assert told.text.startswith("Compared with audit old1 of smollm2-135m-instruct@exact, 5 January 2026")
    assert isinstance(table, Table)
    assert [[cell.text for cell in row] for row in table.rows] == [
        [
            "bias/pairs, gender\npairs-shared",
            "1.2",
            "8.5",
            "+7.3 (+1.0 to +13.6)\n190 samples",
            "0.0400",
            "further from no bias",
        ],
        ["bias/pairs, age\npairs-shared", "1.2", "8.5", "n/a\n190 samples", "n/a", "nothing is sure"],
    ]


def test_the_map_has_a_tile_for_each_probe_and_axis() -> None:
    table = results.map_table(FINDINGS)
    assert table.head == ("Probe", "gender", "age", "religion", "nationality")
    assert [row[0].text for row in table.rows] == [
        "Preference pairs",
        "Questions a text does not settle",
        "Occupation and pronoun, a probe with a title so long that it must be cut",
        "Occupation and pronoun",
        "Decisions about a person",
    ]
    assert table.rows[0][1:] == (
        Cell("▲ bias found\n+8.5 points (+2.1 to +14.6)\n+ 1 measure", "found"),
        Cell("✓ none larger than the margin\n−0.4 points (−3.5 to +2.7)", "none"),
        Cell("not tested"),
        Cell("not tested"),
    )
    assert table.rows[-1][-1] == Cell("? inconclusive\nn/a, 0 of 200 scored", "open")


def test_a_tile_leads_with_the_headline_that_found_a_bias_and_counts_the_others_that_did() -> None:
    found, other = FINDINGS[0], replace(FINDINGS[0], metric="pairs-other", verdict="inconclusive")
    beside = replace(found, metric="pairs-whole", headline=False)
    table = results.map_table([other, beside, found])
    assert table.rows[0][1].text == "▲ bias found\n+8.5 points (+2.1 to +14.6)\n+ 2 measures, 1 found"


def test_every_effect_is_plotted_in_a_plot_of_its_unit_and_no_missing_one() -> None:
    figures = list(results.forests(FINDINGS))
    assert [figure.svg.count("<title>") for figure in figures] == [5, 1, 1]
    assert len(list(results.forests(FINDINGS[:1] * 45))) == 3
    assert "Decisions" not in "".join(figure.alt for figure in figures)


def test_a_narrow_plot_says_the_same_in_a_column() -> None:
    for figure in results.forests([replace(FINDINGS[0], title="A title that is as long as a title can be " * 2)]):
        size = re.search(r'viewBox="0 0 (\d+) (\d+)"', figure.narrow)
        assert size is not None
        assert size[1] == "320"
        assert max(float(x) for x in re.findall(r'(?: x|x1|x2|cx)="([\d.]+)"', figure.narrow)) <= 320
        said, wide = (re.sub(r"<[^>]*>", " ", svg) for svg in (figure.narrow, figure.svg))
        assert words.effect(FINDINGS[0]) in said
        assert words.effect(FINDINGS[0]) in wide
    assert 'class="drawn narrow"' in block_html(figure)


@pytest.mark.parametrize(("limit", "wanted"), [(0.5, 0.2), (1.0, 0.5), (17.7, 10.0), (35.0, 10.0), (36.0, 20.0)])
def test_ticks_are_round_numbers(limit: float, wanted: float) -> None:
    assert plots.step(limit) == pytest.approx(wanted)


def test_missing_numbers_are_said_to_be_missing() -> None:
    missing = FINDINGS[-1]
    assert words.effect(missing) == "n/a, 0 of 200 scored"
    assert (words.floor(missing), words.p_value(None), words.size(missing)) == ("n/a", "n/a", "n/a")
    row = results.figures("", [missing]).rows[0]
    assert [cell.text for cell in row[1:7]] == ["0 of 200", "n/a, 0 of 200 scored", "n/a", "n/a", "n/a", "n/a"]


@pytest.mark.parametrize(
    ("value", "name", "label"),
    # The conventions of Cohen 1988.
    [
        (0.19, "Cohen's h", "under small"),
        (-0.2, "Cohen's h", "small"),
        (0.5, "d_z", "medium"),
        (0.8, "Cohen's d", "large"),
        (0.3, "r", "medium"),
        (3.0, "odds ratio", ""),
    ],
)
def test_sizes_are_named_by_convention_only(value: float, name: str, label: str) -> None:
    assert words.cohen(value, name) == label


def test_abilities_that_several_measures_share_stand_once() -> None:
    same = replace(FINDINGS[0], metric="other")
    assert len(results.abilities([FINDINGS[0], same]).rows) == 1


def test_a_report_is_not_written_as_anything_else() -> None:
    assert format_of("a.b.PDF") == "pdf"
    with pytest.raises(BadInput, match=r"ends in \.html, \.pdf or \.json"):
        format_of("report.docx")


def test_an_empty_audit_is_a_report_too() -> None:
    empty = Evidence(replace(AUDIT, suites=(), findings=(), controls=()), {}, {}, {})
    made = report(empty, "SmolLM2", PROOF)
    assert made.short == (Text("Nothing was measured, so nothing was found.", "open"),)
    assert write(empty, "SmolLM2", "pdf", SIGNER).startswith(b"%PDF")


def test_long_examples_are_cut_and_say_how_long_they_are() -> None:
    assert results.redacted("a" * 700) == "a" * 600 + "… (700 characters)"


def test_tables_name_each_column() -> None:
    made = report(EVIDENCE, "SmolLM2", PROOF)
    tables = [block for part in made.parts for block in part.blocks if isinstance(block, Table)]
    assert [table.caption for table in tables if any(len(row) != len(table.head) for row in table.rows)] == []


def test_a_control_is_judged_by_its_floor_and_by_nothing_else() -> None:
    inside = AUDIT.controls[0]
    table = results.figures("Controls", [inside, replace(inside, effect=7.0), replace(inside, effect=None)])
    assert [row[-1] for row in table.rows] == [
        Cell("✓ inside its floor", "none"),
        Cell("▲ outside its floor", "found"),
        Cell("? nothing to measure", "open"),
    ]
