"""Parts as HTML: whole values, and nothing unescaped."""

import pytest

from llmweb.errors import BadInput, NotDownloaded
from llmweb.history import History
from llmweb.pages import parts
from llmweb.types import Completion, Identity, Options, Usage

IDENTITY = Identity("m", "r1", "abc", "scripted", "1", "fast")


def completion(**usage: float) -> Completion:
    return Completion("text", "end", IDENTITY, Options(seed=3), Usage(**usage))  # type: ignore[arg-type]


def test_the_line_under_an_answer_says_model_speed_first_token_and_tokens() -> None:
    # 20 tokens after the first one in 2.0 - 0.5 s: 19 / 1.5 = 12.67
    line = parts.provenance_html(completion(tokens_out=20, seconds_to_first_token=0.5, seconds=2.0), "Model <M>")
    assert line.endswith(">Model &lt;M&gt; · 13 tokens/s · first token 0.50 s · 20 tokens</div>")


def test_a_speed_that_is_not_known_is_left_out() -> None:
    assert parts.provenance_html(completion(tokens_out=1)).endswith(">m · 1 token</div>")
    assert parts.provenance_html(None) == ""


@pytest.mark.parametrize(
    ("done", "seconds", "words"),
    [(0, 0.2, "Reading · 0 of 40"), (10, 20, "Reading · 10 of 40 · 20 s so far · about 1 min 0 s left")],
)
def test_progress_says_count_elapsed_and_remaining(done: int, seconds: float, words: str) -> None:
    assert parts.progress_html("Reading", done, 40, seconds).endswith(f'<span class="figures">{words}</span></div>')


@pytest.mark.parametrize(("seconds", "words"), [(7.6, "8 s"), (125, "2 min 5 s"), (3780, "1 h 3 min"), (-1, "0 s")])
def test_durations_are_words(seconds: float, words: str) -> None:
    assert parts.duration(seconds) == words


def test_an_error_is_shown_as_it_is_written_without_its_html_running() -> None:
    assert parts.error_html(BadInput("No <b> here.")) == (
        '<div class="banner error" role="alert"><span aria-hidden="true">⚠</span><span>No &lt;b&gt; here.</span></div>'
    )


def test_missing_weights_lead_to_the_models_page() -> None:
    assert 'data-tab="models">Open Models</button>' in parts.error_html(NotDownloaded("Not here."))


def test_a_defect_is_named_and_its_details_go_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert "Something broke that should not have: KeyError." in parts.error_html(KeyError("secret"))
    assert "secret" in caplog.text


def test_an_action_carries_its_texts_escaped() -> None:
    action = parts.Action("rename", "✎", "Rename “<x>”", ask="Name", value='a "b"', yes="Rename")
    assert parts.action_html(action, "id'1") == (
        '<button type="button" class="quiet" title="Rename “&lt;x&gt;”" aria-label="Rename “&lt;x&gt;”" '
        'data-do="rename" data-id="id&#x27;1" data-ask="Name" data-value="a &quot;b&quot;" data-lines="1" '
        'data-yes="Rename">✎</button>'
    )


def test_the_place_and_a_download_travel_as_data_not_as_script() -> None:
    assert parts.place_html("chat", chat='"><script>') == (
        '<span hidden data-place="{&quot;tab&quot;: &quot;chat&quot;, &quot;chat&quot;: '
        '&quot;\\&quot;&gt;&lt;script&gt;&quot;}"></span>'
    )
    assert parts.download_html() == '<span hidden data-download=""></span>'


def test_what_actions_have_said_before_is_put_together_by_entry() -> None:
    history = History(":memory:")
    chat = history.record("ask", "Who?", "She.", None, {})

    def action(word: str) -> parts.AnswerAction:
        return parts.AnswerAction(
            word, word, word, lambda answered: iter(()), kept=lambda _, entries: dict.fromkeys(entries, word)
        )

    silent = parts.AnswerAction("three", "three", "", lambda answered: iter(()))
    said = [action("one"), silent, action("two")]
    assert parts.kept_htmls(said, history, ["a", "b"]) == {"a": "onetwo", "b": "onetwo"}
    assert parts.single_kept_html(said, history, chat) == "onetwo"
    assert parts.single_kept_html(said, history, "") == ""
