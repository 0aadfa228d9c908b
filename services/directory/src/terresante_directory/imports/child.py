"""The process that reads a file: fed with its bytes, asked for its lines. It has neither our secrets nor our memory."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from typing import Any, cast

from terresante_platform.telemetry import log

from terresante_directory.domain.imports.formats import unreadable

LONGEST_LINE = 4 << 20
MAX_SECONDS = 3_600.0
KEPT = ("PYTHONPATH", "PATH", "LD_LIBRARY_PATH")
Told = tuple[int, bool, list[str], list[tuple[str, str, dict[str, str]]]]
"""Number, rejected, reasons, and kind, key, content of each thing said."""


async def told(
    format: str, encoding: str, pieces: AsyncIterator[bytes], fed: Callable[[int], None]
) -> AsyncGenerator[Told, None]:
    """What its lines say. `fed`: told of each piece's size. Raises `FileUnreadable` where it cannot be read; what
    taking the pieces raises, as it is: a database that is away says nothing of the file."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "terresante_directory.imports.parsing", format, encoding),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        limit=LONGEST_LINE,
        env={name: os.environ[name] for name in KEPT if name in os.environ} | {"PYTHONUTF8": "1"},
    )
    feeding = asyncio.create_task(_feed(process, pieces, fed))
    early = False
    try:
        with suppress(TimeoutError, ValueError):  # half a line of JSON, or a line longer than is read
            async with asyncio.timeout(MAX_SECONDS):
                async for raw in cast("asyncio.StreamReader", process.stdout):
                    line: Any = json.loads(raw)
                    if isinstance(line, dict):
                        if line.get("end"):
                            return
                        raise unreadable(line["failure"].removeprefix("Ce fichier ne se lit pas : "))
                    yield line
        early = True
        raise _ended_early(feeding)
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        if process.returncode is None:
            process.kill()
        code = await process.wait()
        if early:
            log.warning("the reading of a file ended early", code=code)


def _ended_early(feeding: asyncio.Task[None]) -> BaseException:
    """Why there are no more lines: the pieces could not be had, or the file asked for too much."""
    failed = feeding.exception() if feeding.done() and not feeding.cancelled() else None
    return failed or unreadable("sa lecture a demandé trop de mémoire ou de temps.", "Découpez-le.")


async def _feed(process: Process, pieces: AsyncIterator[bytes], fed: Callable[[int], None]) -> None:
    stdin = cast("asyncio.StreamWriter", process.stdin)
    try:
        async for piece in pieces:
            stdin.write(piece)
            await stdin.drain()
            fed(len(piece))
        stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        return
    except Exception:
        process.kill()
        raise
