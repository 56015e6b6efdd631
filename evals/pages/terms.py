"""The words of the Leaderboard that need a line: what each means and where it comes from.

What a metric means is metrics/meanings.py's. A term is a button whose line shows on hover and focus, and is its
description to a screen reader.
"""

from html import escape

from evals.metrics.meanings import MEANINGS

TERMS: dict[str, tuple[str, str]] = {
    "rank": (
        "From 1 + the systems surely better to n - the systems surely worse, 95 % sure for the board as a whole. "
        "A bar joins rows that are not surely different.",
        "Holm 1979; Piepho 2004",
    ),
    "interval": (
        "If the samples were drawn again, 95 of 100 such intervals would hold the system's true value.",
        "Efron and Tibshirani 1993",
    ),
    "n": ("Samples that got an output and a score; under 98 % of those asked a system is not ranked.", "LLM Web"),
    "speed": (
        "What the run took by the clock over its samples, many asked at once; then the engine alone on a fixed probe, "
        "with nothing else running: one stream, 16 together, time to the first text.",
        "LLM Web, evals/speed.py",
    ),
    "memory": (
        "By how much the process grew when the model was loaded; the first model of an engine brings its libraries.",
        "LLM Web, evals/speed.py",
    ),
    "baseline": ("A trivial system any model must beat: the dashed lines. It reads no weights.", "LLM Web"),
    "pareto": ("Systems that no other beats in quality and speed at once.", "Pareto 1906"),
}


def term_html(term: str, words: str, where: str) -> str:
    """words, with the line of the term; where makes the id its own on the page."""
    line, source = TERMS[term]
    return _told_html(words, f"{escape(line)} <i>{escape(source)}</i>", f"term-{where}-{term}")


def metric_html(metric: str, where: str) -> str:
    """The metric's name, with what it means where that is known."""
    if metric not in MEANINGS:
        return escape(metric)
    return _told_html(metric, escape(MEANINGS[metric]), f"term-{where}-metric")


def _told_html(words: str, line: str, name: str) -> str:
    """line is HTML."""
    return (
        f'<button type="button" class="term" aria-describedby="{escape(name)}">{escape(words)}'
        f'<span class="tip" id="{escape(name)}" aria-hidden="true">{line}</span></button>'
    )
