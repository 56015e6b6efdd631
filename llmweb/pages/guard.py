"""What the browser may load and who may ask: response headers and the Host check, as one ASGI layer round the app.

Text from a model must never make the browser fetch anything, and no other site may reach the app through the browser
(DNS rebinding, cross-site posts, frames). Turning text into safe HTML is markdown.py's.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

# Gradio's page has inline scripts and compiles event scripts, hence unsafe-inline and unsafe-eval for scripts.
# Everything that could carry text off this machine is limited to the app itself.
CONTENT_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "media-src": "'self' data: blob:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "frame-src": "'none'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in CONTENT_POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    # Browsers look up the host names of links before they are followed: a name can carry text away.
    "X-DNS-Prefetch-Control": "off",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Refuses requests that name another host or come from another site; sets HEADERS on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = refused(Headers(scope=scope))
        if refusal:
            await PlainTextResponse(refusal, status_code=403)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, send_with_headers)


def refused(headers: Mapping[str, str]) -> str:
    """Why a request with these headers is not answered, "" if it may be."""
    host = headers.get("host", "")
    if _name(host) not in LOCAL_NAMES:
        return f"This app answers only on this machine, not as {host!r}. Open http://127.0.0.1 with its port."
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return f"This request came from another site, {origin!r}. Open the app in a tab of its own."
    return ""


def _name(host: str) -> str:
    """Host name of a Host header, without its port."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
