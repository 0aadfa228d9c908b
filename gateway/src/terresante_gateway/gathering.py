"""A transport that sends what one turn of the loop wrote in one piece.

uvicorn writes an answer's head and body apart: two TLS records and two system calls, a fifth of what a small answer
costs. Here they leave together. Larger pieces leave at once, so that back-pressure works as without it.

It also sees to it that little of a long answer waits for a slow reader, and that what waits is dropped when the answer
is broken off: a reader who lost the right to a document must not be sent the rest that was on its way.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

AT_ONCE = 32 * 1024
MOST_WAITING = 64 * 1024
"""Bytes that wait in the process for a slow reader, and again as many in the kernel; TLS alone would take 512 KiB and
the kernel some MiB."""
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: closing drops what was not sent, and tells the other side so (RST)."""


class Gathering:
    """What uvicorn's protocol uses of a transport, around the real one."""

    __slots__ = (
        "_half_sent",
        "_later",
        "_loop",
        "_parts",
        "_real",
        "_size",
        "_socket",
        "get_extra_info",
        "pause_reading",
        "resume_reading",
    )

    def __init__(self, real: Any, loop: asyncio.AbstractEventLoop, half_sent: Callable[[], bool]) -> None:
        """`half_sent`: whether an answer has begun and not ended."""
        real.set_write_buffer_limits(high=MOST_WAITING)
        self._socket = real.get_extra_info("socket")
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MOST_WAITING)
        self._real = real
        self._half_sent = half_sent
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
        """Sends what is waiting, then closes. In the middle of an answer, breaks it off instead."""
        if self._half_sent():
            self.abort()
            return
        self._flush()
        self._real.close()

    def abort(self) -> None:
        """Closes at once; what is waiting is lost, and the other side can tell."""
        self._parts.clear()
        with suppress(OSError, ValueError):  # it may be closed already
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._real.abort()

    def _flush(self) -> None:
        self._later = False
        if self._parts:
            self._real.write(b"".join(self._parts))
            self._parts.clear()
            self._size = 0
