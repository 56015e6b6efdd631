"""Runs as a list: those under way with their progress, and those that were made, the latest first → HTML. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from html import escape

from evals import wording
from evals.run_queue import QueuedRun
from evals.run_reads import RunLine
from evals.runner import Progress
from llmweb.pages.parts import (
    Action,
    action_html,
    actions_html,
    banner_html,
    bar_html,
    duration,
    place_link_html,
    progress_html,
)

STATES = {"cancelled": "Stopped", "failed": "Failed", "running": "Cut off"}
CUT_OFF = "Ended with the app or its shell before it was finished; or a shell is making it now."
DELETE = "Delete this run with its outputs and comparisons? This cannot be undone."


def system_name(system: str, names: Mapping[str, str]) -> str:
    """SmolLM2 135M Instruct · exact + neutral-v1; a baseline keeps its id. names: model id → name."""
    model, at, options = system.partition("@")
    return f"{names.get(model, model)} · {options.replace(',', ', ').replace('+', ' + ')}" if at else system


def when(time: str) -> str:
    """A stored time as on the clock of this machine: 25 Nov 2026, 22:10."""
    return f"{datetime.fromisoformat(time).astimezone():%-d %b %Y, %H:%M}"


def live_html(runs: Sequence[QueuedRun], names: Mapping[str, str]) -> str:
    """What waits and runs, in its order; "" where nothing does."""
    if not runs:
        return ""
    going = sum(not run.ended for run in runs)
    stop = action_html(Action("stop-all", "Stop all"), "") if going > 1 else ""
    rows = "".join(_live_row_html(run, names) for run in runs)
    return (
        f'<section aria-label="Under way"><div class="runs-head"><h2>Under way</h2>{stop}</div>'
        f'<ul class="runs">{rows}</ul></section>'
    )


def _live_row_html(run: QueuedRun, names: Mapping[str, str]) -> str:
    name = f"<strong>{escape(run.planned.suite.title)}</strong> {escape(system_name(run.planned.system.id, names))}"
    title = place_link_html(name, "runs", run=run.progress.run) if run.progress.run else f"<span>{name}</span>"
    if run.state == "failed":
        dismiss = action_html(Action("dismiss", "Dismiss"), str(run.number))
        return f'<li class="run"><div>{title}{banner_html(run.error)}</div>{dismiss}</li>'
    stops = Action("stop", "Stop", f"Stop {run.planned.system.id} on {run.planned.suite.id}")
    stop = "" if run.cancelled.is_set() else action_html(stops, str(run.number))
    return f'<li class="run"><div>{title}{going_html(run)}</div>{stop}</li>'


def going_html(run: QueuedRun) -> str:
    """How far a run is: count, what failed, the leading metric so far, time elapsed and remaining."""
    state = run.progress
    if run.state == "waiting":
        return f'<div class="progress"><span class="figures">Waiting · {state.total:,} samples</span></div>'
    if run.cancelled.is_set():
        return progress_html(_stopping(state))
    if not state.run:
        return progress_html(state.note or "Loading the model")
    words = [state.note] if state.note else []
    words.append(f"{state.done:,} of {state.total:,}")
    if state.failed:
        words.append(f"{state.failed:,} with an error")
    if state.running is not None:
        words.append(f"{run.planned.suite.metrics[0]} about {state.running:.1f} so far")
    words.append(f"{duration(state.seconds)} so far")
    if state.remaining is not None and state.done < state.total:
        words.append(f"about {duration(state.remaining)} left")
    if run.planned.goes_on and state.run != run.planned.goes_on:
        words.append("begun anew: the model, its prompts or the libraries have changed since")
    bar = bar_html(state.done / state.total, "Samples asked")
    return f'<div class="progress">{bar}<span class="figures">{escape(" · ".join(words))}</span></div>'


def _stopping(state: Progress) -> str:
    """What a run that was stopped still waits for, as not all of that can be cut off."""
    if not state.run:
        return "Stopping: the model is still being loaded"
    return "Stopping: what is being asked ends first"


def left_html(count: int) -> str:
    """After a crash, or the end of the app: what was under way or waited, and the one click that goes on."""
    if not count:
        return ""
    what = "1 run was" if count == 1 else f"{count} runs were"
    words = f"{what} under way or waiting when the app last ended. What was asked is kept."
    go_on = Action("resume", "Go on", "Ask what is left of them, one after the other")
    forget = Action("forget", "Not now", "Those that began stay in the list and can go on from there")
    return banner_html(words, kind="note") + actions_html([go_on, forget], "")


def list_html(
    lines: Sequence[RunLine], names: Mapping[str, str], going: Collection[str], search: str, more: bool
) -> str:
    """The runs that were made, but for those going, which live_html shows. more: there are older ones."""
    shown = [line for line in lines if line.id not in going]
    if not shown:
        words = f"No run has “{search}”." if search.strip() else "Runs will be listed here."
        return f'<p class="faint">{escape(words)}</p>'
    rows = "".join(_row_html(line, names) for line in shown)
    older = actions_html([Action("more", "Show older ones")], "") if more else ""
    return f'<ul class="runs" aria-label="Runs">{rows}</ul>{older}'


def _row_html(line: RunLine, names: Mapping[str, str]) -> str:
    name = f"<strong>{escape(line.title)}</strong> {escape(system_name(line.system, names))}"
    delete = Action("delete", "✕", f"Delete run {line.id}", confirm=DELETE, yes="Delete")
    go_on = Action("go-on", "Go on", "Ask what is left of it")
    actions = [delete] if line.status == "finished" else [go_on, delete]
    buttons = "".join(action_html(action, line.id) for action in actions)
    return (
        f'<li class="run"><div class="run-facts">{place_link_html(name, "runs", run=line.id)}'
        f'<p class="figures">{_outcome_html(line)}</p><p class="faint figures">{when(line.created)}</p></div>'
        f'<div class="actions">{buttons}</div></li>'
    )


def _outcome_html(line: RunLine) -> str:
    """Its score, or how far it came and why no further."""
    if line.status == "finished":
        return escape(f"{line.metric} {wording.scored(line.value, line.low, line.high, line.scored, line.asked)}")
    title = f' title="{CUT_OFF}"' if line.status == "running" else ""
    why = f": {line.error}" if line.error else ""
    state = f'<span class="run-state {line.status}"{title}>{STATES[line.status]}{escape(why)}</span>'
    return f"{state} · {line.stored:,} of {line.asked:,} asked"
