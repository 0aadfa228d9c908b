"""The process that reads a file: fed with its bytes, asked for its lines. It has neither our secrets nor our memory."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from typing import Any, cast

from terresante_platform.telemetry import log

from terresante_directory.domain.imports.formats import unreadable

LONGEST_LINE = 4 << 20
MAX_SECONDS = 3_600.0
ENDING_SECONDS = 5.0
"""How long a process whose output ended may take to end."""
KEPT = ("PYTHONPATH", "PATH", "LD_LIBRARY_PATH")
Told = tuple[int, bool, list[str], list[tuple[str, str, dict[str, str]]]]
"""Number, rejected, reasons, and kind, key, content of each thing said."""


class ReaderDied(Exception):
    """The process ended, and nothing shows that the file is the reason: it is worth another try."""


async def told(
    format: str, encoding: str, pieces: AsyncIterator[bytes], fed: Callable[[int], None]
) -> AsyncGenerator[Told, None]:
    """What its lines say. `fed`: told of each piece's size. Raises `FileUnreadable` where it cannot be read;
    `ReaderDied`; what taking the pieces raises, as it is: a database that is away says nothing of the file."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "terresante_directory.imports.parsing", format, encoding),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        limit=LONGEST_LINE,
        env={name: os.environ[name] for name in KEPT if name in os.environ} | {"PYTHONUTF8": "1"},
    )
    feeding = asyncio.create_task(_feed(process, pieces, fed))
    over_time = False
    try:
        with suppress(ValueError):  # half a line of JSON, or a line longer than is read
            try:
                async with asyncio.timeout(MAX_SECONDS):
                    async for raw in cast("asyncio.StreamReader", process.stdout):
                        line: Any = json.loads(raw)
                        if isinstance(line, dict):
                            if line.get("end"):
                                return
                            raise unreadable(line["failure"].removeprefix("Ce fichier ne se lit pas : "))
                        yield line
            except TimeoutError:
                over_time = True
        raise await _ended_early(process, feeding, over_time)
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _ended_early(process: Process, feeding: asyncio.Task[None], over_time: bool) -> BaseException:
    """Why there are no more lines: the pieces could not be had, the file asks for too much, or the process was ended.

    Memory is told by the process itself; its processor time, by the kernel's signal.
    """
    failed = feeding.exception() if feeding.done() and not feeding.cancelled() else None
    if failed is not None:
        return failed
    if process.returncode is None and not over_time:
        with suppress(TimeoutError):
            async with asyncio.timeout(ENDING_SECONDS):
                await process.wait()
    code = process.returncode
    log.warning("the reading of a file ended early", code=code, over_time=over_time)
    if over_time or code == -signal.SIGXCPU:
        return unreadable("sa lecture a demandé trop de temps.", "Découpez-le.")
    if code is None:
        return unreadable("une de ses lignes est trop longue.")
    return ReaderDied(f"ended with {code}")


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
