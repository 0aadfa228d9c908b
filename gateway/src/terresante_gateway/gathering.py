"""A transport that sends what one turn of the loop wrote in one piece.

uvicorn writes an answer's head and body apart: two TLS records and two system calls, a fifth of what a small answer
costs. Here they leave together. Larger pieces leave at once, so that back-pressure works as without it.
"""

import asyncio
from typing import Any

AT_ONCE = 32 * 1024


class Gathering:
    """What uvicorn's protocol uses of a transport, around the real one."""

    __slots__ = ("_later", "_loop", "_parts", "_real", "_size", "get_extra_info", "pause_reading", "resume_reading")

    def __init__(self, real: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._real = real
        self._loop = loop
        self._parts: list[bytes] = []
        self._size = 0
        self._later = False
        self.get_extra_info = real.get_extra_info
        self.pause_reading = real.pause_reading
        self.resume_reading = real.resume_reading

    def write(self, data: bytes) -> None:
        """Sends it at the end of this turn, or at once with what came before if it is much."""
        self._parts.append(data)
        self._size += len(data)
        if self._size >= AT_ONCE:
            self._flush()
        elif not self._later:
            self._later = True
            self._loop.call_soon(self._flush)

    def is_closing(self) -> bool:
        """Whether it is closing or closed."""
        return bool(self._real.is_closing())

    def close(self) -> None:
        """Sends what is waiting, then closes."""
        self._flush()
        self._real.close()

    def abort(self) -> None:
        """Closes at once; what is waiting is lost."""
        self._parts.clear()
        self._real.abort()

    def _flush(self) -> None:
        self._later = False
        if self._parts:
            self._real.write(b"".join(self._parts))
            self._parts.clear()
            self._size = 0
