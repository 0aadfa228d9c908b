"""What the bytes of a content are, found from the bytes alone, as they stream by. Five kinds are taken, nothing else.

A file that begins like one kind and goes on like another lies, and so does one that is not what its sender
claims.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple, Protocol

from terresante_platform.refusals import Invalid, TooLarge, Unsupported

from terresante_contents import images, texts

_ENOUGH = 1024
"""Bytes that tell every kind apart."""
_TAIL = 2048


class Kind(StrEnum):
    """The kinds of content, by the media type they are given back with."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    CDA = "text/xml"
    TEXT = "text/plain"


_CLAIMS: Mapping[str, Kind] = {
    "application/pdf": Kind.PDF,
    "image/jpeg": Kind.JPEG,
    "image/jpg": Kind.JPEG,
    "image/png": Kind.PNG,
    "text/xml": Kind.CDA,
    "application/xml": Kind.CDA,
    "application/cda+xml": Kind.CDA,
    "text/plain": Kind.TEXT,
}
_NO_CLAIM = {"", "application/octet-stream"}
_TELEPHONE = {"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence", "image/avif"}
_TELEPHONE_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif"}
_OTHER_PICTURES = re.compile(rb"GIF8|RIFF....WEBP|BM|II\*\x00|MM\x00\*|\x00\x00\x01\x00", re.DOTALL)
_SVG = re.compile(rb"<(\w+:)?svg[\s>]", re.IGNORECASE)


class ContentEmpty(Invalid):
    """No bytes at all."""

    reason = "CONTENT_EMPTY"


class ContentTooLarge(TooLarge):
    """More bytes than this instance takes."""

    reason = "CONTENT_TOO_LARGE"


class ContentUnsupported(Unsupported):
    """A kind of content that is not taken."""

    reason = "CONTENT_UNSUPPORTED"


class ContentLies(Invalid):
    """Not what it claims to be, or damaged."""

    reason = "CONTENT_LIES"


class Content(NamedTuple):
    """What is known of the bytes: found from them, never from what the sender says."""

    media_type: str
    size: int
    """Bytes."""
    sha256: str
    """Of the bytes as they came, hexadecimal."""


class Check(Protocol):
    """Follows one kind to its end. A refusal that it raises is the sender's answer."""

    def feed(self, chunk: bytes) -> None:
        """Goes on. Raises ValueError when this cannot be of that kind."""

    def finish(self) -> None:
        """The bytes end here. Raises ValueError when they should not."""


class Recogniser:
    """Finds the kind, size and fingerprint of one content while it streams through. Never holds more than a
    chunk."""

    def __init__(
        self, claimed_media_type: str, at_most: int, checks: Mapping[Kind, Callable[[], Check]] | None = None
    ) -> None:
        """`at_most`: bytes; `checks`: what follows each kind to its end, if not what this module has. Refuses with
        CONTENT_UNSUPPORTED a claim of a kind that is not taken."""
        self._checks = CHECKS if checks is None else checks
        self._claim = _claimed(claimed_media_type)
        self._at_most = at_most
        self._size = 0
        self._digest = hashlib.sha256()
        self._head = bytearray()
        self._kind: Kind | None = None
        self._check: Check | None = None

    def feed(self, chunk: bytes) -> None:
        """Goes on. Refuses with CONTENT_TOO_LARGE, CONTENT_UNSUPPORTED, CONTENT_LIES, at the earliest byte
        that shows it."""
        self._size += len(chunk)
        if self._size > self._at_most:
            mebibytes = self._at_most // (1024 * 1024)
            raise ContentTooLarge(
                f"Ce contenu dépasse la taille acceptée ({mebibytes} Mio).",
                "Réduisez-le, ou envoyez-le en plusieurs fichiers.",
            )
        self._digest.update(chunk)
        if self._check is None:
            self._head += chunk
            if len(self._head) < _ENOUGH:
                return
            self._begin()
        else:
            self._following(lambda check: check.feed(chunk))

    def finish(self) -> Content:
        """What it was. Refuses with CONTENT_EMPTY, CONTENT_UNSUPPORTED, CONTENT_LIES."""
        if self._size == 0:
            raise ContentEmpty("Ce fichier est vide.", "Joignez le fichier à envoyer.")
        if self._check is None:
            self._begin()
        self._following(lambda check: check.finish())
        assert self._kind is not None  # noqa: S101  # set by _begin
        return Content(self._kind.value, self._size, self._digest.hexdigest())

    def _begin(self) -> None:
        head = bytes(self._head)
        self._head.clear()
        self._kind = recognised(head[:_ENOUGH])
        if self._claim is not None and self._claim is not self._kind:
            raise ContentLies(
                "Ce contenu n’est pas du type annoncé.",
                "Annoncez le type véritable, ou joignez le bon fichier.",
            )
        self._check = self._checks[self._kind]()
        self._following(lambda check: check.feed(head))

    def _following(self, step: Callable[[Check], None]) -> None:
        assert self._check is not None  # noqa: S101  # set by _begin
        try:
            step(self._check)
        except ValueError:
            raise ContentLies(
                "Ce contenu commence comme un fichier connu mais n’en est pas un jusqu’au bout.",
                "Ouvrez le fichier pour le vérifier, enregistrez-le de nouveau, puis envoyez-le.",
            ) from None


def recognised(head: bytes) -> Kind:
    """The kind that `head`, the first bytes, announces. Refuses with CONTENT_UNSUPPORTED."""
    if head.startswith((b"%PDF-1.", b"%PDF-2.")):
        return Kind.PDF
    if head.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if head.startswith(images.PNG_SIGNATURE):
        return Kind.PNG
    if texts.begins_as_xml(head) and not _SVG.search(head):
        return Kind.CDA
    if texts.begins_as_text(head) and not texts.begins_as_xml(head):
        return Kind.TEXT
    raise _unsupported(head)


def _claimed(media_type: str) -> Kind | None:
    essence = media_type.partition(";")[0].strip().lower()
    if essence in _NO_CLAIM:
        return None
    claim = _CLAIMS.get(essence)
    if claim is None:
        raise _unsupported(b"", essence)
    return claim


def _unsupported(head: bytes, claim: str = "") -> ContentUnsupported:
    if claim in _TELEPHONE or (head[4:8] == b"ftyp" and head[8:12] in _TELEPHONE_BRANDS):
        return ContentUnsupported(
            "Les photos HEIC ne sont pas acceptées.",
            "Enregistrez la photo en JPEG (sur un iPhone : Réglages, Appareil photo, Formats, « Le plus compatible »).",
        )
    if claim.startswith("image/") or _OTHER_PICTURES.match(head) or _SVG.search(head):
        return ContentUnsupported(
            "Ce format d’image n’est pas accepté.", "Enregistrez l’image en JPEG ou en PNG, puis envoyez-la."
        )
    return ContentUnsupported(
        "Ce type de contenu n’est pas accepté.",
        "Envoyez un PDF, une image JPEG ou PNG, un document CDA (XML) ou un texte UTF-8.",
    )


class _Pdf:
    """A PDF tells its end itself: `%%EOF`, with at most a kibibyte of padding after it."""

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, chunk: bytes) -> None:
        self._tail = (self._tail + chunk[-_TAIL:])[-_TAIL:]

    def finish(self) -> None:
        if b"startxref" not in self._tail or b"%%EOF" not in self._tail[-1024:]:
            raise ValueError("no end of a PDF")


CHECKS: Mapping[Kind, Callable[[], Check]] = {
    Kind.PDF: _Pdf,
    Kind.JPEG: images.Jpeg,
    Kind.PNG: images.Png,
    Kind.CDA: texts.Cda,
    Kind.TEXT: texts.Text,
}
