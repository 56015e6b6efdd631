"""What a summary should be like: length, style and focus question. summarize.py places the widgets."""

from typing import Any

import gradio as gr
from gradio.components.base import Component

from llmweb.errors import BadInput
from llmweb.pages import parts
from llmweb.pages.running import QUIET
from llmweb.summarize.summary import FEWEST_WORDS, LENGTHS, MOST_WORDS, Wish, check

COUNTED = "words"
WORDS = 120
LENGTH_CHOICES = [
    *((f"{name.capitalize()} · {words} words", name) for name, words in LENGTHS.items()),
    ("A number of words…", COUNTED),
]
STYLE_CHOICES = [("Paragraph", "paragraph"), ("Bullets", "bullets"), ("Headline", "headline")]


class WishFields:
    """The widgets; fields are inputs and outputs of handlers, in the order wish() takes their values."""

    def build(self) -> None:
        """The widgets, in the layout block that is open."""
        with gr.Row(elem_classes=["fields"]):
            self.length = gr.Dropdown(
                LENGTH_CHOICES,
                value="medium",
                label="Length",
                filterable=False,
                elem_id="summarize-length",
                min_width=180,
                scale=3,
            )
            self.words = gr.Number(
                WORDS,
                label="Words",
                precision=0,
                minimum=FEWEST_WORDS,
                maximum=MOST_WORDS,
                visible=False,
                elem_id="summarize-words",
                min_width=80,
            )
            self.style = gr.Dropdown(
                STYLE_CHOICES,
                value="paragraph",
                label="Style",
                filterable=False,
                elem_id="summarize-style",
                min_width=120,
                scale=2,
            )
        self.problem = parts.canvas("summarize-length-problem")
        self.focus = gr.Textbox(
            label="Focus question (if any)",
            placeholder="What should the summary answer?",
            lines=1,
            max_lines=3,
            elem_id="summarize-focus",
        )
        self.fields: list[Component] = [self.length, self.words, self.style, self.focus]
        self.length.change(lambda length: gr.Number(visible=length == COUNTED), self.length, self.words, **QUIET)

    def wish(self, length: str, words: float | None, style: str, focus: str | None) -> Wish:
        """Of the fields' values, which come from the browser. Raises BadInput."""
        if length == COUNTED and words is None:
            raise BadInput(f"How many words? Write a number from {FEWEST_WORDS} to {MOST_WORDS:,}.")
        wished = Wish(int(words or 0) if length == COUNTED else length, style, (focus or "").strip())  # type: ignore[arg-type]
        check("Any text.", wished)
        return wished

    def shown(self, wish: Wish) -> dict[Component, Any]:
        """The fields as they were for a summary of the history."""
        words = wish.length if isinstance(wish.length, int) else None
        return {
            self.length: wish.length if words is None else COUNTED,
            self.words: gr.Number(value=words or WORDS, visible=words is not None),
            self.style: wish.style,
            self.focus: wish.focus,
            self.problem: "",
        }
