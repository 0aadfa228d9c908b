"""A portal in miniature: logs somebody in and calls the gateway as them. For the story, the sandbox's population and
tests.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx2

from terresante_dev import codes
from terresante_dev.login import Browser, LoginFailed, Page, Tokens
from terresante_dev.machine import machine_tokens
from terresante_dev.personas import Login

RENEW_BEFORE = 30.0
"""Seconds before its end from which a token is renewed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway answered."""

    status: int
    body: Any
    headers: Mapping[str, str]
    content: bytes

    @property
    def reason(self) -> str:
        """The machine reason of a problem; blank for anything else."""
        return str(self.body.get("reason", "")) if isinstance(self.body, dict) else ""

    @property
    def etag(self) -> str:
        """The version to send back in If-Match."""
        return self.headers.get("etag", "")

    @property
    def trace_id(self) -> str:
        """Of the request, from its `traceresponse`."""
        parts = self.headers.get("traceresponse", "").split("-")
        return parts[1] if len(parts) == 4 else ""

    def __str__(self) -> str:
        return f"HTTP {self.status} {self.reason}".strip()


class Gateway:
    """The gateway of a stack, for anybody. `replica`: which one, from 0."""

    def __init__(self, stack: Mapping[str, Any], replica: int = 0) -> None:
        self.stack = stack
        trust = ssl.create_default_context(cafile=str(stack["ca"]["gateway"]))
        urls = stack["gateway"]["urls"]
        self.http = httpx2.Client(base_url=urls[replica % len(urls)], verify=trust, timeout=40, trust_env=False)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request. `body`: JSON. Header names with `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("content-type", "application/json")
        return answer_of(self.http.request(method, path, content=content, headers=sent))

    def close(self) -> None:
        """Ends its connections."""
        self.http.close()


def answer_of(response: httpx2.Response) -> Answer:
    """The answer, its body read as JSON if it is JSON."""
    kind = response.headers.get("content-type", "")
    body = response.json() if kind.partition(";")[0].endswith(("/json", "+json")) and response.content else None
    return Answer(response.status_code, body, dict(response.headers), response.content)


class Person:
    """Somebody at a portal, or a machine. Logs in when first needed, again when the token ends or `fresh` is asked."""

    def __init__(self, stack: Mapping[str, Any], login: Login, gateway: Gateway | None = None) -> None:
        self.stack = stack
        self.login = login
        self.gateway = gateway or Gateway(stack)
        self.place = ""
        self._token = ""
        self._ends = 0.0

    @property
    def uid(self) -> str:
        """The opaque id by which the platform knows them."""
        return self.login.uid

    @property
    def token(self) -> str:
        """A current access token."""
        if time.time() > self._ends - RENEW_BEFORE:
            self.log_in()
        return self._token

    def log_in(self) -> Mapping[str, Any]:
        """A new login, by card or certificate if they have one; gives the token's claims. Raises LoginFailed."""
        tokens = self._as_a_machine() if self.login.client else self._in_a_browser()
        claims = tokens.claims
        self._token, self._ends = tokens.access, float(claims["exp"])
        return claims

    def try_log_in(self, **parameters: str) -> tuple[Page, Mapping[str, Any] | None]:
        """A login that may fail: the last page, and the claims if it got through."""
        with self.browser() as browser:
            page = browser.login(self.login.username, self.login.password, self.login.totp_secret, **parameters)
            return page, browser.tokens.claims if browser.tokens else None

    def browser(self) -> Browser:
        """Their browser at the portal of their realm."""
        card = (Path(self.login.card_file), Path(self.login.key_file)) if self.login.card_file else None
        return browser_of(self.stack, self.login.realm, card)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request in their name, from the place of practice they chose."""
        return self.gateway.call(method, path, body, **self._headers(headers))

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """POST, under an idempotency key of its own."""
        headers.setdefault("idempotency_key", str(uuid4()))
        return self.call("POST", path, {} if body is None else body, **headers)

    def publish(
        self, path: str, description: Mapping[str, Any], content: bytes, kind: str = "", **headers: str
    ) -> Answer:
        """POST multipart/form-data: the description, then the bytes."""
        headers.setdefault("idempotency_key", str(uuid4()))
        sent = {name.replace("_", "-"): value for name, value in self._headers(headers).items()}
        parts = [
            ("description", (None, json.dumps(description).encode(), "application/json")),
            ("content", ("content", content, kind or "application/octet-stream")),
        ]
        return answer_of(self.gateway.http.post(path, files=parts, headers=sent))

    def at(self, gateway: Gateway) -> Person:
        """The same person, with the same session, at another replica of the gateway."""
        other = Person(self.stack, self.login, gateway)
        other.place, other._token, other._ends = self.place, self._token, self._ends
        return other

    def known_as(self, uid: str, description: str = "") -> None:
        """Sets the opaque id once it is known, and who it is."""
        self.login = replace(self.login, uid=uid, description=description or self.login.description)

    def _in_a_browser(self) -> Tokens:
        with self.browser() as browser:
            page = browser.login(self.login.username, self.login.password, self.login.totp_secret)
            if browser.tokens is None:
                raise LoginFailed(page)
            return browser.tokens

    def _as_a_machine(self) -> Tokens:
        issuer, ca_file = self.stack["issuers"][self.login.realm], Path(self.stack["ca"]["issuers"])
        return machine_tokens(issuer, ca_file, Path(self.login.card_file), Path(self.login.key_file), self.login.client)

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        headers = {"authorization": f"Bearer {self.token}", **more}
        if self.place:
            headers.setdefault("terresante_place", self.place)
        return headers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gateway.close()


def browser_of(stack: Mapping[str, Any], realm: str, card: tuple[Path, Path] | None = None) -> Browser:
    """A browser at the portal of a realm; `card`: certificate and key of what is in the reader."""
    return Browser(
        stack["issuers"][realm],
        Path(stack["ca"]["issuers"]),
        codes.ledger(Path(stack["folder"])),
        client_id=stack["clients"][realm],
        card=card,
    )
