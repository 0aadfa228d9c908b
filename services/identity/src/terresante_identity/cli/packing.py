"""Rows in the binary format of PostgreSQL's COPY, made for thousands of them at once.

A row is its number of fields, then each field: its length (-1: NULL) and its bytes. Whatever is as long in every row is
written by NumPy in one block; texts stand between the blocks.
"""

import json
import os
import struct
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import chain, pairwise
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from terresante_identity.matching.arrays import Hashes, Ints

Bytes = npt.NDArray[np.uint8]
"""Of N rows, the same number of bytes each: shape (N, bytes)."""

START = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
NULL = struct.pack(">i", -1)
JSONB = b"\x01"
TEXT_OID = 25
EPOCH, EPOCH_DAY = datetime(2000, 1, 1, tzinfo=UTC), date(2000, 1, 1)
HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype=np.uint8).reshape(256, 2)
GROUPS = (0, 8, 12, 16, 20, 32)
"""Where the hexadecimal digits of a UUID are cut by hyphens."""


def counted(fields: int) -> bytes:
    """What a row begins with."""
    return struct.pack(">h", fields)


def sized(value: bytes) -> bytes:
    """A field of these bytes."""
    return struct.pack(">i", len(value)) + value


def packed(value: str | int | bool | date | datetime | UUID | Sequence[str] | None) -> bytes:
    """A field that is text, bigint, boolean, date, timestamptz, uuid or text[], by what the value is."""
    match value:
        case None:
            return NULL
        case bool():
            raw = struct.pack(">?", value)
        case int():
            raw = struct.pack(">q", value)
        case str():
            raw = value.encode()
        case UUID():
            raw = value.bytes
        case datetime():
            past = value - EPOCH
            raw = struct.pack(">q", (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds)
        case date():
            raw = struct.pack(">i", (value - EPOCH_DAY).days)
        case _:
            raw = _array(value)
    return sized(raw)


def _array(texts: Sequence[str]) -> bytes:
    if not texts:
        return struct.pack(">iii", 0, 0, TEXT_OID)
    head = struct.pack(">iiiii", 1, 0, TEXT_OID, len(texts), 1)
    return head + b"".join([sized(text.encode()) for text in texts])


def members(document: dict[str, Any]) -> bytes:
    """Members of a JSON object, without its braces."""
    return json.dumps(document, ensure_ascii=False)[1:-1].encode()


def joined(count: int, *parts: bytes | Bytes) -> list[bytes]:
    """The parts of each of `count` rows, one after the other; bytes are the same in all of them."""
    whole = _side_by_side(count, parts)
    return list(whole.view(f"V{whole.shape[1]}").ravel().tolist())


def whole(count: int, *parts: bytes | Bytes) -> bytes:
    """A table of `count` rows that have no text of their own."""
    return START + _side_by_side(count, parts).tobytes() + END


def table(*columns: Iterable[bytes]) -> bytes:
    """A table: in each row a piece of each column, in order."""
    return b"".join([START, *chain.from_iterable(zip(*columns, strict=False)), END])


def _side_by_side(count: int, parts: Sequence[bytes | Bytes]) -> Bytes:
    arrays = [
        np.broadcast_to(np.frombuffer(part, dtype=np.uint8), (count, len(part))) if isinstance(part, bytes) else part
        for part in parts
    ]
    return np.ascontiguousarray(np.concatenate(arrays, axis=1))


def lengths(values: Ints) -> Bytes:
    """Lengths of fields."""
    return values.astype(">i4").view(np.uint8).reshape(-1, 4)


def numbers(values: Ints) -> Bytes:
    """Bigints, without their lengths."""
    return values.astype(">i8").view(np.uint8).reshape(-1, 8)


def hashes_or_null(before: bytes, values: Sequence[Hashes]) -> list[bytes]:
    """Of each row: `before`, then each of its values as a bigint of the same 64 bits, NULL for 0."""
    count, columns = len(values[0]), len(values)
    table = np.stack(values, axis=1)
    known = table != 0
    fields = np.empty((count, columns, 12), dtype=np.uint8)
    fields[:, :, :4] = np.where(known, 8, -1).astype(">i4").view(np.uint8).reshape(count, columns, 4)
    fields[:, :, 4:] = table.astype(">u8").view(np.uint8).reshape(count, columns, 8)
    if known.all():
        return joined(count, before, fields.reshape(count, -1))
    kept = np.ones(fields.shape, dtype=bool)
    kept[:, :, 4:] = known[:, :, None]
    flat = fields[kept].tobytes()
    ends = np.cumsum(4 * columns + 8 * known.sum(axis=1)).tolist()
    return [before + flat[start:end] for start, end in pairwise([0, *ends])]


def new_ids(count: int) -> Bytes:
    """UUIDv7 (RFC 9562) in order, without their lengths: the present millisecond, then 64 random bits, sorted, and 10
    more.
    """
    chance, more = np.frombuffer(os.urandom(16 * count), dtype=np.uint64).reshape(2, count)
    chance = np.sort(chance)
    high = np.uint64(time.time_ns() // 1_000_000 << 16 | 0x7000) | (chance >> np.uint64(52))
    low = np.uint64(1 << 63) | ((chance << np.uint64(12)) >> np.uint64(2)) | (more >> np.uint64(54))
    return np.stack([high, low], axis=1).astype(">u8").view(np.uint8)


def written(ids: Bytes) -> Bytes:
    """UUIDs as the 36 characters of their text."""
    digits = HEX[ids].reshape(len(ids), 32)
    text = np.full((len(ids), 36), ord("-"), dtype=np.uint8)
    for shift, (start, end) in enumerate(pairwise(GROUPS)):
        text[:, start + shift : end + shift] = digits[:, start:end]
    return text
