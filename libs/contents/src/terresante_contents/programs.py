"""PDF files with a program in them. Found by the names that such a file must hold (ISO 32000-1, 12.6.4), also in its
compressed objects (7.5.7). What a password locks is not opened, nor objects that are compressed in another way than
Flate.
"""

import re
import zlib
from bisect import bisect_right
from collections.abc import Iterator

from terresante_contents.kinds import ContentUnsupported

_OVERLAP = 64
_DICTIONARY = 1024
"""Bytes between the name that says that a stream holds objects, and the stream."""
_UNFOLDED_AT_MOST = 32 * 1024 * 1024
_STREAMS_AT_MOST = 5_000
"""Of compressed objects: some hundred objects share one."""
_FOLDED_AT_ONCE = 8
_LENGTHS = tuple(1 << power for power in range(11, -1, -1))
"""In sum more than a byte can say: eight repetitions of 258 (RFC 1951, 3.2.5)."""
_ENDS = b"th48"
"""With what the names of programs end, also written as #74 and #68."""
_STEP = 64 * 1024


def _name(name: bytes) -> bytes:
    """A name of PDF, each character as itself or as `#xx` (ISO 32000-1, 7.3.5)."""
    return b"/" + b"".join(b"(?:%c|#%02x|#%02X)" % (each, each, each) for each in name)


_PROGRAM = re.compile(_name(b"JavaScript") + b"|" + _name(b"Launch"))
_STREAM = re.compile(rb"\bstream\r?\n")
_OF_OBJECTS = re.compile(_name(b"ObjStm"))


class Programs:
    """Looks for a program in a PDF that streams by. Holds little more than a chunk."""

    def __init__(self) -> None:
        self._before = b""
        self._folded: list[_Folded] = []
        """Several only where one holds what looks like the beginning of another: that must not hide its rest."""
        self._left = _UNFOLDED_AT_MOST
        self._streams_left = _STREAMS_AT_MOST

    def feed(self, chunk: bytes) -> None:
        """Goes on. Refuses with CONTENT_UNSUPPORTED."""
        seen, known = self._before + chunk, len(self._before)
        if _PROGRAM.search(seen):
            raise _has_program()
        self._folded = [one for one in self._folded if self._goes_on(one, chunk)]
        for end in _streams_of_objects(seen):
            if end > known:
                self._begin(memoryview(seen)[end:])
        self._before = seen[-_DICTIONARY - _OVERLAP :]

    def _begin(self, chunk: memoryview) -> None:
        self._streams_left -= 1
        folded = _Folded()
        if self._goes_on(folded, chunk):
            self._folded.append(folded)
        if self._streams_left < 0 or len(self._folded) > _FOLDED_AT_ONCE:
            raise _too_complicated()

    def _goes_on(self, folded: "_Folded", chunk: bytes | memoryview) -> bool:
        """Looks into a part of compressed objects. Gives whether they go on after it."""
        for unfolded in folded.unfold(chunk):
            self._left -= len(unfolded)
            if self._left < 0:
                raise _too_complicated()
            if _PROGRAM.search(unfolded):
                raise _has_program()
        return not folded.ended


class _Folded:
    """One stream of compressed objects."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj()
        self._before = b""
        self.ended = False

    def unfold(self, chunk: bytes | memoryview) -> Iterator[bytes]:
        """What is in it, some at a time, each with the end of the one before. Of what is damaged, all before that:
        readers show that."""
        while chunk and not self.ended:
            kept = self._inflate.copy()
            try:
                unfolded = self._inflate.decompress(chunk, _STEP)
            except zlib.error:
                self._inflate, half = kept, len(chunk) // 2
                if half == 0:
                    yield from self._before_damage(chunk)
                    self.ended = True
                    return
                yield from self.unfold(chunk[:half])
                chunk = chunk[half:]
            else:
                yield self._before + unfolded
                self._before = (self._before + unfolded)[-_OVERLAP:]
                chunk, self.ended = self._inflate.unconsumed_tail, self._inflate.eof

    def _before_damage(self, damaged: bytes | memoryview) -> Iterator[bytes]:
        """What a damaged byte says before its damage. The very last character is not to be had: all that would make it
        a program are tried."""
        said = self._before
        for length in _LENGTHS:
            kept = self._inflate.copy()
            try:
                said += self._inflate.decompress(damaged, length)
            except zlib.error:
                self._inflate = kept
            else:
                damaged = self._inflate.unconsumed_tail
        for last in _ENDS:
            yield said + bytes([last])


def _streams_of_objects(seen: bytes) -> Iterator[int]:
    """Where streams begin of which is said that they hold objects. In one pass over names and one over streams."""
    names = [found.end() for found in _OF_OBJECTS.finditer(seen)]
    if not names:
        return
    for found in _STREAM.finditer(seen):
        before = bisect_right(names, found.start())
        if before and found.start() - names[before - 1] <= _DICTIONARY:
            yield found.end()


def _has_program() -> ContentUnsupported:
    return ContentUnsupported("Ce PDF contient un programme.", "Imprimez-le en PDF, puis envoyez ce nouveau fichier.")


def _too_complicated() -> ContentUnsupported:
    return ContentUnsupported(
        "Ce PDF est trop compliqué à vérifier.", "Imprimez-le en PDF, puis envoyez ce nouveau fichier."
    )
