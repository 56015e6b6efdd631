"""The parts every page is built from: model picker, banners, progress, provenance line, answer actions.

Functions ending in _html return safe HTML for a canvas(): every text goes through html.escape or markdown.py first.
The options panel is options.py's, the look theme.py's.
"""

import json
import logging
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from urllib.parse import parse_qsl, urlencode

import gradio as gr

from llmweb.errors import BadInput, NotDownloaded, UnsupportedPair, UserError
from llmweb.history import History
from llmweb.runtime import Runtime
from llmweb.types import Completion, ModelSpec

log = logging.getLogger(__name__)

MEGABYTE = 1_000_000
CLICKS = "llmweb.delegate(element, trigger); /* fires 'click' */"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a dialog that starts as value, lines high; choices are offered while one types."""

    name: str
    label: str
    value: str = ""
    lines: int = 1
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """A quiet button on something listed or answered: do is the word its handler gets, with the thing's id.

    ask opens a dialog with a field that starts as value (lines high), or with fields; confirm only asks. yes is the
    word on its button. text is what the handler gets where nothing is asked.
    """

    do: str
    label: str
    title: str = ""
    ask: str = ""
    confirm: str = ""
    value: str = ""
    lines: int = 1
    yes: str = "OK"
    fields: tuple[Field, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Click:
    """What came back from an Action: untrusted, so id is looked up and text is checked like any input."""

    do: str
    id: str
    text: str

    @property
    def values(self) -> dict[str, str]:
        """What was written into the dialog's fields, by their names."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer an action is about: an entry of a history, which may be a temporary one; at is which part of it, and
    values what was written into the action's fields."""

    history: History
    entry_id: str
    at: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AnswerAction:
    """What another room adds under every answer ("Keep as test"). run says what it does as HTML, each in place of the
    one before; buttons in it may run it again, about an id "entry:part". fields are its dialog's for an answer's text.
    kept is what it has said before of answers, by their entries, as HTML that stands under them once they are opened.
    """

    do: str
    label: str
    title: str
    run: Callable[[Answered], Iterator[str]]
    fields: Callable[[str], tuple[Field, ...]] = lambda text: ()
    kept: Callable[[History, Sequence[str]], Mapping[str, str]] = lambda history, entries: {}


def canvas(elem_id: str, value: str = "", classes: Sequence[str] = ()) -> gr.HTML:
    """A place for HTML made by this package. An Action clicked in it fires click; read it with clicked(event).

    A new value changes only the nodes that differ, so that nothing jumps and selections stay.
    """
    return gr.HTML(
        value, elem_id=elem_id, elem_classes=list(classes), js_on_load=CLICKS, apply_default_css=False, padding=False
    )


def clicked(event: gr.EventData) -> Click:
    data = event._data if isinstance(event._data, dict) else {}
    return Click(str(data.get("do", "")), str(data.get("id", "")), str(data.get("text", "")))


def announcer(elem_id: str) -> gr.HTML:
    """A region that screen readers speak politely when it changes: set it to announce_html() when an answer is done."""
    return canvas(elem_id, announce_html(""), classes=["visually-hidden"])


def announce_html(text: str) -> str:
    return f'<div role="status" aria-live="polite">{escape(text)}</div>'


def action_html(action: Action, item_id: str) -> str:
    data = {"do": action.do, "id": item_id, "ask": action.ask, "confirm": action.confirm, "value": action.value}
    if action.ask or action.confirm:
        data |= {"lines": str(action.lines), "yes": action.yes}
    if action.fields:
        data["fields"] = json.dumps([asdict(field) for field in action.fields])
    data["text"] = action.text
    attributes = " ".join(f'data-{name}="{escape(value)}"' for name, value in data.items() if value)
    title = escape(action.title or action.label)
    # A sign such as ✎ says nothing aloud; a word is its own label.
    aloud = "" if action.label.isascii() else f' aria-label="{title}"'
    return f'<button type="button" class="quiet" title="{title}"{aloud} {attributes}>{escape(action.label)}</button>'


def added_actions(added: Iterable[AnswerAction], text: str) -> list[Action]:
    """The buttons of other rooms under an answer."""
    return [_added(each, each.fields(text)) for each in added]


def _added(each: AnswerAction, fields: tuple[Field, ...]) -> Action:
    return Action(each.do, each.label, each.title, each.label if fields else "", yes=each.label, fields=fields)


def added_steps(action: AnswerAction, click: Click, history: History) -> Iterator[str]:
    """What an action of another room says about the answer that was clicked."""
    try:
        name, _, at = click.id.partition(":")
        yield from action.run(Answered(history, history.entry(name).id, at, click.values))
    except UserError as error:
        yield error_html(error)


def kept_htmls(actions: Iterable[AnswerAction], history: History, entries: Sequence[str]) -> dict[str, str]:
    """What actions of other rooms have said before of these entries."""
    found: dict[str, str] = {}
    for action in actions:
        for entry, html in action.kept(history, entries).items():
            found[entry] = found.get(entry, "") + html
    return found


def single_kept_html(actions: Iterable[AnswerAction], history: History, chat_id: str) -> str:
    """The same on a page that shows one answer, the last entry of chat_id; "" of what is not kept."""
    entries = [history.thread(chat_id)[-1].id] if chat_id else []
    return "".join(kept_htmls(actions, history, entries).values())


def single_steps(actions: Mapping[str, AnswerAction], click: Click, chat_id: str, history: History) -> Iterator[str]:
    """What the clicked action says on a page that shows one answer, the last entry of chat_id."""
    try:
        if click.do not in actions:
            raise BadInput(f"There is no action {click.do!r} here. Reload the page.")
        at = click.id.partition(":")[2]
        yield from actions[click.do].run(Answered(history, history.thread(chat_id)[-1].id, at, click.values))
    except UserError as error:
        yield error_html(error)


def actions_html(actions: Iterable[Action], item_id: str, copied: str = "") -> str:
    """A row of quiet buttons; copied, if any, adds "Copy" in front."""
    copy = f'<button type="button" class="quiet" data-copy="{escape(copied)}">Copy</button>' if copied else ""
    return f'<div class="actions">{copy}{"".join(action_html(action, item_id) for action in actions)}</div>'


def place_html(tab: str, **parameters: str) -> str:
    """Invisible; once on the page it puts {tab, parameters} into the address. Put it into a canvas of its own."""
    return f'<span hidden data-place="{escape(json.dumps({"tab": tab, **parameters}))}"></span>'


def door_html(tab: str) -> str:
    """Invisible; in a canvas of its own, whose click then brings the parameters of each place_link_html to this tab."""
    return f'<button type="button" hidden data-do="go" data-door="{escape(tab)}"></button>'


def entered(event: gr.EventData) -> dict[str, str]:
    """The parameters a door was clicked with: untrusted, as those of an address are."""
    return dict(parse_qsl(clicked(event).id))


def place_link_html(content: str, tab: str, **parameters: str) -> str:
    """A link to a place in a tab; a click opens it in this window. content is HTML."""
    address = urlencode({"tab": tab, **{name: value for name, value in parameters.items() if value}})
    return f'<a class="place-link" data-tab-link href="?{escape(address)}">{content}</a>'


def way_html(tab: str = "", **parameters: str) -> str:
    """Invisible; a new value takes the window to a place, as a click on place_link_html would."""
    address = f"?{urlencode({'tab': tab, **parameters})}" if tab else ""
    return f'<span hidden data-way="{escape(address)}"></span>'


def download_html(name: str = "", text: str = "", data: bytes = b"") -> str:
    """Invisible; a new name, text or data is saved by the browser as a file: nothing of it lies on the server."""
    file = {"name": name, "text": text, "data": b64encode(data).decode(), "at": time.monotonic()}
    return f'<span hidden data-download="{escape(json.dumps(file)) if name else ""}"></span>'


def unfold_html(panes: Mapping[str, str]) -> str:
    """Buttons, on narrow screens only, that bring in the side panes: element id → label."""
    buttons = (
        f'<button type="button" class="quiet" data-unfold="{escape(pane)}" aria-controls="{escape(pane)}" '
        f'aria-expanded="false">{escape(label)}</button>'
        for pane, label in panes.items()
    )
    return f'<div class="fold-bar">{"".join(buttons)}</div>'


def summary(differs: Sequence[str]) -> str:
    """The label of a folded options panel: what differs from the default."""
    return f"Options · {' · '.join(differs) if differs else 'default'}"


def bar_html(share: float | None, label: str) -> str:
    """A thin bar, filled by share, 0–1; moving while that is unknown."""
    filled = "" if share is None else f' style="width: {share:.1%}"'
    value = "" if share is None else f' aria-valuenow="{share:.2f}" aria-valuemin="0" aria-valuemax="1"'
    kind = "bar unknown" if share is None else "bar"
    return f'<span class="{kind}" role="progressbar" aria-label="{escape(label)}"{value}><span{filled}></span></span>'


def error_html(error: Exception) -> str:
    """A banner: what happened, why, what to do next. Anything but a UserError is a defect and goes to the log."""
    if isinstance(error, UserError):
        words = str(error)
    else:
        log.error("A page failed", exc_info=error)
        words = (
            f"Something broke that should not have: {type(error).__name__}. Try again; the log file has the details."
        )
    link = ""
    if isinstance(error, (NotDownloaded, UnsupportedPair)):
        link = ' <button type="button" class="quiet" data-tab="models">Open Models</button>'
    return banner_html(words, link)


def banner_html(words: str, more: str = "", kind: str = "error") -> str:
    """kind "error" or "note". more is HTML."""
    mark = "⚠" if kind == "error" else "ⓘ"
    role = "alert" if kind == "error" else "note"
    shown = f'<span aria-hidden="true">{mark}</span><span>{escape(words)}{more}</span>'
    return f'<div class="banner {kind}" role="{role}">{shown}</div>'


def progress_html(doing: str, done: int = 0, total: int = 0, seconds: float = 0.0, share: float | None = None) -> str:
    """A thin line: what is being done, done of total, time elapsed and remaining. share, 0–1, overrules done/total."""
    if share is None and total:
        share = done / total
    words = [escape(doing)]
    if total:
        words.append(f"{done:,} of {total:,}")
    if seconds >= 1:
        words.append(f"{duration(seconds)} so far")
    if share and share < 1 and seconds >= 1:
        words.append(f"about {duration(seconds * (1 - share) / share)} left")
    return f'<div class="progress">{bar_html(share, doing)}<span class="figures">{" · ".join(words)}</span></div>'


def provenance_html(completion: Completion | None, model_name: str = "") -> str:
    """The thin line under an answer: model · tokens/s · first token · tokens. What is unknown is left out."""
    if completion is None:
        return ""
    identity, usage = completion.identity, completion.usage
    words = [model_name or identity.model]
    if usage.tokens_per_second is not None:
        words.append(f"{usage.tokens_per_second:,.0f} tokens/s")
    if usage.seconds_to_first_token is not None:
        words.append(f"first token {usage.seconds_to_first_token:.2f} s")
    words.append(f"{usage.tokens_out:,} tokens" if usage.tokens_out != 1 else "1 token")
    if completion.stop_reason == "length":
        words.append("cut at max tokens")
    if completion.stop_reason == "cancelled":
        words.append("stopped")
    title = escape(_full_provenance(completion))
    return f'<div class="provenance figures" title="{title}">{escape(" · ".join(words))}</div>'


def _full_provenance(completion: Completion) -> str:
    identity, options, usage = completion.identity, completion.options, completion.usage
    cached = "n/a" if usage.tokens_cached is None else f"{usage.tokens_cached:,}"
    return "\n".join(
        (
            f"Engine: {identity.engine} {identity.engine_version}, {identity.precision}",
            f"Weights: {identity.weights_sha256[:16] or 'n/a'}, revision {identity.revision or 'n/a'}",
            f"Tokens read: {usage.tokens_in:,}, of them cached: {cached}; written: {usage.tokens_out:,}",
            f"Waited {usage.seconds_queued:.2f} s, took {usage.seconds:.2f} s",
            f"Temperature {options.temperature:g}, seed {options.seed}",
        )
    )


def model_picker(runtime: Runtime, models: Iterable[ModelSpec], elem_id: str, label: str = "Model") -> gr.Dropdown:
    """The models that can do the page's task. Refresh on its load: gr.Dropdown(choices=model_choices(…))."""
    choices = model_choices(runtime, models)
    return gr.Dropdown(
        choices,
        value=choices[0][1] if choices else None,
        label=label,
        info=model_info(runtime, choices[0][1]) if choices else "No model in the catalog can do this.",
        elem_id=elem_id,
        filterable=len(choices) > 8,
    )


def model_choices(runtime: Runtime, models: Iterable[ModelSpec]) -> list[tuple[str, str]]:
    """(name, with the download it needs, id): what is ready first."""
    ordered = sorted(models, key=lambda model: not runtime.ready(model.id))
    return [(model.name if runtime.ready(model.id) else f"{model.name} · not here yet", model.id) for model in ordered]


def model_info(runtime: Runtime, model_id: str) -> str:
    """One line under the picker: size, licence, state."""
    spec = runtime.catalog.find(model_id)
    return f"{parameters(spec)} · {spec.licence} · {model_state(runtime, model_id)}"


def model_state(runtime: Runtime, model_id: str) -> str:
    """Ready, will load, downloading 40 %, download 98 MB first: what happens before the first answer."""
    spec = runtime.catalog.find(model_id)
    if any(loaded.model == model_id and loaded.state == "ready" for loaded in runtime.loaded()):
        return "ready"
    if runtime.ready(model_id):
        return "will load with the first answer"
    fetch = runtime.fetches.find(model_id)
    if fetch is not None and not fetch.ended:
        return f"downloading {fetch.progress:.0%}" if fetch.progress is not None else "downloading"
    return f"download {download_size(spec)} first"


def context_tokens(runtime: Runtime, model_id: str) -> int:
    """Tokens the model reads: what its engine says once it is loaded, before that the catalog."""
    if any(loaded.model == model_id and loaded.state == "ready" for loaded in runtime.loaded()):
        return runtime.context_tokens(model_id)
    return runtime.catalog.find(model_id).context_tokens


def parameters(spec: ModelSpec) -> str:
    """In words: 135 M parameters."""
    millions = spec.parameters / 1e6
    return f"{millions / 1000:.1f} B parameters" if millions >= 1000 else f"{millions:.0f} M parameters"


def download_size(spec: ModelSpec) -> str:
    """In words: 98 MB; what only the hub knows is not guessed."""
    return "of unknown size" if spec.download_bytes is None else f"{spec.download_bytes / MEGABYTE:,.0f} MB"


def duration(seconds: float) -> str:
    """In words: 8 s, 2 min 5 s, 1 h 3 min."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def calls_html(
    completions: Sequence[Completion], names: Mapping[str, str], seconds: float | None, more: Sequence[str] = ()
) -> str:
    """The thin line under a result that took several texts of a model: model · texts written · tokens · time · more."""
    words = [names.get(completions[0].identity.model, completions[0].identity.model)] if completions else []
    if completions:
        read = sum(completion.usage.tokens_in for completion in completions)
        written = sum(completion.usage.tokens_out for completion in completions)
        asked = f"asked {len(completions):,} times" if len(completions) > 1 else "asked once"
        words += [asked, f"{read:,} tokens read, {written:,} written"]
    if seconds is not None:
        words.append(f"{seconds:.1f} s" if seconds < 10 else duration(seconds))
    words += [word for word in more if word]
    title = f' title="{escape(_full_provenance(completions[-1]))}"' if completions else ""
    return f'<div class="provenance figures"{title}>{escape(" · ".join(words))}</div>'
