"""Swap the person, under every answer: who is in the text, corrected by the person, then both prompts run and compared.

What it looks like is counterfactual_view.py's, running counterfactual/'s. The choices stand in the buttons; a run goes
on when its window leaves, and is found again; what came of it is kept with the answer.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from threading import Event

from evals.counterfactual.asking import TOGETHER, Plan, Result, Step, compare_steps, planned
from evals.counterfactual.person import NOBODY, find, suggested, swapped
from evals.counterfactual.results import Results
from evals.pages.counterfactual_view import (
    DO,
    SAMPLES,
    At,
    Draft,
    at_from,
    busy_html,
    draft_html,
    kept_html,
    result_html,
    section_html,
)
from evals.turns import turn_of
from llmweb.errors import BadInput, UserError
from llmweb.history import Entry, History
from llmweb.jobs import Job, Jobs
from llmweb.pages.parts import AnswerAction, Answered, banner_html, duration, error_html
from llmweb.runtime import Runtime

TITLE = "Ask the same about somebody else, and see whether the answers differ by more than chance"


class SwapPane:
    """Owns the comparisons under answers, of all windows."""

    def __init__(self, runtime: Runtime, results: Results) -> None:
        self.runtime, self.results = runtime, results
        self.jobs = Jobs[Step[Result]]("A swap")

    def action(self) -> AnswerAction:
        return AnswerAction(DO, "Swap the person", TITLE, self.run, kept=self.kept)

    def kept(self, history: History, entries: Sequence[str]) -> dict[str, str]:
        """The results of answers that are opened again, folded."""
        return {each.entry: kept_html(each) for each in self.results.kept(history, entries)}

    def run(self, answered: Answered) -> Iterator[str]:
        at, entry = at_from(answered.at), answered.history.entry(answered.entry_id)
        job = self.jobs.find(entry.id)
        if at.do == "stop" and job is not None:
            job.cancelled.set()
        elif at.do == "run":
            job = self._start(answered.history, entry, at)
        elif job is not None and job.ended and at.do:
            self.jobs.forget(entry.id)
            job = None
        if job is not None:
            yield from self._watched(answered, entry, job, replace(at, do=""))
            return
        for kept in self.results.kept(answered.history, [entry.id] if not at.do else []):
            yield result_html(entry.id, kept.result, entry.id, kept.created)
            return
        yield self._chosen(answered, entry, at)

    def _chosen(self, answered: Answered, entry: Entry, at: At, note: str = "") -> str:
        """The choices as they are after a click. Raises BadInput for what a browser cannot have been offered."""
        turn = turn_of(answered.history, entry.id)
        try:
            found = find(turn.texts)
        except BadInput as reason:  # in another language, or too long
            return section_html(banner_html(str(reason), kind="note"))
        if not found:
            return section_html(banner_html(NOBODY, kind="note"))
        swaps = suggested(found) if at.swaps is None else dict(at.swaps)
        samples = at.samples
        match at.do:
            case "set":
                to = answered.values.get("to", "")
                swaps = {number: group for number, group in swaps.items() if number not in at.numbers}
                swaps |= dict.fromkeys(at.numbers, to) if to not in ("", "?") else {}
            case "samples":
                chosen = answered.values.get("samples", "")
                if chosen not in map(str, SAMPLES):
                    raise BadInput(f"No number of answers {chosen!r}. Choose {', '.join(map(str, SAMPLES))}.")
                samples = int(chosen)
        swaps = dict(sorted(swaps.items()))
        done = swapped(turn.texts, found, swaps)
        texts = samples * Plan(turn, found, swaps).prompts
        time = _time_words(turn_seconds(answered.history, entry), texts)
        return draft_html(Draft(entry.id, turn, found, swaps, samples, done, time), note)

    def _start(self, history: History, entry: Entry, at: At) -> Job[Step[Result] | None]:
        turn = turn_of(history, entry.id)
        plan = planned(turn, find(turn.texts), dict(at.swaps or ()), at.samples, entry.text)
        return self.jobs.start(entry.id, lambda cancelled: self._compared(history, entry.id, plan, cancelled))

    def _compared(
        self, history: History, entry_id: str, plan: Plan, cancelled: Event
    ) -> Generator[Step[Result], None, None]:
        for step in compare_steps(self.runtime, plan, cancelled):
            if step.result is not None:
                self.results.keep(history, entry_id, step.result)
            yield step

    def _watched(self, answered: Answered, entry: Entry, job: Job[Step[Result] | None], at: At) -> Iterator[str]:
        """The run until it has ended; then what came of it, or the choices again."""
        for _ in job.watch():
            if not job.ended:
                yield busy_html(entry.id, job)
        if job.step is not None and job.step.result is not None:
            yield result_html(entry.id, job.step.result, job.id)
            return
        self.jobs.forget(entry.id)
        note = banner_html(job.error) if job.error else banner_html("Stopped; nothing was compared.", kind="note")
        try:
            yield self._chosen(answered, entry, at, note)
        except UserError as error:
            yield section_html(note + error_html(error))


def _time_words(seconds: float | None, texts: int) -> str:
    """How long a run may take, by what the answer took."""
    if seconds is None:
        return "How long that takes shows once it runs."
    expected = texts * seconds / TOGETHER
    about = f"About {duration(expected)}" if expected >= 1 else "A moment"
    return f"{about} for {texts} answers, by what this one took."


def turn_seconds(history: History, entry: Entry) -> float | None:
    """What an answer took in all, None where that was not kept."""
    record = history.setup(entry.chat_id)
    stored = record.get("seconds") or (record.get("answer") or {}).get("seconds")
    if stored:
        return float(stored)
    return entry.completion.usage.seconds if entry.completion else None
