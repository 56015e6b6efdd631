"""What a summary and its source look like, and how a summary is kept: Summary → HTML, and → a record and back. Pure.

A sentence of the summary is a link to the source sentence that supports it; frame.js lights that one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from llmweb.history import completion_from
from llmweb.pages.parts import Action, actions_html, banner_html, calls_html, progress_html
from llmweb.summarize.summary import Part, Summary, Wish
from llmweb.summarize.support import Flag, SupportedSentence

# Past this a browser needs over 0.1 s to lay the source out: what no sentence of the summary rests on is left out.
WHOLE_SOURCE_CHARACTERS = 200_000
AROUND_CHARACTERS = 600
FLAGS = {"number": "This number is not in the text", "name": "This name is not in the text"}
UNLINKED = "No sentence of the text says this"


def empty_html() -> str:
    return (
        '<div class="pane-box scrolls grows"><div class="pane-hint"><p>Paste a text or choose a file, and its summary '
        "appears here. Each of its sentences leads to the sentence of the text that supports it.</p>"
        '<div class="examples"><button type="button" class="example" data-do="example" data-id="bridge">'
        "Summarize an example: a bridge is closed</button></div></div></div>"
    )


def busy_html(summary: Summary, seconds: float, run: str) -> str:
    """run is what tells this wait from the last one: frame.js brings the pane into view once for each."""
    line = '<div class="progress"></div>'
    if seconds >= 0.5:
        line = progress_html(summary.doing or "Reading", summary.done, summary.total, seconds)
    return (
        f'<div class="pane-box scrolls grows" data-reveal="{escape(run)}" aria-busy="true">'
        f"{line}{parts_html(summary)}</div>"
    )


def source_html(summary: Summary) -> str:
    """The text with the sentences that support the summary, each with an id to light."""
    text = summary.source
    places = sorted(
        {
            (sentence.source_start, sentence.source_end)
            for sentence in summary.sentences
            if sentence.source_start is not None and sentence.source_end is not None
        }
    )
    shown: list[str] = []
    at = 0
    for start, end in [place for place in places if place[0] is not None]:
        if start < at:
            continue
        supporting = f'<span class="supports" id="{_source_id(start)}">{escape(text[start:end])}</span>'
        shown += (_between(text, at, start, len(text)), supporting)
        at = end
    shown.append(_between(text, at, len(text), len(text)))
    return (
        '<div class="pane-box scrolls" role="region" aria-label="Text" tabindex="0">'
        f'<div class="plain-text" dir="auto">{"".join(shown)}</div></div>'
    )


def _between(text: str, start: int, end: int, whole: int) -> str:
    """What stands between two supporting sentences; of a very long text only what is near them."""
    if whole <= WHOLE_SOURCE_CHARACTERS or end - start <= 2 * AROUND_CHARACTERS:
        return escape(text[start:end])
    before = text[start : start + AROUND_CHARACTERS] if start else ""
    after = text[end - AROUND_CHARACTERS : end] if end < whole else ""
    left_out = end - start - len(before) - len(after)
    note = f'<span class="left-out">… {left_out:,} characters not shown …</span>'
    return f"{escape(before)}{note}{escape(after)}"


def _source_id(start: int) -> str:
    return f"summarize-source-{start}"


def summary_html(summary: Summary) -> str:
    """The result: notes, the sentences with their links and flags, and what the marks mean."""
    notes = "".join(banner_html(note, kind="note") for note in summary.notes)
    return (
        '<div class="pane-box scrolls grows" role="region" aria-label="Summary" tabindex="0">'
        f'{notes}<article dir="auto">{_text_html(summary)}</article>{_legend_html(summary)}</div>'
    )


def _text_html(summary: Summary) -> str:
    if not summary.sentences:
        return f'<p class="summary-text">{escape(summary.text)}</p>'
    sentences = [_sentence_html(summary, sentence) for sentence in summary.sentences]
    if summary.wish.style == "bullets":
        return f'<ul class="summary-text">{"".join(f"<li>{sentence}</li>" for sentence in sentences)}</ul>'
    kind = "summary-text headline" if summary.wish.style == "headline" else "summary-text"
    return f'<p class="{kind}">{" ".join(sentences)}</p>'


def _sentence_html(summary: Summary, sentence: SupportedSentence) -> str:
    text = _flagged_html(sentence)
    if sentence.source_start is None or sentence.source_end is None:
        return f'<span class="unlinked" title="{UNLINKED}">{text}<sup aria-hidden="true">∅</sup></span>'
    place = _source_id(sentence.source_start)
    quote = summary.source[sentence.source_start : sentence.source_end]
    return (
        f'<a class="linked" href="#{place}" data-lights="{place}">{text}</a>'
        f'<span class="quote"><span class="faint">In the text:</span> {escape(quote)}</span>'
    )


def _flagged_html(sentence: SupportedSentence) -> str:
    """The sentence with what the source does not contain marked; flags count from the summary's beginning."""
    shown: list[str] = []
    at = 0
    for flag in sentence.flags:
        start, end = flag.start - sentence.start, flag.end - sentence.start
        if start < at:
            continue
        marked = f'<mark class="flag" title="{FLAGS[flag.kind]}">{escape(sentence.text[start:end])}<sup>?</sup></mark>'
        shown += (escape(sentence.text[at:start]), marked)
        at = end
    return "".join(shown) + escape(sentence.text[at:])


def _legend_html(summary: Summary) -> str:
    """What the marks mean, in words, and how many there are."""
    lines = []
    linked = sum(sentence.source_start is not None for sentence in summary.sentences)
    if linked:
        lines.append("Point at a sentence, or tap it, to see the one in the text that supports it.")
    flags = [flag for sentence in summary.sentences for flag in sentence.flags]
    for kind in FLAGS:
        count = sum(flag.kind == kind for flag in flags)
        if count:
            things = f"{count} {kind}s are" if count > 1 else f"1 {kind} is"
            lines.append(f'<span class="flag-sign">?</span> {things} not in the text: check before you rely on it.')
    if linked < len(summary.sentences):
        lines.append(f'<span class="flag-sign">∅</span> {UNLINKED}: check before you rely on it.')
    if summary.sentences and not flags:
        lines.append("Every number and name in the summary is also in the text.")
    return f'<div class="legend">{"".join(f"<p>{line}</p>" for line in lines)}</div>' if lines else ""


def parts_html(summary: Summary) -> str:
    """The steps of a long text, folded: what became of each part."""
    if not summary.parts:
        return ""
    rounds = 1 + max(part.level for part in summary.parts)
    words = f"Read in {len(summary.parts):,} parts" + (f", {rounds} rounds" if rounds > 1 else "")
    items = "".join(_part_html(number, part) for number, part in enumerate(summary.parts, 1))
    return f'<details class="steps" data-key="summarize-steps"><summary>{words}</summary><ol>{items}</ol></details>'


def _part_html(number: int, part: Part) -> str:
    source = "the text" if part.level == 0 else f"the summaries of round {part.level}"
    place = f"Part {number} · characters {part.start + 1:,} to {part.end:,} · from {source}"
    return f'<li><span class="faint figures">{place}</span><span dir="auto">{escape(part.summary)}</span></li>'


def below_html(
    summary: Summary, names: Mapping[str, str], seconds: float | None, actions: Sequence[Action] = ()
) -> str:
    """The result's own line and actions."""
    words = len(summary.text.split())
    size = f"{words:,} words from {len(summary.source.split()):,}"
    linked = f"linked by {summary.linked_by}" if summary.linked_by else ""
    line = calls_html(summary.completions, names, seconds, (size, linked))
    return f"{parts_html(summary)}{line}{actions_html(actions, '', summary.text)}"


def kept(summary: Summary, seconds: float) -> dict[str, Any]:
    """What the history keeps beside source and text; reopened() is the inverse."""
    record = asdict(summary)
    dropped = ("source", "text", "doing", "done", "total", "finished")
    return {name: value for name, value in record.items() if name not in dropped} | {"seconds": seconds}


def reopened(source: str, text: str, record: Mapping[str, Any]) -> Summary:
    """A summary of the history; one made in the shell has no sentences."""
    return Summary(
        source,
        Wish(**record.get("wish", {})),
        text,
        tuple(_sentences(record.get("sentences", ()))),
        tuple(Part(**part) for part in record.get("parts", ())),
        tuple(record.get("notes", ())),
        record.get("linked_by", ""),
        tuple(completion_from(completion) for completion in record.get("completions", ())),
        finished=True,
    )


def _sentences(records: Sequence[Mapping[str, Any]]) -> Iterator[SupportedSentence]:
    for record in records:
        yield SupportedSentence(**{**record, "flags": tuple(Flag(**flag) for flag in record["flags"])})
