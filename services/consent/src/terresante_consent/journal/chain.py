"""Batch heads: each signs the root of its batch's tree and holds the hash of the head before.

None can be moved, changed or taken out without breaking all that follow.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from terresante_consent.journal.leaf import written

GENESIS = b"\x00" * 32
"""What stands before the first head."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one batch, as it is kept."""

    number: int
    """From 1 without gap."""
    total: int
    """Entries in this batch and all before."""
    text: bytes
    """Canonical JSON; what is signed."""
    signature: bytes

    @property
    def hash(self) -> bytes:
        """What the next head holds of this one: it covers the signature too."""
        return sha256(self.text + self.signature).digest()


def head_of(text: bytes, signature: bytes) -> Head:
    """A head as it was read. Raises ValueError or KeyError if the bytes are no head."""
    said = orjson.loads(text)
    return Head(int(said["batch"]), int(said["total"]), text, signature)


class Signer:
    """Holds the journal's private key (Ed25519)."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key()
        self.id = key_id(self.public)

    @classmethod
    def of_file(cls, file: Path) -> "Signer":
        """From a PEM file (PKCS#8, not encrypted). Raises ValueError if it holds another kind of key."""
        key = load_pem_private_key(file.read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("the journal key must be an Ed25519 private key")
        return cls(key)

    def sign(self, previous: Head | None, root: bytes, size: int, at: datetime) -> Head:
        """The head of the next batch."""
        number, total = (previous.number, previous.total) if previous else (0, 0)
        said: dict[str, Any] = {
            "at": written(at),
            "batch": number + 1,
            "entries": size,
            "key": self.id,
            "previous": (previous.hash if previous else GENESIS).hex(),
            "root": root.hex(),
            "total": total + size,
        }
        text = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
        return Head(number + 1, total + size, text, self._key.sign(text))


def key_id(key: Ed25519PublicKey) -> str:
    """Names a public key: the first 16 hexadecimal digits of the SHA-256 of its 32 bytes."""
    return sha256(raw(key)).hexdigest()[:16]


def raw(key: Ed25519PublicKey) -> bytes:
    """The 32 bytes of a public key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def public_keys(*files: Path) -> dict[str, Ed25519PublicKey]:
    """Public keys by their id, from PEM files of public or private keys."""
    found = {}
    for file in files:
        text = file.read_bytes()
        key = load_pem_private_key(text, None).public_key() if b"PRIVATE KEY" in text else load_pem_public_key(text)
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("a journal key must be an Ed25519 key")
        found[key_id(key)] = key
    return found


def signed_by(head: Head, keys: dict[str, Ed25519PublicKey]) -> bool:
    """Whether the head's signature is that of the key it names, and we trust that key."""
    key = keys.get(orjson.loads(head.text).get("key", ""))
    if key is None:
        return False
    try:
        key.verify(head.signature, head.text)
    except InvalidSignature:
        return False
    return True
