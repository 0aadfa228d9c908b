"""PNG pictures without what is not drawn (W3C Portable Network Graphics, third edition)."""

import struct
import zlib
from types import MappingProxyType

from terresante_contents.cleaning import PROFILE_AT_MOST, orientation, oriented, require_size, too_complicated
from terresante_contents.hiding import Hiding
from terresante_contents.images import PNG_SIGNATURE, Png


class PngCleaner:
    """Chunks with right checksums up to the end of the picture, and nothing after it."""

    _KEPT = MappingProxyType(
        {b"IHDR": 13, b"PLTE": 768, b"IEND": 0, b"tRNS": 256, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"sBIT": 4}
        | {b"bKGD": 6, b"pHYs": 9, b"cICP": 4, b"mDCV": 24, b"cLLI": 8}
    )
    """Besides image data and profile: how many bytes each holds at most, so that nobody can put words there."""

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
        if length > PROFILE_AT_MOST:
            raise too_complicated()
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
            require_size(*struct.unpack(">II", data[:8]))
        if kind == b"eXIf":
            turned = orientation(data)
            return oriented(turned) if turned != 1 else None
        if kind == b"iCCP":
            _, zero, profile = data.partition(b"\x00")
            return b"ICC" + zero + profile
        if kind in self._KEPT:
            if len(data) > self._KEPT[kind]:
                raise ValueError("a chunk that holds something else")
            return data
        if kind[:1].isupper():
            raise ValueError("a chunk that a picture cannot be drawn without, and that is unknown")
        return None
