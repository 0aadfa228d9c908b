"""The first sheet of an XLSX, row by row, with what it may cost bounded: an archive that swells is refused.

Only what a table needs of ECMA-376 is read: shared and inline strings, numbers, and the values that formulas last had.
A document type or an entity is refused, so nothing is fetched and nothing expands.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import IO, BinaryIO
from xml.parsers import expat

from terresante_directory.domain.imports.formats import unreadable
from terresante_directory.domain.imports.said import MAX_CELL
from terresante_directory.imports.lines import Cut

MAX_ENTRIES = 1_000
MAX_UNPACKED = 256 << 20
MAX_RATIO = 200
MAX_STRINGS = 500_000
MAX_STRINGS_CHARACTERS = 64 << 20
MAX_COLUMNS = 100
MAX_ROWS = 1_048_576
"""Of a sheet, by the format itself."""
BLOCK = 64 << 10
SHEET = re.compile(r"xl/worksheets/sheet[0-9]+\.xml")
STRINGS = "xl/sharedStrings.xml"


def opened(file: BinaryIO) -> zipfile.ZipFile:
    """Raises `FileUnreadable` for what is no archive, has too many parts, or would swell."""
    try:
        archive = zipfile.ZipFile(file)
        parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise unreadable("ce n’est pas un classeur XLSX entier.") from None
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if len(parts) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 1):
        raise swelling()
    if not any(SHEET.fullmatch(part.filename) for part in parts):
        raise unreadable("ce classeur n’a pas de feuille.")
    return archive


def swelling() -> Exception:
    return unreadable("l’archive enfle au-delà de ce qui est permis.", "Enregistrez la feuille en CSV UTF-8.")


def rows(archive: zipfile.ZipFile) -> Iterator[Cut]:
    """The rows of the first sheet, cells as texts, padded to the first row's width. Raises `FileUnreadable`."""
    names = sorted((name for name in archive.namelist() if SHEET.fullmatch(name)), key=_rank)
    strings = _Strings()
    if STRINGS in archive.namelist():
        for _ in _parsed(archive, STRINGS, strings):
            pass
    sheet = _Sheet(strings.kept)
    width, read = 0, False
    for _ in _parsed(archive, names[0], sheet):
        for cut in sheet.taken():
            width = width or len(cut.cells)
            read = read or any(cut.cells)
            yield _padded(cut, width)
    if sheet.formulas and not read:
        raise unreadable("ce classeur n’a que des formules sans valeur.", "Enregistrez-le en CSV UTF-8.")


def _rank(name: str) -> int:
    return int("".join(character for character in name if character.isdecimal()))


def _padded(cut: Cut, width: int) -> Cut:
    cells = [*cut.cells]
    while len(cells) > width and not cells[-1]:
        cells.pop()
    return replace(cut, cells=[*cells, *[""] * (width - len(cells))])


def _parsed(archive: zipfile.ZipFile, name: str, into: "_Strings | _Sheet") -> Iterator[None]:
    """Feeds a part block by block; yields after each. What an archive says of its sizes is not believed."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _no_document_type
    parser.StartElementHandler, parser.EndElementHandler = into.start, into.end
    parser.CharacterDataHandler = into.text
    unpacked = 0
    try:
        with archive.open(name) as part:
            while block := _block(part):
                unpacked += len(block)
                if unpacked > MAX_UNPACKED:
                    raise swelling()
                parser.Parse(block, False)
                yield
            parser.Parse(b"", True)
        yield
    except (expat.ExpatError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, EOFError):
        raise unreadable("une partie du classeur est abîmée ou chiffrée.") from None


def _block(part: IO[bytes]) -> bytes:
    return part.read(BLOCK)


def _no_document_type(*_: object) -> None:
    raise unreadable("le classeur déclare un type de document.", "Enregistrez-le de nouveau avec un tableur.")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


@dataclass(slots=True)
class _Strings:
    """Shared strings."""

    kept: list[str] = field(default_factory=list)
    characters: int = 0
    parts: list[str] = field(default_factory=list)
    is_text: bool = False
    phonetic: bool = False

    def start(self, name: str, _: dict[str, str]) -> None:
        name = _local(name)
        self.is_text = name == "t" and not self.phonetic
        self.phonetic = self.phonetic or name == "rPh"

    def end(self, name: str) -> None:
        name = _local(name)
        self.is_text = False
        if name == "rPh":
            self.phonetic = False
        if name == "si":
            self.kept.append("".join(self.parts))
            self.parts = []
        if len(self.kept) > MAX_STRINGS or self.characters > MAX_STRINGS_CHARACTERS:
            raise swelling()

    def text(self, text: str) -> None:
        if self.is_text:
            self.characters += len(text)
            self.parts.append(text)


@dataclass(slots=True)
class _Sheet:
    """Rows of a sheet."""

    strings: list[str]
    formulas: int = 0
    ready: list[Cut] = field(default_factory=list)
    number: int = 0
    cells: list[str] = field(default_factory=list)
    fault: str = ""
    column: int = 0
    kind: str = ""
    parts: list[str] = field(default_factory=list)
    length: int = 0
    is_value: bool = False
    computed: bool = False

    def taken(self) -> list[Cut]:
        ready, self.ready = self.ready, []
        return ready

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match _local(name):
            case "row":
                told = attributes.get("r", "")
                number = int(told) if told.isdecimal() else self.number + 1
                if not self.number < number <= MAX_ROWS:
                    raise unreadable("ses lignes ne se suivent pas.", "Enregistrez la feuille en CSV UTF-8.")
                self.number = number
                self.cells, self.fault, self.column, self.computed = [], "", -1, False
            case "c":
                place = _column(attributes.get("r", ""))
                self.column = self.column + 1 if place is None else place
                self.kind, self.parts, self.length = attributes.get("t", ""), [], 0
            case "f":
                self.formulas += 1
                self.computed = True
            case "v" | "t":
                self.is_value = True

    def end(self, name: str) -> None:
        match _local(name):
            case "v" | "t":
                self.is_value = False
            case "c":
                self._keep("".join(self.parts))
            case "row":
                if any(self.cells) or self.fault:
                    doubts = ("FORMULA_VALUE",) if self.computed else ()
                    self.ready.append(Cut(self.number, self.cells, self.fault, doubts=doubts))

    def text(self, text: str) -> None:
        if not self.is_value:
            return
        self.length += len(text)
        if self.length > MAX_CELL:
            self.fault = "CELL_TOO_LARGE"
            return
        self.parts.append(text)

    def _keep(self, value: str) -> None:
        if self.column >= MAX_COLUMNS:
            self.fault = self.fault or ("WRONG_FIELD_COUNT" if value else "")
            return
        if self.kind == "s":
            value = self.strings[int(value)] if value.isdecimal() and int(value) < len(self.strings) else ""
        elif self.kind == "" and value.endswith(".0"):
            value = value[:-2]
        if len(value) > MAX_CELL:
            self.fault, value = "CELL_TOO_LARGE", ""
        self.cells += [""] * (self.column + 1 - len(self.cells))
        self.cells[self.column] = value


def _column(reference: str) -> int | None:
    """From 0, of a cell's reference as « BC12 »; None without one."""
    letters = reference.rstrip("0123456789").upper()
    if not letters or not letters.isascii() or not letters.isalpha() or len(letters) > 3:
        return None
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1
