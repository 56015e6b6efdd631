"""The one Blocks app: tabs, the place kept in the address, title and icon, launch. What is in a tab is its page's."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from starlette.middleware import Middleware

from llmweb.errors import UserError
from llmweb.pages import theme
from llmweb.pages.guard import Guard

TITLE = "LLM Web"
HOST = "127.0.0.1"
SCRIPT = theme.HERE / "frame.js"
MAX_UPLOAD = "50mb"
# A person in several windows: enough for each to stream, few enough that a runaway script cannot pile up work.
MAX_WAITING = 200


@dataclass(frozen=True, slots=True)
class Page:
    """A tab. name is its word in the address and its file's name, title stands on the tab.

    build adds the widgets and handlers; called once, inside the tab. It may use blocks.load(handler): a parameter
    annotated gr.Request gives handler the address's request.query_params.
    """

    name: str
    title: str
    build: Callable[[gr.Blocks], None]


def build(pages: Sequence[Page]) -> gr.Blocks:
    """All pages as the tabs of one app. frame.js opens the tab the address names (?tab=translate), else the first."""
    blocks: gr.Blocks
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(f"<h1>{TITLE}</h1>", elem_classes=["visually-hidden"], apply_default_css=False, padding=False)
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):
            for page in pages:
                with gr.Tab(page.title, id=page.name, elem_id=f"page-{page.name}", render_children=True) as tab:
                    page.build(blocks)
                tab.select(None, js=f"() => llmweb.enter({page.name!r})")
    return blocks


def launch(blocks: gr.Blocks, port: int, styles: Sequence[Path] = ()) -> str:
    """Serve on this machine only, in the background; the address. Raises UserError when the port is taken.

    styles are the stylesheets of other rooms' pages.
    """
    if _taken(port):
        raise UserError(
            f"Port {port} is in use, perhaps by another window of this app. "
            f"Open http://{HOST}:{port}, or start with another one: --port {port + 1}"
        )
    blocks.queue(max_size=MAX_WAITING, default_concurrency_limit=16)
    _, url, _ = blocks.launch(
        server_name=HOST,
        server_port=port,
        theme=theme.theme(),
        css_paths=[*theme.STYLES, *styles],
        head=f"<script>{SCRIPT.read_text(encoding='utf-8')}</script>",
        favicon_path=theme.FAVICON,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        share=False,
        pwa=False,
        mcp_server=False,
        max_file_size=MAX_UPLOAD,
        show_error=False,
        quiet=True,
        prevent_thread_lock=True,
        app_kwargs={"middleware": [Middleware(Guard)]},
    )
    return str(url)


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        # A port just left by an earlier start of the app is free, as it is for the server itself.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False
