"""PDF files with a program in them. Found by the names that such a file must hold (ISO 32000-1, 12.6.4), also in its
compressed objects (7.5.7). What a password locks is not opened, nor objects that are compressed in another way than
Flate.
"""

import re
import zlib
from collections.abc import Iterator

from terresante_contents.kinds import ContentUnsupported

_OVERLAP = 64
_DICTIONARY = 1024
"""Bytes between the name that says that a stream holds objects, and the stream."""
_UNFOLDED_AT_MOST = 32 * 1024 * 1024
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
        self._folded: _Folded | None = None
        self._left = _UNFOLDED_AT_MOST

    def feed(self, chunk: bytes) -> None:
        """Goes on. Refuses with CONTENT_UNSUPPORTED."""
        seen, known = self._before + chunk, len(self._before)
        if self._folded is not None:
            self._unfold(chunk)
        if _PROGRAM.search(seen):
            raise _has_program()
        at = 0
        while named := _OF_OBJECTS.search(seen, at):
            found = _STREAM.search(seen, named.end(), named.end() + _DICTIONARY)
            at = found.end() if found else named.end()
            if found and found.end() > known:
                self._folded = _Folded()
                self._unfold(seen[found.end() :])
        self._before = seen[-_DICTIONARY - _OVERLAP :]

    def _unfold(self, chunk: bytes) -> None:
        """Looks into a part of compressed objects."""
        assert self._folded is not None  # noqa: S101  # set by feed
        for unfolded in self._folded.unfold(chunk):
            self._left -= len(unfolded)
            if self._left < 0:
                raise ContentUnsupported(
                    "Ce PDF est trop compliqué à vérifier.", "Imprimez-le en PDF, puis envoyez ce nouveau fichier."
                )
            if _PROGRAM.search(unfolded):
                raise _has_program()
        if self._folded.ended:
            self._folded = None


class _Folded:
    """One stream of compressed objects."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj()
        self._before = b""
        self.ended = False

    def unfold(self, chunk: bytes) -> Iterator[bytes]:
        """What is in it, some at a time, each with the end of the one before."""
        while chunk and not self.ended:
            try:
                unfolded = self._inflate.decompress(chunk, _STEP)
            except zlib.error:
                self.ended = True
                return
            yield self._before + unfolded
            self._before = (self._before + unfolded)[-_OVERLAP:]
            chunk, self.ended = self._inflate.unconsumed_tail, self._inflate.eof


def _has_program() -> ContentUnsupported:
    return ContentUnsupported("Ce PDF contient un programme.", "Imprimez-le en PDF, puis envoyez ce nouveau fichier.")
