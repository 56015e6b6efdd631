"""What the leaderboard looks like: each suite a table that reads like a forest plot, beside it a speed plot. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from evals.leaderboard import Board, Ranked
from evals.pages.board_filters import Models, model_of, name_of
from evals.pages.plots import Scale, axis_svg, forest_svg, mark_svg, scale, shape
from evals.pages.speed_plot import SpeedPlot
from evals.pages.terms import metric_html, term_html
from evals.pages.verdict_view import Told
from evals.report.words import counted
from evals.standings import Speed
from llmweb.measure import STREAMS
from llmweb.pages.parts import Action, action_html, parameters, place_link_html
from llmweb.weights.download import human_bytes

LEGEND = {
    "circle": "OpenVINO",
    "square": "Transformers",
    "triangle": "Bergamot",
    "pentagon": "other engine",
}
NO_BREAK = "\N{NO-BREAK SPACE}"
PLOT_POINTS = 2  # fewer say nothing the table does not


@dataclass(frozen=True, slots=True)
class BoardShown:
    """A board with what is shown around it: all its rows' scale, its suite's metrics, the picked runs and what is said
    of them. whole has the rows that the filters left out, too."""

    board: Board
    whole: Board
    metrics: tuple[str, ...]
    picked: tuple[str, ...] = ()
    told: Told | None = None
    models: Models = field(default_factory=dict)


def empty_html() -> str:
    return (
        '<div class="empty"><h2>Nothing measured yet</h2><p>A run puts the same samples to a model and to trivial '
        "baselines; here you then see which differences between systems are real.</p>"
        '<button type="button" class="example" data-tab="runs">Start a run</button></div>'
    )


def boards_html(shown: Sequence[BoardShown]) -> str:
    if not shown:
        clear = '<button type="button" class="example" data-do="clear">Show all</button>'
        return f'<div class="empty"><p>No board fits these filters.</p>{clear}</div>'
    used = {shape(row) for each in shown for row in each.board.rows}
    words = LEGEND | {"diamond": term_html("baseline", "baseline", "legend")}
    legend = " ".join(f"<span>{mark_svg(kind)} {words[kind]}</span>" for kind in words if kind in used)
    return f'<p class="legend-line faint">{legend}</p>' + "".join(
        _board_html(each, f"b{number}") for number, each in enumerate(shown)
    )


def _board_html(shown: BoardShown, where: str) -> str:
    board = shown.board
    given = scale(shown.whole)
    better = "higher" if board.higher_is_better else "lower"
    asked = counted(board.asked, "sample")
    about = f"{board.suite} · {asked} · {better} is better · {board.licence}".removesuffix(" · ")
    plot = SpeedPlot(board, [_label(row, shown) for row in board.rows])
    figure = _figure(plot, where) if len(plot.points) >= PLOT_POINTS else ""
    return (
        f'<section class="board{" with-plot" if figure else ""}" aria-labelledby="{where}">'
        f'<h2 id="{where}">{escape(board.title)}</h2><p class="faint figures">{escape(about)}</p>{_metrics_html(shown)}'
        f'{_told_html(shown)}<div class="board-body">{_table(shown, given, where)}{figure}</div></section>'
    )


def _metrics_html(shown: BoardShown) -> str:
    """A button for each metric of the suite, the one shown pressed."""
    if len(shown.metrics) < 2:
        return ""
    buttons = "".join(
        f'<button type="button" class="choice" data-do="metric" data-id="{escape(shown.board.suite)}:{escape(name)}" '
        f'aria-pressed="{"true" if name == shown.board.metric else "false"}">{escape(name)}</button>'
        for name in shown.metrics
    )
    return f'<div class="choices" role="group" aria-label="Metric of {escape(shown.board.title)}">{buttons}</div>'


def _told_html(shown: BoardShown) -> str:
    """What is said of the picked rows, or how to pick them."""
    if shown.told is not None:
        words = f"<strong>{escape(shown.told.sentence)}</strong> {escape(shown.told.numbers)}"
        clear = action_html(Action("unpick", "Clear"), "")
    elif len(shown.whole.rows) > 1:
        words = f"Tick {'one more row' if shown.picked else 'two rows'} to read whether they differ."
        clear = ""
    else:
        return ""
    return f'<div class="verdict figures"><p>{words}</p>{clear}</div>'


def _figure(plot: SpeedPlot, where: str) -> str:
    title = term_html("pareto", "the line joins those no other beats in both", f"{where}-plot")
    return f"<figure>{plot.svg()}<figcaption>Up is better, right is faster; {title}.</figcaption></figure>"


def _table(shown: BoardShown, given: Scale | None, where: str) -> str:
    board = shown.board
    lanes = tie_lanes(board.rows)
    baselines = [row.standing.value for row in shown.whole.rows if row.is_baseline and row.standing.value is not None]
    drawn = {row.standing.run: forest_svg(row, given, baselines) for row in board.rows if given is not None}
    rows = "".join(
        _row(row, shown, [lane[place] for lane in lanes], drawn.get(row.standing.run, ""))
        for place, row in enumerate(board.rows)
    )
    caption = f'<caption class="visually-hidden">{escape(board.title)}: {escape(board.metric)}</caption>'
    head = f"<thead><tr>{_head(shown, given, where)}</tr></thead>"
    return f'<table class="board-table figures">{caption}{head}<tbody>{rows}</tbody></table>'


def _head(shown: BoardShown, given: Scale | None, where: str) -> str:
    metric = shown.board.metric
    axis = axis_svg(given) if given is not None else ""
    cells = {
        "pick": '<span class="visually-hidden">Pick to compare</span>',
        "rank": term_html("rank", "Rank", where),
        "system": "System",
        "score": f"{metric_html(metric, where)}, {term_html('interval', '95 %', where)}",
        "plot": f'<span class="visually-hidden">Value and interval, drawn</span>{axis}',
        "n": f"{term_html('n', 'n', where)}, date",
        "speed": term_html("speed", "Speed", where),
        "memory": term_html("memory", "Memory", where),
    }
    return "".join(f'<th scope="col" class="{name}">{html}</th>' for name, html in cells.items())


def _row(row: Ranked, shown: BoardShown, bars: Sequence[str], drawn: str) -> str:
    standing = row.standing
    name = name_of(row, shown.models)
    picked = "true" if standing.run in shown.picked else "false"
    classes = " ".join(word for word, so in (("baseline", row.is_baseline), ("picked", picked == "true")) if so)
    speeds = "".join(f"<span>{escape(words)}</span>" for words in _speed_words(row))
    cells = (
        f'<td class="pick"><button type="button" role="checkbox" class="tick" aria-checked="{picked}" data-do="pick" '
        f'data-id="{escape(standing.run)}" aria-label="Compare {escape(name)}"></button></td>'
        f'<td class="rank">{_rank_html(row, shown, bars)}</td>'
        f'<th scope="row" class="system"><div>{mark_svg(shape(row))}<span>{escape(name)}'
        f"<small>{escape(_about(row, shown.models))}</small></span></div></th>"
        f'<td class="score">{_score_html(row)}</td>'
        f'<td class="plot">{drawn}</td>'
        f'<td class="n"><span class="phone">n = </span>{standing.scored:,}{_of(row)}'
        f"<small>{escape(standing.finished[:10])}</small></td>"
        f'<td class="speed">{speeds}</td>'
        f'<td class="memory"><span class="phone">memory </span>{escape(_memory(row))}</td>'
    )
    return f'<tr class="{classes}">{cells}</tr>'


def tie_lanes(rows: Sequence[Ranked]) -> list[list[str]]:
    """Lanes of bars, each with a class a row: "on" where the row is in the group of ties that runs there, "first" and
    "last" at its ends, "through" between its rows. A group is a letter that two rows or more share; groups that overlap
    have two lanes."""
    letters = [set(_letters(row.ties)) for row in rows]
    places: dict[str, list[int]] = {}
    for place, mine in enumerate(letters):
        for letter in sorted(mine):
            places.setdefault(letter, []).append(place)
    lanes: list[list[str]] = []
    for letter in sorted((each for each in places if len(places[each]) > 1), key=lambda each: places[each][0]):
        first, last = places[letter][0], places[letter][-1]
        lane = next((lane for lane in lanes if not any(lane[first : last + 1])), None)
        if lane is None:
            lanes.append(lane := [""] * len(rows))
        for place in range(first, last + 1):
            ends = " first" * (place == first) + " last" * (place == last)
            lane[place] = f"on{ends}" if place in places[letter] else "through"
    return lanes


def _letters(ties: str) -> Iterator[str]:
    """a, b1 of "ab1"."""
    letter = ""
    for sign in ties:
        if sign.isalpha() and letter:
            yield letter
            letter = ""
        letter += sign
    if letter:
        yield letter


def _rank_html(row: Ranked, shown: BoardShown, bars: Sequence[str]) -> str:
    """The range, and the row's piece of each bar."""
    if row.best is None:
        return f'<span aria-hidden="true">–</span><span class="visually-hidden">not ranked: {escape(row.why)}</span>'
    mine = set(_letters(row.ties))
    tied = [
        name_of(other, shown.models)
        for other in shown.board.rows
        if other is not row and mine & set(_letters(other.ties))
    ]
    aloud = (
        f'<span class="visually-hidden">, not surely different from {escape(", ".join(tied))}</span>' if tied else ""
    )
    places = f"{row.best}" if row.best == row.worst else f"{row.best}–{row.worst}"
    drawn = "".join(f'<i class="{bar}"></i>' for bar in bars)
    return f'<div><span>{places}</span>{aloud}<span class="ties" aria-hidden="true">{drawn}</span></div>'


def _score_html(row: Ranked) -> str:
    standing = row.standing
    link = place_link_html(_number(standing.value), "runs", run=standing.run)
    if row.why:
        return f'{link}<small class="why">{escape(row.why)}</small>'
    if standing.low is None or standing.high is None:
        return f"{link}<small>no interval</small>"
    return f"{link}<small>{standing.low:.2f}–{standing.high:.2f}</small>"


def _of(row: Ranked) -> str:
    return "" if row.standing.scored == row.standing.asked else f" of {row.standing.asked:,}"


def _label(row: Ranked, shown: BoardShown) -> str:
    """The name without its precision where only one row is of the model."""
    spec = shown.models.get(model_of(row))
    alike = sum(model_of(other) == model_of(row) for other in shown.board.rows)
    return spec.name if spec is not None and alike == 1 else name_of(row, shown.models)


def _about(row: Ranked, models: Models) -> str:
    spec = models.get(model_of(row))
    if row.is_baseline:
        return "reads no weights"
    size = parameters(spec).removesuffix(" parameters").replace(" ", NO_BREAK) if spec else ""
    return " · ".join(word for word in (row.standing.engine, size) if word)


def _speed_words(row: Ranked) -> Iterator[str]:
    """The feature's seconds a sample, then the card's figures."""
    seconds, card = row.standing.seconds_a_sample, row.standing.speed
    yield "n/a" if seconds is None else f"{_short(seconds)} s a sample"
    if row.is_baseline:
        return
    if card is None or card.alone is None or card.together is None:
        yield f"alone n/a: {card.note}" if card is not None and card.note else "alone n/a: not measured yet"
        return
    yield f"{_short(card.alone)} {card.unit}/s, {_short(card.together)} for {STREAMS}"
    if card.first_seconds is not None:
        yield f"first text {_short(card.first_seconds)} s"
    if card.note:
        yield card.note


def _memory(row: Ranked) -> str:
    card: Speed = row.standing.speed or Speed()
    return "n/a" if card.memory_bytes is None else human_bytes(card.memory_bytes)


def _short(value: float) -> str:
    """Two figures, no powers of ten."""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 1:
        return f"{value:.0f}" if value >= 10 else f"{value:.1f}"
    return f"{value:.2g}" if value >= 0.0001 else "under 0.0001"


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.2f}"
