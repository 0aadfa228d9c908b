"""Trees as RFC 9162 defines them, against its own recursive definition and published values."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terresante_consent.journal.merkle import inclusion, leaf_hash, root, root_from

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]


def defined(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]) as in §2.1.1: split at the largest power of two below n."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + defined(leaves[:split]) + defined(leaves[split:])).digest()


def test_the_root_of_the_eight_leaves_that_certificate_transparency_publishes() -> None:
    published = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"

    assert root([leaf_hash(leaf) for leaf in LEAVES]).hex() == published
    assert root([]).hex() == sha256(b"").hexdigest()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=8), min_size=1, max_size=70))
def test_roots_are_those_of_the_definition_and_every_leaf_is_proven(leaves: list[bytes]) -> None:
    hashes = [leaf_hash(leaf) for leaf in leaves]
    whole = root(hashes)

    assert whole == defined(leaves)
    for position, hash in enumerate(hashes):
        path = inclusion(hashes, position)
        assert root_from(hash, position, len(hashes), path) == whole
        assert root_from(hash, position, len(hashes), [*path, hash]) != whole
        assert not path or root_from(hash, position, len(hashes), path[:-1]) != whole


def test_a_position_outside_the_tree_is_not_proven() -> None:
    hashes = [leaf_hash(leaf) for leaf in LEAVES]

    assert root_from(hashes[0], 8, 8, inclusion(hashes, 0)) is None
    assert root_from(hashes[0], -1, 8, inclusion(hashes, 0)) is None
    for position in (-1, 8):
        with pytest.raises(IndexError):
            inclusion(hashes, position)
