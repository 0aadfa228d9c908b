"""The structure of JPEG and PNG files, followed from the first byte to the last without decoding a pixel."""

import zlib

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN = 0xDA
_END_OF_IMAGE = b"\xff\xd9"
_CHUNK_AT_MOST = 0x7FFFFFFF


class Jpeg:
    """Segments up to the first scan, one of them a frame header; then anything up to the end-of-image marker,
    the last bytes."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._skip = 2
        """Bytes of the present segment still to pass; at first, the start-of-image marker."""
        self._frame = False
        self._scanning = False
        self._last = b""

    def feed(self, chunk: bytes) -> None:
        """Goes on. Raises ValueError where a segment is not one."""
        self._last = (self._last + chunk[-2:])[-2:]
        if self._scanning:
            return
        self._pending += chunk
        while not self._scanning and self._advance():
            pass

    def finish(self) -> None:
        """Raises ValueError without a scan, or when something follows the image."""
        if not self._scanning or self._last != _END_OF_IMAGE:
            raise ValueError("no end of a JPEG")

    def _advance(self) -> bool:
        """Passes bytes of this segment, or enters the next. False when more bytes are needed."""
        if self._skip:
            passed = min(self._skip, len(self._pending))
            del self._pending[:passed]
            self._skip -= passed
            return self._skip == 0
        if len(self._pending) < 4:
            return False
        if self._pending[:2] == b"\xff\xff":
            del self._pending[0]
            return True
        marker, length = self._pending[1], int.from_bytes(self._pending[2:4], "big")
        if self._pending[0] != 0xFF or marker < 0xC0 or 0xD0 <= marker <= 0xD9 or length < 2:
            raise ValueError("not a segment of a JPEG")
        self._frame = self._frame or marker in _FRAMES
        if marker == _SCAN:
            if not self._frame:
                raise ValueError("a scan before its frame")
            self._scanning = True
            self._pending.clear()
        self._skip = length + 2
        return True


class Png:
    """Chunks with right checksums: IHDR first, image data within, IEND last and nothing after it."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._begun = False
        self._type = b""
        self._left = 0
        """Bytes of data of the present chunk still to come."""
        self._sum = 0
        self._seen: set[bytes] = set()

    def feed(self, chunk: bytes) -> None:
        """Goes on. Raises ValueError where a chunk is not one."""
        self._pending += chunk
        if not self._begun:
            if len(self._pending) < len(PNG_SIGNATURE):
                return
            del self._pending[: len(PNG_SIGNATURE)]
            self._begun = True
        while self._advance():
            pass

    def finish(self) -> None:
        """Raises ValueError when the image is cut."""
        if self._type or self._pending or not {b"IHDR", b"IDAT", b"IEND"} <= self._seen:
            raise ValueError("no end of a PNG")

    def _advance(self) -> bool:
        """Enters a chunk, passes its data or closes it. False when more bytes are needed."""
        if not self._type:
            return self._enter()
        if self._left:
            passed = min(self._left, len(self._pending))
            self._sum = zlib.crc32(self._pending[:passed], self._sum)
            del self._pending[:passed]
            self._left -= passed
            return self._left == 0
        if len(self._pending) < 4:
            return False
        if int.from_bytes(self._pending[:4], "big") != self._sum:
            raise ValueError("a damaged chunk")
        del self._pending[:4]
        self._seen.add(self._type)
        self._type = b""
        return True

    def _enter(self) -> bool:
        if self._pending and b"IEND" in self._seen:
            raise ValueError("bytes after the image")
        if len(self._pending) < 8:
            return False
        self._left, self._type = int.from_bytes(self._pending[:4], "big"), bytes(self._pending[4:8])
        if not self._type.isalpha() or self._left > _CHUNK_AT_MOST:
            raise ValueError("not a chunk of a PNG")
        if not self._seen and (self._type != b"IHDR" or self._left != 13):
            raise ValueError("does not begin with its header")
        self._sum = zlib.crc32(self._type)
        del self._pending[:8]
        return True
