"""A file in blocks of lines: cut without looking at them, then read block by block, each line kept or told why not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from terresante_identity.cli.reading import FileUnreadable, Line, csv_header, csv_line

BLOCK_BYTES = 512 << 10
BLOCK_ROWS = 10_000


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
    header, separator = csv_header(path, encoding)
    return header, _csv(path, encoding, separator)


def lines(block: Block) -> Iterator[Line]:
    """Its lines one after the other, empty ones left out."""
    if block.rows:
        for number, fields in enumerate(block.rows, start=block.first):
            yield Line(number, fields, ",".join(fields))
        return
    for number, raw in enumerate(block.raw.split(b"\n"), start=block.first):
        line = csv_line(number, raw, block.encoding, block.separator)
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
