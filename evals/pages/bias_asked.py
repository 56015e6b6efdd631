"""What an audit asks: on which grounds, by which probes, and public sets brought from files. Widgets, handlers, HTML.

What a file holds is bias/readers/'s, where it is kept bias/brought.py's.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.base import Component

from evals.bias.brought import BroughtSets
from evals.bias.occupations import LANGUAGES
from evals.bias.readers import FORMATS
from evals.bias.readers.items import credit
from evals.report.words import counted
from evals.store import Store
from evals.types import Suite
from llmweb.errors import BadInput, UserError
from llmweb.pages import parts, uploads
from llmweb.pages.parts import Action, action_html
from llmweb.pages.running import QUIET, STEPS
from llmweb.translate.languages import name as language_name

Shown = dict[Component, Any]


class BiasAsked:
    """The fields axes and probes; what was brought is among the probes. Controls are asked always, so they are no
    choice. own builds our suites."""

    def __init__(self, store: Store, own: Callable[[], Sequence[Suite]]) -> None:
        self.own, self.sets = cache(own), BroughtSets(store)

    def build(self) -> None:
        """The widgets, in the layout block that is open. What can be chosen comes with the page's load."""
        self.axes = gr.CheckboxGroup([], label="Axes: on what grounds people may differ", elem_id="bias-axes")
        with gr.Accordion("What is asked", open=False, elem_id="bias-asked") as self.fold:
            info = "Controls, where nothing may differ, are asked always."
            self.probes = gr.CheckboxGroup([], label="Probes", info=info, elem_id="bias-probes")
            parts.canvas("bias-bring", bring_html())
            with gr.Row(elem_classes=["fields"]):
                self.language = gr.Dropdown(
                    [(language_name(each), each) for each in LANGUAGES],
                    value=LANGUAGES[0],
                    label="Translate WinoMT into",
                    elem_id="bias-set-language",
                    filterable=False,
                    min_width=200,
                    scale=0,
                )
                self.files = gr.UploadButton(
                    "Choose files…",
                    file_count="multiple",
                    elem_id="bias-set-files",
                    elem_classes=["takes-files"],
                    min_width=140,
                    scale=0,
                    size="md",
                )
            self.too_big = uploads.limit("bias-set-too-big")
            self.problem = parts.canvas("bias-set-problem")
            self.list = parts.canvas("bias-sets")
        self.fields: list[Component] = [self.axes, self.probes]
        self.drawn: list[Component] = [*self.fields, self.list]

    def wire(self, describe: Callable[..., Any], inputs: Sequence[Component], told: Sequence[Component]) -> None:
        """describe is called with inputs and gives told, after each change."""
        changed = [*self.drawn, self.problem, self.files]
        came = self.files.upload(self.bring, [self.files, self.language, *self.fields], changed, **STEPS)
        went = self.list.click(self.take_off, self.fields, changed, **QUIET)
        self.too_big.click(uploads.refuse, None, self.problem, **QUIET)
        for each in (came, went):
            each.then(describe, inputs, told, **QUIET)

    def suites(self) -> list[Suite]:
        """All there is to ask, controls included; what was brought comes last."""
        return [*self.own(), *self.sets.suites().values()]

    def everything(self) -> tuple[list[str], list[str]]:
        """All axes and probes."""
        suites = self.suites()
        return _axes(suites), [suite.id for suite in suites if _asks(suite)]

    def shown(self, axes: Iterable[str], probes: Iterable[str]) -> Shown:
        """The fields with what can be chosen now, and chosen what still can be of these; and what was brought."""
        suites = self.suites()
        grounds, choices = _axes(suites), [(suite.title, suite.id) for suite in suites if _asks(suite)]
        wanted, picked = set(axes), set(probes)
        return {
            self.axes: gr.CheckboxGroup(choices=grounds, value=[axis for axis in grounds if axis in wanted]),
            self.probes: gr.CheckboxGroup(choices=choices, value=[name for _, name in choices if name in picked]),
            self.list: sets_html(self.sets.suites().values()),
        }

    def chosen(self, axes: Any, probes: Any) -> tuple[list[Suite], tuple[str, ...]]:
        """Suites and axes, () for all of theirs; from what came from the browser. Raises BadInput."""
        every = self.suites()
        suites = [suite for suite in every if not _asks(suite) or suite.id in (probes or ())]
        known = [axis for axis in _axes(every) if axis in (axes or ())]
        if not known:
            raise BadInput("No axis is chosen. Choose at least one.")
        there = _axes(suites)
        if not there:
            raise BadInput("No probe is chosen. Open “What is asked” and choose at least one.")
        wanted = [axis for axis in there if axis in known]
        if not wanted:
            asked = ", ".join(there)
            raise BadInput(f"No chosen probe asks about {', '.join(known)}. Choose others, or one of the axes {asked}.")
        return suites, () if len(wanted) == len(there) else tuple(wanted)

    def named(self, suites: Sequence[Suite]) -> tuple[str, ...]:
        """The ids of suites; where all of our own are among them, of those that were brought only, as in the shell."""
        ids, own = tuple(suite.id for suite in suites), {suite.id for suite in self.own()}
        return tuple(name for name in ids if name not in own) if own <= set(ids) else ids

    def summary(self, probes: Any) -> gr.Accordion:
        """The fold, with what is chosen on it."""
        own = [suite for suite in self.own() if _asks(suite)]
        ours = sum(suite.id in (probes or ()) for suite in own)
        words = [f"all {counted(len(own), 'probe')}" if ours == len(own) else f"{ours} of {counted(len(own), 'probe')}"]
        words += [suite.title for suite in self.sets.suites().values() if suite.id in (probes or ())]
        return gr.Accordion(label=f"What is asked · {' · '.join(words)}")

    def bring(self, paths: list[str] | None, language: Any, axes: Any, probes: Any) -> Iterator[Shown]:
        """Uploaded files become sets to ask, which are chosen with the axes that are new; the files are gone then."""
        before = set(_axes(self.suites()))
        with uploads.side_by_side(paths or []) as files:
            yield {self.problem: parts.progress_html("Reading the files")}
            came, failed = self.read(files, str(language))
        more = [axis for axis in _axes(came) if axis not in before]
        shown = self.shown([*(axes or ()), *more], [*(probes or ()), *(suite.id for suite in came)])
        yield shown | {self.problem: "".join(map(parts.error_html, failed)), self.files: gr.UploadButton(value=None)}

    def read(self, files: Sequence[Path], language: str) -> tuple[list[Suite], list[UserError]]:
        """The sets that could be read, and for each other file why not."""
        came, failed = list[Suite](), list[UserError]()
        for file in files:
            try:
                came.append(self.sets.bring(file, language))
            except UserError as error:
                failed.append(error)
        return came, failed

    def take_off(self, event: gr.EventData, axes: Any, probes: Any) -> Shown:
        self.sets.take_off(parts.clicked(event).id)
        return self.shown(axes or (), probes or ()) | {self.problem: ""}


def _asks(suite: Suite) -> bool:
    """Whether it has more than controls."""
    return any(not sample.facts["control"] for sample in suite.samples)


def _axes(suites: Iterable[Suite]) -> list[str]:
    facts = [sample.facts for suite in suites for sample in suite.samples]
    return list(dict.fromkeys(each["axis"] for each in facts if not each["control"]))


def credit_of(suite: Suite) -> str:
    """Of a public set."""
    return credit(suite.licence, [suite.samples[0].facts["origin"]])


def bring_html() -> str:
    """Which files are read, and where they are."""
    rows = "".join(
        f"<li><strong>{escape(form.title)}</strong><span>{escape(form.licence)}. Must hold {escape(form.needs)}.</span>"
        f'<a href="https://{form.address}" target="_blank" rel="noopener noreferrer nofollow">{form.address}</a></li>'
        for form in FORMATS.values()
    )
    titles = ", ".join(form.title for form in FORMATS.values())
    return (
        '<h2>Bring a public set</h2><p class="faint">Files of these sets are read as their authors publish them, and '
        f"stay on this machine: {escape(titles)}.</p>"
        f'<details class="steps" data-key="bias-formats"><summary>What a file must hold, and where to find it</summary>'
        f"<ul>{rows}</ul></details>"
    )


def sets_html(sets: Iterable[Suite]) -> str:
    """What was brought: how much of what, whose it is, and the licence."""
    rows = "".join(map(_set_html, sets))
    return f'<ul class="runs" aria-label="Public sets">{rows}</ul>' if rows else ""


def _set_html(suite: Suite) -> str:
    off = Action("take-off", "Take off", f"Take off {suite.title}: what was asked of it stays in its audits")
    axes = ", ".join(_axes([suite]))
    return (
        f'<li class="run"><div><strong>{escape(suite.title)}</strong><p class="figures">'
        f"{counted(len(suite.samples), 'sample')} on {escape(axes)}</p>"
        f'<p class="faint">{escape(credit_of(suite))}</p></div>{action_html(off, suite.id)}</li>'
    )
