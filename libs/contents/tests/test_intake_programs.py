"""A PDF with a program in it is not kept, wherever in it that is written."""

import zlib

import pytest

from .taking import MIB, PDF, refused, taken


@pytest.mark.parametrize("name", [b"/JavaScript", b"/J#61vaScript", b"/#4a#61vaScript", b"/Launch", b"/#4CaunCh"])
@pytest.mark.parametrize("piece", [1, 65_536])
def test_a_pdf_with_a_program_is_refused(name: bytes, piece: int) -> None:
    pdf = PDF.replace(b"2 0 obj", b"3 0 obj <</S " + name + b" /JS (app.alert(1))>> endobj\n2 0 obj", 1)
    if name.endswith(b"Ch"):
        assert taken(pdf, piece=piece)[1] == "application/pdf"
    else:
        assert refused(pdf, piece=piece) == (
            "CONTENT_UNSUPPORTED", "Imprimez-le en PDF, puis envoyez ce nouveau fichier."
        )  # fmt: skip


def folded(objects: bytes, kind: bytes = b"/ObjStm", fill: int = 0) -> bytes:
    """A PDF whose objects are compressed; `fill`: bytes before them that hold nothing."""
    packed = zlib.compress(b" " * fill + objects)
    said = b"7 0 obj\n<</Type " + kind + b" /N 1 /First 4 /Filter /FlateDecode /Length %d>>stream\r\n" % len(packed)
    return PDF.replace(b"2 0 obj", said + packed + b"\nendstream endobj\n2 0 obj", 1)


@pytest.mark.parametrize("kind", [b"/ObjStm", b"/Obj#53tm"])
@pytest.mark.parametrize("fill", [0, 65_530, 400_000])
@pytest.mark.parametrize("piece", [1, 65_536])
def test_a_pdf_with_a_program_in_its_compressed_objects_is_refused(kind: bytes, fill: int, piece: int) -> None:
    harmful = folded(b"7 0 <</S/JavaScript/JS(app.alert(1))>>", kind, fill)
    assert refused(harmful, piece=piece)[0] == "CONTENT_UNSUPPORTED"
    harmless = folded(b"7 0 <</S/GoTo/D[0/Fit]>>", kind, fill)
    assert taken(harmless, piece=piece) == (harmless, "application/pdf")


@pytest.mark.parametrize("piece", [1, 4_096])
def test_what_looks_like_further_objects_within_compressed_ones_hides_nothing_of_the_rest(piece: int) -> None:
    decoy, program = b"/ObjStm stream\n", b"7 0 <</S/JavaScript/JS(app.alert(1))>>"
    plain, small = zlib.compressobj(0), zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = plain.compress(decoy) + plain.flush(zlib.Z_FULL_FLUSH) + small.compress(program * 3) + small.flush()
    said = b"7 0 obj\n<</Type /ObjStm /Filter /FlateDecode /Length %d>>stream\n" % len(packed)
    before = b"2 0 obj <<>> endobj\n" * 200
    before += b" " * ((-len(PDF[:9] + before + said + packed[: packed.index(decoy) + len(decoy)])) % piece)

    harmful = PDF[:9] + before + said + packed + b"\nendstream endobj\n" + PDF[9:]

    assert b"JavaScript" not in packed
    assert refused(harmful, piece=piece)[0] == "CONTENT_UNSUPPORTED"


def test_a_pdf_whose_objects_unfold_without_end_is_refused() -> None:
    assert refused(folded(b"", fill=33 * MIB))[0] == "CONTENT_UNSUPPORTED"
    assert taken(folded(b"", fill=31 * MIB))[1] == "application/pdf"
    assert refused(PDF.replace(b"2 0 obj", b"/ObjStm stream\n" * 5_001, 1))[0] == "CONTENT_UNSUPPORTED"


def test_what_comes_before_a_damage_in_compressed_objects_is_looked_at() -> None:
    for objects in (b"7 0 <</S/Launch>>", b" " * 200_000 + b"7 0 <</S/Launch>>"):
        whole = folded(objects)
        for end, damage in ((whole.index(b"\nendstream"), b"xxxx"), (whole.index(b"\nendstream") - 4, b"")):
            assert refused(whole[: end - len(damage)] + damage + whole[end:])[0] == "CONTENT_UNSUPPORTED"


@pytest.mark.parametrize(
    ("plain", "last"),
    [
        (b"(xaunch>>)    <</S/L", "2cc8810800000000207febabaeaabaf8"),
        (b"/Launc", "04c0810800000000a0b2dd9fe0fc"),
        (b"/JavaScrip", "04c0810800000000a0a0f7effc"),
        (b"/JavaScrip#7", "04c0810800000000a072da9fedfc"),
    ],
)
def test_what_the_damaged_byte_itself_says_is_looked_at(plain: bytes, last: str) -> None:
    """`last`: a block (RFC 1951, 3.2.7) whose last byte ends a repetition of `aunch>>`, or a letter, and then the
    stream itself: the next block is of no kind."""
    stored = b"\x78\x01\x00" + len(plain).to_bytes(2, "little") + (len(plain) ^ 0xFFFF).to_bytes(2, "little") + plain
    block = stored + bytes.fromhex(last)
    unfolding = zlib.decompressobj()
    assert unfolding.decompress(block[:-1]) == plain
    with pytest.raises(zlib.error, match="invalid block type"):
        unfolding.decompress(block[-1:])
    said = b"7 0 obj\n<</Type /ObjStm /Filter /FlateDecode /Length %d>>stream\n" % len(block)

    assert (
        refused(PDF.replace(b"2 0 obj", said + block + b"\nendstream endobj\n2 0 obj", 1))[0] == "CONTENT_UNSUPPORTED"
    )


def test_a_pdf_whose_objects_cannot_be_unfolded_is_taken() -> None:
    broken = folded(b"7 0 <</S/GoTo>>").replace(b"stream\r\n", b"stream\r\nxx", 1)
    assert taken(broken)[0] == broken
