"""Bytes into lines of cells, one by one, in bounded memory: a line that cannot be cut is told, the next one is read."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from terresante_directory.domain.imports.formats import BYTE_ORDER_MARK
from terresante_directory.domain.imports.said import MAX_CELL

MAX_LINE_BYTES = 256 << 10
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Cut:
    """A line in cells, or the reason why it has none. `is_plain`: all ASCII. `doubts`: about how it was read."""

    number: int
    cells: Sequence[str] = ()
    fault: str = ""
    is_plain: bool = True
    doubts: tuple[str, ...] = ()


def raw_lines(file: BinaryIO) -> Iterator[bytes | None]:
    """Lines without their end; None for one of more than 256 KiB, which is passed over without being kept."""
    rest, too_long = b"", False
    while block := file.read(BLOCK):
        *whole, last = block.split(b"\n")
        for part in whole:
            line = rest + part
            yield None if too_long or len(line) > MAX_LINE_BYTES else line.rstrip(b"\r")
            rest, too_long = b"", False
        rest += last
        if len(rest) > MAX_LINE_BYTES:
            rest, too_long = b"", True
    if rest or too_long:
        yield None if too_long else rest.rstrip(b"\r")


def cut_lines(file: BinaryIO, encoding: str, separator: str, quoted: bool) -> Iterator[Cut]:
    """`quoted`: cells may stand in double quotes, closed on the same line. Blank lines are left out."""
    cut: Callable[[str], Sequence[str]] = (lambda text: _unquoted(text, separator)) if quoted else _split(separator)
    for number, raw in enumerate(raw_lines(file), start=1):
        if raw is None:
            yield Cut(number, fault="CELL_TOO_LARGE")
            continue
        line = raw.removeprefix(BYTE_ORDER_MARK) if number == 1 else raw
        if not line.strip():
            continue
        yield _cut(number, line, encoding, cut)


def separator_of(file_start: str) -> str:
    """Of our own tables: what a header has most of."""
    return max((";", ",", "\t", "|"), key=file_start.count)


def _cut(number: int, raw: bytes, encoding: str, cut: Callable[[str], Sequence[str]]) -> Cut:
    if b"\0" in raw:
        return Cut(number, fault="NUL_BYTE")
    is_plain = raw.isascii()
    try:
        cells = cut(raw.decode(encoding))
    except UnicodeDecodeError:
        return Cut(number, fault="ENCODING_WRONG")
    except csv.Error:
        return Cut(number, fault="STRAY_QUOTE")
    if len(raw) > MAX_CELL and any(len(cell) > MAX_CELL for cell in cells):
        return Cut(number, fault="CELL_TOO_LARGE")
    return Cut(number, cells, is_plain=is_plain)


def _split(separator: str) -> Callable[[str], Sequence[str]]:
    return lambda text: text.split(separator)


def _unquoted(text: str, separator: str) -> Sequence[str]:
    """Raises csv.Error when quotes do not match."""
    if '"' not in text:
        return text.split(separator)
    csv.field_size_limit(MAX_LINE_BYTES)
    return next(csv.reader([text], delimiter=separator, strict=True))
