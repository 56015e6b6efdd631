"""What holds for every page: no text makes the browser fetch or run anything, and no other site gets in."""

import http.client
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Open = Callable[..., Page]

# Every way known to us by which Markdown, HTML, SVG or CSS makes a browser fetch something unasked.
LURES = (
    "![i]({0}/markdown)",
    "![i][r]\n\n[r]: {0}/reference",
    "[![i]({0}/linked)]({0}/link)",
    '<img src="{0}/img"><img srcset="{0}/srcset 1x">',
    '<picture><source srcset="{0}/source"><img></picture>',
    '<video src="{0}/video" poster="{0}/poster" autoplay></video><audio src="{0}/audio" autoplay></audio>',
    '<iframe src="{0}/iframe"></iframe><embed src="{0}/embed"><object data="{0}/object"></object>',
    '<svg><image href="{0}/svg"/><use href="{0}/use#a"/><style>@import url({0}/svgcss)</style></svg>',
    '<div style="background:url({0}/css)">x</div><style>body{{background:url({0}/style)}}</style>',
    '<link rel="stylesheet" href="{0}/sheet"><link rel="prefetch" href="{0}/prefetch">',
    '<link rel="preconnect" href="{0}/"><meta http-equiv="refresh" content="0;url={0}/refresh">',
    '<script>fetch("{0}/script")</script><img src=x onerror="fetch(\'{0}/onerror\')">',
    '<form action="{0}/form"><input autofocus onfocus="this.form.submit()"></form>',
    "[link]({0}/plain) <{0}/auto> {0}/bare",
    "<details open ontoggle=\"fetch('{0}/toggle')\"><summary>s</summary></details>",
    "[x](javascript:fetch('{0}/js')) [y](data:text/html,<script>fetch('{0}/data')</script>)",
    "`` ` `` \"><img src={0}/attribute> '><img src={0}/quote>",
)


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """(address of a server on this machine, the paths asked of it)."""
    hits: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", hits
    server.shutdown()
    thread.join()
    server.server_close()


def test_no_text_of_a_model_or_a_person_makes_the_browser_fetch_or_run_anything(
    window: Open, app: str, canary: tuple[str, list[str]]
) -> None:
    address, hits = canary
    page = window()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for lure in ("\n\n".join(LURES), "<think>" + "\n\n".join(LURES) + "</think> and so on"):
        page.locator("#chat-box textarea").fill(lure.replace("{0}", address).replace("{{", "{").replace("}}", "}"))
        page.locator("#chat-box textarea").press("Enter")
        expect(page.locator("#chat-stop")).to_be_visible()
        expect(page.locator("#chat-send")).to_be_visible()
        page.locator("summary").last.click() if "think" in lure else None
    page.reload()
    expect(page.locator("#chat-thread .answered")).to_have_count(2)
    page.wait_for_timeout(500)
    outside = [url for url in asked if not url.startswith((app, "data:", "blob:"))]
    inside = page.locator("#chat-thread").evaluate(
        "box => box.querySelectorAll('img, video, audio, iframe, embed, object, script, link, style, svg, form').length"
    )
    links = page.locator("#chat-thread a").evaluate_all("all => [...new Set(all.map(a => a.getAttribute('href')))]")
    assert (outside, hits, inside) == ([], [], 0)
    assert links == [f"{address}/link", f"{address}/plain", f"{address}/auto"]


def test_the_content_policy_stops_what_would_slip_through(window: Open, canary: tuple[str, list[str]]) -> None:
    """The second wall, alone: elements put into the page by hand, as if the first wall had let them in."""
    address, hits = canary
    page = window()
    page.evaluate(
        """address => {
            document.body.insertAdjacentHTML("beforeend", `<img src="${address}/img">
              <video src="${address}/video" poster="${address}/poster"></video><iframe src="${address}/iframe"></iframe>
              <object data="${address}/object"></object><svg><image href="${address}/svg"/></svg>
              <div style="background:url(${address}/css)">x</div><link rel="stylesheet" href="${address}/sheet">`);
            fetch(`${address}/fetch`).catch(() => {});
            navigator.sendBeacon(`${address}/beacon`);
        }""",
        address,
    )
    page.wait_for_timeout(1000)
    assert hits == []


def test_a_click_on_a_link_of_an_answer_opens_it_in_a_window_that_cannot_reach_back(
    window: Open, canary: tuple[str, list[str]]
) -> None:
    address, hits = canary
    page = window()
    page.locator("#chat-box textarea").fill(f"[a link]({address}/chosen)")
    page.locator("#chat-box textarea").press("Enter")
    link = page.locator("#chat-thread .answered a")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    assert hits == []
    link.click()
    page.wait_for_timeout(1000)
    assert hits == ["/chosen"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:{port}"}, 200),
        ({"Host": "attacker.example:{port}"}, 403),
        ({"Host": "127.0.0.1.attacker.example"}, 403),
        ({"Host": "127.0.0.1:{port}", "Origin": "http://127.0.0.1:{port}"}, 200),
        ({"Host": "127.0.0.1:{port}", "Origin": "https://attacker.example"}, 403),
        ({"Host": "127.0.0.1:{port}", "Origin": "null"}, 403),
    ],
)
def test_only_this_machine_under_its_own_name_and_from_its_own_pages_is_answered(
    app: str, headers: dict[str, str], status: int
) -> None:
    port = urlsplit(app).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/config", headers={key: text.format(port=port) for key, text in headers.items()})
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == status


def test_nothing_is_asked_of_another_host_by_opening_every_tab(window: Open, app: str) -> None:
    page = window()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    for tab in page.get_by_role("tab").all():
        tab.click()
    page.wait_for_timeout(500)
    assert [url for url in asked if not url.startswith((app, "data:", "blob:"))] == []
    assert any(url.endswith("IBMPlexSans-Regular.woff2") for url in asked)


def test_the_page_has_its_own_name_and_icon_and_no_footer(window: Open, app: str) -> None:
    page = window("/")
    expect(page).to_have_title("LLM Web")
    expect(page.locator("footer")).to_be_hidden()
    assert page.request.get(f"{app}/favicon.ico").headers["content-type"].startswith("image/svg+xml")
    assert page.request.get(f"{app}/gradio_api/runs").status == 404


def test_the_address_opens_the_tab_it_names_and_keeps_up_with_the_tabs(window: Open) -> None:
    page = window("/?tab=models")
    expect(page.get_by_role("tab", name="Models")).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="Chat").click()
    page.wait_for_url("**/?tab=chat")
    page.get_by_role("tab", name="Models").click()
    page.wait_for_url("**/?tab=models")


def test_an_address_with_an_unknown_tab_opens_the_first_one(window: Open) -> None:
    page = window("/?tab=nowhere")
    expect(page.get_by_role("tab", name="Chat")).to_have_attribute("aria-selected", "true")
    page.wait_for_url("**/?tab=chat")


def test_the_tab_bar_stays_in_view_on_a_phone_however_far_one_scrolls(window: Open) -> None:
    page = window("/?tab=models", width=390, height=600)
    tab = page.get_by_role("tab", name="Models")
    expect(tab).to_have_attribute("aria-selected", "true")
    page.wait_for_function("scrollTo(0, 1500), scrollY > 300")
    expect(tab).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_every_target_of_the_chat_page_is_at_least_40_pixels_high(window: Open) -> None:
    page = window(width=390, height=800)
    page.locator("#chat-box textarea").fill("hello")
    page.locator("#chat-box textarea").press("Enter")
    expect(page.locator("#chat-thread .answered")).to_have_count(1)
    page.get_by_role("button", name="Options", exact=True).click()
    page.locator("#chat-fold > button").click()
    page.locator("#chat-export > button").click()
    small = page.locator("#page-chat").evaluate(
        """page => [...page.querySelectorAll("button, textarea, input:not([type=range],[type=radio],[type=checkbox])")]
            .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".wrap-inner"))
            .filter(e => Math.round(e.getBoundingClientRect().height) < 40)
            .map(e => `${e.id} ${e.className} ${e.textContent} ${e.getBoundingClientRect().height}`)"""
    )
    assert small == []
