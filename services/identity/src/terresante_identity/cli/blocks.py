"""A file in blocks of lines: cut without looking at them, then read block by block, each line kept or told why not."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
SEPARATORS = (",", ";", "\t", "|")
LONGEST_LINE = 100_000
BLOCK_BYTES = 512 << 10
BLOCK_ROWS = 10_000


class FileUnreadable(ValueError):
    """The file as a whole cannot be read: says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line cut into fields; `fault` when it could not be."""

    number: int
    fields: Sequence[str]
    text: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that follow one another. `first`: number of the first one, the header being 1; `count`: how many.

    A CSV file's are `raw`, cut at `separator`; a Parquet file's are `rows` of texts.
    """

    first: int
    count: int
    raw: bytes = field(default=b"", repr=False)
    rows: list[list[str]] = field(default_factory=list, repr=False)
    encoding: str = "utf-8"
    separator: str = ","


def blocks(path: Path, encoding: str = "utf-8") -> tuple[list[str], Iterator[Block]]:
    """The header, and all lines. Raises FileUnreadable."""
    if not path.is_file():
        raise FileUnreadable(f"{path}: no such file")
    if path.suffix.lower() in {".parquet", ".pq"}:
        return _parquet(path)
    header, separator = _csv_header(path, encoding)
    return header, _csv(path, encoding, separator)


def about(path: Path) -> int | None:
    """How many lines there are, for a progress bar; None where counting would cost too much."""
    if path.suffix.lower() in {".parquet", ".pq"}:
        return None
    with path.open("rb") as file:
        return max(sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b"")) - 1, 0)


def lines(block: Block) -> Iterator[Line]:
    """Its lines one after the other, empty ones left out."""
    if block.rows:
        for number, fields in enumerate(block.rows, start=block.first):
            yield Line(number, fields, ",".join(fields))
        return
    for number, raw in enumerate(block.raw.split(b"\n"), start=block.first):
        line = _csv_line(number, raw, block.encoding, block.separator)
        if line is not None:
            yield line


def plain_rows(block: Block, width: int) -> list[list[str]] | None:
    """The fields of all its lines, if each has `width` of them and nothing is quoted, empty or unreadable.

    Then `lines` would give the same, one by one.
    """
    if block.rows:
        return block.rows
    try:
        text = block.raw.decode(block.encoding)
    except UnicodeDecodeError:
        return None
    if '"' in text:
        return None
    cut = text.split("\n")
    if cut[-1] == "":
        cut.pop()
    if "\r" in text:
        cut = [line.rstrip("\r") for line in cut]
    separator = block.separator
    rows = [line.split(separator) for line in cut]
    return rows if width > 1 and all(len(row) == width for row in rows) else None


def _csv_header(path: Path, encoding: str) -> tuple[list[str], str]:
    """The names in the first line, and what separates them. Raises FileUnreadable."""
    with path.open("rb") as file:
        first = file.readline(LONGEST_LINE).removeprefix(BYTE_ORDER_MARK)
    try:
        text = first.decode(encoding).rstrip("\r\n")
    except (UnicodeDecodeError, LookupError) as wrong:
        raise FileUnreadable(f"{path}: the header is not {encoding}") from wrong
    if not text.strip():
        raise FileUnreadable(f"{path}: empty, or no header line")
    separator = max(SEPARATORS, key=text.count)
    return [name.strip() for name in _cut(text, separator)], separator


def _csv_line(number: int, raw: bytes, encoding: str, separator: str) -> Line | None:
    """None for an empty one. A quoted field ends on its line: a stray quote costs one line, never the rest."""
    try:
        text = raw.decode(encoding).rstrip("\r\n")
    except UnicodeDecodeError as wrong:
        shown = raw.decode("latin-1").rstrip("\r\n")
        return Line(number, (), shown, f"not {encoding} at byte {wrong.start + 1} (latin-1? --encoding latin-1)")
    if not text.strip():
        return None
    if '"' not in text:
        return Line(number, text.split(separator), text)
    try:
        return Line(number, _cut(text, separator), text)
    except csv.Error:
        return Line(number, (), text, "a stray quote, or a quoted field that does not end on its line")


def _csv(path: Path, encoding: str, separator: str) -> Iterator[Block]:
    first = 2
    with path.open("rb") as file:
        file.readline()
        while raw := file.read(BLOCK_BYTES):
            raw += file.readline()
            count = raw.count(b"\n") + (not raw.endswith(b"\n"))
            yield Block(first, count, raw, encoding=encoding, separator=separator)
            first += count


def _parquet(path: Path) -> tuple[list[str], Iterator[Block]]:
    try:
        relation = duckdb.connect().execute("SELECT COLUMNS(*)::VARCHAR FROM read_parquet($1)", [str(path)])
    except duckdb.Error as wrong:
        raise FileUnreadable(f"{path}: not a Parquet file") from wrong
    return [column[0] for column in relation.description or ()], _parquet_blocks(relation)


def _parquet_blocks(relation: duckdb.DuckDBPyConnection) -> Iterator[Block]:
    first = 2
    while fetched := relation.fetchmany(BLOCK_ROWS):
        rows = [["" if value is None else value for value in row] for row in fetched]
        yield Block(first, len(rows), rows=rows)
        first += len(rows)


def _cut(text: str, separator: str) -> list[str]:
    """Raises csv.Error when quotes do not match."""
    return next(csv.reader([text], delimiter=separator, strict=True))
