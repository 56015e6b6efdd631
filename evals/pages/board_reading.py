"""From the store and a window's view to what the Leaderboard page shows. One reading, and no sample of any run."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from evals.leaderboard import Board, Ranked, boards
from evals.pages.board_filters import PICKED, Choices, Models, View, filtered, known, metrics_of, name_of
from evals.pages.board_view import BoardShown, boards_html, empty_html
from evals.pages.verdict_view import Told, told
from evals.standings import Stamp, read_difference, read_stamp, read_standings, read_suites
from llmweb.pages.parts import error_html


@dataclass(frozen=True, slots=True)
class Drawn:
    """The boards as HTML, the verdict on the picked rows to say aloud, the view without what there is not, and what its
    filters offer. anything: whether there is any board at all; stamp changes with the store."""

    view: View
    html: str
    said: str
    choices: Choices
    anything: bool
    stamp: Stamp = ()


def draw(database: Path, view: View, models: Models) -> Drawn:
    try:
        stamp, reading = read_stamp(database), Reading(database, view)
    except sqlite3.Error as error:  # a file that is broken, or locked for long
        return Drawn(view, error_html(error), "", Choices({}, (), models), anything=False)
    view = known(view, reading.suites, reading.boards, models)
    left = filtered(view, reading.suites, reading.boards, models)
    shown = [reading.shown(whole, board, view, models) for whole, board in left]
    said = " ".join(each.told.sentence for each in shown if each.told is not None)
    choices = Choices(reading.suites, reading.boards, models)
    html = boards_html(shown) if reading.boards else empty_html()
    return Drawn(view, html, said, choices, bool(reading.boards), stamp)


class Reading:
    """The boards of the store under the metrics a view wants."""

    def __init__(self, database: Path, view: View) -> None:
        self.database = database
        self.suites = read_suites(database)
        standings, self.pairs = read_standings(database, metrics=metrics_of(view, self.suites))
        self.boards = boards(standings, self.pairs)

    def shown(self, whole: Board, board: Board, view: View, models: Models) -> BoardShown:
        rows = [row for row in whole.rows if row.standing.run in view.picked]
        verdict = self._told(whole, rows[0], rows[1], models) if len(rows) == PICKED else None
        picked = tuple(row.standing.run for row in rows)
        return BoardShown(board, whole, self.suites[board.suite].metrics, picked, verdict, models)

    def _told(self, whole: Board, one: Ranked, other: Ranked, models: Models) -> Told:
        found = read_difference(self.database, one.standing.run, other.standing.run, whole.metric)
        return told(whole, (one, other), (name_of(one, models), name_of(other, models)), found, self.pairs)
