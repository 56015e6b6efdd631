"""Boards made by hand for tests of the leaderboard's views."""

from evals.leaderboard import Board, rank
from evals.standings import Pair, Speed, Standing, SuiteFacts
from llmweb.catalog import Catalog

MODELS = {spec.id: spec for spec in Catalog().models}
SUITES = {
    "translate/en-pt": SuiteFacts("translate", "English to Portuguese", "en", "pt", ("chrf2", "bleu", "ter")),
    "ask/en": SuiteFacts("ask", "Questions about a text", "en", "en", ("f1", "exact-match")),
}
CARD = Speed("sentences", 0.012, 90.0, 177.0, 61_000_000, "2026-11-25")


def standing(run: str, system: str, value: float | None, seconds: float | None = None) -> Standing:
    ends = (None, None) if value is None else (value - 2, value + 2)
    return Standing(
        *(run, "translate/en-pt", "English to Portuguese", system, "chrf2", value, *ends, 100, 100, "key", True),
        finished="2026-11-25T10:00:00+00:00",
        seconds_a_sample=seconds,
    )


BERGAMOT = standing("aa11", "bergamot-en-pt@fast", 70.0, 0.02)._replace(engine="bergamot", speed=CARD)
SMOL = standing("bb22", "smollm2-135m-instruct@exact", 31.0, 0.9)._replace(engine="openvino-genai")
GEMMA = standing("cc33", "gemma-3-270m@exact", 32.0, 4.0)._replace(engine="transformers")
COPIED = standing("dd44", "baseline/copy-source", 25.0, 0.0001)
PAIRS = [
    Pair("bb22", "aa11", -41.0, -37.0, 0.0001),
    Pair("cc33", "aa11", -40.0, -36.0, 0.0001),
    Pair("cc33", "bb22", -1.0, 3.0, 0.3),
    Pair("dd44", "aa11", -47.0, -43.0, 0.0001),
    Pair("dd44", "bb22", -8.0, -4.0, 0.0001),
    Pair("dd44", "cc33", -9.0, -5.0, 0.0001),
]


def board(*standings: Standing, higher: bool = True) -> Board:
    found = [each._replace(higher_is_better=higher) for each in standings]
    return Board("translate/en-pt", "English to Portuguese", "chrf2", higher, 100, rank(found, PAIRS))


WHOLE = board(BERGAMOT, SMOL, GEMMA, COPIED)
"""Bergamot first, gemma and smollm2 tied, the baseline last."""
