"""`python -m terresante_contents.drawing`: the process that makes thumbnails, until its input ends.

In: 4 bytes of length, then a picture. Out: a byte (1: made, 0: it cannot be), 4 bytes of length, then a JPEG. It writes
nothing else anywhere. A picture that takes too much memory cannot be made; one that takes too long ends the process.
"""

import io
import resource
import struct
import sys
import time
import warnings
from typing import BinaryIO

from PIL import Image, ImageOps, TiffImagePlugin

MADE, NOT_MADE = 1, 0
SIDE = 320
MEMORY = 320 * 1024 * 1024
"""Bytes of address space: a telephone's photo takes half. What takes more has no thumbnail."""
CPU_SECONDS = 10
POINTS_AT_MOST = 100_000_000
"""As many as are taken in (`cleaning.PIXELS_AT_MOST`)."""
_QUALITY = 80
_LOADED = (TiffImagePlugin,)
"""What Pillow would load when it first reads an orientation: no file can be opened by then."""


def main() -> None:
    """Serves until its input ends."""
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = POINTS_AT_MOST
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    limit()
    while head := sys.stdin.buffer.read(4):
        made = drawn(sys.stdin.buffer.read(*struct.unpack(">I", head)))
        answer(sys.stdout.buffer, made)


def limit() -> None:
    """Memory, files, core dumps. Processor time is limited anew for each picture."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def answer(out: BinaryIO, made: bytes | None) -> None:
    """Writes one answer."""
    out.write(struct.pack(">BI", NOT_MADE if made is None else MADE, len(made or b"")) + (made or b""))
    out.flush()


def drawn(picture: bytes) -> bytes | None:
    """The small picture; None if the large one cannot be read."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + CPU_SECONDS, hard))
    try:
        return _drawn(picture)
    except Exception:  # whatever a decoder raises, this picture cannot be read
        return None


def _drawn(picture: bytes) -> bytes:
    with Image.open(io.BytesIO(picture), formats=("JPEG", "PNG")) as large:
        large.draft("RGB", (SIDE, SIDE))
        small = _few_channels(large)
        small.thumbnail((SIDE, SIDE), reducing_gap=2.0)
        upright = ImageOps.exif_transpose(small)
    out = io.BytesIO()
    _on_white(upright).save(out, "JPEG", quality=_QUALITY, icc_profile=None, exif=b"")
    return out.getvalue()


def _few_channels(large: Image.Image) -> Image.Image:
    """In a mode that can be made smaller smoothly."""
    if large.mode.startswith("I"):
        return large.convert("I").point([value >> 8 for value in range(65_536)], "L")
    return large if large.mode in {"RGB", "RGBA", "L", "LA", "CMYK"} else large.convert("RGBA")


def _on_white(small: Image.Image) -> Image.Image:
    if "A" not in small.mode:
        return small if small.mode in {"RGB", "L"} else small.convert("RGB")
    white = Image.new("RGBA", small.size, "white")
    white.alpha_composite(small.convert("RGBA"))
    return white.convert("RGB")


if __name__ == "__main__":
    main()
