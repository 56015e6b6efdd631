"""The words of the evaluation pages that need a line: what each means and where it comes from.

A term is a button whose line shows on hover and focus, and is its description to a screen reader.
"""

from html import escape

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
        "Mean time of a sample in its run, several asked at once; then the engine alone on a fixed probe with nothing "
        "else running: one stream, 16 together, time to the first text.",
        "LLM Web, evals/speed.py",
    ),
    "memory": (
        "By how much the process grew when the model was loaded; the first model of an engine brings its libraries.",
        "LLM Web, evals/speed.py",
    ),
    "baseline": ("A trivial system any model must beat: the dashed lines. It reads no weights.", "LLM Web"),
    "pareto": ("Systems that no other beats in quality and speed at once.", "Pareto 1906"),
    "bleu": ("Shared runs of 1 to 4 words, of the whole corpus, 0-100, higher is better.", "Papineni et al. 2002"),
    "chrf2": ("F-score of shared runs of 1 to 6 characters, 0-100, higher is better.", "Popović 2015"),
    "chrf2++": ("chrF2 with runs of 1 and 2 words besides, 0-100, higher is better.", "Popović 2017"),
    "ter": (
        "Edits that turn the output into a reference, for each 100 of its words; lower is better.",
        "Snover et al. 2006",
    ),
    "rouge": ("F-score of words or word sequences shared with a reference, 0-100, higher is better.", "Lin 2004"),
    "exact-match": ("Share of answers equal to a reference, case and punctuation aside.", "Rajpurkar et al. 2018"),
    "f1": ("Overlap of an answer's words with a reference, mean of all, 0-100.", "Rajpurkar et al. 2018"),
    "accuracy": ("Share of questions whose most likely choice is the right one.", "Gao et al. 2024, lm-eval"),
    "perplexity": (
        "How many equally likely words or tokens the model wavers between; lower is better.",
        "Jelinek et al. 1977",
    ),
    "bits-per-byte": ("Bits the model needs for a byte of the text; lower is better.", "Gao et al. 2020, The Pile"),
    "instructions": ("Share of samples whose every instruction a program found followed.", "Zhou et al. 2023, IFEval"),
    "semantic-similarity": ("Cosine of sentence embeddings of output and reference, times 100.", "Reimers 2019, SBERT"),
}


def metric_term(metric: str) -> str:
    """The term that explains a metric, variants of one under its family: rouge-l-stemmed is rouge."""
    return max((term for term in TERMS if metric.startswith(term)), key=len)


def term_html(term: str, words: str, where: str) -> str:
    """words, with the line of the term; where makes the id its own on the page."""
    line, source = TERMS[term]
    name = f"term-{where}-{term.replace('+', 'p')}"
    return (
        f'<button type="button" class="term" aria-describedby="{escape(name)}">{escape(words)}'
        f'<span class="tip" id="{escape(name)}" aria-hidden="true">{escape(line)} <i>{escape(source)}</i></span>'
        "</button>"
    )
