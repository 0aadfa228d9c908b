"""JPEG pictures without what is not drawn (ITU T.81, annex B)."""

import re
import struct
from collections.abc import Callable

from terresante_contents.cleaning import PROFILE_AT_MOST, orientation, oriented, require_size, too_complicated
from terresante_contents.hiding import Hiding

_SCANS_AT_MOST = 100
"""Ten are usual; each makes a decoder go over the whole picture."""
_EXIF = b"Exif\x00\x00"
_ICC = b"ICC_PROFILE\x00"


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
                raise too_complicated()
            self._scanning = True
        if marker in self._KEPT:
            if not _formed(marker, data):
                raise ValueError("a segment that holds something else")
            return data
        return self._of_application(marker, data)

    def _frame(self, data: bytes) -> None:
        if self._framed or len(data) < 6:
            raise ValueError("not the frame of a JPEG")
        self._framed = True
        require_size(*struct.unpack(">HH", data[1:5]))

    def _of_application(self, marker: int, data: bytes) -> bytes | None:
        if marker == 0xE0 and data.startswith(b"JFIF\x00") and len(data) >= 14:
            return data[:12] + b"\x00\x00"
        if marker == 0xEE and data.startswith(b"Adobe") and len(data) >= 12:
            return data[:12]
        if marker == 0xE2 and data.startswith(_ICC):
            self._profile += len(data)
            if self._profile > PROFILE_AT_MOST:
                raise too_complicated()
            return data
        if marker == 0xE1 and data.startswith(_EXIF) and not self._oriented:
            self._oriented = True
            turned = orientation(data[len(_EXIF) :])
            return _EXIF + oriented(turned) if turned != 1 else None
        return None


def _formed(marker: int, data: bytes) -> bool:
    """Whether a segment that is kept holds what its kind holds, and nothing beside: nobody can put words there."""
    if marker == 0xDB:
        return _ends(data, lambda at: 65 + 64 * (data[at] >> 4))
    if marker == 0xC4:
        return _ends(data, lambda at: 17 + sum(data[at + 1 : at + 17]))
    if marker == 0xDA:
        return len(data) == 4 + 2 * data[0] if data else False
    if marker in {0xDC, 0xDD}:
        return len(data) == 2
    if marker == 0xCC:
        return len(data) % 2 == 0 and len(data) <= 64
    return len(data) >= 6 and len(data) == 6 + 3 * data[5]


def _ends(data: bytes, length: Callable[[int], int]) -> bool:
    """Whether tables of these lengths, one after the other, end where `data` does."""
    at = 0
    while at < len(data):
        at += length(at)
    return at == len(data) > 0
