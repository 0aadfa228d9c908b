"""What people send each other is kept without what tells where, by whom and with what a picture was taken; and what is
two things at once is not kept at all. Pictures are made by Pillow, a second reader of the formats.
"""

import hashlib
import io
import struct
import zipfile
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps, PngImagePlugin
from PIL.ExifTags import GPS, IFD
from terresante_contents.cleaning import orientation, oriented
from terresante_contents.intake import Intake
from terresante_platform.refusals import Refusal

MIB = 1024 * 1024
SECRETS = (b"Martin", b"SN-4711", b"Canon", b"2026:03", b"Villejuif", b"\x00\x05\x00\x02")
DRAWING = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "exif", "progressive", "progression"}
"""What Pillow says of a picture that holds nothing else than itself."""
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def taken(content: bytes, claim: str = "", piece: int = 65_536, at_most: int = 25 * MIB) -> tuple[bytes, str]:
    """What is kept, and as which kind."""
    intake = Intake(claim, at_most)
    kept = b"".join(intake.feed(content[at : at + piece]) for at in range(0, len(content), piece))
    rest, found = intake.finish()
    kept += rest
    assert found.size == len(kept)
    assert found.sha256 == hashlib.sha256(kept).hexdigest()
    return kept, found.media_type


def refused(content: bytes, claim: str = "", **how: Any) -> tuple[str, str]:
    """The reason, and what to do."""
    with pytest.raises(Refusal) as refusal:
        taken(content, claim, **how)
    return refusal.value.reason, refusal.value.todo


def drawn() -> Image.Image:
    """A picture that has an upside and a left."""
    picture = Image.frombytes("RGB", (96, 64), bytes(at * at % 251 for at in range(96 * 64 * 3)))
    picture.paste((255, 0, 0), (0, 0, 30, 20))
    return picture


def told() -> Image.Exif:
    """What a camera says of who, where and with what."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B], exif[0x0112] = "Canon", "Canon R5", "Martin", 6
    exif[0x0132] = "2026:03:02 08:00:00"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (48.0, 47.0, 30.5)
    exif.get_ifd(IFD.Exif)[0xA431] = "SN-4711"
    return exif


def jpeg(**how: Any) -> bytes:
    file = io.BytesIO()
    drawn().save(file, "JPEG", quality=90, **how)
    return file.getvalue()


def png(picture: Image.Image | None = None, **how: Any) -> bytes:
    file = io.BytesIO()
    (picture or drawn()).save(file, "PNG", **how)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_segment(picture: bytes, marker: int, data: bytes) -> bytes:
    """The picture with one more segment, right after its beginning."""
    return picture[:2] + segment(marker, data) + picture[2:]


def with_chunk(picture: bytes, kind: bytes, data: bytes) -> bytes:
    """The picture with one more chunk, right after its header."""
    return picture[:33] + chunk(kind, data) + picture[33:]


def archive(name: str = "Main.class") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(name, b"\xca\xfe\xba\xbe")
    return file.getvalue()


TALKATIVE = {
    "exif": jpeg(exif=told()),
    "exif, progressive": jpeg(exif=told(), progressive=True),
    "comment": jpeg(comment=b"Martin, Villejuif"),
    "xmp": with_segment(jpeg(), 0xE1, b"http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>Martin Canon</x:xmpmeta>"),
    "iptc": with_segment(jpeg(), 0xED, b"Photoshop 3.0\x008BIM\x04\x04\x00\x00Villejuif"),
    "a second exif": jpeg(exif=told()).replace(b"\xff\xdb", segment(0xE1, b"Exif\x00\x00Martin") + b"\xff\xdb", 1),
    "a preview": with_segment(jpeg(), 0xE0, b"JFXX\x00\x10" + b"Martin"),
    "what follows": jpeg() + b"SEFHMartin Canon" * 900,
    "a further picture": with_segment(jpeg(), 0xE2, b"MPF\x00MM\x00*Martin") + jpeg(exif=told()),
    "png, exif": png(exif=told()),
    "png, time": with_chunk(png(), b"tIME", struct.pack(">HBBBBB", 2026, 3, 2, 8, 0, 0)),
    "png, unknown": with_chunk(png(), b"prVt", b"Martin"),
}


@pytest.mark.parametrize("piece", [1, 7, 1_000, 65_536])
@pytest.mark.parametrize("what", TALKATIVE)
def test_a_picture_is_kept_without_what_tells_place_person_and_device(what: str, piece: int) -> None:
    kept, _ = taken(TALKATIVE[what], piece=piece)

    assert not [secret for secret in SECRETS if secret in kept]
    assert not set(opened(kept).getexif()) - {0x0112}
    assert opened(kept).info.keys() <= DRAWING


@pytest.mark.parametrize("what", TALKATIVE)
def test_what_is_drawn_stays_the_same_to_the_last_point_and_upright(what: str) -> None:
    kept, _ = taken(TALKATIVE[what])

    plain = opened(png() if what.startswith("png") else jpeg(progressive="progressive" in what))
    turned = 6 if "exif" in what else 1
    assert opened(kept).tobytes() == plain.tobytes()
    assert opened(kept).getexif().get(0x0112, 1) == turned
    assert ImageOps.exif_transpose(opened(kept)).size == ((64, 96) if turned == 6 else (96, 64))


def test_texts_of_a_png_are_left_out() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "Martin")
    texts.add_text("Comment", "Villejuif", zip=True)
    texts.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>Canon</x:xmpmeta>", zip=True)

    kept, _ = taken(png(pnginfo=texts))

    assert opened(kept).info == {}
    assert opened(kept).tobytes() == drawn().tobytes()


@pytest.mark.parametrize("make", [jpeg, png])
def test_the_colour_profile_is_kept_and_its_name_is_not(make: Any) -> None:
    kept, _ = taken(make(icc_profile=PROFILE))

    assert opened(kept).info["icc_profile"] == PROFILE
    assert b"ICC Profile\x00" not in kept


def test_of_an_animated_png_the_first_picture_is_left() -> None:
    first, second = drawn(), drawn().transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    file = io.BytesIO()
    first.save(file, "PNG", save_all=True, append_images=[second])

    kept, _ = taken(file.getvalue())

    assert len(kept) < len(file.getvalue())
    assert getattr(opened(kept), "n_frames", 1) == 1
    assert opened(kept).tobytes() == first.tobytes()


@pytest.mark.parametrize("turned", range(2, 9))
def test_an_orientation_is_read_back_as_it_was_written(turned: int) -> None:
    assert orientation(oriented(turned)) == turned
    exif = Image.Exif()
    exif.load(b"Exif\x00\x00" + oriented(turned))
    assert dict(exif) == {0x0112: turned}


@pytest.mark.parametrize(
    "exif",
    [b"", b"II*\x00", b"II*\x00\xff\xff\xff\xff\x00\x00", b"MM\x00*\x00\x00\x00\x08\xff\xff", b"x" * 40, oriented(9)],
)
def test_an_exif_block_that_cannot_be_read_turns_nothing(exif: bytes) -> None:
    assert orientation(exif) == 1


PDF = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\n" + b"2 0 obj <<>> endobj\n" * 60 + b"startxref\n9\n%%EOF\n"
HIDDEN = {
    "a jpeg followed by an archive": jpeg() + archive(),
    "a jpeg with an archive in its comment": with_segment(jpeg(), 0xFE, archive()),
    "a jpeg with an archive in its profile": with_segment(jpeg(), 0xE2, b"ICC_PROFILE\x00\x01\x01" + archive()),
    "a jpeg with a pdf in its comment": with_segment(jpeg(), 0xFE, PDF),
    "a jpeg followed by a pdf": jpeg() + PDF,
    "a jpeg with a page in its comment": with_segment(jpeg(), 0xFE, b"<HTML><script>alert(1)</script>"),
    "a jpeg with a program in its exif": with_segment(jpeg(), 0xE1, b"Exif\x00\x00<?php system('x');"),
    "a png with a page in a text": with_chunk(png(), b"tEXt", b"a\x00<script>alert(1)</script>"),
    "a png with an archive in a chunk": with_chunk(png(), b"prVt", archive()),
    "a png with a page in its profile's name": with_chunk(png(), b"iCCP", b"<script>\x00\x00x"),
    "a pdf that is an archive": PDF.replace(b"startxref", archive() + b"\nstartxref"),
}


@pytest.mark.parametrize("piece", [5, 65_536])
@pytest.mark.parametrize("what", HIDDEN)
def test_what_is_two_files_at_once_is_refused(what: str, piece: int) -> None:
    reason, todo = refused(HIDDEN[what], piece=piece)

    assert reason == "CONTENT_LIES"
    assert "Enregistrez" in todo


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


def test_a_pdf_whose_objects_unfold_without_end_is_refused() -> None:
    assert refused(folded(b"", fill=33 * MIB))[0] == "CONTENT_UNSUPPORTED"
    assert taken(folded(b"", fill=31 * MIB))[1] == "application/pdf"
    assert refused(PDF.replace(b"2 0 obj", b"/ObjStm stream\n" * 20_001, 1))[0] == "CONTENT_UNSUPPORTED"


def test_a_pdf_whose_objects_cannot_be_unfolded_is_taken() -> None:
    broken = folded(b"7 0 <</S/GoTo>>").replace(b"stream\r\n", b"stream\r\nxx", 1)
    assert taken(broken)[0] == broken


OTHER = {
    "a telephone's heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"x" * 2_000, "", "iPhone"),
    "one that says so": (b"", "image/heic", "iPhone"),
    "avif": (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1" + b"x" * 2_000, "", "JPEG"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "", "PNG"),
    "svg after a declaration": (b"<?xml version='1.0'?>\n<!-- x --><svg:svg xmlns:svg='x'/>", "text/xml", "PNG"),
    "one that says it is svg": (b"", "image/svg+xml", "PNG"),
    "gif": (b"GIF89a" + archive(), "", "PNG"),
    "webp": (b"RIFF\x00\x10\x00\x00WEBPVP8 " + b"x" * 2_000, "", "PNG"),
    "tiff": (b"II*\x00" + b"x" * 2_000, "image/tiff", "PNG"),
    "an archive": (archive(), "", "PDF"),
    "a film": (b"\x00\x00\x00\x18ftypmp42" + b"x" * 2_000, "video/mp4", "PDF"),
    "a program": (b"#!/bin/sh\nrm -rf /\n", "text/plain", "PDF"),
}


@pytest.mark.parametrize("what", OTHER)
def test_other_kinds_are_refused_and_the_sender_reads_what_to_do(what: str) -> None:
    content, claim, word = OTHER[what]

    reason, todo = refused(content, claim)

    assert reason == "CONTENT_UNSUPPORTED"
    assert word in todo


def cda(body: str) -> bytes:
    return f'<ClinicalDocument xmlns="urn:hl7-org:v3"><title>L</title>{body}</ClinicalDocument>'.encode()


@pytest.mark.parametrize("space", ["http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"])
def test_a_cda_with_an_element_of_a_web_page_is_refused(space: str) -> None:
    assert taken(cda("<text>L</text>"))[1] == "text/xml"
    assert refused(cda(f'{" " * 2_000}<script xmlns="{space}">alert(1)</script>'))[0] == "CONTENT_LIES"


def huge_jpeg(width: int, height: int) -> bytes:
    """A small file that says it is a large picture."""
    picture = bytearray(jpeg())
    at = picture.index(b"\xff\xc0") + 5
    picture[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(picture)


def huge_png(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1_000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("make", [huge_jpeg, huge_png])
def test_a_picture_that_would_unfold_into_gigabytes_is_refused(make: Any) -> None:
    assert taken(make(10_000, 10_000))
    assert refused(make(10_001, 10_000))[0] == "CONTENT_TOO_LARGE"
    assert refused(make(0, 10))[0] == "CONTENT_LIES"


def test_a_picture_of_endless_passes_or_with_an_endless_profile_is_refused() -> None:
    progressive = jpeg(progressive=True)
    at = progressive.rindex(b"\xff\xda")
    scan = progressive[at:-2]

    assert taken(progressive[:-2] + scan * 80 + b"\xff\xd9")
    assert refused(progressive[:-2] + scan * 200 + b"\xff\xd9")[0] == "CONTENT_TOO_LARGE"
    profiles = segment(0xE2, b"ICC_PROFILE\x00\x01\x01" + b"x" * 65_000) * 70
    assert refused(progressive[:2] + profiles + progressive[2:])[0] == "CONTENT_TOO_LARGE"
    assert refused(with_chunk(png(), b"prVt", b"x" * 5 * MIB))[0] == "CONTENT_TOO_LARGE"


BROKEN = {
    "words where a table should be": with_segment(jpeg(), 0xDB, b"Martin, Villejuif"),
    "words after a table": with_segment(jpeg(), 0xDB, bytes(65) + b"Martin"),
    "words where a code should be": with_segment(jpeg(), 0xC4, bytes(17) + b"Martin"),
    "words where an interval should be": with_segment(jpeg(), 0xDD, b"Martin"),
    "words where a gamma should be": with_chunk(png(), b"gAMA", b"Martin"),
    "words where transparency should be": with_chunk(png(), b"tRNS", b"Martin" * 50),
    "cut": jpeg()[:-2],
    "cut in a segment": jpeg()[:40],
    "without a scan": jpeg()[: jpeg().index(b"\xff\xda")] + b"\xff\xd9",
    "two frames": with_segment(jpeg(), 0xC0, b"\x08\x00\x10\x00\x10\x01\x01\x11\x00"),
    "a scan first": b"\xff\xd8\xff\xda" + jpeg()[2:],
    "hierarchical": with_segment(jpeg(), 0xDE, b"\x08\x00\x10\x00\x10\x01\x01\x11\x00"),
    "rubbish between segments": jpeg()[:2] + b"xx" + jpeg()[2:],
    "png, cut": png()[:-12],
    "png, damaged": png()[:40] + bytes([png()[40] ^ 1]) + png()[41:],
    "png, followed": png() + b"x",
    "png, a needed chunk nobody knows": with_chunk(png(), b"CgBI", b"x"),
}


@pytest.mark.parametrize("piece", [3, 65_536])
@pytest.mark.parametrize("what", BROKEN)
def test_a_picture_that_is_none_to_its_end_is_refused(what: str, piece: int) -> None:
    assert refused(BROKEN[what], piece=piece)[0] in {"CONTENT_LIES", "CONTENT_UNSUPPORTED"}


@pytest.mark.parametrize("content", [PDF, b"Bonjour \xc3\xa0 tous.\n" * 200, cda("<text>L</text>")])
def test_what_is_no_picture_is_kept_byte_for_byte(content: bytes) -> None:
    assert taken(content, piece=7)[0] == content


def test_a_file_without_bytes_or_with_too_many_is_refused() -> None:
    assert refused(b"")[0] == "CONTENT_EMPTY"
    assert refused(PDF, at_most=100)[0] == "CONTENT_TOO_LARGE"
    assert refused(PDF, claim="image/png")[0] == "CONTENT_LIES"


@given(
    what=st.sampled_from(sorted(TALKATIVE)),
    at=st.floats(0, 1, exclude_max=True),
    put=st.binary(max_size=12),
    instead_of=st.integers(0, 12),
    piece=st.sampled_from([1_000, 65_536]),
)
@settings(max_examples=300, deadline=None)
def test_however_a_picture_is_damaged_it_is_refused_or_kept_without_what_it_told(
    what: str, at: float, put: bytes, instead_of: int, piece: int
) -> None:
    picture = TALKATIVE[what]
    where = int(at * len(picture))
    damaged = picture[:where] + put + picture[where + instead_of :]
    try:
        kept, _ = taken(damaged, piece=piece)
    except Refusal as refusal:
        assert refusal.reason in {"CONTENT_LIES", "CONTENT_UNSUPPORTED", "CONTENT_TOO_LARGE"}
    else:
        assert not [secret for secret in SECRETS[:3] if secret in kept]


@given(
    content=st.binary(max_size=3_000),
    begin=st.sampled_from([b"", b"\xff\xd8\xff\xe1", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7"]),
)
@settings(max_examples=300, deadline=None)
def test_whatever_comes_is_taken_or_refused(content: bytes, begin: bytes) -> None:
    try:
        taken(begin + content, piece=97)
    except Refusal as refusal:
        assert refusal.sentence and refusal.todo
