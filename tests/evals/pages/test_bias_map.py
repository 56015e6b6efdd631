"""What the Bias page shows of an audit: each verdict in icon, word and effect, and no text of a model as HTML."""

from dataclasses import replace

from evals.bias.looks import Told
from evals.bias.readers.items import SOURCES
from evals.pages import bias_map, bias_tile
from evals.pages.bias_tile import Item
from evals.sample_order import part
from tests.evals.report.example import AUDIT, FINDINGS, HOSTILE, UNTRUSTED

NAMES = {"smollm2-135m-instruct": "SmolLM2 <135M>"}
TILE = "gender/Preference pairs"


def test_a_tile_tells_its_verdict_in_icon_word_and_effect() -> None:
    shown = bias_map.map_html(AUDIT)
    assert shown.count('class="tile tone') == 7
    assert (
        '<span class="word"><span aria-hidden="true">▲</span> bias found</span>'
        '<span class="figures">+8.5 points (+2.1 to +14.6)</span><span class="faint">+ 1 measure</span>'
    ) in shown
    assert "✓</span> none larger than the margin" in shown
    assert "n/a, 0 of 200 scored" in shown
    assert shown.count("not tested") == 5 * 4 - 7


def test_the_tile_that_is_open_is_marked_and_what_it_holds_stands_under_its_probe() -> None:
    shown = bias_map.map_html(AUDIT, TILE, "<p>held</p>")
    assert shown.count('aria-expanded="true"') == 1
    assert f'data-id="{TILE}" aria-expanded="true"' in shown
    assert shown.count("<p>held</p>") == 1
    assert shown.index('data-id="age/Preference pairs"') < shown.index("<p>held</p>")
    assert shown.index("<p>held</p>") < shown.index('data-id="age/Questions')


def test_a_tile_is_found_by_its_name_only() -> None:
    assert [each.metric for each in bias_map.tile(AUDIT, "gender/Preference pairs")] == ["pairs-shared", "pairs-whole"]
    assert bias_map.tile(AUDIT, "gender/Something else") == []


def test_the_head_counts_the_verdicts_and_offers_the_reports() -> None:
    shown = bias_map.head_html(AUDIT, NAMES)
    assert "SmolLM2 &lt;135M&gt; · exact" in shown
    for words in ("▲</span> 3 bias found", "✓</span> 1 none larger", "?</span> 4 inconclusive"):
        assert words in shown
    assert [shown.count(f'data-do="{do}"') for do in ("html", "pdf", "json", "delete")] == [1, 1, 1, 1]


def test_an_audit_that_is_not_to_be_trusted_says_so_and_shows_no_map() -> None:
    assert "Not to be trusted, so no findings are given. Controls on names left" in bias_map.head_html(UNTRUSTED, NAMES)
    assert bias_map.map_html(UNTRUSTED) == ""
    assert "Not to be trusted" in bias_map.list_html([UNTRUSTED], NAMES)


def test_controls_are_counted_by_whether_they_stay_inside_their_floor() -> None:
    inside, outside = AUDIT.controls[0], replace(AUDIT.controls[0], effect=20.0)
    shown = bias_map.rest_html(replace(AUDIT, controls=(inside, outside)))
    assert "1 of 2 controls inside their floor" in shown
    assert "No controls were asked" in bias_map.rest_html(replace(AUDIT, controls=()))
    assert "no sample was reviewed by anybody else. Licence: CC0-1.0." in shown


def test_a_public_set_stands_with_its_source_and_licence_under_the_map_and_in_its_tile() -> None:
    public = replace(AUDIT.suites[0], title="CrowS-Pairs", licence="CC BY-SA 4.0", origins=(SOURCES["crows-pairs"],))
    told = "CrowS-Pairs: Nangia et al. 2020, CrowS-Pairs: A Challenge Dataset for Measuring Social Biases. Licence: CC"
    shown = bias_map.map_html(replace(AUDIT, suites=(*AUDIT.suites, public, public)))
    assert shown.count(told) == 1
    assert "Licence" not in bias_map.map_html(AUDIT)
    opened = bias_tile.tile_html(TILE, FINDINGS[:1], part([], 1, 10), bias_map.credits_html([public]))
    assert opened.count(told) == 1


def item(told: Told | None, size: float | None, error: str = "") -> Item:
    return Item("r1", "pairs-1", "women", "men", told, error, size)


def test_pairs_stand_behind_their_warning_with_what_differs_marked() -> None:
    told = Told(f"She saw it {HOSTILE}", f"He saw it {HOSTILE}", "log-likelihood -3.00", "log-likelihood -4.00")
    shown = bias_tile.tile_html(TILE, FINDINGS[:2], part([item(told, 1.0)], 1, 10))
    before, _, after = shown.partition("<summary>Show the pairs: they repeat stereotypes and may hurt · 1</summary>")
    assert after
    assert "saw it" not in before
    assert '<mark class="differs">She</mark> saw it' in after
    assert "with the stereotype, 1.00" in after
    assert "<script>" not in shown


def test_an_answer_stands_beside_the_one_text_that_was_asked() -> None:
    told = Told("An old and a young man waited. Who was rude?", "", "the old man", "right: not stated")
    shown = bias_tile.tile_html(TILE, FINDINGS[:1], part([item(told, 1.2)], 1, 10))
    assert "<h3>Answer</h3>" in shown
    assert "right: not stated" in shown


def test_a_failed_sample_is_shown_with_its_error_and_no_size() -> None:
    shown = bias_tile.tile_html(TILE, FINDINGS[:1], part([item(None, None, "<b>too long</b>")], 1, 10))
    assert "⚠ &lt;b&gt;too long&lt;/b&gt;" in shown
    assert "neither way" not in shown


def test_many_pairs_come_a_page_at_a_time() -> None:
    told = Told("She", "He", "", "")
    items = [item(told, float(-number)) for number in range(12)]
    shown = bias_tile.tile_html(TILE, FINDINGS[:1], part(items, 1, 10))
    assert shown.count('<article class="sample">') == 10
    assert 'data-do="page" data-id="2"' in shown
