"""What ratings of votes look like: a forest of intervals, what they rest on, which pair comes next. Pure.

The Compare page and the Leaderboard place it; the numbers are votes.py's.
"""

from collections.abc import Collection, Iterable, Mapping
from html import escape

from evals import wording
from evals.bradley_terry import CENTRE, Rating, Ratings
from evals.pages.run_list import system_name
from evals.records import VoteRow
from evals.votes import Standing, standing
from llmweb.pages.parts import Action, action_html, place_link_html

ABOUT = (
    "Bradley–Terry ratings: 400 points are odds of ten to one; their mean is 1000. Ties count half. Bradley and Terry "
    "1952."
)


def standing_html(found: Standing, names: Mapping[str, str], available: Collection[str] = ()) -> str:
    """available: the systems that can be compared next, none for a page that only shows."""
    ratings = found.ratings
    based, *more = wording.standing(found, lambda system: system_name(system, names))
    words = f'<p class="faint figures" title="{escape(ABOUT)}">{escape(based)}</p><p>{escape(" ".join(more))}</p>'
    rows = "".join(_row_html(row, ratings, names) for row in ratings.rows)
    return f'<ol class="ratings figures">{rows}</ol>{words}{_next_html(ratings, names, available)}' if rows else words


def section_html(rows: Iterable[VoteRow], names: Mapping[str, str]) -> str:
    """The ratings beside other measures: a section of its own, "" before the first vote."""
    rows = list(rows)
    if not rows:
        return ""
    link = place_link_html("Vote on the Compare page", "compare")
    return (
        '<section class="board preferences" aria-labelledby="preferences"><h2 id="preferences">Preferred in votes</h2>'
        f'{standing_html(standing(rows), names)}<p class="back-link">{link}</p></section>'
    )


def _row_html(row: Rating, ratings: Ratings, names: Mapping[str, str]) -> str:
    places = f"{row.best}" if row.best == row.worst else f"{row.best}–{row.worst}"
    left, right = min(each.low for each in ratings.rows), max(each.high for each in ratings.rows)

    def at(value: float) -> str:
        return f"{(value - left) / (right - left):.2%}" if right > left else "50%"

    return (
        f'<li><span class="place" title="Its place is surely within these">{places}</span><span class="who">'
        f'{escape(system_name(row.system, names))}</span><span class="value">{row.rating:,.0f} '
        f'<span class="faint">({row.low:,.0f}–{row.high:,.0f}), {wording.votes(row.votes)}</span></span>'
        f'<span class="whisker" aria-hidden="true"><i class="mean" style="left: {at(CENTRE)}"></i>'
        f'<i class="line" style="left: {at(row.low)}; right: calc(100% - {at(row.high)})"></i>'
        f'<i class="dot" style="left: {at(row.rating)}"></i></span></li>'
    )


def _next_html(ratings: Ratings, names: Mapping[str, str], available: Collection[str]) -> str:
    pair = ratings.next_pair(available)
    if pair is None:
        return ""
    one, other = (system_name(name, names) for name in pair)
    button = action_html(Action("pair", "Compare these two", f"Compare {one} with {other}"), " ".join(pair))
    pair_html = f"<strong>{escape(one)}</strong> and <strong>{escape(other)}</strong>"
    return f'<p class="next-pair">A vote on {pair_html} would tell most. {button}</p>'
