"""Listens to `GET /v1/stream` as a browser does: it comes back by itself, and says what it last had."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2

POLL = 0.02
AGAIN = 0.25
"""Seconds before a stream that ended, or could not be opened, is asked for again."""
SILENCE = 40.0
"""Seconds without a sign after which a line is taken to be dead; the gateway gives one every fifteen."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One event. `at`: monotonic seconds at which it came."""

    kind: str
    data: dict[str, Any]
    cursor: str
    at: float


@dataclass
class Listener:
    """One open stream. `headers`: gives what each request says of who asks; `url`: of the gateway's replica."""

    url: str
    trust: ssl.SSLContext
    headers: Callable[[], Mapping[str, str]]
    last: str = ""
    """The cursor that it last had."""
    heard: list[Heard] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    """Why streams ended, or were not opened."""
    opened: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _line: socket.socket | None = None

    def of(self, kind: str) -> list[Heard]:
        """The events of a kind."""
        return [one for one in self.heard if one.kind == kind]

    def messages(self, kind: str = "message_posted") -> list[str]:
        """The ids of the messages that events of that kind told of, in the order in which they came."""
        return [one.data["message_id"] for one in self.of(kind)]

    def until(self, holds: Callable[[], object], seconds: float, words: str) -> None:
        """Waits until it holds."""
        end = time.monotonic() + seconds
        while not holds():
            seen = [one.kind for one in self.heard[-8:]]
            assert time.monotonic() < end, f"not within {seconds:.0f} s: {words}; heard {seen}, ended {self.ends[-3:]}"
            time.sleep(POLL)

    @contextmanager
    def running(self) -> Iterator[Listener]:
        """Listens in the background of the block, which begins once the stream is open."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            self.until(lambda: self.opened, 30, "the stream is open")
            yield self
        finally:
            self._over.set()
            self.cut()
            thread.join(SILENCE)

    def cut(self) -> None:
        """As when the network goes: it comes back by itself."""
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._follow()
            except (httpx2.TransportError, OSError) as fault:
                self.ends.append(type(fault).__name__)
            self._line = None
            self._over.wait(AGAIN)

    def _follow(self) -> None:
        sent = {name.replace("_", "-"): value for name, value in self.headers().items()}
        if self.last:
            sent["last-event-id"] = self.last
        with (
            httpx2.Client(base_url=self.url, verify=self.trust, timeout=SILENCE, trust_env=False) as http,
            http.stream("GET", "/v1/stream", headers=sent) as answer,
        ):
            if answer.status_code != 200:
                answer.read()
                self.ends.append(f"{answer.status_code} {answer.json().get('reason')}")
                return
            self._line = answer.extensions["network_stream"].get_extra_info("socket")
            self._read(answer)

    def _read(self, answer: httpx2.Response) -> None:
        lines: list[str] = []
        for line in answer.iter_lines():
            if line:
                lines.append(line)
                continue
            self._take(dict(_fields(lines)))
            lines = []
            if self._over.is_set():
                return

    def _take(self, said: dict[str, str]) -> None:
        if said.get("event") == "end":
            self.ends.append(str(json.loads(said["data"])["reason"]))
            return
        self.last = said.get("id") or self.last
        if "event" in said:
            self.heard.append(Heard(said["event"], json.loads(said["data"]), self.last, time.monotonic()))
        self.opened += "retry" in said


def _fields(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, found, value = line.partition(":")
        if name and found:
            yield name, value.removeprefix(" ")
