"""Small pictures of pictures, made by a process apart: whoever sent a picture chose what its decoder does.

The process (`drawing.py`) has no secret in its environment, touches no file and no network, and lives within limits of
memory and time. It makes one picture at a time; when it dies another is started.
"""

import asyncio
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from terresante_platform.telemetry import log

SECONDS = 20.0
"""Wall time for one picture; processor time is limited by the process itself."""
_MADE = 1
"""What it answers first when it made one."""
_PROGRAM = (sys.executable, "-I", "-m", "terresante_contents.drawing")


class NoThumbnail(Exception):
    """None can be made of this picture."""


class _Died(Exception):
    """The process ended before it answered."""


class Thumbnails:
    """One process that makes them, started when it is needed."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """`seconds`: wall time for one picture."""
        self._seconds = seconds
        self._one = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    async def make(self, picture: bytes) -> bytes:
        """A JPEG of at most 320 × 320 points, upright, with nothing in it but points. `picture`: JPEG or PNG. Raises
        NoThumbnail."""
        async with self._one:
            for _ in range(2):
                try:
                    async with asyncio.timeout(self._seconds):
                        return await self._asked(picture)
                except _Died:
                    await self._end()
                except TimeoutError:
                    await self._end()
                    break
                except asyncio.CancelledError:
                    await self._end()
                    raise
            log.warning("thumbnail given up", size=len(picture))
            raise NoThumbnail

    async def close(self) -> None:
        """Ends the process."""
        async with self._one:
            await self._end()

    @property
    def pid(self) -> int | None:
        """Of the process, while it runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def _asked(self, picture: bytes) -> bytes:
        process = await self._running()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101  # pipes were asked for
        if process.stdin.is_closing():  # it died, which the loop has seen on its pipe first
            raise _Died
        try:
            process.stdin.write(struct.pack(">I", len(picture)) + picture)
            await process.stdin.drain()
            said, size = struct.unpack(">BI", await process.stdout.readexactly(5))
            made = await process.stdout.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError) as fault:
            raise _Died from fault
        if said != _MADE:
            raise NoThumbnail
        return made

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *_PROGRAM,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={},
                cwd="/",
            )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


@asynccontextmanager
async def thumbnails(seconds: float = SECONDS) -> AsyncIterator[Thumbnails]:
    """Ends its process when left."""
    made = Thumbnails(seconds)
    try:
        yield made
    finally:
        await made.close()
