"""A form with a file: its fields are read first, then the file's bytes as they come, never all in memory."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request
from terresante_platform.refusals import Refusal

from terresante_directory.domain.imports.arriving import Pace
from terresante_directory.workbench.forms import BODY_SECONDS, FormInvalid, FormTooLarge, FormUnsupported, Typed

MULTIPART = "multipart/form-data"
LARGEST_FIELDS = 16 * 1024
PIECE = 512 * 1024
"""At most so many bytes at once go on to the service, which takes a megabyte."""
HELD_SECONDS = 5.0
"""What has come goes on by then, however little: the service counts on it."""
REST_SECONDS = 20.0
"""How long the rest of a refused file is taken and thrown away: a browser reads no answer while it still sends."""


class Upload:
    """One form. `begin` gives the fields that stand before the file; `pieces` the file; `fault`: why it broke off."""

    def __init__(self, request: Request, now: Callable[[], float] = time.monotonic) -> None:
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary", b"")
        if kind.decode("latin-1") != MULTIPART or not boundary:
            raise FormUnsupported("Ce contenu n’est pas celui d’un formulaire.", "Envoyez le formulaire de la page.")
        self.file_name = ""
        self.fault: Refusal | None = None
        self._stream = request.stream()
        self._now = now
        self._fields: dict[str, list[str]] = {}
        self._size = 0
        self._header = b""
        self._name = ""
        self._in_file = self._file_over = False
        self._value = bytearray()
        self._waiting = bytearray()
        callbacks: Any = {
            "on_part_begin": self._part_begins,
            "on_header_value": self._header_value,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_part_end": self._part_ends,
        }
        self._parser = MultipartParser(boundary, callbacks)

    async def begin(self) -> Typed:
        """Reads up to the file. Raises `FormInvalid`, `FormTooLarge`."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while not self._in_file:
                    if not await self._more():
                        break
        except TimeoutError:
            raise _broken() from None
        return Typed(self._fields)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file, piece by piece. Raises `FormInvalid` if it does not come whole, `FileTooSlow`."""
        sent = self._now()
        pace = Pace.beginning(sent)
        try:
            while not self._file_over:
                before = len(self._waiting)
                if not await self._more():
                    raise _broken()
                if not self._file_over:
                    pace.came(len(self._waiting) - before, self._now())
                while len(self._waiting) >= PIECE or (self._waiting and self._now() - sent >= HELD_SECONDS):
                    yield self._taken()
                    sent = self._now()
            while self._waiting:
                yield self._taken()
        except Refusal as fault:
            self.fault = fault
            raise

    async def throw_away(self) -> None:
        """Takes the rest of a file that is refused, for a while, so that the browser comes to read why."""
        with suppress(Refusal, TimeoutError):
            async with asyncio.timeout(REST_SECONDS):
                while not self._file_over and await self._more():
                    self._waiting.clear()

    def _taken(self) -> bytes:
        piece = bytes(self._waiting[:PIECE])
        del self._waiting[:PIECE]
        return piece

    async def _more(self) -> bool:
        """Reads a little more of the body; False at its end."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                part = await anext(self._stream, None)
            if part is None:
                return False
            self._parser.write(part)
        except (FormParserError, ClientDisconnect, TimeoutError):
            raise _broken() from None
        return True

    def _part_begins(self) -> None:
        self._header, self._name = b"", ""
        self._value.clear()

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._header += data[start:end] + b"\n"

    def _headers_end(self) -> None:
        for line in self._header.split(b"\n"):
            disposition, options = parse_options_header(line)
            if disposition == b"form-data":
                self._name = options.get(b"name", b"").decode("utf-8", "replace")
                if b"filename" in options:
                    self.file_name = options[b"filename"].decode("utf-8", "replace")
                    self._in_file = True

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            if not self._file_over:
                self._waiting += data[start:end]
            return
        self._count(end - start)
        self._value += data[start:end]

    def _part_ends(self) -> None:
        if self._in_file:
            self._file_over = True
        else:
            self._fields.setdefault(self._name, []).append(self._value.decode("utf-8", "replace"))

    def _count(self, bytes: int) -> None:
        """Of names and values alike: a name is kept too."""
        self._size += bytes
        if self._size > LARGEST_FIELDS:
            raise _too_large()


def _broken() -> FormInvalid:
    return FormInvalid("Le fichier n’est pas arrivé entier.", "Vérifiez votre réseau, puis envoyez-le de nouveau.")


def _too_large() -> FormTooLarge:
    return FormTooLarge("Ce formulaire est trop long.", "Raccourcissez les textes saisis.")
