"""Tokens that are wrong in exactly one way.

The realms' own signing keys are taken from Keycloak's database, as a thief of its backup would: so a token that is
refused is refused for what it says, not for its signature. The one that is forged in nothing must be accepted.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import uuid4

import asyncpg
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

Claims = dict[str, Any]
Keys = Mapping[str, ec.EllipticCurvePrivateKey]
NEEDED = ("iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "azp", "typ", "uid", "kind")
"""Every claim that docs/architecture.md names."""
_KEYS = """
    select r.name, value from component_config v join component c on c.id = v.component_id join realm r on r.id = c.realm_id
    where v.name = 'ecdsaPrivateKey'
"""


class Forged(NamedTuple):
    """A token and the reasons with which it may be refused."""

    token: str
    reasons: tuple[str, ...] = ("TOKEN_INVALID",)


def _part(value: Any) -> str:
    return _text(json.dumps(value).encode())


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _read(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _signed(key: ec.EllipticCurvePrivateKey, data: str, of: hashes.HashAlgorithm | None = None) -> str:
    size = (key.curve.key_size + 7) // 8
    numbers = decode_dss_signature(key.sign(data.encode(), ec.ECDSA(of or hashes.SHA256())))
    return _text(b"".join(number.to_bytes(size) for number in numbers))


async def realm_keys(stack: Mapping[str, Any]) -> Keys:
    """The key with which each realm signs access tokens."""
    database = await asyncpg.connect(f"{stack['postgres']['url'].rsplit('/', 1)[0]}/keycloak")
    rows = await database.fetch(_KEYS)
    await database.close()
    found = {}
    for realm, text in rows:
        key = load_der_private_key(base64.b64decode(text), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        found[str(realm)] = key
    return found


@dataclass(frozen=True)
class Mint:
    """Makes tokens like a true one, of `realm`. `keys`: the realms' signing keys."""

    true: str
    issuers: Mapping[str, str]
    keys: Keys
    realm: str = "pro"

    @property
    def header(self) -> Claims:
        """Of the true token."""
        return dict(_read(self.true.split(".")[0]))

    @property
    def claims(self) -> Claims:
        """Of the true token."""
        return dict(_read(self.true.split(".")[1]))

    def token(self, *without: str, header: Claims | None = None, by: str = "", **other: Any) -> str:
        """The true token's claims with these others and without those, signed by the realm's own key, or by that of
        the realm `by`.
        """
        claims = {name: value for name, value in {**self.claims, **other}.items() if name not in without}
        data = f"{_part({**self.header, **(header or {})})}.{_part(claims)}"
        return f"{data}.{_signed(self.keys[by or self.realm], data)}"

    def forgeries(self) -> dict[str, Forged]:
        """Every wrong token, by what is wrong with it: FORGERIES lists the names."""
        found = {**self._signatures(), **self._headers(), **self._claims(), **self._strengths()}
        found |= {f"no {name}": Forged(self.token(name)) for name in NEEDED}
        return found

    def _signatures(self) -> dict[str, Forged]:
        header, claims, signature = self.true.split(".")
        thief = ec.generate_private_key(ec.SECP256R1())
        other = f"{header}.{_part({**self.claims, 'uid': str(uuid4())})}"
        return {
            "another person under the same signature": Forged(f"{other}.{signature}"),
            "a key of the thief's": Forged(f"{other}.{_signed(thief, other)}"),
            "a signature cut short": Forged(self.true[:-2]),
            "no signature": Forged(f"{header}.{claims}."),
            "a signature of zeros": Forged(f"{header}.{claims}.{_text(bytes(64))}"),
            "two parts": Forged(f"{header}.{claims}"),
            "four parts": Forged(f"{self.true}.{signature}"),
            "words": Forged("bonjour"),
            "brackets": Forged(".".join(_text(b"[" * 3_000) for _ in range(3))),
        }

    def _headers(self) -> dict[str, Forged]:
        claims = self.true.split(".")[1]
        public = self.keys["pro"].public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        none = _part({**self.header, "alg": "none"})
        hs256 = f"{_part({**self.header, 'alg': 'HS256'})}.{claims}"
        thief = ec.generate_private_key(ec.SECP256R1())
        numbers = thief.public_key().public_numbers()
        jwk = {"kty": "EC", "crv": "P-256", "x": _text(numbers.x.to_bytes(32)), "y": _text(numbers.y.to_bytes(32))}
        own_key = f"{_part({**self.header, 'jwk': jwk})}.{claims}"
        large = ec.generate_private_key(ec.SECP384R1())
        es384 = f"{_part({**self.header, 'alg': 'ES384'})}.{claims}"
        return {
            "alg none": Forged(f"{none}.{claims}."),
            "alg NONE": Forged(f"{_part({**self.header, 'alg': 'NONE'})}.{claims}."),
            "HS256 with the public key as secret": Forged(
                f"{hs256}.{_text(hmac.digest(pem, hs256.encode(), hashlib.sha256))}"
            ),
            "ES384": Forged(f"{es384}.{_signed(large, es384, hashes.SHA384())}"),
            "a key inside the token": Forged(f"{own_key}.{_signed(thief, own_key)}"),
            "an unknown key id": Forged(self.token(header={"kid": "unknown"})),
            "a key id that is a path": Forged(self.token(header={"kid": "../../../../dev/null"})),
            "an extension that must be understood": Forged(self.token(header={"crit": ["later"], "later": 1})),
        }

    def _claims(self) -> dict[str, Forged]:
        now = int(time.time())
        return {
            "expired": Forged(self.token(iat=now - 600, exp=now - 60)),
            "not valid yet": Forged(self.token(nbf=now + 600)),
            "issued in the future": Forged(self.token(iat=now + 600)),
            "a login in the future": Forged(self.token(auth_time=now + 600)),
            "another audience": Forged(self.token(aud="account")),
            "no audience of ours": Forged(self.token(aud=[])),
            "an audience like ours": Forged(self.token(aud=["gateway2", "Gateway", "identity.svc", "*"])),
            "an ID token": Forged(self.token(typ="ID")),
            "a refresh token": Forged(self.token(typ="Refresh")),
            "the master realm": Forged(self.token(iss=self.issuers["pro"].replace("/pro", "/master"))),
            "an issuer that begins like ours": Forged(self.token(iss=self.issuers["pro"] + "2")),
            "an issuer of the thief's": Forged(self.token(iss="https://localhost:1/realms/pro")),
            "the patients' realm by the professionals' key": Forged(self.token(iss=self.issuers["patient"])),
            "the professionals' realm by the patients' key": Forged(self.token(by="patient")),
            "a patient vouched for by the professionals' realm": Forged(self.token(kind="patient")),
            "a kind that does not exist": Forged(self.token(kind="root")),
            "two kinds": Forged(self.token(kind=["professional", "administrator"])),
            "an id that is none": Forged(self.token(uid="admin")),
        }

    def _strengths(self) -> dict[str, Forged]:
        weak = ("LOGIN_TOO_WEAK",)
        return {
            "a password alone": Forged(self.token(acr="1"), weak),
            "a cookie alone": Forged(self.token(acr="0"), weak),
            "less than nothing": Forged(self.token(acr="-3"), weak),
            "a strength in words": Forged(self.token(acr="gold")),
        }


def _names() -> list[str]:
    """What can be wrong: worked out on a made-up token, as tests are named before anything runs."""
    key = ec.generate_private_key(ec.SECP256R1())
    claims = {name: "x" for name in NEEDED}
    made_up = f"{_part({'alg': 'ES256'})}.{_part(claims)}."
    return sorted(Mint(made_up, {"pro": "/pro", "patient": ""}, {"pro": key, "patient": key}).forgeries())


FORGERIES = _names()
