"""What a camera or a program writes into a picture of place, person and device is taken out while it streams by,
without decoding a pixel: what is drawn stays the same, bit for bit.

Kept: what is needed to draw, colour profile included, and the orientation, as the only entry of an EXIF block of our
own. Left out: EXIF, XMP, IPTC, comments, texts, dates, embedded previews, further pictures, whatever follows the
picture. Of an animated PNG the still picture is left: its first frame, as a rule.
"""

import struct
from typing import Protocol

from terresante_contents.kinds import ContentTooLarge

PIXELS_AT_MOST = 100_000_000
"""A picture of more is refused: whoever opened it would need gigabytes."""
_ORIENTATION = 0x0112
PROFILE_AT_MOST = 4 * 1024 * 1024
"""Bytes of a colour profile, or of anything else in a picture that is not drawn."""


class Cleaner(Protocol):
    """Follows one picture to its end."""

    def feed(self, chunk: bytes) -> bytes:
        """Goes on, and gives what is kept. Raises ValueError when this is no such picture; refuses with
        CONTENT_TOO_LARGE, CONTENT_LIES."""

    def finish(self) -> bytes:
        """The bytes end here. Raises ValueError when they should not; refuses with CONTENT_LIES."""


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


def require_size(height: int, width: int) -> None:
    """Raises ValueError, refuses with CONTENT_TOO_LARGE."""
    if height == 0 or width == 0:
        raise ValueError("a picture without points")
    if height * width > PIXELS_AT_MOST:
        raise ContentTooLarge(
            f"Cette image compte plus de {PIXELS_AT_MOST // 1_000_000} millions de points.",
            "Réduisez-la, ou prenez la photo dans une définition moindre.",
        )


def too_complicated() -> ContentTooLarge:
    """What to refuse a picture with that costs too much to open."""
    return ContentTooLarge(
        "Cette image est trop compliquée à ouvrir.", "Enregistrez-la de nouveau en JPEG ou en PNG, puis envoyez-la."
    )
