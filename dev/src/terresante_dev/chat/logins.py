"""Logs people in at Keycloak: OpenID Connect, authorization code with PKCE (RFC 7636), a public client."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2

from terresante_dev.chat.where import Where

BACK = "/retour"
"""Where Keycloak sends people back to, at the portal."""


class LoginRefused(Exception):
    """Keycloak gave no tokens, or others than those asked for. The text is the OAuth code, never what was sent."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that somebody began: what proves that its end belongs to it. `then`: the page they wanted."""

    realm: str
    state: str
    nonce: str
    verifier: str
    then: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the portal holds for somebody. `ends`: when the access token does, in seconds of `clock`."""

    access: str
    refresh: str
    id: str
    ends: float


class Logins:
    """The two realms, `pro` and `patient`. `clock`: seconds that only grow."""

    def __init__(self, where: Where, http: httpx2.AsyncClient, clock: Callable[[], float]) -> None:
        self._where = where
        self._http = http
        self._clock = clock

    def begin(self, realm: str, then: str) -> Begun:
        """A login at that realm."""
        return Begun(realm, secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), then)

    def address(self, begun: Begun) -> str:
        """Where the browser goes to log in."""
        digest = hashlib.sha256(begun.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._where.client,
            "redirect_uri": self._where.origin + BACK,
            "scope": "openid",
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{self._endpoint(begun.realm)}/auth?{urlencode(query)}"

    async def finish(self, begun: Begun, code: str) -> Tokens:
        """The tokens for a code. Raises LoginRefused."""
        tokens = await self._tokens(
            begun.realm,
            grant_type="authorization_code",
            code=code,
            redirect_uri=self._where.origin + BACK,
            code_verifier=begun.verifier,
        )
        told = _claims(tokens.id)  # straight from Keycloak over TLS: its signature adds nothing (OIDC Core, 3.1.3.7)
        if told["nonce"] != begun.nonce or told["iss"] != self._where.issuers[begun.realm]:
            raise LoginRefused("nonce")
        return tokens

    async def renew(self, realm: str, tokens: Tokens) -> Tokens:
        """New tokens of the same session; the refresh token is spent. Raises LoginRefused once it has ended."""
        return await self._tokens(realm, grant_type="refresh_token", refresh_token=tokens.refresh)

    def farewell(self, realm: str, tokens: Tokens) -> str:
        """Where the browser goes to end its session at Keycloak too."""
        query = {"id_token_hint": tokens.id, "post_logout_redirect_uri": f"{self._where.origin}/"}
        return f"{self._endpoint(realm)}/logout?{urlencode(query)}"

    def _endpoint(self, realm: str) -> str:
        return f"{self._where.issuers[realm]}/protocol/openid-connect"

    async def _tokens(self, realm: str, **asked: str) -> Tokens:
        asked["client_id"] = self._where.client
        answer = await self._http.post(f"{self._endpoint(realm)}/token", data=asked)
        if answer.status_code != 200:
            raise LoginRefused(_error(answer))
        told: dict[str, Any] = answer.json()
        ends = self._clock() + told["expires_in"]
        return Tokens(told["access_token"], told["refresh_token"], told["id_token"], ends)


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def _error(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"
