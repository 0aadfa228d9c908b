"""A file on its way from a browser: it goes on as it comes, at a pace, and the rest of a refused one is not kept."""

from collections.abc import Callable, Iterator

import pytest
from starlette.requests import Request
from terresante_directory.domain.imports.arriving import SLOWEST, WINDOW_SECONDS, FileTooSlow
from terresante_directory.workbench.forms import FormInvalid
from terresante_directory.workbench.uploads import HELD_SECONDS, PIECE, Upload

BEGINNING = (
    b'--b\r\ncontent-disposition: form-data; name="format"\r\n\r\ntableau\r\n'
    b'--b\r\ncontent-disposition: form-data; name="fichier"; filename="x.csv"\r\n\r\n'
)
END = b"\r\n--b--\r\n"


class Sending:
    """A browser that sends these parts, `pause` seconds after each other, on a clock of its own."""

    def __init__(self, *parts: bytes, pause: float) -> None:
        self.seconds = 0.0
        self._left: Iterator[bytes] = iter(parts)
        self._pause = pause
        headers = [(b"content-type", b"multipart/form-data; boundary=b")]
        request = Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, self._receive)
        now: Callable[[], float] = lambda: self.seconds  # noqa: E731
        self.upload = Upload(request, now)

    async def _receive(self) -> dict[str, object]:
        self.seconds += self._pause
        part = next(self._left, None)
        return {"type": "http.request", "body": part or b"", "more_body": part is not None}

    async def pieces(self) -> list[bytes]:
        await self.upload.begin()
        return [piece async for piece in self.upload.pieces()]


async def test_a_file_that_takes_minutes_arrives_whole_in_pieces_that_the_service_takes() -> None:
    parts = [bytes([65 + number % 26]) * SLOWEST for number in range(100)]

    pieces = await Sending(BEGINNING, *parts, END, pause=WINDOW_SECONDS / 2).pieces()

    assert b"".join(pieces) == b"".join(parts)
    assert max(map(len, pieces)) <= PIECE


async def test_what_has_come_goes_on_soon_however_little_it_is() -> None:
    pieces = await Sending(BEGINNING, *[b"x" * SLOWEST] * 8, END, pause=HELD_SECONDS).pieces()

    assert len(pieces) > 1
    assert sum(map(len, pieces)) == 8 * SLOWEST


async def test_one_that_trickles_in_is_refused_and_says_so() -> None:
    sending = Sending(BEGINNING, *[b"x" * 100] * 100, END, pause=1.0)

    with pytest.raises(FileTooSlow):
        await sending.pieces()

    assert isinstance(sending.upload.fault, FileTooSlow)
    assert sending.seconds < 3 * WINDOW_SECONDS


async def test_the_rest_of_a_refused_file_is_taken_and_thrown_away() -> None:
    sending = Sending(BEGINNING, *[b"x" * SLOWEST] * 20, END, pause=1.0)
    await sending.upload.begin()
    assert await anext(aiter(sending.upload.pieces()))

    await sending.upload.throw_away()

    assert [piece async for piece in sending.upload.pieces()] == []


async def test_one_that_breaks_off_is_no_file() -> None:
    with pytest.raises(FormInvalid):
        await Sending(BEGINNING, b"x" * SLOWEST, pause=1.0).pieces()
