"""The token lens: what is read after what, how it is coloured, and a chat that goes on from another token."""

import re
from collections.abc import Callable
from html import unescape
from math import exp, log

import pytest

from evals import tokens
from evals.pages.lens import At, TokenLens, at_from, level, reading_html, surprise
from evals.tokens import Reading
from llmweb.errors import BadInput, Unsupported
from llmweb.history import History
from llmweb.live import Live, Setup
from llmweb.pages.parts import Answered
from llmweb.runtime import Runtime
from llmweb.types import LoglikelihoodRequest, Message, Options, TokenLogprob

MODEL = "smollm2-135m-instruct"
EXACT = Options(precision="exact", max_tokens=24)
QUESTION = "What is the capital of France?"


@pytest.fixture
def history() -> History:
    return History(":memory:")


def answered(runtime: Runtime, history: History, setup: Setup) -> str:
    live = Live(runtime, history)
    entry = live.send("", QUESTION, setup)
    for state in live.watch(entry):
        assert state.status != "failed", state.error
    return entry


def bits(*values: float) -> tuple[TokenLogprob, ...]:
    return tuple(TokenLogprob("a", place, place + 1, -value * log(2), 1) for place, value in enumerate(values))


def test_a_token_is_coloured_by_the_bits_of_its_surprise() -> None:
    found = [level(surprise(token)) for token in bits(0.0, 0.99, 1.01, 2.9, 3.1, 6.1, 9.9, 10.1)]
    assert found == [0, 0, 1, 1, 2, 3, 3, 4]
    html = reading_html(Reading("m", "exact", "aa", bits(1.5, 3.5)), "e", At(), True)
    assert "2.50 bits a token, n = 2 · read by m, exact" in html
    assert re.findall(r'class="token s(\d)"', html) == ["1", "2"]


def test_a_chosen_token_tells_its_alternatives_and_offers_to_go_on_from_each_other_one() -> None:
    others = ((" the", log(0.5)), (" <b>", log(0.25)), ("\ufffd", log(0.125)))
    chosen = TokenLogprob(" <b>", 2, 6, log(0.25), 2, others)
    reading = Reading("m", "fast", "Hi <b>", (TokenLogprob("Hi", 0, 2, 0.0, 1), chosen))
    html = reading_html(reading, "e", At(token=1), True)
    assert "“ &lt;b&gt;”: probability 25.0%, rank 2" in html
    assert "<b>" not in html
    offered = re.findall(r'data-do="branch-with" data-id="e" data-text="([^"]*)"', html)
    assert [unescape(text) for text in offered] == ["Hi the"]
    assert "branch-with" not in reading_html(reading, "e", At("prompt", token=1), True)
    assert "branch-with" not in reading_html(reading, "e", At(token=1), False)


@pytest.mark.parametrize("at", [At(), At("prompt", "gpt2"), At("answer", "hf/a:b", 12)])
def test_what_is_shown_comes_back_from_a_buttons_id(at: At) -> None:
    assert at_from(str(at)) == at
    assert at_from("<nonsense>") == At()


def test_an_answer_is_read_after_the_whole_conversation_and_the_prompt_by_itself(
    scripted: Callable[..., Runtime], history: History
) -> None:
    runtime = scripted()
    entry = answered(runtime, history, Setup(MODEL, "Be brief.", EXACT))
    reading = tokens.read(runtime, history, entry, "answer", "")
    assert (reading.model, reading.precision, reading.text) == (MODEL, "exact", history.entry(entry).text)
    asked, note = tokens.request_of(runtime, history, entry, "answer", MODEL, "exact")
    said = (Message("system", "Be brief."), Message("user", QUESTION))
    assert (asked, note) == (LoglikelihoodRequest(said, reading.text, 10), "")
    alone, note = tokens.request_of(runtime, history, entry, "prompt", "gpt2", "exact")
    assert alone == LoglikelihoodRequest("", QUESTION, 10)
    assert note.startswith("Your text, read by itself")


def test_an_engine_without_log_probabilities_says_so_and_names_models_that_have_them(
    scripted: Callable[..., Runtime], history: History
) -> None:
    runtime = scripted()
    chat = history.record("translate", "Hello", "Olá", None, {"from": "en", "to": "pt"})
    entry = history.thread(chat)[-1].id
    with pytest.raises(Unsupported, match=r"Bergamot English → Portuguese does not tell .* SmolLM2 135M Instruct"):
        tokens.read(runtime, history, entry, "answer", "bergamot-en-pt")
    with pytest.raises(BadInput, match="Choose one to read it with"):
        tokens.read(runtime, history, entry, "answer", "")
    *_, html = TokenLens(runtime).action("translate").run(Answered(history, entry))
    assert "Read by SmolLM2 135M Instruct" in html


def test_a_click_on_a_token_asks_no_model_again(scripted: Callable[..., Runtime], history: History) -> None:
    runtime = scripted()
    entry = answered(runtime, history, Setup(MODEL, options=EXACT))
    run = TokenLens(runtime).action("chat").run
    assert len(list(run(Answered(history, entry)))) == 2
    (html,) = run(Answered(history, entry, str(At(token=1))))
    assert "rank 1" in html
    assert html.count("Continue with this</button>") == 10


def test_a_branch_begins_with_its_prefix_byte_for_byte(scripted: Callable[..., Runtime], history: History) -> None:
    runtime = scripted(lambda request: f"{request.prefix} is what it goes on with")
    first = answered(runtime, history, Setup(MODEL, options=EXACT))
    live, prefix = Live(runtime, history), "  Ola\u0301\n\n‘x’ "
    second = live.branch(first, prefix, Setup(MODEL, options=EXACT))
    list(live.watch(second))
    assert history.entry(second).text == f"{prefix} is what it goes on with"
    assert history.entry(second).parent_id == history.entry(first).parent_id


@pytest.mark.slow
def test_a_greedy_answer_of_the_real_weights_is_all_of_rank_one_and_a_branch_keeps_its_prefix(
    real: Runtime, history: History
) -> None:
    """Read after the very prompt it was written for, in exact precision, the greedy choice is the likeliest token."""
    setup = Setup(MODEL, "Be brief.", EXACT)
    entry = answered(real, history, setup)
    reading = tokens.read(real, history, entry, "answer", "")
    assert "".join(token.text for token in reading.tokens) == history.entry(entry).text
    assert {token.rank for token in reading.tokens} == {1}
    for token in reading.tokens:
        assert token.alternatives[0] == (token.text, pytest.approx(token.log_probability, abs=1e-5))
        assert sum(exp(chance) for _, chance in token.alternatives) <= 1 + 1e-6
    prompt = (Message("system", "Be brief."), Message("user", QUESTION))
    direct = dict(real.loglikelihood(MODEL, [LoglikelihoodRequest(prompt, reading.text, 10)], "exact"))[0]
    assert reading.tokens == direct
    token = reading.tokens[3]
    prefix = reading.text[: token.start] + token.alternatives[1][0]
    live = Live(real, history)
    branch = live.branch(entry, prefix, setup)
    list(live.watch(branch))
    assert history.entry(branch).text.startswith(prefix)
    assert len(history.entry(branch).text) > len(prefix)
