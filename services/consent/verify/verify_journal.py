"""Verifies a journal that a patient took home. Needs Python 3.11 and `cryptography`, nothing of the platform.

    python verify_journal.py export.json [--key public.pem] [--key older.pem] [--earlier last-year.json]

Checks that every entry is one that the platform signed, that none is missing, changed, added or in another order, and,
with an earlier export, that it is still contained in this one. Ends with 0 if so; with 1, naming the first fault, if
not; with 2 if the files cannot be read. Without a key, the one that the export names is taken, and said: compare it
with the key that the platform publishes, else whoever made the export could have made the key. The format is
docs/journal.md.
"""

import argparse
import json
import sys
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

FORMAT = "terresante-journal-export/1"
GENESIS = "00" * 32
LONGEST_EXPORT = timedelta(minutes=15)
"""Between the line of the export itself, which ends it, and the newest head in it."""

Json = dict[str, Any]


class Fault(Exception):
    """Why the export is not to be believed; its text names the first thing that is wrong."""


def verify(export: Json, keys: dict[str, Ed25519PublicKey], earlier: Json | None = None) -> int:
    """Gives how many entries were verified. Raises `Fault`. `keys`: the public keys one trusts, by id."""
    try:
        heads = _heads(export, keys)
        hashes = _entries(export, heads)
        _ends_with_itself(export)
        if earlier is not None:
            _heads(earlier, keys)
            _contained(hashes, [_own_hash(entry) for entry in earlier["entries"]])
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as wrong:
        raise Fault(f"this is not a journal export as it should be: {wrong!r}") from wrong
    return len(hashes)


def canonical(value: object) -> bytes:
    """JSON with sorted keys, in UTF-8, without blanks: the bytes that are hashed and signed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _heads(export: Json, keys: dict[str, Ed25519PublicKey]) -> dict[int, Json]:
    """The signed heads by batch number, each verified; those next to each other are chained."""
    if export["format"] != FORMAT:
        raise Fault(f"unknown format {export['format']!r}")
    heads: dict[int, Json] = {}
    before = None
    for place, kept in enumerate(export["heads"], 1):
        head, signature = kept["head"], bytes.fromhex(kept["signature"])
        text, number = canonical(head), head["batch"]
        key = keys.get(head["key"])
        if key is None:
            raise Fault(f"head {place} (batch {number}) is signed by a key that is not trusted: {head['key']}")
        try:
            key.verify(signature, text)
        except InvalidSignature:
            raise Fault(f"the signature of head {place} (batch {number}) is wrong") from None
        if before is not None and number <= before[0]:
            raise Fault(f"head {place} (batch {number}) is out of order")
        if before is not None and head["total"] - head["entries"] < before[2]:
            raise Fault(f"head {place} (batch {number}) counts fewer entries than the head before it")
        follows = before[1] if before is not None and number == before[0] + 1 else None
        if number == 1:
            follows = GENESIS
        if follows is not None and head["previous"] != follows:
            raise Fault(f"head {place} (batch {number}) does not follow the head before it")
        heads[number] = head
        before = (number, sha256(text + signature).hexdigest(), head["total"])
    return heads


def _entries(export: Json, heads: dict[int, Json]) -> list[str]:
    """The hashes of the entries, each proven to be in its batch, and all of them in order without a gap."""
    previous, before, hashes = "", (0, -1), []
    for sequence, entry in enumerate(export["entries"], 1):
        name = f"entry {sequence}"
        hash = _own_hash(entry)
        leaf = entry.get("leaf")
        if (leaf or entry)["patient_sequence"] != sequence:
            raise Fault(f"{name} is missing, or out of order")
        if leaf is not None and leaf["patient"] != export["patient"]:
            raise Fault(f"{name} is not an entry of this patient")
        if leaf is not None and leaf["patient_previous"] != previous:
            raise Fault(f"{name} does not follow the one before it")
        if (entry["batch"], entry["position"]) <= before:
            raise Fault(f"{name} is out of order")
        head = heads.get(entry["batch"])
        if head is None:
            raise Fault(f"{name}: the head of its batch {entry['batch']} is missing")
        proof = [bytes.fromhex(step) for step in entry["proof"]]
        if root_from(bytes.fromhex(hash), entry["position"], head["entries"], proof).hex() != head["root"]:
            raise Fault(f"{name} was changed: it is not in batch {entry['batch']}")
        previous, before = hash, (entry["batch"], entry["position"])
        hashes.append(hash)
    return hashes


def _ends_with_itself(export: Json) -> None:
    """An export is the last thing its own journal tells: what stops long before its newest head was cut off."""
    leaves = [entry["leaf"] for entry in export["entries"] if "leaf" in entry]
    exports = [leaf["at"] for leaf in leaves if leaf["action"] == "EXPORT_JOURNAL" and leaf["allowed"]]
    if not exports:
        raise Fault("the line of the export itself is missing: the end was cut off")
    newest = export["heads"][-1]["head"]["at"]
    if datetime.fromisoformat(newest) - datetime.fromisoformat(exports[-1]) > LONGEST_EXPORT:
        raise Fault("the newest head is long after the last line: the end was cut off")


def _own_hash(entry: Json) -> str:
    """The leaf hash of an entry; of one that is withheld from the reader, the one that is given."""
    if "leaf" in entry:
        return sha256(b"\x00" + canonical(entry["leaf"])).hexdigest()
    return str(entry["leaf_hash"])


def _contained(now: list[str], then: list[str]) -> None:
    for sequence, (kept, old) in enumerate(zip(now, then), 1):  # noqa: B905  # the lengths are compared below
        if kept != old:
            raise Fault(f"entry {sequence} is not the one of the earlier export")
    if len(now) < len(then):
        raise Fault(f"entry {len(now) + 1} was in the earlier export and is missing")


def root_from(leaf: bytes, position: int, size: int, path: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162 §2.1.3.2); blank if it does not fit."""
    if not 0 <= position < size:
        return b""
    node, at, last = leaf, position, size - 1
    for sibling in path:
        if last == 0:
            return b""
        if at & 1 or at == last:
            node = sha256(b"\x01" + sibling + node).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = sha256(b"\x01" + node + sibling).digest()
        at, last = at >> 1, last >> 1
    return node if last == 0 else b""


def trusted(files: list[Path]) -> dict[str, Ed25519PublicKey]:
    """Public keys (PEM) by id: the first 16 hexadecimal digits of the SHA-256 of the key's 32 bytes."""
    keys = {}
    for file in files:
        key = load_pem_public_key(file.read_bytes())
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError(f"{file.name} holds no Ed25519 public key")
        keys[sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]] = key
    return keys


def claimed(export: Json) -> dict[str, Ed25519PublicKey]:
    """The keys that an export brings itself."""
    return {id: Ed25519PublicKey.from_public_bytes(bytes.fromhex(raw)) for id, raw in export["keys"].items()}


def main() -> int:
    """Verifies and says so."""
    ask = argparse.ArgumentParser(description="Verifies an exported access journal")
    ask.add_argument("export", type=Path)
    ask.add_argument("--key", type=Path, action="append", default=[], help="public key of the platform, PEM")
    ask.add_argument("--earlier", type=Path, help="an earlier export of the same patient")
    given = ask.parse_args()
    try:
        export = json.loads(given.export.read_text("utf-8"))
        keys = trusted(given.key) if given.key else claimed(export)
        earlier = json.loads(given.earlier.read_text("utf-8")) if given.earlier else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        sys.stderr.write(f"cannot be read: {wrong}\n")
        return 2
    try:
        count = verify(export, keys, earlier)
    except Fault as fault:
        sys.stdout.write(f"NOT VERIFIED: {fault}\n")
        return 1
    if not given.key:
        sys.stdout.write(
            f"signed by the key {', '.join(sorted(keys))}: compare it with the one the platform publishes\n"
        )
    withheld = sum("leaf" not in entry for entry in export["entries"])
    sys.stdout.write(
        f"verified: {count} entries ({withheld} withheld), none missing, none changed, as of {export['exported_at']}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
