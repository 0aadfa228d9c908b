"""Logs in as a browser would, without one: Keycloak's pages, a cookie jar, perhaps a card in the reader."""

import base64
import hashlib
import json
import secrets
import ssl
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import Cookie
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx2

from terresante_dev.codes import code_at, next_code, present_step, spent

REDIRECT_URI = "http://127.0.0.1:8000/callback"


NO_VERIFIER = "A" * 43
"""A PKCE challenge that nobody has the verifier of: the code at the end of such a login is worth nothing."""


def start_page(issuer: str, client_id: str = "portal", redirect_uri: str = REDIRECT_URI) -> str:
    """An address where a person's first login can begin without a portal: it ends at the portal's, which logs in anew.

    A portal that has a page for it is better: it is given as TERRESANTE_IDENTITY_PORTAL_URL.
    """
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid",
        "code_challenge": NO_VERIFIER,
        "code_challenge_method": "S256",
    }
    return f"{issuer}/protocol/openid-connect/auth?{urlencode(query)}"


class LoginFailed(Exception):
    """A login that had to succeed stopped at another page; `page` is that page."""

    def __init__(self, page: "Page") -> None:
        super().__init__(str(page))
        self.page = page


class TokenRefused(Exception):
    """The token endpoint said no: `error` is its OAuth code."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(f"{status} {error}: {description}")
        self.status = status
        self.error = error


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a page: where it goes and what it already holds."""

    id: str
    action: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """Where a login stands.

    Back at the application with a `code` or an `error`, or at a page that shows `text` and maybe a `form`.
    """

    status: int
    code: str | None = None
    error: str | None = None
    form: Form | None = None
    text: str = ""

    def asks(self, name: str) -> bool:
        """Whether the page's form has this field."""
        return self.form is not None and name in self.form.fields

    def __str__(self) -> str:
        if self.code or self.error:
            return f"redirected with {self.error or 'a code'}"
        return f"HTTP {self.status}, form {self.form.id if self.form else None}: {self.text[:300]}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gave."""

    access: str
    refresh: str
    id: str
    seconds: int

    @property
    def claims(self) -> dict[str, Any]:
        """The access token's claims, unverified."""
        payload = self.access.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims


class Browser:
    """One person's browser at one client application of one realm.

    `card`: certificate and key files. A card that the server does not accept at all (expired, of another
    authority) ends in an `httpx2.TransportError` that names the TLS alert. `ledger` remembers the one-
    time codes that were spent.
    """

    def __init__(
        self,
        issuer: str,
        ca_file: Path,
        ledger: Path,
        *,
        client_id: str = "portal",
        redirect_uri: str = REDIRECT_URI,
        card: tuple[Path, Path] | None = None,
        language: str = "fr",
    ) -> None:
        self.client_id = client_id
        self.redirect_uri = redirect_uri
        self.tokens: Tokens | None = None
        self._endpoint = f"{issuer}/protocol/openid-connect"
        self._ledger = ledger
        self._verifier = self._state = ""
        with_card = ssl.create_default_context(cafile=str(ca_file))
        if card:
            with_card.load_cert_chain(*card)
        headers = {"Accept": "text/html", "Accept-Language": language}
        self._pages = httpx2.Client(verify=with_card, timeout=30, trust_env=False, headers=headers)
        bare = ssl.create_default_context(cafile=str(ca_file))
        self._application = httpx2.Client(verify=bare, timeout=30, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pages.close()
        self._application.close()

    @property
    def cookies(self) -> list[Cookie]:
        """What the pages have set and not taken back."""
        return list(self._pages.cookies.jar)

    def open(self, **parameters: str) -> Page:
        """Goes to the login page, with parameters such as `acr_values`, `prompt`, `max_age`, `kc_action`."""
        self._verifier, self._state = secrets.token_urlsafe(48), secrets.token_urlsafe(12)
        digest = hashlib.sha256(self._verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": self._state,
            "nonce": secrets.token_urlsafe(12),
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **parameters,
        }
        return self._follow(self._pages.get(f"{self._endpoint}/auth", params=query))

    def visit(self, address: str) -> Page:
        """Goes to an address that somebody was given, such as the `login_url` of an activation."""
        self._state = dict(parse_qsl(urlsplit(address).query)).get("state", "")
        return self._follow(self._pages.get(address))

    def submit(self, page: Page, **values: str) -> Page:
        """Sends the page's form with these fields filled in."""
        if page.form is None:
            raise LoginFailed(page)
        fields = {name: value for name, value in page.form.fields.items() if name != "cancel-aia"}
        return self._follow(self._pages.post(page.form.action, data={**fields, **values}))

    def login(
        self,
        username: str = "",
        password: str = "",
        totp_secret: str = "",
        *,
        code: str = "",
        **parameters: str,
    ) -> Page:
        """Fills in what is asked and given, once each; keeps the tokens in `tokens` when it gets through.

        Gives the last page: the application's, or the one that it could not pass. `code` is typed instead
        of a fresh code of `totp_secret`.
        """
        page = self.open(**parameters)
        if page.asks("password") and username:
            page = self.submit(page, username=username, password=password)
        if page.asks("otp") and (code or totp_secret):
            page = self.submit(page, otp=code or next_code(totp_secret, self._ledger))
        if page.code:
            self.tokens = self.exchange(page.code)
        return page

    def activate(self, username: str, starting_password: str, new_password: str, start: str = "") -> str:
        """First login of a new account: chooses a password and enrols a code on Keycloak's own pages.

        `start`: the page where it begins, if it is not the portal. Gives the Base32 secret of the codes. The session
        that comes of it has shown no code yet (`acr` 1): log in anew. Raises LoginFailed.
        """
        page = self.visit(start) if start else self.open()
        page = self.submit(page, username=username, password=starting_password)
        secret = ""
        while not page.code:
            if page.asks("password-new"):
                page = self.submit(page, **{"password-new": new_password, "password-confirm": new_password})
            elif page.form and page.asks("totpSecret") and not secret:
                secret = base64.b32encode(page.form.fields["totpSecret"].encode()).decode().rstrip("=")
                step = present_step()
                spent(secret, self._ledger, step)
                page = self.submit(page, totp=code_at(secret, step), userLabel="téléphone")
            else:
                raise LoginFailed(page)
        if not start:
            self.exchange(page.code)
        return secret

    def exchange(self, code: str, verifier: str | None = None) -> Tokens:
        """Turns an authorization code into tokens. Raises TokenRefused."""
        return self._tokens(
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.redirect_uri,
            code_verifier=verifier or self._verifier,
        )

    def refresh(self, refresh_token: str | None = None) -> Tokens:
        """New tokens for this session; the refresh token used is spent. Raises TokenRefused."""
        held = refresh_token or (self.tokens.refresh if self.tokens else "")
        self.tokens = self._tokens(grant_type="refresh_token", refresh_token=held)
        return self.tokens

    def logout(self) -> None:
        """Ends the session; its refresh token is worth nothing afterwards. Raises TokenRefused."""
        held = self.tokens.refresh if self.tokens else ""
        self._post("logout", refresh_token=held)
        self.tokens = None

    def _tokens(self, **data: str) -> Tokens:
        body = self._post("token", **data)
        return Tokens(body["access_token"], body["refresh_token"], body["id_token"], body["expires_in"])

    def _post(self, path: str, **data: str) -> dict[str, Any]:
        answer = self._application.post(f"{self._endpoint}/{path}", data={"client_id": self.client_id, **data})
        body: dict[str, Any] = answer.json() if answer.content else {}
        if answer.is_error:
            raise TokenRefused(answer.status_code, body.get("error", ""), body.get("error_description", ""))
        return body

    def _follow(self, answer: httpx2.Response) -> Page:
        while answer.has_redirect_location:
            target = urljoin(str(answer.url), answer.headers["location"])
            if target.startswith(self.redirect_uri):
                given = urlsplit(target)
                return self._back(answer.status_code, dict(parse_qsl(given.query or given.fragment)))
            answer = self._pages.get(target)
        reader = _Reader()
        reader.feed(answer.text)
        forms = [form for form in reader.forms if form.action]
        return Page(answer.status_code, form=forms[0] if forms else None, text=" ".join(reader.words))

    def _back(self, status: int, query: dict[str, str]) -> Page:
        page = Page(status, code=query.get("code"), error=query.get("error"))
        if query.get("state", "") != self._state:
            raise LoginFailed(page)
        return page


@dataclass
class _Reader(HTMLParser):
    """Reads the forms of a page with their fields, and its visible words."""

    forms: list[Form] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    hidden: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens a form, notes a field, or enters what is not shown."""
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style", "svg"):
            self.hidden += 1
        elif tag == "form":
            self.forms.append(Form(given.get("id", ""), given.get("action", ""), {}))
        elif tag in ("input", "button") and self.forms and given.get("name"):
            self.forms[-1].fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """Leaves what is not shown."""
        if tag in ("script", "style", "svg"):
            self.hidden -= 1

    def handle_data(self, data: str) -> None:
        """Notes words."""
        if not self.hidden and data.strip():
            self.words.append(" ".join(data.split()))
