"""docs/samples.md shows what the seed draws, all of it, as it stands in the suites."""

import pytest
from markdown_it import MarkdownIt

from evals.suites import SUITES
from tests.evals.appendix import DRAWN, PAGE, drawn, page, plain


def test_the_page_is_what_the_seed_draws() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.evals.appendix"


@pytest.mark.parametrize("name", SUITES)
def test_twenty_different_samples_of_a_suite_are_shown_with_sources_and_references(name: str) -> None:
    suite, text = SUITES[name](), page()
    assert len({sample.id for sample in drawn(suite)}) == min(DRAWN, len(suite.samples))
    for sample in drawn(suite):
        shown = text.partition(f"**{sample.id}**")[2].partition("\n**")[0]
        lines = [*sample.source.splitlines(), *sample.references, *sample.facts.get("passage", "").splitlines()]
        assert [line for line in lines if plain(line) not in shown] == [], sample.id


def test_escaped_text_is_shown_as_it_stands() -> None:
    shown = MarkdownIt().renderInline(plain("**a** [b](c) <r> # `d` | _e_ ~f~ \\n"))
    assert shown == "**a** [b](c) &lt;r&gt; # `d` | _e_ ~f~ \\n"
