"""People who write to each other while things break: each post is sent under its key until it is acknowledged; and those
who listen at both gateways meanwhile.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from tests.flows.conversing import THREADS
from tests.listening import Listener

from .load import AGAIN, Write
from .people import Client, Session

PATIENCE = 120.0
"""Seconds within which what is sent again and again must be acknowledged."""


@dataclass(frozen=True)
class Writer:
    """Who writes, at which replica of the gateway first, into which threads in turn."""

    session: Session
    replica: int
    threads: Sequence[str]


@dataclass
class Posting:
    """Some posts, by several writers at once. `pace`: seconds between two of one writer."""

    stack: Mapping[str, Any]
    writers: Sequence[Writer]
    most: int
    pace: float = 0.0
    writes: list[Write] = field(default_factory=list)
    taken: int = 0
    """How many were acknowledged so far."""
    _numbers: Iterator[int] = field(default_factory=count)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)
    _faults: list[BaseException] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[Posting]:
        """Writes in the background of the block; it is left when all were acknowledged, or something went wrong."""
        threads = [threading.Thread(target=self._kept, args=(one,), daemon=True) for one in self.writers]
        for thread in threads:
            thread.start()
        try:
            yield self
        except BaseException:
            self._over.set()
            raise
        finally:
            for thread in threads:
                thread.join()
        assert not self._faults, self._faults

    @contextmanager
    def until_left(self) -> Iterator[Posting]:
        """Writes in the background until the block is left; what was begun is then sent until it is acknowledged."""
        with self.running():
            yield self
            with self._lock:
                self.most = 0

    def reached(self, many: int) -> bool:
        """Whether so many were acknowledged. Raises what a writer raised."""
        if self._faults:
            raise self._faults[0]
        return self.taken >= many

    @property
    def ids(self) -> list[str]:
        """The messages that were acknowledged."""
        return [str(one.body_answered["id"]) for one in self.writes if one.acknowledged]

    def _kept(self, writer: Writer) -> None:
        try:
            with Client(writer.session, self.stack, writer.replica) as client:
                self._write_on(client, writer)
        except BaseException as fault:
            self._faults.append(fault)

    def _write_on(self, client: Client, writer: Writer) -> None:
        while not self._over.wait(self.pace):
            with self._lock:
                number = next(self._numbers)
                if number >= self.most:
                    return
                thread = writer.threads[number % len(writer.threads)]
                text = {"text": f"Message d’épreuve {number}."}
                write = Write("message", "POST", f"{THREADS}/{thread}/messages", text, str(uuid4()))
                self.writes.append(write)
            self._insist(client, write)

    def _insist(self, client: Client, write: Write) -> None:
        end = time.monotonic() + PATIENCE
        while not write.send(client).done:
            assert time.monotonic() < end, f"never acknowledged: {write.attempts[-1]}"
            if self._over.wait(AGAIN):
                return
        with self._lock:
            self.taken += 1


@contextmanager
def listeners(stack: Mapping[str, Any], sessions: Mapping[str, Session]) -> Iterator[dict[str, Listener]]:
    """The open streams of each of these people, one at each replica of the gateway."""
    trust = ssl.create_default_context(cafile=stack["ca"]["gateway"])
    made = {
        f"{name} at {url.rpartition(':')[2]}": Listener(url, trust, session.headers)
        for name, session in sessions.items()
        for url in stack["gateway"]["urls"]
    }
    with ExitStack() as open_streams:
        for listener in made.values():
            open_streams.enter_context(listener.running())
        yield made


def page(client: Client, after: str, limit: int = 1000) -> list[dict[str, Any]]:
    """One page of the feed after a cursor; blank: from the beginning."""
    return list(_page(client, after, limit)["items"])


def events(client: Client) -> list[dict[str, Any]]:
    """All that the feed says from the beginning, page by page."""
    read = _page(client, "", 1000)
    found = list(read["items"])
    while read["more"]:
        read = _page(client, read["next_cursor"], 1000)
        found += read["items"]
    return found


def _page(client: Client, after: str, limit: int) -> dict[str, Any]:
    attempt = client.get(f"/v1/events?limit={limit}" + (f"&after={after}" if after else ""))
    assert attempt.status == 200 and attempt.answer is not None, str(attempt)
    body: dict[str, Any] = attempt.answer.body
    return body


def pages(client: Client, thread: str) -> list[dict[str, Any]]:
    """Every message of a thread, from its first place on."""
    found: list[dict[str, Any]] = []
    while True:
        after = found[-1]["place"] if found else 0
        attempt = client.get(f"{THREADS}/{thread}/messages?limit=100&after={after}")
        assert attempt.status == 200 and attempt.answer is not None, str(attempt)
        found += attempt.answer.body["items"]
        if not attempt.answer.body["more_after"]:
            return found
