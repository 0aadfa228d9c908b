"""A mail server that keeps what it is sent, for one machine: it delivers nothing, and forgets all when it ends.

    with Mailbox(2525) as mailbox: ... mailbox.newest("someone@example.org")

The platform uses it when messaging is started with TERRESANTE_MESSAGING_SMTP_HOST=127.0.0.1, SMTP_PORT=2525,
SMTP_SECURITY=none and a MAIL_FROM.
"""

from __future__ import annotations

import email
import email.policy
import threading
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Self, cast

LARGEST = 1_000_000  # bytes of a line
_PATIENCE = 30


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, kept: list[tuple[str, bytes]]) -> None:
        self.kept = kept
        super().__init__(("127.0.0.1", port), _Conversation)


class _Conversation(StreamRequestHandler):
    """SMTP as far as a client that wishes well needs it (RFC 5321)."""

    timeout = _PATIENCE

    def handle(self) -> None:
        self._say(b"220 mailbox")
        recipient = ""
        while line := self.rfile.readline(1_000).strip():
            verb = line[:4].upper()
            if verb == b"QUIT":
                self._say(b"221 bye")
                return
            if verb == b"RCPT":
                recipient = line.partition(b":")[2].partition(b">")[0].strip(b" <").decode("ascii", "replace")
            if verb == b"DATA":
                self._say(b"354 go on")
                cast(_Server, self.server).kept.append((recipient, self._data()))
            self._say(b"250 ok")

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def _data(self) -> bytes:
        lines: list[bytes] = []
        while (line := self.rfile.readline(LARGEST)) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".").replace(b"\r\n", b"\n"))
        return b"".join(lines)


class Mailbox:
    """Everybody's mail at 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self._kept: list[tuple[str, bytes]] = []
        self._server = _Server(port, self._kept)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def newest(self, recipient: str) -> EmailMessage | None:
        """The last mail to an address, if there is one."""
        found = [content for to, content in self._kept if to == recipient]
        return email.message_from_bytes(found[-1], policy=email.policy.default) if found else None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
