"""Access tokens: who is calling, how strongly and when they logged in. Verified offline with the issuers' keys.

ES256 only; issuer, audience, time and type are checked (RFC 9068, RFC 8725). An issuer's keys are fetched once, and
again when an unknown one turns up, one fetch at a time and at most every 30 seconds; a slow issuer never blocks a token
that can be verified, nor a fetch from another issuer.
"""

import asyncio
import base64
import hashlib
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from terresante_platform.calls import Caller
from terresante_platform.refusals import Unauthenticated, Unavailable
from terresante_platform.telemetry import log

FETCH_AGAIN_SECONDS = 30.0
FIRST_FETCH_AGAIN_SECONDS = 2.0
FETCH_SECONDS = 3.0
"""Both pages together: less than any caller waits."""
LEEWAY_SECONDS = 5
CACHED_TOKENS = 10_000
MACHINE = "system"
"""The kind of caller that is nobody: another system, known by its certificate."""
_REGISTRY = JWSRegistry(algorithms=["ES256"])
Fetch = Callable[[str], Awaitable[dict[str, object]]]


class TokenInvalid(Unauthenticated):
    """A token that proves nothing. Which check failed is not told."""

    reason = "TOKEN_INVALID"


class KeysUnavailable(Unavailable):
    """The issuer's keys were never fetched and cannot be now."""

    reason = "LOGIN_SERVICE_UNAVAILABLE"


def https_fetch(ca_file: str | None) -> Fetch:
    """Fetches JSON over HTTPS, trusting `ca_file` (the system's authorities if None)."""
    trust = ssl.create_default_context(cafile=ca_file)

    async def fetch(url: str) -> dict[str, object]:
        async with httpx2.AsyncClient(verify=trust, timeout=5.0) as client:
            answer = await client.get(url)
            answer.raise_for_status()
            found: dict[str, object] = answer.json()
            return found

    return fetch


class Verifier:
    """Verifies tokens of the configured issuers for one audience (this part's name)."""

    def __init__(
        self,
        issuers: Mapping[str, list[str]],
        audience: str,
        fetch: Fetch,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._issuers = {issuer: frozenset(kinds) for issuer, kinds in issuers.items()}
        self._audience = audience
        self._fetch = fetch
        self._now = now
        self._keys: dict[str, dict[str, ECKey]] = {}
        self._tried: dict[str, float] = {}
        self._fetching = {issuer: asyncio.Lock() for issuer in issuers}
        self._known: dict[bytes, Caller] = {}

    async def caller(self, token: str) -> Caller:
        """The person whose token it is. Refuses with TOKEN_INVALID, LOGIN_SERVICE_UNAVAILABLE."""
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is not None:
            if known.expires_at + LEEWAY_SECONDS > self._now():
                return known
            del self._known[digest]
        caller = await self._verified(token)
        if len(self._known) >= CACHED_TOKENS:
            self._known.pop(next(iter(self._known)))
        self._known[digest] = caller
        return caller

    @property
    def lacking(self) -> list[str]:
        """The issuers whose keys were never fetched."""
        return [issuer for issuer in self._issuers if issuer not in self._keys]

    async def prepare(self) -> None:
        """Fetches every issuer's keys ahead. An issuer that is down is only logged: it is tried again when needed."""
        await asyncio.gather(*(self._refresh(issuer) for issuer in self._issuers))

    async def complete(self) -> None:
        """Returns once every issuer's keys have been fetched: tries for as long as it takes."""
        while True:
            await self.prepare()
            if not self.lacking:
                return
            await asyncio.sleep(FIRST_FETCH_AGAIN_SECONDS)

    async def _verified(self, token: str) -> Caller:
        issuer, kid = _issuer_and_key(token)
        if issuer not in self._issuers:
            raise _invalid()
        key = self._keys.get(issuer, {}).get(kid)
        if key is None:
            await self._refresh(issuer)
            key = self._keys.get(issuer, {}).get(kid)
        if key is None:
            if issuer not in self._keys:
                raise KeysUnavailable("Le service de connexion ne répond pas.", "Réessayez dans quelques instants.")
            raise _invalid()
        try:
            claims = jwt.decode(token, key, algorithms=["ES256"], registry=_REGISTRY).claims
        except (JoseError, ValueError):
            raise _invalid() from None
        return self._checked(claims, token)

    def _checked(self, claims: dict[str, object], token: str) -> Caller:
        """Refuses a token whose claims are not exactly what ours are."""
        now, audience = self._now(), claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        kinds = self._issuers.get(str(claims.get("iss")), frozenset())
        try:
            expires, issued = float(str(claims["exp"])), float(str(claims["iat"]))
            begins = float(str(claims.get("nbf", issued)))
            caller = Caller(
                id=UUID(str(claims["uid"])),
                kind=str(claims["kind"]),
                strength=int(str(claims["acr"])),
                authenticated_at=_logged_in_at(claims, issued),
                expires_at=expires,
                token=token,
            )
        except (KeyError, ValueError):
            raise _invalid() from None
        right = (
            self._audience in audiences
            and claims.get("typ") == "Bearer"
            and bool(claims.get("sub"))
            and bool(claims.get("azp"))
            and caller.kind in kinds
            and expires + LEEWAY_SECONDS > now
            and issued - LEEWAY_SECONDS <= now
            and begins - LEEWAY_SECONDS <= now
            and caller.authenticated_at - LEEWAY_SECONDS <= now
        )
        if not right:
            raise _invalid()
        return caller

    async def _refresh(self, issuer: str) -> None:
        """Fetches the issuer's keys, unless that was just tried. Whoever waits for a fetch shares its outcome."""
        async with self._fetching[issuer]:
            pause = FETCH_AGAIN_SECONDS if issuer in self._keys else FIRST_FETCH_AGAIN_SECONDS
            tried = self._tried.get(issuer)
            if tried is not None and time.monotonic() - tried < pause:
                return
            try:
                async with asyncio.timeout(FETCH_SECONDS):
                    about = await self._fetch(f"{issuer}/.well-known/openid-configuration")
                    found = await self._fetch(str(about["jwks_uri"]))
                self._keys[issuer] = _signing_keys(found)
            except (httpx2.HTTPError, KeyError, ValueError, OSError):
                log.warning("issuer keys could not be fetched")
            finally:
                self._tried[issuer] = time.monotonic()


def _logged_in_at(claims: Mapping[str, object], issued: float) -> float:
    """`auth_time`. A machine has no session: it shows its certificate for each token, which then says no such time."""
    if claims["kind"] == MACHINE and "auth_time" not in claims:
        return issued
    return float(str(claims["auth_time"]))


def _signing_keys(found: dict[str, object]) -> dict[str, ECKey]:
    """The P-256 signing keys of a JWK set, by key id."""
    listed = found.get("keys")
    keys = [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []
    mine = [
        key for key in keys if key.get("kty") == "EC" and key.get("crv") == "P-256" and key.get("use", "sig") == "sig"
    ]
    return {str(key.get("kid")): ECKey.import_key(key) for key in mine}


def _issuer_and_key(token: str) -> tuple[str, str]:
    """The issuer and key a token names, unverified: only to know which key to verify it with."""
    try:
        header, claims = (_json(part) for part in token.split(".")[:2])
        issuer, kid = claims["iss"], header["kid"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _invalid() from None
    if header.get("alg") != "ES256" or not isinstance(issuer, str) or not isinstance(kid, str):
        raise _invalid()
    return issuer, kid


def _json(part: str) -> dict[str, object]:
    found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    if not isinstance(found, dict):
        raise TypeError("not an object")
    return found


def _invalid() -> TokenInvalid:
    return TokenInvalid("Votre connexion n’est pas valable ou a expiré.", "Reconnectez-vous.")
