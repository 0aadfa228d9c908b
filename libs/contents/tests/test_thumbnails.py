"""Small pictures come from a process that a hostile picture can hurt, and nothing else."""

import asyncio
import io
import os
import struct
import sys
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from terresante_contents.cleaning import oriented
from terresante_contents.thumbnails import NoThumbnail, Thumbnails, thumbnails


@pytest_asyncio.fixture
async def making() -> AsyncIterator[Thumbnails]:
    async with thumbnails() as made:
        yield made


def written(picture: Image.Image, kind: str, **how: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()


def halves(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", size, "blue")
    picture.paste("red", (0, 0, size[0] // 2, size[1]))
    return picture.convert(mode)


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    assert picture.format == "JPEG"
    return picture


def colour(picture: Image.Image, x: float, y: float) -> str:
    """What is at that share of width and height."""
    point = picture.convert("RGB").getpixel((int(picture.width * x), int(picture.height * y)))
    assert isinstance(point, tuple)
    return "red" if point[0] > 200 and point[2] < 60 else "blue" if point[2] > 200 and point[0] < 60 else str(point)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(("size", "small"), [((1_600, 800), (320, 160)), ((90, 400), (72, 320)), ((40, 30), (40, 30))])
async def test_a_small_picture_fits_and_keeps_its_shape(
    making: Thumbnails, kind: str, size: tuple[int, int], small: tuple[int, int]
) -> None:
    made = opened(await making.make(written(halves(size), kind)))

    assert made.size == small
    assert (colour(made, 0.1, 0.5), colour(made, 0.9, 0.5)) == ("red", "blue")


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
async def test_a_picture_taken_sideways_is_made_upright(making: Thumbnails, kind: str) -> None:
    sideways = written(halves((800, 400)), kind, exif=b"Exif\x00\x00" + oriented(6))

    made = opened(await making.make(sideways))

    assert made.size == (160, 320)
    assert (colour(made, 0.5, 0.1), colour(made, 0.5, 0.9)) == ("red", "blue")
    assert not made.getexif()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "L", "1", "P", "I;16"])
async def test_each_kind_of_png_is_made(making: Thumbnails, mode: str) -> None:
    picture = Image.new("I;16", (500, 500), 40_000) if mode == "I;16" else halves((500, 500), mode)

    made = opened(await making.make(written(picture, "PNG")))

    assert made.size == (320, 320)
    if mode == "I;16":
        assert made.convert("L").getpixel((100, 100)) in range(154, 159)


async def test_a_see_through_picture_is_laid_on_white(making: Thumbnails) -> None:
    made = opened(await making.make(written(Image.new("RGBA", (100, 100), (0, 0, 0, 0)), "PNG")))

    assert made.convert("L").getextrema()[0] > 250


async def test_a_printers_picture_is_made(making: Thumbnails) -> None:
    assert opened(await making.make(written(halves((600, 600), "CMYK"), "JPEG"))).mode == "RGB"


def bomb(side: int) -> bytes:
    """A PNG of a few kilobytes that says it is `side` points wide and high."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(b"\x00" * (side * 4 + 1)) for _ in range(side)) + packer.flush()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "picture",
    [b"", b"x", written(halves((50, 50)), "JPEG")[:200], written(halves((50, 50)), "GIF"), bomb(9_900), bomb(10_100)],
)
async def test_of_what_cannot_be_read_none_is_made_and_the_next_one_is(making: Thumbnails, picture: bytes) -> None:
    with pytest.raises(NoThumbnail):
        await making.make(picture)

    assert opened(await making.make(written(halves((400, 400)), "JPEG")))


async def test_a_photo_of_fifty_million_points_is_made_within_the_limits(making: Thumbnails) -> None:
    photo = written(halves((8_160, 6_144)), "JPEG", progressive=True)

    assert opened(await making.make(photo)).size == (320, 241)


async def test_when_the_process_dies_another_is_started(making: Thumbnails) -> None:
    await making.make(written(halves((50, 50)), "JPEG"))
    before = making.pid
    assert before is not None
    os.kill(before, 9)

    assert opened(await making.make(written(halves((50, 50)), "JPEG")))
    assert making.pid not in {None, before}


async def test_a_process_whose_pipe_is_closed_is_dead_even_if_that_was_not_heard_of_yet() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).parent / "dying.py"), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(program.communicate(), 60)

    assert output.decode() == "made by another\n"


async def test_a_picture_that_takes_too_long_is_given_up_and_its_process_ended() -> None:
    async with thumbnails(seconds=0.001) as making:
        with pytest.raises(NoThumbnail):
            await making.make(written(halves((5_000, 5_000)), "PNG"))

        assert making.pid is None


async def test_pictures_asked_for_together_are_made_one_after_the_other_by_one_process(making: Thumbnails) -> None:
    made = await asyncio.gather(*(making.make(written(halves((100 + at, 50)), "JPEG")) for at in range(8)))

    assert [opened(each).width for each in made] == [100 + at for at in range(8)]
    assert making.pid is not None


async def test_the_process_ends_with_its_owner_and_knows_none_of_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRESANTE_MESSAGING_DATABASE_URL", "postgresql://secret")
    async with thumbnails() as making:
        await making.make(written(halves((50, 50)), "JPEG"))
        process = Path(f"/proc/{making.pid}")
        assert b"secret" not in (process / "environ").read_bytes()
        limits = (process / "limits").read_text()
        assert "Max address space         335544320" in limits
        assert "Max file size             0" in limits

    assert not process.exists()
