"""Who may ask. Over a socket: tests/browser/test_frame.py."""

import pytest

from llmweb.pages.guard import HEADERS, refused

ELSEWHERE = "This app answers only on this machine, not as {!r}. Open http://127.0.0.1 with its port."


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "localhost", "[::1]:7860", "[::1]"])
def test_this_machine_is_answered_under_its_local_names(host: str) -> None:
    assert refused({"host": host, "origin": f"http://{host}"}) == ""


@pytest.mark.parametrize("host", ["evil.example:7860", "127.0.0.1.evil.example", "", "0.0.0.0:7860", "localhost.:7860"])
def test_any_other_name_is_refused_so_that_a_rebound_name_server_gains_nothing(host: str) -> None:
    assert refused({"host": host}) == ELSEWHERE.format(host)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost:7860"])
def test_a_page_of_another_origin_is_refused(origin: str) -> None:
    assert refused({"host": "127.0.0.1:7860", "origin": origin}) == (
        f"This request came from another site, {origin!r}. Open the app in a tab of its own."
    )


def test_the_content_policy_names_no_other_host() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "*" not in policy
