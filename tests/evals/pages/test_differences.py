"""Two texts with what only one of them has marked."""

import re

import pytest

from evals.pages.differences import MOST_WORDS, marked_html


def marked(html: str) -> str:
    """[word] for a mark, so that expectations can be read."""
    return re.sub(r'<mark class="differs">(.*?)</mark>', r"[\1]", html, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("one", "other", "left", "right"),
    [
        ("The cat sat.", "The dog sat.", "The [cat] sat.", "The [dog] sat."),
        ("same words", "same words", "same words", "same words"),
        ("a b", "a x y b", "a b", "a [x y] b"),
        ("word", "", "[word]", ""),
        ("one  two", "one two", "one  two", "one two"),  # white space is no word
        ("Não há", "Nao há", "[Não] há", "[Nao] há"),
        ("他喜欢红茶。", "他喜欢绿茶。", "他喜欢[红]茶。", "他喜欢[绿]茶。"),
        ("يحب الشاي", "يحب القهوة", "يحب [الشاي]", "يحب [القهوة]"),
        ("a <b>", "a <i>", "a &lt;[b]&gt;", "a &lt;[i]&gt;"),
        ("line one\nline two", "line one\nline 2", "line one\nline [two]", "line one\nline [2]"),
    ],
)
def test_what_only_one_text_has_is_marked(one: str, other: str, left: str, right: str) -> None:
    assert tuple(map(marked, marked_html(one, other))) == (left, right)


def test_very_long_texts_come_whole_and_unmarked() -> None:
    long = "word " * (MOST_WORDS + 1)
    assert marked_html(long, "<other>") == (long, "&lt;other&gt;")
