"""Reads CSV and Parquet as received: every line is either kept, or rejected with its number and the reason."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from terresante_identity.cli.blocks import FileUnreadable, Line, blocks, lines
from terresante_identity.cli.columns import Columns
from terresante_identity.matching.people import TRAITS


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
    header, read = opened(path, encoding)
    with tqdm(unit=" lines", desc=path.name, disable=quiet, unit_scale=True, leave=False) as bar:
        return _table(header, read, path, id_name, columns, bar)


def opened(path: Path, encoding: str = "utf-8") -> tuple[list[str], Iterator[Line]]:
    """The header, and the lines one after the other. Raises FileUnreadable."""
    header, cut = blocks(path, encoding)
    return header, (line for block in cut for line in lines(block))


def _table(
    header: Sequence[str], read: Iterable[Line], path: Path, id_name: str, columns: Columns, bar: "tqdm[NoReturn]"
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
    for line in read:
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
