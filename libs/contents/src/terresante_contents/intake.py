"""A file that people send each other is recognised, checked, cleaned and measured while it streams through."""

import hashlib
from functools import partial

from terresante_contents.cleaning import Cleaner
from terresante_contents.hiding import Hiding
from terresante_contents.jpegs import JpegCleaner
from terresante_contents.kinds import CHECKS, Check, Content, Kind, Recogniser
from terresante_contents.pngs import PngCleaner
from terresante_contents.programs import Programs


class Intake:
    """Takes one file in, and gives what is to be kept of it. Never holds more than a few chunks."""

    def __init__(self, claimed_media_type: str, at_most: int) -> None:
        """`at_most`: bytes, as they come. Refuses with CONTENT_UNSUPPORTED a claim of a kind that is not taken."""
        self._kept = bytearray()
        self._digest = hashlib.sha256()
        self._size = 0
        checks = {kind: partial(_check, kind, self._kept) for kind in Kind}
        self._recogniser = Recogniser(claimed_media_type, at_most, checks)

    def feed(self, chunk: bytes) -> bytes:
        """Goes on, and gives what is kept. Refuses with CONTENT_TOO_LARGE, CONTENT_UNSUPPORTED, CONTENT_LIES, at the
        earliest byte that shows it."""
        self._recogniser.feed(chunk)
        return self._taken()

    def finish(self) -> tuple[bytes, Content]:
        """The rest, and what the whole was: size and fingerprint of what is kept. Refuses with CONTENT_EMPTY,
        CONTENT_UNSUPPORTED, CONTENT_LIES, CONTENT_TOO_LARGE."""
        found = self._recogniser.finish()
        rest = self._taken()
        return rest, Content(found.media_type, self._size, self._digest.hexdigest())

    def _taken(self) -> bytes:
        taken = bytes(self._kept)
        self._kept.clear()
        self._digest.update(taken)
        self._size += len(taken)
        return taken


def _check(kind: Kind, kept: bytearray) -> Check:
    if kind is Kind.JPEG:
        return _Cleaned(JpegCleaner(), kept)
    if kind is Kind.PNG:
        return _Cleaned(PngCleaner(), kept)
    check = CHECKS[kind]()
    return _Whole(_Pdf(check) if kind is Kind.PDF else check, kept)


class _Whole:
    """A kind that is kept as it comes."""

    def __init__(self, check: Check, kept: bytearray) -> None:
        self._check, self._kept = check, kept

    def feed(self, chunk: bytes) -> None:
        self._check.feed(chunk)
        self._kept += chunk

    def finish(self) -> None:
        self._check.finish()


class _Cleaned:
    """A picture."""

    def __init__(self, cleaner: Cleaner, kept: bytearray) -> None:
        self._cleaner, self._kept = cleaner, kept

    def feed(self, chunk: bytes) -> None:
        self._kept += self._cleaner.feed(chunk)

    def finish(self) -> None:
        self._kept += self._cleaner.finish()


class _Pdf:
    """A PDF without a program, that is nothing else."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._hiding, self._programs = Hiding(), Programs()

    def feed(self, chunk: bytes) -> None:
        self._check.feed(chunk)
        self._programs.feed(chunk)
        self._hiding.tail(chunk)

    def finish(self) -> None:
        self._check.finish()
        self._hiding.finish()
