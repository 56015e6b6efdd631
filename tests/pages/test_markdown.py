"""Text → HTML that cannot run or fetch. The browser's side of it is tests/browser/test_frame.py."""

import pytest

from llmweb.pages.markdown import LAID_OUT_CHARACTERS, markdown_html, plain_html


def html(text: str) -> str:
    return markdown_html(text).removeprefix('<div class="prose-text" dir="auto">').removesuffix("</div>")


def test_markdown_is_laid_out() -> None:
    assert html("**a** `b`\n\n| x |\n|---|\n| 1 |") == (
        "<p><strong>a</strong> <code>b</code></p>\n"
        "<table>\n<thead>\n<tr>\n<th>x</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n</tr>\n</tbody>\n</table>\n"
    )


def test_html_is_shown_as_text() -> None:
    assert html("<img src=x onerror=alert(1)>") == "<p>&lt;img src=x onerror=alert(1)&gt;</p>\n"


def test_an_image_becomes_words_that_say_where_it_was() -> None:
    kept_out = '<span class="image-kept-out">Image not loaded: a cat http://x.example/c.png?q=%22</span>'
    assert html('![a cat](http://x.example/c.png?q=")') == f"<p>{kept_out}</p>\n"


def test_a_link_opens_only_when_clicked_and_tells_nothing_to_its_target() -> None:
    assert html('[a](http://x.example/?q="&r) <mailto:a@b.example>') == (
        '<p><a href="http://x.example/?q=%22&amp;r" title="http://x.example/?q=%22&amp;r" target="_blank" '
        'rel="noopener noreferrer nofollow">a</a> <a href="mailto:a@b.example" title="mailto:a@b.example" '
        'target="_blank" rel="noopener noreferrer nofollow">mailto:a@b.example</a></p>\n'
    )


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x.example", "/"]
)
def test_an_address_that_is_not_of_the_web_is_shown_as_text(address: str) -> None:
    assert html(f"[a]({address})") == f"<p>[a]({address})</p>\n"


def test_a_very_long_text_is_shown_as_it_stands() -> None:
    text = "<b>" * LAID_OUT_CHARACTERS
    assert markdown_html(text) == plain_html(text)


def test_typed_text_keeps_its_characters() -> None:
    assert plain_html("a < b\n**c** \u202eאב") == '<div class="plain-text" dir="auto">a &lt; b\n**c** \u202eאב</div>'
