"""A report as one HTML file that asks nothing of any server: its policy forbids it, and there is nothing to ask for."""

import hashlib
from base64 import b64encode
from html import escape
from pathlib import Path

from evals.report.blocks import Block, Cell, Facts, Figure, Part, Points, Report, Table, Text, Warned

STYLE = Path(__file__).with_name("report.css")


def page(report: Report) -> bytes:
    style = STYLE.read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    contents = "".join(f'<li><a href="#part-{part.number}">{escape(part.title)}</a></li>' for part in report.parts)
    return (
        f'<!doctype html>\n<html lang="{escape(report.language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f'<header><h1>{escape(report.title)}</h1><p class="faint">{escape(report.subtitle)}</p>'
        f"{_blocks(report.short)}</header>\n"
        f'<nav aria-label="Contents"><ol>{contents}</ol></nav>\n'
        f"{''.join(map(_part, report.parts))}</main>\n</body>\n</html>\n"
    ).encode()


def _part(part: Part) -> str:
    return (
        f'<section id="part-{part.number}"><h2><span class="number">{part.number}</span> {escape(part.title)}</h2>'
        f"{_blocks(part.blocks)}</section>\n"
    )


def _blocks(blocks: tuple[Block, ...]) -> str:
    return "".join(map(block_html, blocks))


def block_html(block: Block) -> str:
    """Every text is escaped here; a plot is made by plots.py, which escapes its own."""
    match block:
        case Text(text, tone):
            return f"<p{_class(tone)}>{escape(text)}</p>"
        case Points(items):
            return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"
        case Facts(pairs):
            return f"<dl>{''.join(f'<dt>{escape(label)}</dt><dd>{escape(value)}</dd>' for label, value in pairs)}</dl>"
        case Figure():
            return _figure(block)
        case Warned(warning, blocks):
            return f"<details><summary>{escape(warning)}</summary>{_blocks(blocks)}</details>"
        case Table():
            return _table(block)


def _figure(figure: Figure) -> str:
    """Both drawings; the style shows the one that fits the screen."""
    named = f'<svg role="img" aria-label="{escape(figure.alt)}" '
    wide, narrow = (svg.replace("<svg ", named, 1) for svg in (figure.svg, figure.narrow))
    return (
        f'<figure><div class="drawn">{wide}</div><div class="drawn narrow">{narrow}</div>'
        f"<figcaption>{escape(figure.caption)}</figcaption></figure>"
    )


def _table(table: Table) -> str:
    def attributes(place: int, tone: str = "") -> str:
        return _class(tone, "figures" if place in table.numeric else "")

    def row(cells: tuple[Cell, ...]) -> str:
        first, *rest = cells
        others = (f"<td{attributes(place, cell.tone)}>{_lines(cell.text)}</td>" for place, cell in enumerate(rest, 1))
        return f'<tr><th scope="row">{_lines(first.text)}</th>{"".join(others)}</tr>'

    head = "".join(f'<th scope="col"{attributes(place)}>{escape(name)}</th>' for place, name in enumerate(table.head))
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(table.caption)}">'
        f"<table><caption>{escape(table.caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(map(row, table.rows))}</tbody></table></div>"
    )


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _class(*names: str) -> str:
    given = " ".join(name for name in names if name)
    return f' class="{given}"' if given else ""
