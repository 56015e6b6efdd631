"""One run, or two beside each other: what it is, its scores, how it stands against others → HTML. Pure.

Its samples are sample_view.py's.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from evals import wording
from evals.comparisons import Comparison
from evals.metrics.meanings import MEANINGS
from evals.pages.run_list import CUT_OFF, DELETE, STATES, going_html, system_name, when
from evals.records import Run, ScoreRow
from evals.run_queue import QueuedRun
from evals.run_reads import Against
from evals.runner import Rescored
from evals.types import Suite
from llmweb.jobs import Job
from llmweb.pages.parts import Action, actions_html, banner_html, place_link_html, progress_html

SHOWN_OTHERS = 8
OTHER_PROMPTS = "The feature has changed between these runs: the difference is of system and feature together."
AGAIN = "Scoring the stored outputs again"
RESCORED = "The stored outputs were scored again, and compared with the other runs. No model was asked."
BACK = '<p class="back-link">' + place_link_html("← All runs", "runs") + "</p>"


@dataclass(frozen=True, slots=True)
class Opened:
    """All that is known of one run now. going is it while it waits or is made here; rescoring the last time its outputs
    were scored again in this process."""

    run: Run
    suite: Suite
    scores: Sequence[ScoreRow] = ()
    stored: int = 0
    failed: int = 0
    going: QueuedRun | None = None
    against: Sequence[Against] = ()
    rescoring: Job[Rescored | None] | None = None


def head_html(opened: Opened, names: Mapping[str, str], whole: bool = True) -> str:
    """Title and, if whole, state, actions and scores; provenance and the other runs folded."""
    run, suite = opened.run, opened.suite
    name = escape(system_name(run.system, names))
    facts = f"Run {run.id} · {when(run.created)} · {run.asked:,} of {len(suite.samples):,} samples"
    title = (
        f'{BACK}<div class="run-title"><h2>{escape(suite.title)} <span class="by">{name}</span></h2>'
        f'<p class="faint figures">{escape(facts)}</p></div>'
    )
    if not whole:
        return title
    return (
        f"{title}{_state_html(opened)}{_actions_html(opened)}{scores_html(opened.scores)}"
        f"{_against_html(opened, names)}{_provenance_html(opened)}"
    )


def _state_html(opened: Opened) -> str:
    """Progress, or why it is not finished; and how many samples failed."""
    run = opened.run
    if opened.going is not None:
        return going_html(opened.going)
    if run.status != "finished":
        cut = f" {CUT_OFF}" if run.status == "running" else ""
        why = f" {run.error}" if run.error else ""
        words = f"{STATES[run.status]}: {opened.stored:,} of {run.asked:,} samples asked.{cut}{why}"
        return banner_html(words, kind="error" if run.status == "failed" else "note")
    rescored = rescoring_html(opened.rescoring)
    if not opened.failed:
        return rescored
    failed = f"{opened.failed:,} of {run.asked:,} samples ended with an error. They are left out of the scores."
    return rescored + banner_html(failed, kind="note")


def rescoring_html(job: Job[Rescored | None] | None) -> str:
    """How far scoring again is; or how it ended."""
    if job is None:
        return ""
    done, total = (job.step.done, job.step.total) if job.step else (0, 0)
    if not job.ended:
        doing = "Stopping" if job.stopped else "Comparing with the other runs" if total and done == total else AGAIN
        return progress_html(doing, done, total, job.seconds)
    if job.error:
        return banner_html(job.error)
    if job.step is not None and job.step.finished:
        return banner_html(RESCORED, kind="note")
    kept = (
        f"Stopped: {done:,} of {total:,} outputs were scored again" if total else "Stopped: no output was scored again"
    )
    return banner_html(f"{kept}. The scores below are those from before.", kind="note")


def _actions_html(opened: Opened) -> str:
    run = opened.run
    delete = Action("delete", "Delete", confirm=DELETE, yes="Delete")
    if opened.going is not None:
        stopping = opened.going.cancelled.is_set()
        return actions_html([] if stopping else [Action("stop", "Stop"), Action("refresh", "Show new samples")], run.id)
    if run.status != "finished":
        return actions_html([Action("go-on", "Go on", "Ask what is left of it"), delete], run.id)
    if opened.rescoring is not None and not opened.rescoring.ended:
        stop = Action("stop-rescore", "Stop", "What was scored again by then stays")
        return actions_html([] if opened.rescoring.stopped else [stop], run.id)
    again = Action("again", "Run again", "A new run of the same system on the same samples")
    rescore = Action("rescore", "Score again", "Score the stored outputs anew; no model is asked")
    errors = [Action("errors", "Show errors")] if opened.failed else []
    asked_here = [] if "imported" in run.identity else [again]
    return actions_html([*errors, *asked_here, rescore, delete], run.id)


def scores_html(scores: Sequence[ScoreRow]) -> str:
    """The leading metric large, the others below it."""
    if not scores:
        return ""
    rows = "".join(
        f"<tr{' class=leading' if not place else ''}><th scope=row>{metric_html(score.metric)}</th><td>"
        f"{escape(wording.scored(score.value, score.low, score.high, score.scored, score.asked))}</td>"
        f'<td class="faint">{"" if score.higher_is_better else "lower is better"}</td></tr>'
        for place, score in enumerate(scores)
    )
    return (
        f'<table class="scores figures"><caption class="visually-hidden">Scores</caption><tbody>{rows}</tbody></table>'
    )


def folded_html(key: str, words: str, inside: str) -> str:
    """A line that opens to what is inside; key is what its state is remembered by. Both are HTML."""
    return f'<details class="steps" data-key="{key}"><summary>{words}</summary>{inside}</details>'


def metric_html(name: str) -> str:
    """Its name, with what it means for those who ask."""
    meaning = MEANINGS.get(name)
    return f'<abbr title="{escape(meaning)}" tabindex="0">{escape(name)}</abbr>' if meaning else escape(name)


def _against_html(opened: Opened, names: Mapping[str, str]) -> str:
    """The other runs on these samples, each a link to both beside each other."""
    if not opened.against:
        return ""
    items = "".join(
        f"<li>{place_link_html(_against_words(each, names), 'runs', run=opened.run.id, **{'with': each.run})}</li>"
        for each in opened.against[:SHOWN_OTHERS]
    )
    more = len(opened.against) - SHOWN_OTHERS
    rest = f'<p class="faint">{more:,} older ones are under Compare with.</p>' if more > 0 else ""
    words = f"Against {len(opened.against):,} other run{'s' if len(opened.against) > 1 else ''} on these samples"
    return folded_html("run-against", words, f"<ul>{items}</ul>{rest}")


def _against_words(each: Against, names: Mapping[str, str]) -> str:
    said = {"better": "better than", "worse": "worse than", "same": "the same as"}
    verdict = said.get(each.verdict, "not surely different from")
    numbers = ""
    if each.difference is not None and each.low is not None and each.high is not None:
        numbers = f" ({each.difference:+.1f}, from {each.low:+.1f} to {each.high:+.1f})"
    return escape(f"{verdict} {system_name(each.system, names)}{numbers}, {when(each.created)}")


def _provenance_html(opened: Opened) -> str:
    """Everything that makes the run itself, folded."""
    run, suite = opened.run, opened.suite
    facts = {
        "Suite": f"{run.suite}, SHA-256 {run.suite_sha256[:16]}",
        "Prompts": f"SHA-256 {run.prompt_sha256[:16]}",
        **{name.replace("_", " ").capitalize(): _fact(value) for name, value in run.identity.items()},
        "Versions": _fact(run.versions),
        "Samples": f"{suite.notes} {suite.licence}.",
    }
    facts |= {f"{score.metric}": score.signature for score in opened.scores}
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    return folded_html("run-provenance", "What it was made with", f'<dl class="facts">{rows}</dl>')


def _fact(value: object) -> str:
    """A hash by its beginning; options and versions as name value, …"""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_fact(each)}" for name, each in value.items() if each not in ("", [], None))
    return value[:40] if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def pair_head_html(a: Opened, b: Opened, found: Mapping[str, Comparison] | None, names: Mapping[str, str]) -> str:
    """Two runs: which is A and which B, and the paired verdict under each metric, the leading one first; found is None
    while they are being compared."""
    runs = "".join(_side_html(letter, each.run, names) for letter, each in (("A", a), ("B", b)))
    changed = banner_html(OTHER_PROMPTS, kind="note") if a.run.prompt_sha256 != b.run.prompt_sha256 else ""
    swap = actions_html([Action("swap", "Swap A and B"), Action("alone", "Close the comparison")], a.run.id)
    verdicts = progress_html("Comparing the two runs") if found is None else verdicts_html(found)
    return (
        f'{BACK}<div class="run-title"><h2>{escape(a.suite.title)}</h2></div>{verdicts}{changed}'
        f'<ul class="pair">{runs}</ul>{swap}'
    )


def _side_html(letter: str, run: Run, names: Mapping[str, str]) -> str:
    link = place_link_html(escape(system_name(run.system, names)), "runs", run=run.id)
    facts = f"run {escape(run.id)} · {when(run.created)}"
    return f'<li><strong>{letter}</strong> {link} <span class="faint figures">{facts}</span></li>'


def verdicts_html(found: Mapping[str, Comparison]) -> str:
    if not found:
        return banner_html("Neither has a score yet that both have: nothing can be compared.", kind="note")
    (first, leading), *others = found.items()
    rest = "".join(f"<li>{metric_html(name)}: {escape(wording.compared(each))}</li>" for name, each in others)
    more = folded_html("run-verdicts", "Under the other metrics", f"<ul>{rest}</ul>") if rest else ""
    verdict, _, numbers = wording.compared(leading).partition(". ")
    return (
        f'<p class="verdict">{escape(verdict)}.</p><p class="figures">{metric_html(first)}: {escape(numbers)}</p>{more}'
    )
