"""Text of a model or a person → HTML that is only ever text: no HTML runs, no image is in it, no link opens by itself.

The one way such text reaches gr.HTML, which runs what it is given. The second wall is guard.py's content policy.
"""

import re
from collections.abc import Sequence
from functools import cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

# Past this, Markdown costs more than 0.1 s to lay out on every update: the text is shown as it stands.
LAID_OUT_CHARACTERS = 60_000
SAFE_LINK = re.compile(r"(https?|mailto):", re.IGNORECASE)


def markdown_html(text: str) -> str:
    """Safe HTML of Markdown: tables, lists, code, emphasis, links that open only when clicked."""
    if len(text) > LAID_OUT_CHARACTERS:
        return plain_html(text)
    return f'<div class="prose-text" dir="auto">{_parser().render(text)}</div>'


def plain_html(text: str) -> str:
    """Safe HTML of text as it was typed, line breaks kept."""
    return f'<div class="plain-text" dir="auto">{escape(text)}</div>'


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True})
    parser.enable(["table", "strikethrough"])
    parser.validateLink = lambda url: SAFE_LINK.match(url) is not None  # type: ignore[method-assign]
    parser.add_render_rule("image", _image)
    parser.add_render_rule("link_open", _link)
    return parser


def _image(renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    words = f"{token.content} {token.attrs.get('src', '')}".strip()
    return f'<span class="image-kept-out">Image not loaded: {escape(words)}</span>'


def _link(renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    address = escape(str(tokens[index].attrs.get("href", "")))
    return f'<a href="{address}" title="{address}" target="_blank" rel="noopener noreferrer nofollow">'
