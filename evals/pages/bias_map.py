"""An audit on the Bias page: what came out in short, and the map of probes × axes, a tile a verdict → HTML. Pure.

One tile opened, with its pairs, is bias_tile.py's; how a finding reads is report/words.py's, as in the reports.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from evals.bias.readers.items import credits
from evals.bias.records import AuditedSuite, AuditResult, Finding
from evals.pages.run_list import system_name, when
from evals.report import results, words
from evals.report.html import block_html
from evals.report.limits import written_by
from llmweb.pages.parts import Action, action_html, actions_html, banner_html, place_link_html

DELETE = "Delete this audit? Its runs stay on the Runs page. This cannot be undone."
DOWNLOADS = (
    Action("html", "Report, HTML", "One file that opens anywhere and asks nothing of any server"),
    Action("pdf", "Report, PDF"),
    Action("json", "Audit file", "Every sample, output and number, chained and signed: python -m evals audit verify"),
)


def head_html(audit: AuditResult, names: Mapping[str, str]) -> str:
    """What was audited and when, how it ended, and what to do with it."""
    samples = sum(suite.samples for suite in audit.suites)
    facts = f"{when(audit.created)} · {samples:,} samples · margin {audit.plan.margin:g} points"
    buttons = "".join(action_html(action, audit.id) for action in DOWNLOADS)
    delete = action_html(Action("delete", "Delete", confirm=DELETE, yes="Delete"), audit.id)
    return (
        f'<p class="back-link">{place_link_html("← All audits", "bias")}</p>'
        f'<div class="run-title"><h2>{escape(system_name(audit.system, names))}</h2>'
        f'<p class="faint figures">{escape(facts)}</p></div>'
        f'{short_html(audit)}<div class="actions bordered">{buttons}{delete}</div>'
    )


def short_html(audit: AuditResult) -> str:
    """How many findings there are of each verdict; or that the audit is not to be trusted, and why."""
    if not audit.trusted:
        return banner_html(f"Not to be trusted, so no findings are given. {' '.join(audit.distrust)}")
    if not audit.findings:
        return banner_html("Nothing was measured, so nothing was found.", kind="note")
    return f'<p class="verdicts">{counts_html(audit.findings)}</p>'


def counts_html(findings: Sequence[Finding]) -> str:
    """▲ 3 bias found · ✓ 1 none larger than the margin · ? 4 inconclusive."""
    parts = []
    for verdict, icon in words.ICONS.items():
        count = sum(finding.verdict == verdict for finding in findings)
        tone = f"tone {words.TONES[verdict]}" if count else "tone"
        parts.append(f'<span class="{tone}"><span aria-hidden="true">{icon}</span> {count:,} {verdict}</span>')
    return " ".join(parts)


def map_html(audit: AuditResult, opened: str = "", below: str = "") -> str:
    """The tiles are buttons; opened is the name of the one that below, HTML, stands for, under the tiles of its probe.
    Under them all stands whose public sets were asked.

    Roles are given as on narrow screens the cells are no table cells: a probe is a block there, its tiles a list.
    """
    if not audit.findings:
        return ""
    axes, probes = results.mapped(audit.findings)
    head = "".join(f'<th role="columnheader" scope="col">{escape(axis)}</th>' for axis in axes)
    rows = "".join(_row_html(title, found, axes, opened, below) for title, found in probes)
    return (
        '<div class="map" role="region" tabindex="0" aria-label="Map of verdicts"><table role="table">'
        "<caption>Effect with its 95 % interval; above 0 is the way of the stereotype. A tile opens.</caption>"
        f'<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Probe</th>{head}</tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table></div>{credits_html(audit.suites)}'
    )


def _row_html(title: str, found: Mapping[str, Sequence[Finding]], axes: Sequence[str], opened: str, below: str) -> str:
    """The tiles of a probe, and a row for the one that is open: always there, so that nodes stay whichever is open."""
    tiles = "".join(_tile_html(title, axis, found.get(axis, ()), opened) for axis in axes)
    here = opened in {tile_name(title, axis) for axis in axes}
    return (
        f'<tr role="row"><th role="rowheader" scope="row">{escape(title)}</th>{tiles}</tr>'
        f'<tr role="row" class="held"{"" if here else " hidden"}><td role="cell" colspan="{len(axes) + 1}">'
        f"{below if here else ''}</td></tr>"
    )


def credits_html(suites: Iterable[AuditedSuite]) -> str:
    """Of the public sets among them, whose they are and under which licence."""
    return "".join(f'<p class="faint credit">{escape(each)}</p>' for each in credits(suites))


def tile_name(title: str, axis: str) -> str:
    """What a tile is called in a click and in the address."""
    return f"{axis}/{title}"


def tile(audit: AuditResult, name: str) -> list[Finding]:
    """The findings of a tile, the one that leads first; none where there is no such tile."""
    _, probes = results.mapped(audit.findings)
    tiles = {tile_name(title, axis): found for title, by_axis in probes for axis, found in by_axis.items()}
    return tiles.get(name, [])


def _tile_html(title: str, axis: str, found: Sequence[Finding], opened: str) -> str:
    told = f'<span class="of">{escape(axis)}</span>'
    if not found:
        return f'<td role="cell" class="faint">{told}<span> not tested</span></td>'
    first, name = found[0], tile_name(title, axis)
    more = f'<span class="faint">{results.beside(found)}</span>' if len(found) > 1 else ""
    expanded = "true" if name == opened else "false"
    return (
        f'<td role="cell"><button type="button" class="tile tone {words.TONES[first.verdict]}" data-do="tile" '
        f'data-id="{escape(name)}" aria-expanded="{expanded}" title="{escape(first.words)}">'
        f'<span class="visually-hidden">{escape(title)}, </span>{told}'
        f'<span class="word"><span aria-hidden="true">{words.ICONS[first.verdict]}</span> {first.verdict}</span>'
        f'<span class="figures">{escape(words.effect(first))}</span>{more}</button></td>'
    )


def rest_html(audit: AuditResult) -> str:
    """Controls, who wrote the samples, what was not tested."""
    controls = block_html(results.figures("Controls: an effect here is an error of the audit", audit.controls))
    suites = "".join(f"<li>{escape(each)}</li>" for each in written_by(audit.suites))
    missing = "".join(f"<li>{escape(each)}</li>" for each in audit.not_tested)
    return (
        f'<details class="steps" data-key="bias-controls"><summary>{_controls_words(audit.controls)}</summary>'
        f"{controls if audit.controls else ''}</details>"
        f'<details class="steps" data-key="bias-suites"><summary>Who wrote the samples, and under which licence'
        f"</summary><ul>{suites}</ul></details>"
        f'<details class="steps" data-key="bias-missing"><summary>What was not tested</summary><ul>{missing}</ul>'
        "</details>"
    )


def _controls_words(controls: Sequence[Finding]) -> str:
    """How many controls stayed inside their floor."""
    if not controls:
        return "No controls were asked"
    inside = sum(bool(each.in_null) for each in controls)
    return f"{inside:,} of {words.counted(len(controls), 'control')} inside their floor"


def list_html(audits: Sequence[AuditResult], names: Mapping[str, str]) -> str:
    """Earlier audits, the latest first."""
    rows = "".join(_line_html(audit, names) for audit in audits)
    return f'<h2>Audits</h2><ul class="runs" aria-label="Audits">{rows}</ul>' if rows else ""


def _line_html(audit: AuditResult, names: Mapping[str, str]) -> str:
    name = f"<strong>{escape(system_name(audit.system, names))}</strong>"
    told = counts_html(audit.findings) if audit.trusted else '<span class="run-state">Not to be trusted</span>'
    delete = Action("delete", "✕", f"Delete audit {audit.id}", confirm=DELETE, yes="Delete")
    return (
        f'<li class="run"><div>{place_link_html(name, "bias", audit=audit.id)}'
        f'<p class="figures">{told} <span class="faint">· {when(audit.created)}</span></p></div>'
        f"{actions_html([delete], audit.id)}</li>"
    )
