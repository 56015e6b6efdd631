"""Mitigations tried on an audit: outcome in words, before → after as a picture, five conditions, numbers → HTML. Pure.
How a trial reads is report/remedies.py's, as in the reports."""

from collections.abc import Sequence
from html import escape

from evals.bias.trials import Condition, Trial
from evals.pages.run_list import when
from evals.report import remedies
from evals.report.html import block_html
from llmweb.pages.parts import banner_html, place_link_html


def list_html(trials: Sequence[Trial]) -> str:
    """The latest first."""
    return "".join(map(trial_html, reversed(trials)))


def trial_html(trial: Trial) -> str:
    tone = remedies.OUTCOMES[trial.outcome][1]
    pictures = "".join(map(block_html, remedies.figure(trial)))
    doubts = "".join(banner_html(f"Not to be trusted: {each}") for each in trial.distrust)
    conditions = "".join(map(_condition_html, trial.conditions))
    moved = "".join(f'<p class="figures">{escape(remedies.moved(change))}</p>' for change in trial.targets)
    links = " · ".join(
        place_link_html(f"audit {words} it", "bias", audit=audit)
        for words, audit in (("without", trial.before), ("with", trial.after))
    )
    told = f'<p class="plain-text faint">{escape(trial.mitigation.words)}</p>' if trial.mitigation.words else ""
    return (
        f'<section class="opened trial" aria-label="{escape(trial.mitigation.title)}">'
        f"<h3>{escape(trial.mitigation.title)}</h3>"
        f'<p class="faint figures">{escape(trial.name)} · {when(trial.created)} · {links}</p>'
        f'<p class="tone {tone}">{escape(remedies.outcome_words(trial))}</p>{doubts}{moved}{pictures}'
        f'<ol class="conditions">{conditions}</ol>'
        f'<details class="steps" data-key="trial-{escape(trial.id)}"><summary>Numbers, and what was changed</summary>'
        f"<p>{escape(trial.mitigation.about)} {escape(trial.mitigation.source)}</p>{told}"
        f'<div class="report-tables">{block_html(remedies.before_and_after(trial))}</div></details>'
        f'<p class="faint">What it leaves: {escape(remedies.remains(trial))} {escape(trial.mitigation.risk)}</p>'
        "</section>"
    )


def _condition_html(condition: Condition) -> str:
    words, tone = remedies.STATES[condition.state]
    icon, _, said = words.partition(" ")
    lines = "".join(f'<p class="figures">{escape(line)}</p>' for line in condition.words.splitlines())
    return (
        f'<li class="tone {tone}"><strong><span aria-hidden="true">{icon}</span> {escape(condition.title)}</strong> '
        f'<span class="state">{escape(said)}</span>{lines}</li>'
    )
