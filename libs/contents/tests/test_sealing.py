"""What is sealed opens only as a whole, in its place, with the right keys."""

import base64
from collections.abc import AsyncIterator, Iterable
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_contents.sealing import (
    PIECE,
    MasterKeyMissing,
    MasterKeys,
    OwnerKey,
    SealBroken,
    WrappedKey,
    new_owner_secret,
    read_master_keys,
    sealed_size,
)

OWNER = UUID("01890000-0000-7000-8000-000000000001")
CONTENT = UUID("01890000-0000-7000-8000-000000000002")
HEADER = 36
SEALED_PIECE = PIECE + 16
KEY = OwnerKey(bytes(range(64)))
OLD_KEY = (
    "5580669c9d38f9ffe0533f1577f2e23bd58035a9fa73f2cba5fe784c18e7e584e401e5a9db32de2a00da7bea1f20c5114b0d3229fbcb93cc"
    "859058788e84ac47088f4c3c42891e3c1761a06db010d0b79da924dc7885a1ebc6b2bd7c"
)
OLD_FIELD = "6962bb18f097caa9f390e484216154ea924a47a74086b7cab8add5ad63ee755f37367ef4d5c9e00bb118c0f5"
OLD_MARK = "0994be917abef3872fc483252eeb24683974611e4ec17ab1f0160a9f08ccca79"
OLD_CONTENT = (
    "545331003cac713c77cfd1027eab40e8d1fb3e459dcce3f16d09d80c5238de0acecff173115d55b5c905ee37e37a35b3768f1fd62a376074"
    "f59deba30c3a7b87"
)


async def flowing(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def sealed(content: bytes, id: UUID = CONTENT, key: OwnerKey = KEY) -> bytes:
    return b"".join([piece async for piece in key.sealed_stream(id, flowing([content]))])


async def opened(stored: bytes, id: UUID = CONTENT, key: OwnerKey = KEY, cut: int = 100_000) -> bytes:
    pieces = flowing(stored[at : at + cut] for at in range(0, len(stored), cut))
    return b"".join([piece async for piece in key.opened_stream(id, pieces)])


@pytest.mark.parametrize("size", [1, 15, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7])
async def test_a_content_comes_back_identical_however_it_is_cut_on_the_way(size: int) -> None:
    content = bytes(at % 251 for at in range(size))
    stored = await sealed(content)

    assert len(stored) == sealed_size(size)
    for cut in (1 if size < 100 else 997, 65_536, 10_000_000):
        assert await opened(stored, cut=cut) == content


async def test_a_content_leaves_in_pieces_whatever_the_pieces_it_came_in() -> None:
    content = [bytes([at]) * 7_001 for at in range(50)]

    pieces = [piece async for piece in KEY.sealed_stream(CONTENT, flowing(content))]

    assert {len(piece) for piece in pieces[1:-1]} == {SEALED_PIECE}
    assert await opened(b"".join(pieces)) == b"".join(content)


async def test_what_is_stored_shows_nothing_of_the_content_and_is_never_the_same_twice() -> None:
    content = b"glycemie " * 20_000

    first, second = await sealed(content), await sealed(content)

    assert b"glycemie" not in first
    assert first[HEADER : HEADER + 64] != second[HEADER : HEADER + 64]


@pytest.mark.parametrize("at", [0, 3, 4, 20, HEADER, HEADER + 5, HEADER + PIECE + 3, HEADER + SEALED_PIECE + 1, -1])
async def test_a_changed_bit_anywhere_is_found(at: int) -> None:
    stored = bytearray(await sealed(b"x" * (PIECE + 500)))
    stored[at] ^= 1

    with pytest.raises(SealBroken):
        await opened(bytes(stored))


@pytest.mark.parametrize("left", [0, 10, HEADER, HEADER + 10, HEADER + SEALED_PIECE, HEADER + 2 * SEALED_PIECE])
async def test_a_content_cut_anywhere_even_between_two_pieces_is_found(left: int) -> None:
    stored = await sealed(b"x" * (2 * PIECE + 500))

    with pytest.raises(SealBroken):
        await opened(stored[:left])


async def test_pieces_in_another_order_left_out_or_repeated_are_found() -> None:
    stored = await sealed(b"".join(bytes([at]) * PIECE for at in range(4)))
    head, ends = stored[:HEADER], [HEADER + at * SEALED_PIECE for at in range(5)]
    first, second, third, last = (stored[begin:end] for begin, end in pairwise(ends))

    for pieces in ([second, first, third, last], [first, third, last], [first, first, second, third, last]):
        with pytest.raises(SealBroken):
            await opened(head + b"".join(pieces))
    with pytest.raises(SealBroken):
        await opened(stored + last)


async def test_a_content_opens_neither_as_another_nor_with_another_owners_key() -> None:
    stored = await sealed(b"compte rendu")

    with pytest.raises(SealBroken):
        await opened(stored, id=uuid4())
    with pytest.raises(SealBroken):
        await opened(stored, key=OwnerKey(new_owner_secret()))


async def test_a_piece_of_one_content_does_not_pass_for_a_piece_of_another_of_the_same_id() -> None:
    one, other = await sealed(b"a" * (PIECE + 1)), await sealed(b"b" * (PIECE + 1))

    with pytest.raises(SealBroken):
        await opened(one[: HEADER + SEALED_PIECE] + other[HEADER + SEALED_PIECE :])


async def test_bytes_that_were_never_sealed_do_not_open() -> None:
    with pytest.raises(SealBroken):
        await opened(b"%PDF-1.7 " + b"x" * 5_000)


@given(value=st.binary(max_size=500))
def test_a_field_comes_back_identical(value: bytes) -> None:
    assert KEY.open("note.text", CONTENT, KEY.seal("note.text", CONTENT, value)) == value


def test_a_field_opens_in_no_other_place() -> None:
    stored = KEY.seal("note.text", CONTENT, "Chute à domicile".encode())

    for place, row in (("document.title", CONTENT), ("note.text", uuid4()), ("note.tex", CONTENT)):
        with pytest.raises(SealBroken):
            KEY.open(place, row, stored)


def test_a_changed_or_cut_field_does_not_open() -> None:
    stored = KEY.seal("note.text", CONTENT, b"texte")
    changed = bytearray(stored)
    changed[-1] ^= 0x80

    for broken in (bytes(changed), stored[:-1], stored[:12], b""):
        with pytest.raises(SealBroken):
            KEY.open("note.text", CONTENT, broken)


def test_an_owners_key_opens_only_under_its_master_key_and_for_its_owner() -> None:
    masters, secret = MasterKeys({"2026": b"m" * 32}), new_owner_secret()
    wrapped = masters.wrap(OWNER, secret)

    assert masters.unwrap(OWNER, wrapped) == secret
    assert secret[:16] not in wrapped.sealed
    with pytest.raises(SealBroken):
        MasterKeys({"2026": b"n" * 32}).unwrap(OWNER, wrapped)
    with pytest.raises(SealBroken):
        masters.unwrap(uuid4(), wrapped)
    with pytest.raises(MasterKeyMissing):
        MasterKeys({"2027": b"m" * 32}).unwrap(OWNER, wrapped)


def test_after_a_rotation_old_keys_still_open_and_new_ones_are_sealed_by_the_new_master_key() -> None:
    secret = new_owner_secret()
    before = MasterKeys({"2026": b"m" * 32}).wrap(OWNER, secret)
    both = MasterKeys({"2027": b"n" * 32, "2026": b"m" * 32})

    again = both.wrap(OWNER, both.unwrap(OWNER, before))

    assert again.master_key_id == "2027"
    assert MasterKeys({"2027": b"n" * 32}).unwrap(OWNER, again) == secret


def test_a_wrapped_key_does_not_print_itself() -> None:
    assert "secret" not in repr(WrappedKey("2026", b"secret"))


def test_a_master_key_file_lists_the_sealing_key_first() -> None:
    new, old = base64.b64encode(b"n" * 32).decode(), base64.b64encode(b"m" * 32).decode()

    masters = read_master_keys(f"# rotated in January\n\n2027 {new}\n2026 {old}\n")

    assert masters.current == "2027"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "2026\n",
        "2026 not-base64!\n",
        f"2026 {base64.b64encode(b'short').decode()}\n",
        f"a b {base64.b64encode(b'm' * 32).decode()}\n",
        2 * f"2026 {base64.b64encode(b'm' * 32).decode()}\n",
    ],
)
def test_a_master_key_file_that_is_wrong_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ValueError, match="master key") as refused:
        read_master_keys(text)

    assert base64.b64encode(b"m" * 32).decode() not in str(refused.value)


def test_what_was_sealed_before_the_library_was_one_opens_and_is_found_again() -> None:
    """Values that records' own module wrote on 30 November 2026, before it moved here."""
    masters, key = MasterKeys({"2026": b"m" * 32}), OwnerKey(bytes(range(64)))

    assert masters.unwrap(OWNER, WrappedKey("2026", bytes.fromhex(OLD_KEY))) == bytes(range(64))
    assert key.open("note.text", CONTENT, bytes.fromhex(OLD_FIELD)) == b"Chute a domicile"
    assert key.mark("observation.code", b"8867-4").hex() == OLD_MARK


async def test_a_content_sealed_before_the_library_was_one_opens() -> None:
    assert await opened(bytes.fromhex(OLD_CONTENT)) == b"compte rendu"
