"""Reads CSV and Parquet as received: every line is either kept, or rejected with its number and the reason."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import duckdb
from tqdm import tqdm

from terresante_identity.cli.columns import Columns
from terresante_identity.matching.people import TRAITS

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
SEPARATORS = (",", ";", "\t", "|")
LONGEST_LINE = 100_000


class FileUnreadable(ValueError):
    """The file as a whole cannot be read: says why."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that was not kept. `line`: its number in the file, the header being 1; `text`: as it was."""

    line: int
    reason: str
    text: str = field(repr=False)


@dataclass(slots=True)
class Table:
    """Columns of text, a place each per line kept; `ids` are unique. A column that the file lacks is all empty."""

    ids: list[str] = field(default_factory=list)
    traits: dict[str, list[str]] = field(default_factory=lambda: {trait: [] for trait in TRAITS}, repr=False)
    rejected: list[Rejected] = field(default_factory=list)


def read_table(path: Path, id_name: str, columns: Columns, encoding: str = "utf-8", quiet: bool = False) -> Table:
    """A CSV (separator read off the header) or Parquet file. Raises FileUnreadable."""
    header, lines = opened(path, encoding)
    with tqdm(unit=" lines", desc=path.name, disable=quiet, unit_scale=True, leave=False) as bar:
        return _table(header, lines, path, id_name, columns, bar)


def opened(path: Path, encoding: str = "utf-8") -> "tuple[list[str], Iterator[Line]]":
    """The header, and the lines one after the other. Raises FileUnreadable."""
    if not path.is_file():
        raise FileUnreadable(f"{path}: no such file")
    return _parquet(path) if path.suffix.lower() in {".parquet", ".pq"} else _csv(path, encoding)


def about(path: Path) -> int | None:
    """How many lines there are, for a progress bar; None where counting would cost too much."""
    if path.suffix.lower() in {".parquet", ".pq"}:
        return None
    with path.open("rb") as file:
        return max(sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b"")) - 1, 0)


@dataclass(frozen=True, slots=True)
class Line:
    """One line cut into fields; `fault` when it could not be."""

    number: int
    fields: Sequence[str]
    text: str
    fault: str = ""


def _table(
    header: Sequence[str], lines: Iterable[Line], path: Path, id_name: str, columns: Columns, bar: "tqdm[NoReturn]"
) -> Table:
    id_places = columns.places(id_name, header)
    if not id_places:
        raise FileUnreadable(f"{path}: no column {columns.of(id_name)[0]} ({id_name}); it has {', '.join(header)}")
    wanted = {trait: columns.places(trait, header) for trait in TRAITS}
    if not any(wanted.values()):
        raise FileUnreadable(f"{path}: none of the traits {', '.join(TRAITS)}; it has {', '.join(header)}")
    table, seen = Table(), set[str]()
    plain = [(table.traits[trait], places[0]) for trait, places in wanted.items() if len(places) == 1]
    several = [
        (table.traits[trait], places, "-" if trait == "birth_date" else " ")
        for trait, places in wanted.items()
        if len(places) > 1
    ]
    id_place, width = id_places[0], len(header)
    for line in lines:
        bar.update()
        fields = line.fields
        fault = line.fault or _fault(fields, width, id_place, seen)
        if fault:
            table.rejected.append(Rejected(line.number, fault, line.text))
            continue
        identifier = fields[id_place].strip()
        seen.add(identifier)
        table.ids.append(identifier)
        for column, place in plain:
            column.append(fields[place])
        for column, places, between in several:
            column.append(between.join(part for part in (fields[place].strip() for place in places) if part))
    for trait, places in wanted.items():
        if not places:
            table.traits[trait] = [""] * len(table.ids)
    return table


def _fault(fields: Sequence[str], width: int, id_place: int, seen: set[str]) -> str:
    if len(fields) != width:
        return f"{len(fields)} fields where the header has {width}"
    identifier = fields[id_place].strip()
    if not identifier:
        return "no identifier"
    return "identifier already used by a line above" if identifier in seen else ""


def csv_header(path: Path, encoding: str) -> tuple[list[str], str]:
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


def csv_line(number: int, raw: bytes, encoding: str, separator: str) -> Line | None:
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


def _csv(path: Path, encoding: str) -> tuple[list[str], Iterator[Line]]:
    header, separator = csv_header(path, encoding)
    return header, _csv_lines(path, encoding, separator)


def _csv_lines(path: Path, encoding: str, separator: str) -> Iterator[Line]:
    with path.open("rb") as file:
        file.readline()
        for number, raw in enumerate(file, start=2):
            line = csv_line(number, raw, encoding, separator)
            if line is not None:
                yield line


def _cut(text: str, separator: str) -> list[str]:
    """Raises csv.Error when quotes do not match."""
    return next(csv.reader([text], delimiter=separator, strict=True))


def _parquet(path: Path) -> tuple[list[str], Iterator[Line]]:
    try:
        relation = duckdb.connect().execute("SELECT COLUMNS(*)::VARCHAR FROM read_parquet($1)", [str(path)])
    except duckdb.Error as wrong:
        raise FileUnreadable(f"{path}: not a Parquet file") from wrong
    return [column[0] for column in relation.description or ()], _parquet_lines(relation)


def _parquet_lines(relation: duckdb.DuckDBPyConnection) -> Iterator[Line]:
    number = 1
    while rows := relation.fetchmany(50_000):
        for row in rows:
            number += 1
            fields = ["" if value is None else value for value in row]
            yield Line(number, fields, ",".join(fields))
