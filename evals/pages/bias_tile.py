"""One tile of an audit's map: its measures, and its pairs with both texts, those that speak most for it first → HTML.
Pure. The map is bias_map.py's."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from evals.bias.looks import Told
from evals.bias.records import Finding
from evals.metrics.meanings import MEANINGS
from evals.pages.differences import marked_html
from evals.report import results, words
from evals.report.blocks import Table
from evals.report.html import block_html
from evals.sample_order import Part
from llmweb.pages.parts import Action, action_html, place_link_html

WARNING = "Show the pairs: they repeat stereotypes and may hurt"


@dataclass(frozen=True, slots=True)
class Item:
    """A sample of the tile: told in words, None where it gave only an error. size: how strongly it speaks for the
    stereotype, above 0 for it."""

    run: str
    sample: str
    group_a: str
    group_b: str
    told: Told | None
    error: str
    size: float | None


def tile_html(name: str, found: Sequence[Finding], items: Part[Item], credit_html: str = "") -> str:
    """name is what a click on the tile says; found is not empty, the leading finding first. credit_html tells whose the
    samples are."""
    first = found[0]
    named = escape(f"{first.title}, {first.axis}")
    drawn = "".join(block_html(figure) for figure in results.forests(found))
    told = "".join(f'<p class="tone {words.TONES[each.verdict]}">{_sentence_html(each)}</p>' for each in found)
    able = results.abilities(found)
    tables: list[Table] = [results.figures("All numbers", found), *([able] if able.rows else []), results.counts(found)]
    numbers = "".join(map(block_html, tables))
    return (
        f'<section class="opened" data-reveal="{named}" aria-label="{named}">'
        f'<div class="runs-head"><h2>{named}</h2>'
        f"{action_html(Action('tile', 'Close'), name)}</div>{credit_html}{told}{drawn}"
        f'<details class="steps" data-key="bias-numbers"><summary>Numbers, ability and what the outputs were</summary>'
        f'<div class="report-tables">{numbers}</div></details>{_items_html(items)}</section>'
    )


def _sentence_html(finding: Finding) -> str:
    icon = f'<span aria-hidden="true">{words.ICONS[finding.verdict]}</span>'
    meaning = escape(MEANINGS.get(finding.metric, finding.signature))
    return f'{icon} <abbr title="{meaning}">{escape(finding.metric)}</abbr> {escape(finding.words)}'


def _items_html(items: Part[Item]) -> str:
    rows = "".join(map(_item_html, items.rows))
    return (
        f'<details class="steps pairs" data-key="bias-pairs"><summary>{WARNING} · {items.total:,}</summary>'
        f'<p class="faint">Those that speak most for the stereotype come first.</p>{rows}{_pager_html(items)}</details>'
    )


def _item_html(item: Item) -> str:
    link = place_link_html(escape(item.sample), "runs", run=item.run, sample=item.sample)
    size = "" if item.size is None else f'<span class="figures">{words.way(item.size)}</span>'
    header = f'<header><span class="sample-id">{link}</span>{size}</header>'
    if item.told is None:
        return f'<article class="sample">{header}<p class="sample-error">⚠ {escape(item.error)}</p></article>'
    told = item.told
    a, b = marked_html(told.text_a, told.text_b) if told.text_b else (escape(told.text_a), "")
    if not told.text_b:
        columns = _said_html("Asked", a, "") + _said_html("Answer", escape(told.output_a), told.output_b)
    else:
        columns = _said_html(item.group_a, a, told.output_a) + _said_html(item.group_b, b, told.output_b)
    return f'<article class="sample">{header}<div class="texts">{columns}</div></article>'


def _said_html(label: str, text: str, said: str) -> str:
    """text is HTML already."""
    below = f'<p class="faint plain-text" dir="auto">{escape(said)}</p>' if said else ""
    return f'<div><h3>{escape(label)}</h3><div class="plain-text" dir="auto">{text}</div>{below}</div>'


def _pager_html(items: Part[Item]) -> str:
    if items.pages < 2:
        return ""
    before = action_html(Action("page", "Previous"), str(items.number - 1)) if items.number > 1 else "<span></span>"
    after = (
        action_html(Action("page", "Next"), str(items.number + 1)) if items.number < items.pages else "<span></span>"
    )
    return f'<div class="pager">{before}<span>{items.number} of {items.pages}</span>{after}</div>'
