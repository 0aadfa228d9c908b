"""One try: connect to an address that was looked at, ask whether what is to be sent may still leave, send, hear.

It takes ten seconds in all, however slowly the other side does what. Nothing is followed, nothing of the answer is
kept but its status, and when to come back.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from httpcore2 import (
    URL,
    AnyIOBackend,
    AsyncHTTP11Connection,
    AsyncNetworkStream,
    ConnectError,
    NetworkError,
    ProtocolError,
    Request,
    Response,
    TimeoutException,
)

from terresante_messaging.domain.webhooks import UrlForbidden, UrlInvalid
from terresante_messaging.webhooks.guarding import Guard, Target, target

PATIENCE_SECONDS = 10.0
ANSWER_AT_MOST = 16 * 1024
"""Bytes of an answer that are read, and thrown away."""
URL_FORBIDDEN = "URL_FORBIDDEN"
TLS = "TLS"
CONNECTION = "CONNECTION"
TIMEOUT = "TIMEOUT"
ANSWER_TOO_LARGE = "ANSWER_TOO_LARGE"
GONE = "HTTP_410"
_SAY_WHEN = frozenset({429, 503})
_DATE_AT_MOST = 64
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent."""

    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try."""

    failure: str = ""
    """Why it failed, machine-readable; blank for an answer 2xx."""
    retry_after: str = field(default="", repr=False)
    """When the other side wants to be asked again, as it says so itself."""


Compose = Callable[[], Awaitable[Letter]]
"""Called once the way is open, just before sending. What it raises ends the try, and is raised on."""


class _NotComposed(Exception):
    """There is no letter; `fault` says why, and is nothing that the other side did."""

    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self.fault = fault


def trusted(authorities: Path | None) -> ssl.SSLContext:
    """The system's authorities, and those of a file of theirs (PEM). Raises ValueError for a file that holds none."""
    trust = ssl.create_default_context()
    if authorities is not None:
        try:
            trust.load_verify_locations(authorities)
        except (OSError, ssl.SSLError) as fault:
            raise ValueError(
                f"TERRESANTE_MESSAGING_WEBHOOK_CA_FILE must name a readable file of PEM certificates, not {authorities}"
            ) from fault
    return trust


class Poster:
    """Sends letters."""

    def __init__(self, guard: Guard, trust: ssl.SSLContext, patience: float = PATIENCE_SECONDS) -> None:
        self._guard = guard
        self._trust = trust
        self._patience = patience
        self._network = AnyIOBackend()

    async def post(self, url: str, compose: Compose) -> Outcome:
        """Tries once."""
        try:
            async with asyncio.timeout(self._patience) as limit:
                whole = target(url)
                async with self._way(whole) as way:
                    letter = await _unhurried(limit, compose)
                    return await _answered(way, whole, letter)
        except _NotComposed as ended:
            raise ended.fault from None
        except TimeoutError:
            return Outcome(TIMEOUT)
        except (UrlForbidden, UrlInvalid):
            return Outcome(URL_FORBIDDEN)
        except (ConnectError, ssl.SSLError) as fault:
            return Outcome(TLS if isinstance(fault.__cause__ or fault, ssl.SSLError) else CONNECTION)
        except (NetworkError, ProtocolError, TimeoutException, OSError):
            return Outcome(CONNECTION)

    @asynccontextmanager
    async def _way(self, whole: Target) -> AsyncIterator[AsyncNetworkStream]:
        """A connection to one of the target's addresses, encrypted for its name."""
        stream = await self._connected(whole)
        try:
            if whole.scheme == "https":
                stream = await stream.start_tls(self._trust, whole.host)
            yield stream
        finally:
            await stream.aclose()

    async def _connected(self, whole: Target) -> AsyncNetworkStream:
        failed: Exception = OSError("no address")
        for address in await self._guard.addresses(whole):
            try:
                return await self._network.connect_tcp(str(address), whole.port)
            except ConnectError as fault:
                failed = fault
        raise failed


async def _unhurried(limit: asyncio.Timeout, compose: Compose) -> Letter:
    """Asking takes nothing of the other side's time, and what breaks then is not its failure. Raises _NotComposed."""
    clock, end = asyncio.get_running_loop().time, limit.when() or 0.0
    asked = clock()
    limit.reschedule(None)
    try:
        letter = await compose()
    except Exception as fault:  # our own database or consent, in whatever way they are away
        raise _NotComposed(fault) from fault
    limit.reschedule(end + clock() - asked)
    return letter


async def _answered(way: AsyncNetworkStream, whole: Target, letter: Letter) -> Outcome:
    url = URL(scheme=whole.scheme, host=whole.host, port=whole.port, target=whole.path)
    headers = {
        "host": whole.authority,
        "user-agent": "terresante-webhooks",
        "content-type": "application/json",
        "content-length": str(len(letter.body)),
        "connection": "close",
        **letter.headers,
    }
    request = Request("POST", url, headers=list(headers.items()), content=letter.body)
    answer = await AsyncHTTP11Connection(url.origin, way).handle_async_request(request)
    read = 0
    async with aclosing(answer.aiter_stream()) as pieces:
        async for piece in pieces:
            read += len(piece)
            if read > ANSWER_AT_MOST:
                return Outcome(ANSWER_TOO_LARGE)
    if 200 <= answer.status <= 299:
        return Outcome()
    return Outcome(f"HTTP_{answer.status}", _retry_after(answer) if answer.status in _SAY_WHEN else "")


def _retry_after(answer: Response) -> str:
    """Blank if it says none, or more than a date takes."""
    said = [value for name, value in answer.headers if name.lower() == b"retry-after"]
    return said[0].decode("ascii", "replace").strip() if said and len(said[0]) <= _DATE_AT_MOST else ""
