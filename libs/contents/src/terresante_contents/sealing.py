"""How what is confidential is sealed at rest: a key per owner, itself sealed by the operator's master key.
AES-256-GCM throughout. An owner is a patient, or what belongs to no patient: a thread between professionals.

- An owner's key is 64 random bytes: 32 seal small fields, 32 are what each content's own key is derived from
  (HKDF-SHA256 with a random salt). It is stored sealed by a master key, with that master key's id, so that
  master keys can be rotated.
- A small field is sealed with a random 96-bit nonce; its associated data names table, row and field, so that
  it opens nowhere else.
- A content is sealed as a stream: 64 KiB pieces, each with nonce = position and "last" flag, the id of the content
  as associated data. A piece changed, moved, left out, or taken from another content does not open; neither
  does a stream that was cut.

No fault raised here carries a byte of key or of content.
"""

import base64
import binascii
import hmac
import re
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass, field
from os import urandom
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PIECE = 64 * 1024
"""Bytes of content in one sealed piece."""
_TAG = 16
_NONCE = 12
_KEY = 32
_SALT = 32
_FORMAT = b"TS1\x00"
"""How a sealed content begins; then its salt, then its pieces."""
_HEADER = len(_FORMAT) + _SALT
_SEALED_PIECE = PIECE + _TAG
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class SealBroken(Exception):
    """What was read is not what was sealed there, or not with this key. Never explained further: see the
    docstring above."""


class MasterKeyMissing(Exception):
    """An owner's key was sealed by a master key that this instance was not given."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """An owner's key as it is stored."""

    master_key_id: str
    sealed: bytes = field(repr=False)


class MasterKeys:
    """The operator's keys: the first seals, all of them open."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """`keys`: id -> 32 bytes, the one that seals first. Raises ValueError for none, or for another
        length."""
        if not keys or any(len(key) != _KEY for key in keys.values()):
            raise ValueError("master keys: at least one, of 32 bytes each")
        self._keys = {id: AESGCM(key) for id, key in keys.items()}
        self.current = next(iter(keys))

    def wrap(self, owner: UUID, secret: bytes) -> WrappedKey:
        """An owner's 64 secret bytes, sealed by the current master key."""
        nonce = urandom(_NONCE)
        sealed = self._keys[self.current].encrypt(nonce, secret, _key_place(self.current, owner))
        return WrappedKey(self.current, nonce + sealed)

    def unwrap(self, owner: UUID, wrapped: WrappedKey) -> bytes:
        """The secret bytes again. Raises SealBroken, MasterKeyMissing."""
        master = self._keys.get(wrapped.master_key_id)
        if master is None:
            raise MasterKeyMissing(wrapped.master_key_id)
        return _opened(master, wrapped.sealed, _key_place(wrapped.master_key_id, owner))


def read_master_keys(text: str) -> MasterKeys:
    """The keys of a file: one `id base64-of-32-bytes` a line, the sealing one first; blank lines and `#`
    lines are left out.

    Raises ValueError, without quoting the file, when a line is not one.
    """
    keys: dict[str, bytes] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        id, _, encoded = line.strip().partition(" ")
        try:
            key = base64.b64decode(encoded.strip(), validate=True)
        except binascii.Error:
            key = b""
        if not _KEY_ID.fullmatch(id) or id in keys or len(key) != _KEY:
            raise ValueError(f"master key file: line {number} is not `id base64-of-32-bytes`, or its id comes twice")
        keys[id] = key
    return MasterKeys(keys)


def new_owner_secret() -> bytes:
    """64 random bytes: what is an owner's is sealed with."""
    return urandom(2 * _KEY)


class OwnerKey:
    """Seals and opens what belongs to one owner."""

    __slots__ = ("_contents", "_fields")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 2 * _KEY:
            raise SealBroken
        self._fields = AESGCM(secret[:_KEY])
        self._contents = secret[_KEY:]

    def seal(self, place: str, row: UUID, value: bytes) -> bytes:
        """A small value, for `place` (`table.field`) of `row` only."""
        nonce = urandom(_NONCE)
        return nonce + self._fields.encrypt(nonce, value, _field_place(place, row))

    def open(self, place: str, row: UUID, sealed: bytes) -> bytes:
        """The value sealed for that place. Raises SealBroken."""
        return _opened(self._fields, sealed, _field_place(place, row))

    def mark(self, place: str, value: bytes) -> bytes:
        """32 bytes by which an equal value is found or recognised again, and that say nothing without the key."""
        return hmac.digest(self._contents, place.encode() + b"\x00" + value, "sha256")

    async def sealed_stream(self, id: UUID, plain: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """The content of that id, piece by piece. Holds two pieces at most."""
        salt = urandom(_SALT)
        cipher, place = self._content_cipher(salt), id.bytes
        yield _FORMAT + salt
        waiting, position = bytearray(), 0
        async for chunk in plain:
            waiting += chunk
            while len(waiting) > PIECE:
                yield cipher.encrypt(_position(position, last=False), bytes(waiting[:PIECE]), place)
                del waiting[:PIECE]
                position += 1
        yield cipher.encrypt(_position(position, last=True), bytes(waiting), place)

    async def opened_stream(self, id: UUID, sealed: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """The content again, in pieces of 64 KiB. Raises SealBroken at the first piece that is not what was
        sealed there."""
        waiting, position, cipher = bytearray(), 0, None
        async for chunk in sealed:
            waiting += chunk
            if cipher is None and len(waiting) >= _HEADER:
                cipher = self._content_cipher_of(waiting)
            while cipher is not None and len(waiting) > _SEALED_PIECE:
                yield _piece(cipher, position, waiting[:_SEALED_PIECE], id, last=False)
                del waiting[:_SEALED_PIECE]
                position += 1
        if cipher is None:
            raise SealBroken
        yield _piece(cipher, position, waiting, id, last=True)

    def _content_cipher_of(self, waiting: bytearray) -> AESGCM:
        header = bytes(waiting[:_HEADER])
        del waiting[:_HEADER]
        if not header.startswith(_FORMAT):
            raise SealBroken
        return self._content_cipher(header[len(_FORMAT) :])

    def _content_cipher(self, salt: bytes) -> AESGCM:
        return AESGCM(HKDF(SHA256(), _KEY, salt, b"terresante content").derive(self._contents))


def sealed_size(size: int) -> int:
    """Bytes that a content of `size` bytes takes once sealed."""
    return _HEADER + size + _TAG * max(1, -(-size // PIECE))


def _position(position: int, last: bool) -> bytes:
    """The nonce of a piece. Each content has its own key, so positions never meet the same key twice."""
    return position.to_bytes(_NONCE - 1, "big") + (b"\x01" if last else b"\x00")


def _piece(cipher: AESGCM, position: int, sealed: bytearray, id: UUID, last: bool) -> bytes:
    try:
        return cipher.decrypt(_position(position, last), bytes(sealed), id.bytes)
    except InvalidTag:
        raise SealBroken from None


def _opened(cipher: AESGCM, sealed: bytes, place: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place)
    except (InvalidTag, ValueError):
        raise SealBroken from None


def _field_place(place: str, row: UUID) -> bytes:
    return place.encode() + b"\x00" + row.bytes


def _key_place(master_key_id: str, owner: UUID) -> bytes:
    """Says "patient_key" whoever the owner is: the first keys were sealed so, and they must open."""
    return b"patient_key\x00" + master_key_id.encode() + b"\x00" + owner.bytes
