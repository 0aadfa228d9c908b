"""A small site over TLS, whose pages a test writes."""

import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from terresante_platform.testing.certificates import Authority

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'"
STYLE = "a:focus, input:focus { outline: 3px solid #1a4f8b; }"


def pytest_configure(config: pytest.Config) -> None:
    """The fixtures under test, in a way that also works when the whole project's tests are collected at once."""
    for plugin in ("terresante_platform.testing.plugin", "terresante_dev.testing", "terresante_dev.browser.testing"):
        config.pluginmanager.import_plugin(plugin)


@dataclass
class Site:
    """`pages`: content by path; each is sent with a strict content security policy."""

    origin: str
    pages: dict[str, str] = field(default_factory=dict)

    def page(self, path: str, body: str, head: str = "") -> str:
        """Adds a page and gives its URL."""
        style = '<link rel="stylesheet" href="/style.css">'
        self.pages[path] = (
            f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Essai</title>{style}{head}</head>'
            f"<body><main><h1>Essai</h1>{body}</main></body></html>"
        )
        return f"{self.origin}{path}"


class Server(ThreadingHTTPServer):
    """Bears browsers that hang up, or do not trust it."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def serving(authority: Authority, client_authority: Path | None = None) -> Iterator[Site]:
    """A site until left. With `client_authority` it talks only to whoever shows a certificate of it."""
    pages = {"/style.css": STYLE, "/favicon.ico": ""}

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = pages.get(self.path)
            self.send_response(404 if content is None else 200)
            kinds = {".css": "text/css", ".js": "text/javascript"}
            self.send_header("Content-Type", kinds.get(Path(self.path).suffix, "text/html"))
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write((content or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    identity = authority.identity("site")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)
    if client_authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_authority)
    with Server(("127.0.0.1", 0), Pages) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Site(f"https://127.0.0.1:{server.server_address[1]}", pages)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def serve_site() -> Iterator[Callable[..., Site]]:
    """Starts one more site."""
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(serving(*arguments))


@pytest.fixture
def authority_file(certificates: Authority) -> Path:
    return certificates.identity("site").authority


@pytest.fixture
def authorities(authority_file: Path) -> tuple[Path, ...]:
    return (authority_file,)


@pytest.fixture
def site(certificates: Authority, serve_site: Callable[..., Site]) -> Site:
    """A site that the browser trusts."""
    return serve_site(certificates)
