"""What a model's card looks like: what it is for, what it costs, what is being done with it → HTML. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from llmweb.jobs import Job
from llmweb.measure import STREAMS, Measurement
from llmweb.pages.parts import Action, action_html, banner_html, download_size, parameters, progress_html
from llmweb.runtime import LoadedModel
from llmweb.translate.languages import name
from llmweb.types import Installed, Local, ModelSpec, Task
from llmweb.weights.download import human_bytes
from llmweb.weights.fetch_queue import Fetch

TASKS: Mapping[Task, str] = {
    "generate": "chat, summaries, answers",
    "translate": "translation",
    "span": "answers lifted from a text",
    "embed": "finding passages",
    "loglikelihood": "token probabilities",
}
LISTED_LANGUAGES = 16
ASKING = "Asking the model hub how big it is"


@dataclass(frozen=True, slots=True)
class Said:
    """What one window's card says besides: the announced download that waits for a yes, or what went wrong."""

    model: str = ""
    announced: str = ""
    problem: str = ""
    asking: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """All that is known of one model now. disk in bytes; measured is what history keeps, with when."""

    spec: ModelSpec
    ready: bool
    disk: int = 0
    loaded: tuple[LoadedModel, ...] = ()
    fetch: Fetch | None = None
    fetching_seconds: float = 0.0
    measuring: Job[Measurement] | None = None
    measured: Mapping[str, Any] | None = None
    said: Said = Said()

    @property
    def fetching(self) -> bool:
        return self.fetch is not None and not self.fetch.ended

    @property
    def is_measured_now(self) -> bool:
        return self.measuring is not None and not self.measuring.ended


def cards_html(cards: list[Card], used: int, budget: int, folder: str) -> str:
    """Every card, those that are here first. used and budget: bytes of memory held by models, and allowed."""
    here = "".join(card_html(card) for card in cards if card.ready)
    elsewhere = "".join(card_html(card) for card in cards if not card.ready)
    fetched = f'<h2>Can be fetched</h2><div class="cards">{elsewhere}</div>' if elsewhere else ""
    return (
        f'<p class="faint figures">{human_bytes(used)} of {human_bytes(budget)} of memory held by models · '
        f"{human_bytes(sum(card.disk for card in cards))} on disk in {escape(folder)}</p>"
        f'<h2>On this machine</h2><div class="cards">{here}</div>{fetched}'
    )


def card_html(card: Card) -> str:
    spec = card.spec
    facts = "".join(f"<dt>{label}</dt><dd>{escape(value)}</dd>" for label, value in _facts(card) if value)
    actions = "" if card.said.announced else "".join(action_html(action, spec.id) for action in _actions(card))
    row = f'<div class="actions">{actions}</div>' if actions else ""
    return (
        f'<article class="card" id="model-{escape(spec.id)}"><h3>{escape(spec.name)}</h3>'
        f'<p class="id">{escape(spec.id)}</p><p>{escape(spec.about)}</p>'
        f'<dl class="figures">{facts}</dl>{_state_html(card)}{row}</article>'
    )


def _facts(card: Card) -> Iterator[tuple[str, str]]:
    spec = card.spec
    yield "For", ", ".join(TASKS[task] for task in TASKS if task in spec.tasks)
    yield "Languages", _languages(spec)
    yield "Size", f"{parameters(spec)}, reads {spec.context_tokens:,} tokens"
    yield "Licence", spec.licence
    if card.ready:
        on_disk = human_bytes(card.disk) if card.disk else ""
        yield "On disk", "came with the app" if isinstance(spec.source, Installed) else on_disk
    in_memory = (f"{human_bytes(model.bytes)} ({model.precision})" for model in card.loaded)
    yield "In memory", ", ".join(in_memory)
    yield "Engine", spec.engine
    if card.measured:
        yield from _measured(card.measured)


def _measured(result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if result["speed_one"] is not None and result["speed_many"] is not None:
        alone, together = result["speed_one"], result["speed_many"]
        yield "Speed here", f"{alone:,.0f} tokens/s alone, {together:,.0f} for {STREAMS} at once (fast)"
    if result["deviation"] is not None:
        words = f"{result['deviation']:.3f} nats a token from exact, mean of {result['tokens']:,} tokens"
        yield "Fast strays", words


def _languages(spec: ModelSpec) -> str:
    if len(spec.languages) > LISTED_LANGUAGES:
        return f"any two of {len(spec.languages)}" if spec.pairs else f"{len(spec.languages)}"
    if spec.pairs:
        return ", ".join(sorted(f"{name(source)} → {name(target)}" for source, target in spec.pairs))
    return ", ".join(name(language) for language in spec.languages)


def _state_html(card: Card) -> str:
    """What is being done with the model, what it asks, or what went wrong."""
    fetch, measuring, said = card.fetch, card.measuring, card.said
    if fetch is not None and not fetch.ended:
        return progress_html(fetch.note, share=fetch.progress, seconds=card.fetching_seconds)
    if measuring is not None and not measuring.ended:
        state = measuring.step
        return progress_html(state.doing, state.done, state.total, measuring.seconds)
    if said.asking:
        return progress_html(ASKING)
    if said.announced:
        return _question_html(card.spec, said.announced)
    words = said.problem or (measuring.error if measuring is not None else "")
    if not words and fetch is not None and fetch.state == "failed" and not card.ready:
        words = fetch.error
    return banner_html(words) if words else ""


def _question_html(spec: ModelSpec, announced: str) -> str:
    terms = ""
    if spec.gated:
        address = escape(spec.licence_url)
        link = f'<a href="{address}" target="_blank" rel="noopener noreferrer nofollow">{address}</a>'
        terms = f" Downloading it means that you accept the {escape(spec.licence)}. Read them first: {link}"
    agree = f"Accept the {spec.licence} and download" if spec.gated else "Download"
    buttons = action_html(Action("download", agree), spec.id) + action_html(Action("no", "Cancel"), spec.id)
    return f'{banner_html(announced, terms, kind="note")}<div class="actions">{buttons}</div>'


def _actions(card: Card) -> Iterator[Action]:
    spec = card.spec
    if card.fetching:
        yield Action("cancel", "Stop download")
        return
    if card.is_measured_now:
        yield Action("stop", "Stop measuring")
        return
    if not card.ready:
        if not card.said.asking:
            yield Action("ask-download", f"Download {download_size(spec)}…" if spec.download_bytes else "Download…")
        return
    if "generate" in spec.tasks:
        yield Action("measure", "Measure", "Speed on this machine, and how far fast strays from exact")
    if card.loaded:
        yield Action("unload", "Unload", "Take it out of memory; it loads again when asked")
    if isinstance(spec.source, Local):
        yield Action("remove", "Forget", confirm="Forget this model? Your own files stay where they are.", yes="Forget")
    elif not isinstance(spec.source, Installed):
        warning = f"Delete the weights of {spec.name}? They can be fetched again."
        yield Action("remove", "Remove", confirm=warning, yes="Remove")
