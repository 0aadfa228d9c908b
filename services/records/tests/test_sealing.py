"""What is sealed opens only as a whole, in its place, with the right keys."""

import base64
from collections.abc import AsyncIterator, Iterable
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_records.sealing import (
    PIECE,
    MasterKeyMissing,
    MasterKeys,
    PatientKey,
    SealBroken,
    WrappedKey,
    new_patient_secret,
    read_master_keys,
    sealed_size,
)

PATIENT = UUID("01890000-0000-7000-8000-000000000001")
DOCUMENT = UUID("01890000-0000-7000-8000-000000000002")
HEADER = 36
SEALED_PIECE = PIECE + 16
KEY = PatientKey(bytes(range(64)))


async def flowing(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def sealed(content: bytes, document: UUID = DOCUMENT, key: PatientKey = KEY) -> bytes:
    return b"".join([piece async for piece in key.sealed_stream(document, flowing([content]))])


async def opened(stored: bytes, document: UUID = DOCUMENT, key: PatientKey = KEY, cut: int = 100_000) -> bytes:
    pieces = flowing(stored[at : at + cut] for at in range(0, len(stored), cut))
    return b"".join([piece async for piece in key.opened_stream(document, pieces)])


@pytest.mark.parametrize("size", [1, 15, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7])
async def test_a_content_comes_back_identical_however_it_is_cut_on_the_way(size: int) -> None:
    content = bytes(at % 251 for at in range(size))
    stored = await sealed(content)

    assert len(stored) == sealed_size(size)
    for cut in (1 if size < 100 else 997, 65_536, 10_000_000):
        assert await opened(stored, cut=cut) == content


async def test_a_content_leaves_in_pieces_whatever_the_pieces_it_came_in() -> None:
    content = [bytes([at]) * 7_001 for at in range(50)]

    pieces = [piece async for piece in KEY.sealed_stream(DOCUMENT, flowing(content))]

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


async def test_a_content_opens_neither_as_another_document_nor_with_another_patients_key() -> None:
    stored = await sealed(b"compte rendu")

    with pytest.raises(SealBroken):
        await opened(stored, document=uuid4())
    with pytest.raises(SealBroken):
        await opened(stored, key=PatientKey(new_patient_secret()))


async def test_a_piece_of_one_content_does_not_pass_for_a_piece_of_another_of_the_same_document() -> None:
    one, other = await sealed(b"a" * (PIECE + 1)), await sealed(b"b" * (PIECE + 1))

    with pytest.raises(SealBroken):
        await opened(one[: HEADER + SEALED_PIECE] + other[HEADER + SEALED_PIECE :])


async def test_bytes_that_were_never_sealed_do_not_open() -> None:
    with pytest.raises(SealBroken):
        await opened(b"%PDF-1.7 " + b"x" * 5_000)


@given(value=st.binary(max_size=500))
def test_a_field_comes_back_identical(value: bytes) -> None:
    assert KEY.open("note.text", DOCUMENT, KEY.seal("note.text", DOCUMENT, value)) == value


def test_a_field_opens_in_no_other_place() -> None:
    stored = KEY.seal("note.text", DOCUMENT, "Chute à domicile".encode())

    for place, row in (("document.title", DOCUMENT), ("note.text", uuid4()), ("note.tex", DOCUMENT)):
        with pytest.raises(SealBroken):
            KEY.open(place, row, stored)


def test_a_changed_or_cut_field_does_not_open() -> None:
    stored = KEY.seal("note.text", DOCUMENT, b"texte")
    changed = bytearray(stored)
    changed[-1] ^= 0x80

    for broken in (bytes(changed), stored[:-1], stored[:12], b""):
        with pytest.raises(SealBroken):
            KEY.open("note.text", DOCUMENT, broken)


def test_a_patients_key_opens_only_under_its_master_key_and_for_its_patient() -> None:
    masters, secret = MasterKeys({"2026": b"m" * 32}), new_patient_secret()
    wrapped = masters.wrap(PATIENT, secret)

    assert masters.unwrap(PATIENT, wrapped) == secret
    assert secret[:16] not in wrapped.sealed
    with pytest.raises(SealBroken):
        MasterKeys({"2026": b"n" * 32}).unwrap(PATIENT, wrapped)
    with pytest.raises(SealBroken):
        masters.unwrap(uuid4(), wrapped)
    with pytest.raises(MasterKeyMissing):
        MasterKeys({"2027": b"m" * 32}).unwrap(PATIENT, wrapped)


def test_after_a_rotation_old_keys_still_open_and_new_ones_are_sealed_by_the_new_master_key() -> None:
    secret = new_patient_secret()
    before = MasterKeys({"2026": b"m" * 32}).wrap(PATIENT, secret)
    both = MasterKeys({"2027": b"n" * 32, "2026": b"m" * 32})

    again = both.wrap(PATIENT, both.unwrap(PATIENT, before))

    assert again.master_key_id == "2027"
    assert MasterKeys({"2027": b"n" * 32}).unwrap(PATIENT, again) == secret


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
