"""Who acts while things break: people whose logins are renewed ahead of time, and their programs.

Those do what a careful client does: it keeps to one replica of the gateway, goes to the other when it cannot be
reached, and sends a write again under the same `Idempotency-Key` until it is acknowledged.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx2
from terresante_dev.login import LoginFailed, TokenRefused, Tokens
from terresante_dev.portal import Answer, Gateway, Person

RENEW_AHEAD = 150.0
"""Seconds before the end of a token from which it is renewed, if the login service is there."""
LOST = 0
"""The status of an attempt that got no answer."""


class Session:
    """A person's login, shared by all the programs that act for them."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.uid = person.uid
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0
        self._renews = True

    def log_in(self, lasting: float = RENEW_AHEAD) -> None:
        """A new login, unless the present one lasts so many seconds. Raises what a login raises."""
        with self._lock:
            if time.time() > self._ends - lasting:
                self._renew()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """No login is tried in the block: the token of before it is used to its end."""
        self._renews = False
        try:
            yield
        finally:
            self._renews = True

    def headers(self) -> dict[str, str]:
        """What each request says of who asks and from where."""
        return {"authorization": f"Bearer {self._current()}", **self._place()}

    def _place(self) -> dict[str, str]:
        return {"terresante_place": self.person.place} if self.person.place else {}

    def _current(self) -> str:
        with self._lock:
            if self._renews and time.time() > self._ends - RENEW_AHEAD:
                with suppress(httpx2.TransportError, LoginFailed, TokenRefused):
                    self._renew()
            return self._token

    def _renew(self) -> None:
        """The person's own present login the first time, a new one from then on."""
        if self._ends:
            self.person.log_in()
        self._token = self.person.token
        self._ends = float(Tokens(self._token, "", "", 0).claims["exp"])


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request as its sender saw it. `began`, `ended`: monotonic seconds; `at`: Unix time of the beginning."""

    began: float
    ended: float
    at: float
    asked: str
    """Method and path."""
    answer: Answer | None
    fault: str = ""

    @property
    def status(self) -> int:
        """HTTP status, or LOST."""
        return self.answer.status if self.answer else LOST

    @property
    def done(self) -> bool:
        """Whether it was acknowledged."""
        return self.answer is not None and 200 <= self.answer.status < 300

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began

    def __str__(self) -> str:
        return str(self.answer) if self.answer else self.fault


class Client:
    """One program at one replica of the gateway. For one thread."""

    def __init__(self, session: Session, stack: Mapping[str, Any], replica: int = 0, moves: bool = True) -> None:
        self.session = session
        self._gateways = [Gateway(stack, number) for number in range(len(stack["gateway"]["urls"]))]
        self._at = replica % len(self._gateways)
        self._moves = moves

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Attempt:
        """One request, once. After no answer the next one goes to another replica."""
        sent = {**self.session.headers(), **headers}
        began, at = time.monotonic(), time.time()
        try:
            answer = self._gateways[self._at].call(method, path, body, **sent)
        except httpx2.TransportError as fault:
            if self._moves:
                self._at = (self._at + 1) % len(self._gateways)
            return Attempt(began, time.monotonic(), at, f"{method} {path}", None, type(fault).__name__)
        return Attempt(began, time.monotonic(), at, f"{method} {path}", answer)

    def get(self, path: str) -> Attempt:
        """A read."""
        return self.send("GET", path)

    def close(self) -> None:
        """Ends its connections."""
        for gateway in self._gateways:
            gateway.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
