"""Files that are two things at once: a picture that is also an archive or a page. Found by what such a file must have,
where it must have it.
"""

import re

from terresante_contents.kinds import ContentLies

_FILES = rb"%PDF-\d|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c"
_PAGES = rb"<script|<html|<!doctype|<svg[\s>]|<\?php"
_FOLLOWING = re.compile(_FILES)
_INSIDE = re.compile(_FILES + b"|" + _PAGES, re.IGNORECASE)
"""Beginnings of other files that are opened from their middle. Looked for in what is not drawn: in drawn points, and in
films that follow a picture, the shorter ones would stand by chance."""
_OVERLAP = 64
_END_OF_ARCHIVE = b"PK\x05\x06"
_ARCHIVE_TAIL = 22 + 65_535
"""An archive is opened from its end: its directory's end is at most so many bytes before (APPNOTE 4.3.16)."""


class Hiding:
    """Looks for a second file in one that streams by. All refuse with CONTENT_LIES."""

    def __init__(self) -> None:
        self._before = b""
        self._tail = bytearray()

    def look(self, part: bytes) -> None:
        """`part`: a whole part that is not drawn."""
        if _INSIDE.search(part):
            raise _hidden()

    def follow(self, chunk: bytes) -> None:
        """`chunk`: of what comes after the picture."""
        seen = self._before + chunk
        if _FOLLOWING.search(seen):
            raise _hidden()
        self._before = seen[-_OVERLAP:]

    def tail(self, chunk: bytes) -> None:
        """Remembers what the file ends with."""
        self._tail += chunk
        if len(self._tail) > 2 * _ARCHIVE_TAIL:
            del self._tail[:-_ARCHIVE_TAIL]

    def finish(self) -> None:
        """The file ends here."""
        if _END_OF_ARCHIVE in self._tail[-_ARCHIVE_TAIL:]:
            raise _hidden()


def _hidden() -> ContentLies:
    return ContentLies(
        "Ce fichier en cache un autre.", "Enregistrez l’image de nouveau en JPEG ou en PNG, puis envoyez-la."
    )
