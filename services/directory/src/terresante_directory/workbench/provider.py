"""Keycloak as the workbench logs people in by it: code with PKCE, pushed requests, a key instead of a secret.

The request is pushed (RFC 9126), so nothing of it is in an address; the workbench proves itself by a signed assertion
(RFC 7523); the answer names its issuer (RFC 9207); the ID token is checked as the access token is, and for its nonce.
"""

import asyncio
import base64
import hashlib
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from terresante_platform.refusals import Unauthenticated, Unavailable
from terresante_platform.telemetry import log

from terresante_directory.workbench.attempts import Attempt
from terresante_directory.workbench.sessions import Tokens

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 30
PATIENCE_SECONDS = 5.0
LEEWAY_SECONDS = 5
NEEDED = ("authorization_endpoint", "token_endpoint", "pushed_authorization_request_endpoint", "end_session_endpoint")


class LoginRefused(Unauthenticated):
    """Keycloak does not vouch for this login (any more), or vouches in a way that is not accepted."""

    reason = "LOGIN_REFUSED"


class LoginServiceAway(Unavailable):
    """Keycloak does not answer."""

    reason = "LOGIN_SERVICE_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Client:
    """Who the workbench is to Keycloak. `origin`: https:// origin of its pages."""

    issuer: str
    id: str
    key: ECKey = field(repr=False)
    origin: str

    @property
    def callback(self) -> str:
        """Where logins come back to."""
        return f"{self.origin}/retour"


class Provider:
    """Keycloak's realm of professionals and administrators, seen by one client."""

    def __init__(self, client: Client, http: httpx2.AsyncClient) -> None:
        self._client = client
        self._http = http
        self._known: Mapping[str, str] = {}
        self._keys: KeySet | None = None

    async def login_page(self, attempt: Attempt) -> str:
        """The address to send the browser to. Raises `LoginServiceAway`."""
        challenge = hashlib.sha256(attempt.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "redirect_uri": self._client.callback,
            "scope": "openid",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **({"prompt": "login", "max_age": "0"} if attempt.again else {}),
            **({"acr_values": str(attempt.strength)} if attempt.strength else {}),
        }
        pushed = await self._post("pushed_authorization_request_endpoint", asked)
        page = (await self._pages())["authorization_endpoint"]
        return f"{page}?{urlencode({'client_id': self._client.id, 'request_uri': str(pushed['request_uri'])})}"

    async def exchange(self, attempt: Attempt, code: str) -> Tokens:
        """The tokens of a login that came back. Raises `LoginRefused`, `LoginServiceAway`."""
        granted = await self._post(
            "token_endpoint",
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._client.callback,
                "code_verifier": attempt.verifier,
            },
        )
        await self._check(str(granted.get("id_token", "")), attempt.nonce)
        return _tokens(granted)

    async def renew(self, tokens: Tokens) -> Tokens:
        """New tokens for the same login; the refresh token is spent. Raises `LoginRefused`, `LoginServiceAway`."""
        asked = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}
        return _tokens(await self._post("token_endpoint", asked))

    async def end(self, tokens: Tokens) -> None:
        """Ends the login at Keycloak too. One that has ended already, or Keycloak away, is no fault."""
        try:
            await self._post("end_session_endpoint", {"refresh_token": tokens.refresh})
        except (LoginRefused, LoginServiceAway) as fault:
            log.info("login not ended", reason=fault.reason)

    def is_issuer(self, named: str) -> bool:
        """Whether the answer to a login comes from whom it was asked of (RFC 9207)."""
        return named == self._client.issuer

    async def _check(self, id_token: str, nonce: str) -> None:
        """Raises `LoginRefused` unless the ID token is Keycloak's, for us, for this very attempt."""
        for again in (False, True):
            keys = await self._signing_keys(again=again)
            try:
                claims = jwt.decode(id_token, keys, algorithms=["ES256"]).claims
                break
            except (JoseError, ValueError):
                if again:
                    raise refused() from None
        now = time.time()
        try:
            right = (
                claims["iss"] == self._client.issuer
                and claims["aud"] in (self._client.id, [self._client.id])
                and claims["nonce"] == nonce
                and float(claims["exp"]) + LEEWAY_SECONDS > now
                and float(claims["iat"]) - LEEWAY_SECONDS <= now
            )
        except (KeyError, ValueError, TypeError):
            right = False
        if not right:
            raise refused()

    async def _signing_keys(self, *, again: bool) -> KeySet:
        if self._keys is None or again:
            listed = (await self._fetched((await self._pages())["jwks_uri"]))["keys"]
            usable = [key for key in listed if key.get("crv") == "P-256" and key.get("use") == "sig"]  # type: ignore[attr-defined]
            self._keys = KeySet([ECKey.import_key(key) for key in usable])
        return self._keys

    async def _pages(self) -> Mapping[str, str]:
        """Keycloak's endpoints. Raises `LoginServiceAway` also if the page is another issuer's."""
        if not self._known:
            found = await self._fetched(f"{self._client.issuer}/.well-known/openid-configuration")
            if found.get("issuer") != self._client.issuer or not all(name in found for name in NEEDED):
                log.error("issuer's page is not what was expected")
                raise away()
            self._known = {name: str(found[name]) for name in (*NEEDED, "jwks_uri")}
        return self._known

    async def _fetched(self, url: str) -> dict[str, object]:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await self._http.get(url)
                answer.raise_for_status()
                found: dict[str, object] = answer.json()
        except (httpx2.HTTPError, ValueError, TimeoutError, OSError):
            raise away() from None
        return found

    async def _post(self, endpoint: str, asked: dict[str, str]) -> dict[str, object]:
        url = (await self._pages())[endpoint]
        proof = {
            "client_id": self._client.id,
            "client_assertion_type": ASSERTION,
            "client_assertion": self._assertion(),
        }
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await self._http.post(url, data={**asked, **proof})
                given: dict[str, object] = answer.json() if answer.content else {}
        except (httpx2.HTTPError, ValueError, TimeoutError, OSError):
            raise away() from None
        if answer.status_code >= 500:
            raise away()
        if answer.is_error:
            log.info("login service refused", endpoint=endpoint, error=str(given.get("error", ""))[:40])
            raise refused()
        return given

    def _assertion(self) -> str:
        now = int(time.time())
        who, whom = self._client.id, self._client.issuer
        claims = {"iss": who, "sub": who, "aud": whom, "jti": str(uuid4()), "iat": now, "exp": now + ASSERTION_SECONDS}
        return jwt.encode({"alg": "ES256"}, claims, self._client.key)


def refused() -> LoginRefused:
    """The refusal of a login that Keycloak does not confirm."""
    return LoginRefused("Votre connexion n’a pas été confirmée, ou a pris fin.", "Connectez-vous de nouveau.")


def away() -> LoginServiceAway:
    """The refusal while Keycloak is away."""
    return LoginServiceAway("Le service de connexion ne répond pas.", "Réessayez dans quelques instants.")


def _tokens(granted: Mapping[str, object]) -> Tokens:
    try:
        until = datetime.fromtimestamp(time.time() + float(str(granted["expires_in"])), UTC)
        return Tokens(str(granted["access_token"]), str(granted["refresh_token"]), until)
    except (KeyError, ValueError):
        raise refused() from None


@asynccontextmanager
async def connected(client: Client, ca_file: Path | None) -> AsyncIterator[Provider]:
    """The realm, trusting `ca_file` (the system's authorities if None)."""
    trust = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    async with httpx2.AsyncClient(verify=trust, timeout=PATIENCE_SECONDS, trust_env=False) as http:
        yield Provider(client, http)
