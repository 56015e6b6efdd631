"""What a model is asked for a summary: a draft of a whole text, and one source sentence made shorter.

Small models shorten a sentence by example far better than they summarise on request, so every model is asked both.
What of it may stay is summarize.py's.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from llmweb.types import Message, ModelSpec, Options, Prompt, Request

Style = Literal["paragraph", "bullets", "headline"]
STYLES: tuple[Style, ...] = ("paragraph", "bullets", "headline")
TOKENS_A_WORD = 1.6  # of English, with room to spare
# SmolLM2-135M's drafts of 12 texts had 37 sentences; the source bore out 3, one of them a greeting.
DRAFTING_PARAMETERS = 300_000_000

SHORTENED = (
    (
        "After many delays, and although many neighbours had complained of noise, the town finally opened the "
        "new swimming pool on Saturday.",
        "The town opened the new swimming pool on Saturday.",
    ),
    (
        "Our neighbour, who had been a sailor for thirty years, told us, smiling, that the storm would arrive before "
        "midnight.",
        "Our neighbour told us that the storm would arrive before midnight.",
    ),
    (
        "The machine, which was delivered in May, uses 40 percent less power than the old one, as the engineers had "
        "hoped from the beginning.",
        "The machine uses 40 percent less power than the old one.",
    ),
    (
        "Please note that, starting on 1 July, all visitors have to sign in at the gate.",
        "From 1 July all visitors have to sign in at the gate.",
    ),
)
HEADLINES = (
    ("After many delays the town finally opened the new swimming pool on Saturday.", "Town opens new swimming pool"),
    ("The machine uses 40 percent less power than the old one, as hoped.", "New machine uses 40 percent less power"),
    ("From 1 July all visitors have to sign in at the gate.", "Visitors have to sign in at the gate from 1 July"),
)
LEAD_IN = re.compile(r"^\W*(?:here(?: is|'s|’s)|sure|certainly|summary|in summary|the summary)\b[^\n:]{0,80}:\s*", re.I)
BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+", re.M)


@dataclass(frozen=True, slots=True)
class Asked:
    """How the summary is wanted: words of it, its style, and the question it should answer, if any."""

    words: int
    style: Style = "paragraph"
    focus: str = ""


def draft(spec: ModelSpec, text: str, asked: Asked, options: Options) -> Request:
    """Ask for the summary of a whole text; an encoder-decoder is given the text alone, as in its training."""
    options = replace(options, max_tokens=round(asked.words * TOKENS_A_WORD) + 16, schema="", stop=())
    return Request("generate", _draft_prompt(spec, text, asked), options)


def shorter(spec: ModelSpec, sentence: str, style: Style, options: Options) -> Request:
    """Ask for one sentence in fewer words, by example."""
    head, examples = ("Headline", HEADLINES) if style == "headline" else ("Short", SHORTENED)
    shots = "".join(f"Long: {long}\n{head}: {short}\n\n" for long, short in examples)
    limit = round(len(sentence.split()) * TOKENS_A_WORD) + 8
    return Request(
        "generate",
        f"{shots}Long: {sentence}\n{head}:",
        replace(options, max_tokens=limit, schema="", stop=("\n",)),
    )


def reads_source(spec: ModelSpec) -> bool:
    """Whether the model was trained to be given a text and to write its summary, with no prompt around it."""
    return spec.encoder_decoder and not spec.instruct


def drafts(spec: ModelSpec) -> bool:
    """Whether a draft of the whole text is worth its time."""
    return reads_source(spec) or spec.parameters >= DRAFTING_PARAMETERS


def cleaned(text: str) -> str:
    """A draft without "Here is a summary:", bullets and quotation marks around it, on one line."""
    text = BULLET.sub("", LEAD_IN.sub("", text.strip()))
    return " ".join(text.split()).removeprefix("Summary:").strip()


def _draft_prompt(spec: ModelSpec, text: str, asked: Asked) -> Prompt:
    if reads_source(spec):
        return f"summarize: {text}" if "t5" in spec.id.lower() else text
    question = f" Answer this question: {asked.focus.strip()}" if asked.focus.strip() else ""
    if not spec.instruct:
        return f"{text}\n\nIn short{',' + question if question else ''}:"
    if asked.style == "headline":
        return (
            Message("user", f"{text}\n\nWrite one headline of at most {asked.words} words for this text.{question}"),
        )
    wanted = f"Summarize this text in at most {asked.words} words, with facts of the text only.{question}"
    return (Message("user", f"{text}\n\n{wanted}"),)
