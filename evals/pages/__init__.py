"""The pages of the evaluation engine: widgets and handlers, one file a page. STYLES are their stylesheets, in order."""

from pathlib import Path

STYLES = tuple(
    Path(__file__).with_name("style") / f"{name}.css" for name in ("leaderboard", "runs", "compare", "bias", "answers")
)
