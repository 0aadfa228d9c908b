"""Which files are taken, how they are encoded, and what is refused before a line is read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from terresante_platform.refusals import Invalid, TooLarge

from terresante_directory.domain import words
from terresante_directory.domain.identifiers import TerritoryCode

MAX_BYTES = 1 << 30
MAX_WORKBOOK_BYTES = 20 << 20
MAX_BUNDLE_BYTES = 64 << 20
MAX_PIECE_BYTES = 1 << 20
MAX_FILE_NAME = 200
MAX_CONTROL_SHARE = 0.01
"""Of control characters in a text: beyond, it is another kind of file."""
CONTROLS = bytes(set(range(32)) - {9, 10, 13})
NOT_ASCII = re.compile("[^\x00-\x7f]")
ZIP = b"PK\x03\x04"
UTF_16_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class SourceFormatUnknown(Invalid):
    reason = "SOURCE_FORMAT_UNKNOWN"


class FileDescriptionMissing(Invalid):
    reason = "FILE_DESCRIPTION_MISSING"


class FileEmpty(Invalid):
    reason = "FILE_EMPTY"


class FileTooLarge(TooLarge):
    reason = "FILE_TOO_LARGE"


class FileEncodingUnknown(Invalid):
    reason = "FILE_ENCODING_UNKNOWN"


class FileUnreadable(Invalid):
    reason = "FILE_UNREADABLE"


class Format(StrEnum):
    """Shapes of files. Of the first three, the name is the source's too."""

    ANNUAIRE = "annuaire"
    FINESS = "finess"
    ROR_FHIR = "ror"
    OWN_TABLE = "own"


SOURCES = (Format.ANNUAIRE, Format.FINESS, Format.ROR_FHIR)


def source_of(format: Format, territories: Iterable[TerritoryCode]) -> str:
    """Who says what the file says. Keys of our own tables mean something only within the territories they are for."""
    return f"{format.value}:{','.join(sorted(territories))}" if format is Format.OWN_TABLE else format.value


def file_name(text: str) -> str:
    """As shown: no path, no control, at most 200 characters; « fichier » if nothing is left."""
    last = re.split(r"[/\\]", text)[-1]
    shown = words.tidy("".join(character for character in last if words.is_readable(character)))
    return shown[:MAX_FILE_NAME] or "fichier"


def missing_description() -> FileDescriptionMissing:
    return FileDescriptionMissing(
        "La description du fichier doit venir d’abord, une seule fois, puis son contenu.",
        "Envoyez la description, puis le contenu par morceaux de 1 Mio au plus.",
    )


def unknown_format() -> SourceFormatUnknown:
    return SourceFormatUnknown("Ce format de fichier n’est pas connu.", "Choisissez-en un de la liste.")


def unreadable(why: str, todo: str = "Vérifiez que c’est le bon fichier et le bon format.") -> FileUnreadable:
    return FileUnreadable(f"Ce fichier ne se lit pas : {why}", todo)


def too_large() -> FileTooLarge:
    return FileTooLarge(
        "Ce fichier est trop grand (1 Gio au plus ; 20 Mio pour un classeur, 64 Mio pour un Bundle).",
        "Découpez-le, ou donnez-le en CSV ou NDJSON.",
    )


@dataclass(slots=True)
class Arriving:
    """What a file turns out to be while its bytes come by. Keeps its beginning only, and a count."""

    format: Format
    size: int = 0
    start: bytes = b""
    ascii_only: bool = True
    controls: int = 0
    unlike_utf8: int = 0
    like_utf8: int = 0
    windows: bool = False
    tail: bytes = field(default=b"", repr=False)

    def feed(self, piece: bytes) -> None:
        """Raises `FileTooLarge`."""
        self.size += len(piece)
        if self.size > (MAX_WORKBOOK_BYTES if self.is_workbook else MAX_BYTES) or len(piece) > MAX_PIECE_BYTES:
            raise too_large()
        if len(self.start) < 4096:
            self.start += piece[: 4096 - len(self.start)]
        if self.is_workbook:
            return
        self.controls += len(piece) - len(piece.translate(None, CONTROLS))
        if self.ascii_only and piece.isascii():
            return
        self.ascii_only = False
        whole = self.tail + piece
        cut = max(whole.rfind(b"\n") + 1, 0)
        self.tail = whole[cut:][-MAX_PIECE_BYTES:]
        self._weigh(whole[:cut])

    def finish(self) -> str:
        """Its encoding: utf-8, cp1252, iso-8859-15, or xlsx.

        Raises `FileEmpty`, `FileTooLarge`, `FileEncodingUnknown`, `FileUnreadable`.
        """
        if not self.start.strip():
            raise FileEmpty("Ce fichier est vide.", "Choisissez un fichier qui a des lignes.")
        if self.is_workbook:
            return "xlsx"
        self._weigh(self.tail)
        if self.start.startswith(UTF_16_32) or self.controls > self.size * MAX_CONTROL_SHARE:
            raise FileEncodingUnknown(
                "L’encodage de ce fichier n’est pas reconnu (UTF-8, Windows-1252 et ISO-8859-15 le sont).",
                "Enregistrez-le de nouveau en « CSV UTF-8 ».",
            )
        self._must_look_right()
        if self.unlike_utf8 <= self.like_utf8:
            return "utf-8"
        return "cp1252" if self.windows else "iso-8859-15"

    @property
    def is_workbook(self) -> bool:
        return self.format is Format.OWN_TABLE and self.start.startswith(ZIP)

    def _weigh(self, part: bytes) -> None:
        """A wrong byte among many right ones spoils a line; mostly wrong ones mean another encoding."""
        if part.isascii():
            return
        text = part.decode("utf-8", "replace")
        wrong = text.count("\ufffd")
        self.unlike_utf8 += wrong
        self.like_utf8 += len(NOT_ASCII.findall(text)) - wrong
        self.windows = self.windows or len(part.translate(None, bytes(range(0x80, 0xA0)))) < len(part)

    def _must_look_right(self) -> None:
        start = self.start.removeprefix(BYTE_ORDER_MARK).lstrip().lower()
        wanted = {
            Format.ANNUAIRE: start.startswith(b"type d'identifiant pp|"),
            Format.FINESS: start.startswith((b"finess;etalab;", b"structureet;")),
            Format.ROR_FHIR: start.startswith(b"{"),
            Format.OWN_TABLE: start.startswith((b"identifiant", b'"identifiant')),
        }
        if not wanted[self.format]:
            raise unreadable("il n’a pas la forme du format choisi.")
        is_bundle = self.format is Format.ROR_FHIR and re.search(rb'"resourcetype"\s*:\s*"bundle"', start)
        if is_bundle and self.size > MAX_BUNDLE_BYTES:
            raise too_large()
