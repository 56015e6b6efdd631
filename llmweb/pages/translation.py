"""What the two panes of a translation and what stands below them look like: work → HTML. Pure; translate.py wires it.

A sentence carries data-pair with its number on both sides; translate.js lights the two together.
"""

from collections.abc import Sequence
from html import escape

from llmweb.pages.parts import (
    Action,
    action_html,
    actions_html,
    banner_html,
    duration,
    progress_html,
    provenance_html,
)
from llmweb.translate import BackTranslation, Segment, Translation
from llmweb.translate.jobs import Work
from llmweb.translate.languages import Detection, name

EXAMPLES = (
    ("en", "pt", "How are you today?"),
    ("pt", "en", "O trem para o litoral sai às oito. Não se esqueça do café!"),
)
SWAPPED = '<p class="faint">On the right is your own text, until you translate.</p>'
# Past this many sentences the browser needs over 0.1 s for each update: they are shown without their pairs.
LIT_SENTENCES = 1500
# As many in two panes take 0.1 s to lay out; a longer file is shown by its beginning.
SHOWN_CHARACTERS = 200_000
LISTED_SENTENCES = 30
UNFOLDED_SENTENCES = 3
ALSO_POSSIBLE = 0.01
SIMILARITY = (
    "chrF: how many short runs of characters the two texts share, 0–100 (Popović 2015). "
    "Low means that one of the two directions went wrong; high does not prove that either is right."
)


def mirror_html(work: Work | None) -> str:
    """The source text once more, behind the field: its sentences can be lit there."""
    if work is None or not whole_is_shown(work):
        return ""
    translation = work.translation
    spans = [(segment.source_start, segment.source_end) for segment in translation.segments]
    return f'<div class="mirror" dir="auto">{_paired(translation.original, spans)}</div>'


def result_html(work: Work | None, view_id: str = "") -> str:
    """The right pane; a translation of a new view_id is brought into view on a narrow screen."""
    if work is None:
        return empty_html()
    translation = work.translation
    if not translation.text and work.status == "running":
        return f'<div class="pane-text faint" aria-busy="true" data-reveal="{escape(view_id)}">…</div>'
    spans = [(segment.target_start, segment.target_end) for segment in translation.segments]
    busy = ' aria-busy="true"' if work.status == "running" else ""
    text = _paired(translation.text, spans, focus=True)
    reveal = f' data-reveal="{escape(view_id)}"' if view_id else ""
    return f'<div class="pane-text" dir="auto" lang="{escape(translation.target)}"{busy}{reveal}>{text}</div>'


def whole_is_shown(work: Work) -> bool:
    """Whether the source text is short enough for its field; a file may be longer."""
    return len(work.translation.original) <= SHOWN_CHARACTERS


def swapped_html(text: str) -> str:
    """The right pane after a swap: what the person had written."""
    return f'<div class="pane-text faint" dir="auto">{escape(text)}</div>'


def _paired(text: str, spans: Sequence[tuple[int, int]], focus: bool = False) -> str:
    """The text with each span marked; focus lets keys reach the first, translate.js moves on from there."""
    if len(text) > SHOWN_CHARACTERS:
        return f"{escape(text[:SHOWN_CHARACTERS])}…"
    if len(spans) > LIT_SENTENCES:
        return escape(text)
    parts: list[str] = []
    at = 0
    for number, (start, end) in enumerate(spans):
        if start < at or end > len(text):
            continue
        reach = f' tabindex="{-1 if number else 0}"' if focus else ""
        parts += (escape(text[at:start]), f'<span data-pair="{number}"{reach}>{escape(text[start:end])}</span>')
        at = end
    return f"{''.join(parts)}{escape(text[at:])}"


def empty_html() -> str:
    """What an empty right pane shows: one sentence, and two texts that make the first translation."""
    examples = "".join(
        f'<button type="button" class="example" data-do="example" data-id="{number}">'
        f"{escape(name(source))} → {escape(name(target))}: {escape(text)}</button>"
        for number, (source, target, text) in enumerate(EXAMPLES)
    )
    return (
        '<div class="pane-empty"><p>The translation appears here. The text never leaves this machine.</p>'
        f'<div class="examples" role="group" aria-label="Examples">{examples}</div></div>'
    )


def detected_html(detected: Sequence[Detection], target: str, asked: bool = True) -> str:
    """The language found, how sure that is, and what else it may be, a click away. asked: it is to be detected."""
    if not detected:
        return '<div class="detected faint">Told from the text, when it is translated.</div>' if asked else ""
    best, *others = detected
    likely = [found for found in others if found.confidence >= ALSO_POSSIBLE and found.language != target][:2]
    choices = "".join(
        action_html(
            Action("source", f"{name(found.language)} {found.confidence:.0%}", f"It is {name(found.language)}"),
            found.language,
        )
        for found in likely
    )
    sure = "over 99%" if best.confidence > 0.99 else f"{best.confidence:.0%}"
    also = f'<span class="faint">Or is it</span>{choices}' if choices else ""
    return (
        f'<div class="detected figures"><span title="Probability among the languages tried">'
        f"Detected: {escape(name(best.language))}, {sure} sure</span>{also}</div>"
    )


def working_html(work: Work) -> str:
    """The line of progress while a translation runs, and what it came to."""
    translation = work.translation
    if work.status == "running":
        if not translation.total:
            return progress_html(translation.note or "Reading", seconds=work.seconds, share=translation.progress)
        return progress_html("Sentences", translation.done, translation.total, work.seconds)
    if work.status == "stopped" and translation.total:
        words = f"Stopped after {translation.done:,} of {translation.total:,} sentences. What was translated is kept."
        return banner_html(words, kind="note")
    if work.status == "stopped":
        return banner_html("Stopped before the first sentence.", kind="note")
    if work.status == "interrupted":
        return banner_html("The app ended while this was being translated. What it had is kept.", kind="note")
    return ""


def done_html(work: Work, models: dict[str, str], extra: Sequence[Action]) -> str:
    """Under a result: its provenance and what can be done with it."""
    text = work.translation.text
    if work.status == "running" or not text:
        return ""
    actions: list[Action] = []
    if work.status == "done":
        words = "Translate the result back and compare it with the original"
        actions.append(Action("check", "Check by translating back", words))
        actions.append(
            Action("correct", "Edit", "Correct this translation", "The translation", value=text, lines=10, yes="Keep")
        )
    return f"{_provenance_html(work, models)}{actions_html([*actions, *extra], '', text)}"


def _provenance_html(work: Work, models: dict[str, str]) -> str:
    if work.completion is None:
        return '<div class="provenance">corrected by you</div>' if work.status == "done" else ""
    total = work.translation.done
    sentences = f"{total:,} sentences" if total != 1 else "1 sentence"
    took = f"{work.seconds:.1f} s" if work.seconds < 10 else duration(work.seconds)
    line = provenance_html(work.completion, models.get(work.completion.identity.model, ""))
    return line.replace("</div>", f" · {sentences} in {took}</div>") if total else line


def alternatives_html(work: Work | None) -> str:
    """Other translations of each sentence, best first, or why there are none."""
    if work is None or work.status == "running":
        return ""
    if work.note:
        return f'<p class="faint">{escape(work.note)}</p>'
    listed = [(number, segment) for number, segment in enumerate(work.translation.segments) if _others(segment)]
    if not listed:
        return ""
    rows = "".join(_alternatives_row(number, segment) for number, segment in listed[:LISTED_SENTENCES])
    more = len(listed) - LISTED_SENTENCES
    rest = f'<p class="faint">And of {more:,} more sentences.</p>' if more > 0 else ""
    opened = " open" if len(listed) <= UNFOLDED_SENTENCES else ""
    count = f" of {len(listed):,} sentences" if len(listed) > 1 else ""
    return f'<details class="alternatives"{opened}><summary>Alternatives{count}</summary>{rows}{rest}</details>'


def _others(segment: Segment) -> tuple[str, ...]:
    return tuple(text for text in dict.fromkeys(segment.alternatives) if text != segment.target)


def _alternatives_row(number: int, segment: Segment) -> str:
    copy = '<button type="button" class="quiet" data-copy="{0}">Copy</button>'
    others = "".join(f'<li dir="auto">{escape(text)} {copy.format(escape(text))}</li>' for text in _others(segment))
    return f'<div data-pair="{number}"><p class="faint" dir="auto">{escape(segment.target)}</p><ul>{others}</ul></div>'


def checking_html(back: Translation, seconds: float) -> str:
    """While a result is being translated back."""
    if not back.total:
        return progress_html(back.note or "Translating back", seconds=seconds, share=back.progress)
    return progress_html("Translating back", back.done, back.total, seconds)


def checked_html(back: BackTranslation) -> str:
    translation = back.translation
    return (
        f'<section class="back"><h2>Back in {escape(name(translation.target))}</h2>'
        f'<p class="figures" title="{escape(SIMILARITY)}"><strong>Similarity to the original: '
        f"{back.similarity:.0f} of 100</strong></p>"
        f'<div class="plain-text" dir="auto">{escape(translation.text)}</div>'
        f'<p class="faint">{escape(SIMILARITY)}</p></section>'
    )
