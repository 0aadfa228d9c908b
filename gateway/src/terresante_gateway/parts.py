"""A multipart/form-data upload, piped through: first part `description` (JSON), second part `content` (bytes).

Nothing is spooled: bytes go from the connection to whoever asks for the next chunk, at most 64 KiB at a time, so the
memory of an upload doesn't depend on its size. Framing follows RFC 7578; both parts are compulsory, in this order, and
nothing may follow.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable
from typing import Annotated, NamedTuple, NoReturn, TypeVar

from fastapi import Depends
from pydantic import BaseModel
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from terresante_platform.refusals import Invalid, Refusal, TooLarge

from terresante_gateway import reading
from terresante_gateway.exchange import Exchange
from terresante_gateway.problems import RequestTooSlow
from terresante_gateway.reading import Disconnected, MediaTypeUnsupported

LARGEST_DESCRIPTION = 64 * 1024
MIB = 1024 * 1024
LARGEST_CONTENT = 25 * MIB
LARGEST_FILE = 1024 * MIB
"""What the directory takes at most; of a workbook or Bundle it takes less."""
FRAMING = 16 * 1024
CHUNK = 64 * 1024
PAUSE_SECONDS = 10.0
Model = TypeVar("Model", bound=BaseModel)
Reply = TypeVar("Reply")


class MultipartInvalid(Invalid):
    """Framing that is not the one described."""

    reason = "MULTIPART_INVALID"


class ContentTooLarge(TooLarge):
    """More than is read: 25 MiB of a document, 1 GiB of a file of the directory."""

    reason = "CONTENT_TOO_LARGE"


class _Begin(NamedTuple):
    name: str
    media_type: str


class _Data(NamedTuple):
    data: bytes


class _End(NamedTuple):
    last: bool
    """The end of the whole form, not of a part."""


class Upload:
    """Reads the form of one request, in order: `description()`, `media_type()`, `chunks()`."""

    def __init__(self, exchange: Exchange, largest: int = LARGEST_CONTENT) -> None:
        kind, options = parse_options_header(exchange.given.get(b"content-type", b""))
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 70:
            raise MediaTypeUnsupported(
                "Ce contenu n’est pas un formulaire.", "Envoyez multipart/form-data : « description » puis « content »."
            )
        announced = exchange.given.get(b"content-length", b"0")
        if len(announced) > 12 or int(announced) > largest + LARGEST_DESCRIPTION + FRAMING:
            raise _too_large(largest)
        self.fault: Refusal | Disconnected | None = None
        """What went wrong while someone else was pulling the chunks."""
        self._largest = largest
        self._receive = exchange.receive
        self._more = True
        self._events: deque[_Begin | _Data | _End] = deque()
        self._header: list[bytes] = [b"", b""]
        self._headers: dict[bytes, bytes] = {}
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._headers.clear,
                "on_header_field": lambda data, start, end: self._grow(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._grow(1, data[start:end]),
                "on_header_end": self._header_ended,
                "on_headers_finished": self._part_begun,
                "on_part_data": lambda data, start, end: self._events.append(_Data(data[start:end])),
                "on_part_end": lambda: self._events.append(_End(False)),
                "on_end": lambda: self._events.append(_End(True)),
            },
        )

    async def sent(self, reply: Awaitable[Reply]) -> Reply:
        """The service's reply to the chunks. Raises the form's own fault if that broke the stream off."""
        try:
            return await reply
        except asyncio.CancelledError:
            if self.fault is not None:  # not because of the request
                raise self.fault from None
            raise

    async def description(self, model: type[Model]) -> Model:
        """The first part. Refuses with MULTIPART_INVALID, JSON_INVALID, FIELDS_INVALID, BODY_TOO_LARGE."""
        begun = await self._next()
        if not isinstance(begun, _Begin) or begun.name != "description":
            _framing("La première partie doit être « description ».")
        if begun.media_type not in ("", "application/json"):
            raise MediaTypeUnsupported("« description » n’est pas du JSON.", "Envoyez-la en application/json.")
        text = bytearray()
        while isinstance(event := await self._next(), _Data):
            text += event.data
            if len(text) > LARGEST_DESCRIPTION:
                raise reading.BodyTooLarge("La description dépasse 64 Kio.", "Abrégez-la.")
        return reading.body_as(model, bytes(text))

    async def media_type(self) -> str:
        """What the second part says it is; blank if nothing. Refuses with MULTIPART_INVALID."""
        begun = await self._next()
        if not isinstance(begun, _Begin) or begun.name != "content":
            _framing("La seconde partie doit être « content ».")
        return "" if begun.media_type == "application/octet-stream" else begun.media_type

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the second part. A fault is raised, and kept in `fault`: the caller at the other end of a
        stream may not see what was raised here.
        """
        size = 0
        try:
            while isinstance(event := await self._next(), _Data):
                size += len(event.data)
                if size > self._largest:
                    raise _too_large(self._largest)
                for start in range(0, len(event.data), CHUNK):
                    yield event.data[start : start + CHUNK]
            if not isinstance(await self._next(), _End):
                _framing("Il n’y a que deux parties : « description » et « content ».")
        except (Refusal, Disconnected) as fault:
            self.fault = fault
            raise

    async def _next(self) -> _Begin | _Data | _End:
        while not self._events:
            if not self._more:
                _framing("Le formulaire est incomplet.")
            try:
                async with asyncio.timeout(PAUSE_SECONDS):
                    message = await self._receive()
            except TimeoutError:
                raise RequestTooSlow("Le contenu n’arrive plus.", "Réessayez avec une meilleure connexion.") from None
            if message["type"] == "http.disconnect":
                raise Disconnected
            self._more = bool(message.get("more_body"))
            try:
                self._parser.write(message.get("body", b""))
            except FormParserError:
                _framing("Le formulaire n’est pas lisible.")
        return self._events.popleft()

    def _grow(self, which: int, piece: bytes) -> None:
        self._header[which] += piece

    def _header_ended(self) -> None:
        name, value = self._header
        self._headers[name.lower()] = value
        self._header = [b"", b""]

    def _part_begun(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        media_type, _ = parse_options_header(self._headers.get(b"content-type", b""))
        self._events.append(
            _Begin(options.get(b"name", b"").decode("ascii", "replace"), media_type.decode("ascii", "replace")[:100])
        )


def _framing(sentence: str) -> NoReturn:
    raise MultipartInvalid(sentence, "Envoyez deux parties, dans cet ordre : « description » (JSON), « content ».")


def _too_large(largest: int) -> ContentTooLarge:
    return ContentTooLarge(f"Le contenu dépasse {largest // MIB} Mio.", "Réduisez-le, ou envoyez-le en plusieurs fois.")


def upload_of(exchange: Exchange) -> Upload:
    """The form of a request. Refuses with MEDIA_TYPE_UNSUPPORTED, CONTENT_TOO_LARGE."""
    return Upload(exchange)


Form = Annotated[Upload, Depends(upload_of)]
"""A parameter: the form of the request."""


def file_of(exchange: Exchange) -> Upload:
    """The form of a request with a file of the directory. Refuses with MEDIA_TYPE_UNSUPPORTED, CONTENT_TOO_LARGE."""
    return Upload(exchange, LARGEST_FILE)


FileForm = Annotated[Upload, Depends(file_of)]
"""A parameter: the form of the request, with a file of the directory."""
