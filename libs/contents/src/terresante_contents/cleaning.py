"""What a camera or a program writes into a picture of place, person and device is taken out while it streams by,
without decoding a pixel: what is drawn stays the same, bit for bit.

Kept: what is needed to draw, colour profile included, and the orientation, as the only entry of an EXIF block of our
own. Left out: EXIF, XMP, IPTC, comments, texts, dates, embedded previews, further pictures, whatever follows the
picture. Of an animated PNG the still picture is left: its first frame, as a rule.
"""

import re
import struct
import zlib
from typing import Protocol

from terresante_contents.hiding import Hiding
from terresante_contents.images import PNG_SIGNATURE, Png
from terresante_contents.kinds import ContentTooLarge

PIXELS_AT_MOST = 100_000_000
"""A picture of more is refused: whoever opened it would need gigabytes."""
_SCANS_AT_MOST = 100
"""Ten are usual; each makes a decoder go over the whole picture."""
_ORIENTATION = 0x0112
_EXIF = b"Exif\x00\x00"
_ICC = b"ICC_PROFILE\x00"
_PROFILE_AT_MOST = 4 * 1024 * 1024


class Cleaner(Protocol):
    """Follows one picture to its end."""

    def feed(self, chunk: bytes) -> bytes:
        """Goes on, and gives what is kept. Raises ValueError when this is no such picture; refuses with
        CONTENT_TOO_LARGE, CONTENT_LIES."""

    def finish(self) -> bytes:
        """The bytes end here. Raises ValueError when they should not; refuses with CONTENT_LIES."""


class JpegCleaner:
    """Segments and scans up to the end-of-image marker. What comes after it is not kept: the further pictures and films
    that telephones append."""

    _KEPT = frozenset({*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD}) - {0xC8}
    _FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
    _NEXT = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

    def __init__(self) -> None:
        self._pending = bytearray()
        self._hiding = Hiding()
        self._begun = self._framed = self._oriented = self._ended = False
        self._scanning = False
        self._scans = self._profile = 0

    def feed(self, chunk: bytes) -> bytes:
        """See `Cleaner`."""
        self._hiding.tail(chunk)
        if self._ended:
            self._hiding.follow(chunk)
            return b""
        self._pending += chunk
        kept = bytearray()
        while not self._ended and self._advance(kept):
            pass
        if self._ended:
            self._hiding.follow(bytes(self._pending))
            self._pending.clear()
        return bytes(kept)

    def finish(self) -> bytes:
        """See `Cleaner`."""
        if not self._ended:
            raise ValueError("no end of a JPEG")
        self._hiding.finish()
        return b""

    def _advance(self, kept: bytearray) -> bool:
        if self._scanning:
            return self._scan(kept)
        if not self._begun:
            return self._begin(kept)
        if len(self._pending) < 2:
            return False
        if self._pending[:2] == b"\xff\xff":
            del self._pending[0]
            return True
        if self._pending[0] != 0xFF:
            raise ValueError("not a segment of a JPEG")
        if self._pending[1] == 0xD9:
            return self._end(kept)
        return self._segment(kept)

    def _begin(self, kept: bytearray) -> bool:
        if len(self._pending) < 2:
            return False
        if self._pending[:2] != b"\xff\xd8":
            raise ValueError("no beginning of a JPEG")
        kept += b"\xff\xd8"
        del self._pending[:2]
        self._begun = True
        return True

    def _scan(self, kept: bytearray) -> bool:
        """Passes coded points up to the next marker."""
        found = self._NEXT.search(self._pending)
        if found is None:
            passed = len(self._pending) - (self._pending[-1:] == b"\xff")
            kept += self._pending[:passed]
            del self._pending[:passed]
            return False
        kept += self._pending[: found.start()]
        del self._pending[: found.start()]
        self._scanning = False
        return True

    def _end(self, kept: bytearray) -> bool:
        if not self._scans:
            raise ValueError("no scan in a JPEG")
        kept += b"\xff\xd9"
        del self._pending[:2]
        self._ended = True
        return False

    def _segment(self, kept: bytearray) -> bool:
        if len(self._pending) < 4:
            return False
        marker, length = self._pending[1], int.from_bytes(self._pending[2:4], "big")
        if marker < 0xC0 or 0xD0 <= marker <= 0xD8 or marker in {0xDE, 0xDF} or length < 2:
            raise ValueError("not a segment of a JPEG")
        if len(self._pending) < length + 2:
            return False
        data = bytes(self._pending[4 : length + 2])
        del self._pending[: length + 2]
        self._hiding.look(data)
        data_kept = self._of(marker, data)
        if data_kept is not None:
            kept += struct.pack(">BBH", 0xFF, marker, len(data_kept) + 2) + data_kept
        return True

    def _of(self, marker: int, data: bytes) -> bytes | None:
        """What is kept of a segment; None: nothing."""
        if marker in self._FRAMES:
            self._frame(data)
        if marker == 0xDA:
            self._scans += 1
            if not self._framed:
                raise ValueError("a scan before its frame")
            if self._scans > _SCANS_AT_MOST:
                raise _too_complicated()
            self._scanning = True
        if marker in self._KEPT:
            return data
        return self._of_application(marker, data)

    def _frame(self, data: bytes) -> None:
        if self._framed or len(data) < 6:
            raise ValueError("not the frame of a JPEG")
        self._framed = True
        _require_size(*struct.unpack(">HH", data[1:5]))

    def _of_application(self, marker: int, data: bytes) -> bytes | None:
        if marker == 0xE0 and data.startswith(b"JFIF\x00") and len(data) >= 14:
            return data[:12] + b"\x00\x00"
        if marker == 0xEE and data.startswith(b"Adobe") and len(data) >= 12:
            return data[:12]
        if marker == 0xE2 and data.startswith(_ICC):
            self._profile += len(data)
            if self._profile > _PROFILE_AT_MOST:
                raise _too_complicated()
            return data
        if marker == 0xE1 and data.startswith(_EXIF) and not self._oriented:
            self._oriented = True
            turned = orientation(data[len(_EXIF) :])
            return _EXIF + oriented(turned) if turned != 1 else None
        return None


class PngCleaner:
    """Chunks with right checksums up to the end of the picture, and nothing after it."""

    _KEPT = frozenset(
        {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs"}
        | {b"cICP", b"mDCV", b"cLLI"}
    )
    _CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})

    def __init__(self) -> None:
        self._check = Png()
        self._hiding = Hiding()
        self._pending = bytearray()
        self._begun = False
        self._passing = 0
        """Bytes of image data and checksum still to pass."""

    def feed(self, chunk: bytes) -> bytes:
        """See `Cleaner`."""
        self._check.feed(chunk)
        self._hiding.tail(chunk)
        self._pending += chunk
        kept = bytearray()
        while self._advance(kept):
            pass
        return bytes(kept)

    def finish(self) -> bytes:
        """See `Cleaner`."""
        self._check.finish()
        self._hiding.finish()
        return b""

    def _advance(self, kept: bytearray) -> bool:
        if not self._begun:
            if len(self._pending) < len(PNG_SIGNATURE):
                return False
            kept += PNG_SIGNATURE
            del self._pending[: len(PNG_SIGNATURE)]
            self._begun = True
        if self._passing:
            passed = min(self._passing, len(self._pending))
            kept += self._pending[:passed]
            del self._pending[:passed]
            self._passing -= passed
            return passed > 0
        if len(self._pending) < 8:
            return False
        return self._chunk(kept)

    def _chunk(self, kept: bytearray) -> bool:
        length, kind = int.from_bytes(self._pending[:4], "big"), bytes(self._pending[4:8])
        if kind == b"IDAT":
            kept += self._pending[:8]
            del self._pending[:8]
            self._passing = length + 4
            return True
        if length > _PROFILE_AT_MOST:
            raise _too_complicated()
        if len(self._pending) < length + 12:
            return False
        data = bytes(self._pending[8 : length + 8])
        del self._pending[: length + 12]
        self._hiding.look(data)
        data_kept = self._of(kind, data)
        if data_kept is not None:
            kept += struct.pack(">I", len(data_kept)) + kind + data_kept
            kept += struct.pack(">I", zlib.crc32(kind + data_kept))
        return True

    def _of(self, kind: bytes, data: bytes) -> bytes | None:
        """What is kept of a chunk; None: nothing."""
        if kind == b"IHDR":
            _require_size(*struct.unpack(">II", data[:8]))
        if kind == b"eXIf":
            turned = orientation(data)
            return oriented(turned) if turned != 1 else None
        if kind == b"iCCP":
            _, zero, profile = data.partition(b"\x00")
            return b"ICC" + zero + profile
        if kind in self._KEPT:
            return data
        if kind[:1].isupper():
            raise ValueError("a chunk that a picture cannot be drawn without, and that is unknown")
        return None


def orientation(exif: bytes) -> int:
    """How a picture is to be turned, 1 to 8, from its EXIF (TIFF) block; 1, upright, if that does not say."""
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(exif[:4])
    if order is None or len(exif) < 10:
        return 1
    (at,) = struct.unpack_from(order + "I", exif, 4)
    if at + 2 > len(exif):
        return 1
    (entries,) = struct.unpack_from(order + "H", exif, at)
    for entry in range(at + 2, min(at + 2 + 12 * entries, len(exif) - 11), 12):
        tag, kind, count, value = struct.unpack_from(order + "HHIH", exif, entry)
        if tag == _ORIENTATION:
            return int(value) if kind == 3 and count == 1 and 1 <= value <= 8 else 1
    return 1


def oriented(turned: int) -> bytes:
    """An EXIF block that says nothing but the orientation."""
    return b"MM\x00*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, turned, 0, 0)


def _require_size(height: int, width: int) -> None:
    if height == 0 or width == 0:
        raise ValueError("a picture without points")
    if height * width > PIXELS_AT_MOST:
        raise ContentTooLarge(
            f"Cette image compte plus de {PIXELS_AT_MOST // 1_000_000} millions de points.",
            "Réduisez-la, ou prenez la photo dans une définition moindre.",
        )


def _too_complicated() -> ContentTooLarge:
    return ContentTooLarge(
        "Cette image est trop compliquée à ouvrir.", "Enregistrez-la de nouveau en JPEG ou en PNG, puis envoyez-la."
    )
