"""Merkle trees with the hashing of RFC 9162 §2.1: roots and inclusion proofs. SHA-256, 32 bytes each."""

from collections.abc import Sequence
from hashlib import sha256

HASH_BYTES = 32


def leaf_hash(leaf: bytes) -> bytes:
    """Of an entry's bytes."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Of a tree with these leaf hashes, in order."""
    level = list(leaves)
    if not level:
        return sha256(b"").digest()
    while len(level) > 1:
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0]


def inclusion(leaves: Sequence[bytes], position: int) -> list[bytes]:
    """Proof that the leaf at `position` (from 0) is in the tree: the siblings on the way up."""
    if not 0 <= position < len(leaves):
        raise IndexError(f"no leaf {position} in a tree of {len(leaves)}")
    path = []
    level = list(leaves)
    while len(level) > 1:
        sibling = position ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
        position //= 2
    return path


def root_from(leaf: bytes, position: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a proof leads to (RFC 9162 §2.1.3.2); None if it does not fit a tree of that size."""
    if not 0 <= position < size:
        return None
    node, last, at = leaf, size - 1, position
    for sibling in path:
        if last == 0:
            return None
        if at % 2 == 1 or at == last:
            node = node_hash(sibling, node)
            while at % 2 == 0 and at != 0:
                at //= 2
                last //= 2
        else:
            node = node_hash(node, sibling)
        at //= 2
        last //= 2
    return node if last == 0 else None
