"""What is kept for a browser is sealed under a key that only its cookie gives: who reads the database opens nothing.

A secret is 32 random bytes in the cookie. The database knows its SHA-256, by which rows are found, and no way back.
From the secret come, by HKDF, the key of what is sealed and the token that forms carry.
"""

import base64
import hashlib
import hmac
import os
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES = 32
SECRET_LENGTH = 43
"""Characters of a secret as a cookie carries it: base64url without padding."""
NONCE_BYTES = 12


class Unsealable(Exception):
    """Bytes that were not sealed with this secret, for this purpose."""


def new_secret() -> str:
    """A new secret, as the cookie carries it."""
    return secrets.token_urlsafe(SECRET_BYTES)


def is_secret(text: str) -> bool:
    """Whether the text has a secret's form; whether anybody knows it is another question."""
    return len(text) == SECRET_LENGTH and text.isascii() and text.replace("-", "").replace("_", "").isalnum()


def digest(secret: str) -> bytes:
    """What the database knows a secret by."""
    return hashlib.sha256(secret.encode()).digest()


def form_token(secret: str) -> str:
    """What each form of a session carries, and nobody can make who does not hold its cookie."""
    return base64.urlsafe_b64encode(_derived(secret, b"form")).rstrip(b"=").decode()


def is_form_token(secret: str, given: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(form_token(secret).encode(), given.encode())


def form_value(secret: str, person: UUID) -> str:
    """Both, as a form carries them."""
    return f"{form_token(secret)}.{mark(person)}"


def mark(person: UUID) -> str:
    """By which a form says for whom it was made, without saying who that is."""
    return base64.urlsafe_b64encode(hashlib.sha256(b"terresante form " + person.bytes).digest()[:16]).decode()[:22]


def seal(secret: str, content: bytes, purpose: str) -> bytes:
    """AES-256-GCM with a random nonce; `purpose` is bound to it: one kind of content never passes for another."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_derived(secret, b"seal")).encrypt(nonce, content, purpose.encode())


def unseal(secret: str, sealed: bytes, purpose: str) -> bytes:
    """What was sealed. Raises `Unsealable`."""
    try:
        return AESGCM(_derived(secret, b"seal")).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode())
    except (InvalidTag, ValueError):
        raise Unsealable from None


def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"terresante workbench " + purpose).derive(secret.encode())
