"""The list of earlier results: found, opened, deleted, and only those of one feature."""

import pytest

from llmweb.errors import BadInput, NotFound
from llmweb.history import ChatRow, History
from llmweb.pages.parts import Click
from llmweb.pages.recent import Noun, Recent, recent_html

NOUN = Noun("summary", "summaries")


def test_a_row_opens_and_deletes_with_its_text_escaped_and_what_was_found_marked() -> None:
    row = ChatRow("7", "summarize", "<i>t</i>", "", "", "a \1hit\2 <b>")
    html = recent_html([row], NOUN, "hit", "7")
    assert '<li aria-current="page"><button type="button" class="open-chat" data-do="open" data-id="7"' in html
    assert (
        '<span dir="auto">&lt;i&gt;t&lt;/i&gt;</span><span class="snippet">a <mark>hit</mark> &lt;b&gt;</span>' in html
    )
    assert 'data-confirm="Delete this summary? This cannot be undone."' in html


def test_an_empty_list_says_what_will_be_there_or_what_was_not_found() -> None:
    assert recent_html([], NOUN, "") == '<p class="faint">Your summaries will be listed here.</p>'
    assert recent_html([], NOUN, "<x>") == '<p class="faint">No summary has “&lt;x&gt;”.</p>'


def test_choosing_opens_or_deletes_results_of_this_feature_only() -> None:
    history = History(":memory:")
    recent = Recent(history, "summarize", NOUN)
    mine, other = (history.record(feature, "source", "result", None, {}) for feature in ("summarize", "ask"))
    assert recent.choose(Click("open", mine, ""), "") == mine
    with pytest.raises(NotFound, match="This summary is gone: it was deleted, perhaps in another window"):
        recent.choose(Click("open", other, ""), "")
    with pytest.raises(NotFound):
        recent.choose(Click("delete", other, ""), "")
    with pytest.raises(BadInput, match="There is no action 'rename' here"):
        recent.choose(Click("rename", mine, ""), "")
    assert recent.choose(Click("delete", mine, ""), mine) == ""
    assert [row.id for row in history.chats()] == [other]
