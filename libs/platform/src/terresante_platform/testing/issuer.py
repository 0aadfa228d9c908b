"""An issuer of access tokens with a real ES256 key, shaped as Keycloak's are with our realms."""

import time
from typing import Any
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.jwk import ECKey

from terresante_platform.tokens import Verifier

AUDIENCES = ["gateway", "identity", "consent", "records", "messaging", "directory"]


class Issuer:
    """Signs tokens for any person, as strong, fresh or wrong as a test wants them."""

    def __init__(self, url: str, kinds: list[str]) -> None:
        self.url = url
        self.kinds = kinds
        self.key = ECKey.generate_key("P-256", {"kid": f"key of {url}", "use": "sig", "alg": "ES256"}, private=True)

    def token(self, kind: str, uid: UUID, acr: int = 2, logged_in_ago: float = 1.0, /, **claims: Any) -> str:
        """A token; `claims` replace or, when None, remove what is there."""
        now = int(time.time())
        payload: dict[str, Any] = {
            "iss": self.url,
            "sub": str(uuid4()),
            "aud": AUDIENCES,
            "exp": now + 300,
            "iat": now,
            "auth_time": int(now - logged_in_ago),
            "acr": str(acr),
            "azp": "portal",
            "typ": "Bearer",
            "uid": str(uid),
            "kind": kind,
            **claims,
        }
        header = {"alg": "ES256", "kid": self.key.kid}
        return jwt.encode(header, {name: value for name, value in payload.items() if value is not None}, self.key)

    async def fetch(self, url: str) -> dict[str, Any]:
        """What its two pages answer: discovery and keys."""
        if url.endswith("/.well-known/openid-configuration"):
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return {"keys": [self.key.as_dict(private=False)]}


def verifier_of(audience: str, *issuers: Issuer) -> Verifier:
    """A verifier that trusts these issuers."""

    async def fetch(url: str) -> dict[str, Any]:
        owner = next(issuer for issuer in issuers if url.startswith(issuer.url))
        return await owner.fetch(url)

    return Verifier({issuer.url: issuer.kinds for issuer in issuers}, audience, fetch)
