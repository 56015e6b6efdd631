"""What a window of the Bias page shows: a View, checked and read from the ledger and the store → HTML. No widgets.

How it looks is bias_map.py's and bias_tile.py's. Ids and choices come from the browser or an address.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape

from evals import sample_order
from evals.bias.auditing import Auditing, Audits
from evals.bias.drift import drift, unshared
from evals.bias.findings import gained
from evals.bias.looks import Told, look
from evals.bias.records import AuditedSuite, AuditResult, Finding
from evals.pages import bias_map, bias_tile, bias_trial
from evals.pages.bias_tile import Item
from evals.pages.run_list import system_name, when
from evals.records import OutputRow
from evals.report import Format, limits, report_of
from evals.report.html import block_html
from evals.report.limits import Context
from evals.types import Sample
from llmweb.errors import NotFound, UserError
from llmweb.pages.parts import Action, action_html, banner_html, duration, error_html, progress_html

PAGE_ITEMS = 10
NOT_ASKED = "This run has not been asked it."


@dataclass(frozen=True, slots=True)
class View:
    """The list of audits, or one with a tile of its map open and an earlier audit beside it."""

    audit: str = ""
    tile: str = ""
    against: str = ""
    page: int = 1


class BiasScene:
    """Reads what a View needs. Methods raise NotFound and BadInput where it names what is not there."""

    def __init__(self, audits: Audits, names: Mapping[str, str]) -> None:
        self.audits, self.ledger, self.store, self.names = audits, audits.ledger, audits.store, names

    def is_empty(self) -> bool:
        return not self.ledger.audits() and self.audits.latest() is None

    def list_html(self) -> str:
        return bias_map.list_html(self.ledger.audits(), self.names)

    def live_html(self) -> str:
        latest = self.audits.latest()
        return "" if latest is None else going_html(latest, self.names)

    def checked(self, view: View) -> View:
        """With whole ids, and a tile there is."""
        if not view.audit:
            return View()
        audit = self.ledger.audit(view.audit)
        against = self.ledger.audit(view.against).id if view.against else ""
        tile = view.tile if bias_map.tile(audit, view.tile) else ""
        return replace(view, audit=audit.id, against=against, tile=tile)

    def others(self, view: View) -> list[tuple[str, str]]:
        """(words, id) of the other audits, the latest first."""
        return [
            (f"{system_name(each.system, self.names)} · {when(each.created)}", each.id)
            for each in self.ledger.audits()
            if each.id != view.audit
        ]

    def head_html(self, view: View) -> str:
        audit = self.ledger.audit(view.audit)
        since = gained(audit, self.store.measures())
        note = banner_html(since, kind="note") if since else ""
        return bias_map.head_html(audit, self.names) + note

    def body_html(self, view: View) -> str:
        """The map with the tile that is open, what changed since the other audit, controls and origins."""
        audit = self.ledger.audit(view.audit)
        opened = self._tile_html(audit, view) if view.tile else ""
        drawn = bias_map.map_html(audit, view.tile, opened)
        return f"{drawn}{self._drift_html(audit, view)}{bias_map.rest_html(audit)}"

    def trials_html(self, view: View) -> str:
        """What was tried on the audit, the latest first."""
        return bias_trial.list_html(self.ledger.trials(view.audit)) if view.audit else ""

    def file(self, view: View, kind: Format) -> tuple[str, bytes]:
        """(name, content) of a report or the audit file. Raises NotFound where a run of it was deleted."""
        audit = self.ledger.audit(view.audit)
        earlier = self.ledger.audit(view.against) if view.against else None
        content = report_of(audit, self.store, self.names.get(audit.model, audit.model), kind, earlier)
        return f"bias-audit-{audit.model}-{audit.created[:10]}-{audit.id}.{kind}", content

    def _drift_html(self, audit: AuditResult, view: View) -> str:
        if not view.against:
            return ""
        earlier = self.ledger.audit(view.against)
        try:
            blocks = limits.drift(
                Context(earlier, drift(earlier, audit, self.store), unshared=unshared(earlier, audit))
            )
        except UserError as error:
            return error_html(error)
        told = "".join(map(block_html, blocks))
        return f'<section class="report-tables"><h2>Change since the other audit</h2>{told}</section>'

    def _tile_html(self, audit: AuditResult, view: View) -> str:
        found = bias_map.tile(audit, view.tile)
        audited = self._audited(audit, found[0])
        try:
            items = self._items(audited)
        except NotFound as error:
            items, gone = [], banner_html(f"{error} Its pairs can no longer be shown.", kind="note")
        else:
            gone = ""
        shown = sample_order.part(items, view.page, PAGE_ITEMS)
        return gone + bias_tile.tile_html(view.tile, found, shown, bias_map.credits_html([audited]))

    def _audited(self, audit: AuditResult, finding: Finding) -> AuditedSuite:
        return next(
            suite
            for suite in audit.suites
            if (suite.probe, suite.axis, suite.control) == (finding.probe, finding.axis, finding.control)
        )

    def _items(self, audited: AuditedSuite) -> list[Item]:
        """Every sample that was asked, those that speak most for the stereotype first, errors last."""
        suite = self.store.suite(audited.sha256)
        samples = {sample.id: sample for sample in suite.samples}
        seen = look(suite)
        items = []
        for output in self.store.outputs(self.store.run(audited.run).id):
            sample = samples[output.sample]
            told = None if output.error else seen.told(output.text, sample)
            size = None if output.error else seen.size(output.text, sample)
            items.append(_item(audited.run, sample, output, told, size))
        return sorted(items, key=lambda item: (item.size is None, -(item.size or 0.0)))


def _item(run: str, sample: Sample, output: OutputRow, told: Told | None, size: float | None) -> Item:
    groups = sample.facts["group_a"], sample.facts["group_b"]
    return Item(run, sample.id, *groups, told, output.error or NOT_ASKED, size)


def going_html(auditing: Auditing, names: Mapping[str, str]) -> str:
    """How far an audit is, with Stop; or why it failed."""
    name = escape(system_name(auditing.name, names))
    if auditing.error:
        dismiss = action_html(Action("dismiss", "Dismiss"), "")
        inside = f"<div><strong>{name}</strong>{banner_html(auditing.error)}</div>{dismiss}"
    else:
        stop = "" if auditing.stopped else action_html(Action("stop", "Stop"), "")
        inside = f"<div><strong>{name}</strong>{_progress_html(auditing)}</div>{stop}"
    return (
        f'<section aria-label="Under way"><h2>Under way</h2><ul class="runs"><li class="run">{inside}</li></ul>'
        "</section>"
    )


def _progress_html(auditing: Auditing) -> str:
    state = auditing.step
    if auditing.stopped:
        return progress_html("Stopping; what was asked is kept")
    if state.result or state.trial or (state.total and state.done == state.total):
        return progress_html("Computing intervals, floors and tests")
    if state.run is None or not state.run.run:
        return progress_html(state.run.note if state.run and state.run.note else "Loading the model")
    title = auditing.titles.get(state.run.suite, state.run.suite)
    side = "" if "+" not in auditing.name else " · with it" if "+" in state.run.system else " · without it"
    left = "" if state.remaining is None else f" · about {duration(state.remaining)} left"
    words = f"{state.run.note or title}{side} · part {state.part} of {state.parts}{left}"
    return progress_html(words, state.done, state.total)
