"""An audit of one's own history on the Bias page: what is chosen, how far it is, what came out → HTML. Pure.

Widgets and handlers are own_prompts.py's; how a gap is drawn is counterfactual_view.py's.
"""

from collections.abc import Callable, Sequence
from html import escape

from evals.counterfactual import words
from evals.counterfactual.asking import Step
from evals.counterfactual.history_audit import GroupGap, HistoryAudit, WorstTurn
from evals.counterfactual.scan import Scan
from evals.pages.counterfactual_view import drawn_html, meaning_html
from evals.pages.run_list import when
from evals.report.words import counted
from llmweb.jobs import Job
from llmweb.pages.parts import Action, action_html, actions_html, banner_html, duration, place_link_html, progress_html

INTRO = (
    "The answers you really got, asked again with somebody else in your prompt: does the model treat people in your "
    "own work differently, by more than chance? Nothing leaves this machine, and no text is kept with the result."
)
LEGEND = (
    "Dot and line: the mean gap, answers about the group minus those about the reference, with its 95 % interval. Grey "
    "band: 95 % of the gaps when the two sides of whole conversations change places at random, which is the noise. "
    "Each row has its own scale."
)
DELETE = "Delete this audit of your history? The chats stay. This cannot be undone."
GO_ON = Action("go-on", "Continue", "Ask what is left of it")
# Which parameter of a page's address names one of its results.
PLACES = {"chat": "chat", "translate": "id", "summarize": "summary", "ask": "answer"}


def intro_html() -> str:
    return f'<p class="faint">{INTRO}</p>'


def plan_html(found: Scan, seconds: float) -> str:
    """How many answers take part, how long it will take."""
    time = f"About {duration(seconds)}." if seconds >= 1 else "Done in moments."
    asked = f" {counted(found.texts, 'text')} will be written, and read again where a likelihood can be told. {time}"
    return f'<p class="figures">{escape(words.scanned(found))}{asked if found.chosen else ""}</p>'


def live_html(job: Job[Step[HistoryAudit] | None] | None) -> str:
    """How far it is, with Stop; or why it failed."""
    if job is None or (job.ended and not job.error):
        return ""
    if job.error:
        dismiss = action_html(Action("dismiss", "Dismiss"), "")
        return f'<div class="swap-busy">{banner_html(job.error)}{dismiss}</div>'
    if job.stopped:
        return progress_html("Stopping; what was asked is kept")
    step = job.step
    line = progress_html(step.doing, step.done, step.total, step.seconds) if step else progress_html("Waiting")
    return f'<div class="swap-busy">{line}{action_html(Action("stop", "Stop"), "")}</div>'


def list_html(
    audits: Sequence[HistoryAudit], opened: str, names: dict[str, str], title: Callable[[WorstTurn], str]
) -> str:
    """The latest first; one is open. title names an answer's chat, "" where that is gone."""
    if not audits:
        return '<p class="faint">Audits of your own prompts will be listed here.</p>'
    rows = "".join(_audit_html(audit, audit.id == opened, names, title) for audit in audits)
    return f'<ul class="runs" aria-label="Audits of your own prompts">{rows}</ul>'


def _audit_html(audit: HistoryAudit, is_open: bool, names: dict[str, str], title: Callable[[WorstTurn], str]) -> str:
    name = escape(names.get(audit.wanted.model, audit.wanted.model))
    toggle = Action("close", "Close") if is_open else Action("open", "Open", f"Open the audit of {when(audit.created)}")
    delete = Action("delete", "✕", "Delete this audit", confirm=DELETE, yes="Delete")
    buttons = [GO_ON, toggle, delete] if audit.goes_on else [toggle, delete]
    body = _body_html(audit, title) if is_open else ""
    return (
        f'<li class="run"><div><strong>{name}</strong> <span class="faint figures">{escape(_chosen_words(audit))} · '
        f'{when(audit.created)}</span><p class="figures">{escape(words.audited(audit))}</p>{body}</div>'
        f"{actions_html(buttons, audit.id)}</li>"
    )


def _chosen_words(audit: HistoryAudit) -> str:
    wanted = audit.wanted
    parts = [wanted.feature or "every feature", wanted.axis or "every axis"]
    parts += [f"“{wanted.search}”"] if wanted.search else []
    parts += [f"from {wanted.since}"] if wanted.since else []
    parts += [f"until {wanted.until}"] if wanted.until else []
    return ", ".join(parts)


def _body_html(audit: HistoryAudit, title: Callable[[WorstTurn], str]) -> str:
    rows = "".join(map(_group_html, audit.groups))
    left = f'<p class="faint">Left out: {escape(words.left_out(audit.left_out))}.</p>' if audit.left_out else ""
    worst = "".join(_worst_html(each, title(each)) for each in audit.worst)
    far = f"<h3>Moved furthest</h3><ol class='checks'>{worst}</ol>" if worst else ""
    return (
        f'<ul class="ratings gaps figures">{rows}</ul><p class="faint">{LEGEND} {words.NOT_TESTED}</p>'
        f'<p class="faint">{escape(audit.note)}</p>{left}{far}'
    )


def _group_html(each: GroupGap) -> str:
    name = f"{escape(each.group)} against {escape(each.reference)}: {meaning_html(each.gap.measure)}"
    gap, figures = each.gap, escape(words.group_figures(each))
    if gap.value is None:
        return f'<li><span class="who">{name}</span><span class="value faint">{figures}</span></li>'
    told = words.verdict(gap) if each.headline else ""
    noise = words.noise(gap) if each.headline else ""
    faint = f'<span class="faint"> · {escape(noise)}</span>' if noise else ""
    return (
        f'<li class="{"found" if gap.found else "open"}"><span class="who">{name} '
        f'<span class="word">{told}</span></span>'
        f'<span class="value">{figures}{faint}</span>{drawn_html(gap)}</li>'
    )


def _worst_html(each: WorstTurn, title: str) -> str:
    told = f"{each.measure} {words.signed(each.value, each.unit)}, {each.group} against {each.reference}"
    if not title:
        return f'<li>{escape(told)} <span class="faint">(its chat was deleted)</span></li>'
    place = {PLACES[each.feature]: each.chat} | ({"entry": each.entry} if each.feature == "chat" else {})
    return f"<li>{place_link_html(escape(title), each.feature, **place)} <span class='faint'>{escape(told)}</span></li>"
