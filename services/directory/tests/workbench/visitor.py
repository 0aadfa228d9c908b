"""A browser at the workbench without a browser: cookies, forms, and a Keycloak that a test decides for."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx2
from terresante_directory.workbench.attempts import Attempt
from terresante_directory.workbench.provider import away, refused
from terresante_directory.workbench.sessions import Tokens

ORIGIN = "https://atelier.test"
ISSUER = "https://login.test/realms/pro"
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
Token = Callable[[UUID], str]


@dataclass
class Login:
    """Who logs in next, and for how long the token lasts."""

    who: UUID
    kind: str = "administrator"
    ago: float = 1.0
    acr: int = 2
    lasts: timedelta = timedelta(minutes=5)


@dataclass
class KeycloakInMemory:
    """As `Provider`: remembers the attempts it was sent, and gives tokens to whom the test says."""

    token: Callable[[Login], str]
    now: Callable[[], datetime]
    login: Login = field(default_factory=lambda: Login(uuid4()))
    attempts: dict[str, Attempt] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    renewals: int = 0
    is_away: bool = False
    is_over: bool = False
    spent: set[str] = field(default_factory=set)

    async def login_page(self, attempt: Attempt) -> str:
        if self.is_away:
            raise away()
        self.attempts[attempt.state] = attempt
        return f"https://login.test/auth?state={attempt.state}"

    async def exchange(self, attempt: Attempt, code: str) -> Tokens:
        if code != f"code of {attempt.state}":
            raise refused()
        return self._tokens()

    async def renew(self, tokens: Tokens) -> Tokens:
        if self.is_away:
            raise away()
        if self.is_over or tokens.refresh in self.spent:
            raise refused()
        self.spent.add(tokens.refresh)
        self.renewals += 1
        return self._tokens()

    async def end(self, tokens: Tokens) -> None:
        self.ended.append(tokens.refresh)

    def is_issuer(self, named: str) -> bool:
        return named == ISSUER

    def _tokens(self) -> Tokens:
        return Tokens(self.token(self.login), str(uuid4()), self.now() + self.login.lasts)


class Visitor:
    """One browser. Addresses are paths; redirects are not followed. `who`: logged in last."""

    def __init__(self, app: Any, keycloak: KeycloakInMemory, address: str = "192.0.2.1") -> None:
        self.keycloak = keycloak
        self.who = uuid4()
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=True, client=(address, 40_000))
        self.http = httpx2.AsyncClient(transport=transport, base_url=ORIGIN)

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        return await self.http.get(path, headers=_written(headers))

    async def begin(self, path: str = "/connexion") -> Attempt:
        """Goes to Keycloak; gives what it was asked."""
        answer = await self.get(path)
        assert answer.status_code == 303, answer.text
        (state,) = parse_qs(urlsplit(answer.headers["location"]).query)["state"]
        return self.keycloak.attempts[state]

    async def come_back(self, attempt: Attempt, **changes: str) -> httpx2.Response:
        query = {"state": attempt.state, "code": f"code of {attempt.state}", "iss": ISSUER} | changes
        return await self.http.get("/retour", params=query)

    async def log_in(self, who: UUID, path: str = "/connexion", **more: Any) -> httpx2.Response:
        """A whole login."""
        self.who, self.keycloak.login = who, Login(who, **more)
        return await self.come_back(await self.begin(path))

    async def hidden(self, path: str) -> dict[str, list[str]]:
        """The hidden fields of a page's own forms."""
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        return fields(answer.text.partition("<main")[2])

    async def send(self, path: str, form: str = "", /, **typed: Any) -> httpx2.Response:
        """Sends the form that `form` (the same path if blank) shows, with these fields typed."""
        return await self.post(path, {**await self.hidden(form or path), **typed})

    async def post(self, path: str, sent: dict[str, Any], **headers: str) -> httpx2.Response:
        about = {"origin": ORIGIN, "sec-fetch-site": "same-origin", **_written(headers)}
        return await self.http.post(path, data=sent, headers={name: text for name, text in about.items() if text})

    @property
    def cookie(self) -> str:
        return self.http.cookies.get("__Host-workbench") or ""


def fields(page: str) -> dict[str, list[str]]:
    """The hidden fields of the forms of a page."""
    found: dict[str, list[str]] = {}
    for name, value in FIELD.findall(page):
        found.setdefault(name, []).append(html.unescape(value))
    return found


def _written(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
