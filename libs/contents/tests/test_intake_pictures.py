"""Pictures are kept without what tells where, by whom and with what they were taken, and drawn as they were."""

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps, PngImagePlugin
from terresante_contents.cleaning import orientation, oriented
from terresante_platform.refusals import Refusal

from .taking import MIB, chunk, drawn, jpeg, opened, png, refused, segment, taken, told, with_chunk, with_segment

SECRETS = (b"Martin", b"SN-4711", b"Canon", b"2026:03", b"Villejuif", b"\x00\x05\x00\x02")
DRAWING = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "exif", "progressive", "progression"}
"""What Pillow says of a picture that holds nothing else than itself."""
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

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
