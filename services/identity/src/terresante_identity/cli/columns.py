"""Which column of a file is which trait: by its name, or as a map file says."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terresante_identity.matching.people import TRAITS

IDS = ("person_id", "query_id")
OURS = (*IDS, *TRAITS)


class MapUnreadable(ValueError):
    """The map file is wrong: says where."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Our column -> the file's columns; several are joined by a space (a date: by a hyphen)."""

    names: dict[str, tuple[str, ...]]

    def of(self, ours: str) -> tuple[str, ...]:
        return self.names.get(ours, (ours,))

    def places(self, ours: str, header: Sequence[str]) -> list[int]:
        """Where the file has it; empty when it has not."""
        folded = [name.strip().lower() for name in header]
        return [folded.index(name.strip().lower()) for name in self.of(ours) if name.strip().lower() in folded]


def columns_of(path: Path | None, file: str) -> Columns:
    """The map of one file: `birth_name = "surname"`, `first_names = ["given", "middle"]`.

    A table `[registry]` or `[queries]` holds for that file only. Theirs on the left (`surname = "birth_name"`) is
    understood too. Raises MapUnreadable.
    """
    if path is None:
        return Columns({})
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise MapUnreadable(f"{path.name}: {wrong}") from wrong
    except OSError as wrong:
        raise MapUnreadable(f"{path.name}: {wrong.strerror}") from wrong
    common = {name: value for name, value in read.items() if not isinstance(value, dict)}
    for table in ("columns", file):
        common |= read.get(table, {})
    names: dict[str, tuple[str, ...]] = {}
    for name, value in common.items():
        ours, theirs = _sides(path, name, value)
        names[ours] = (*names.get(ours, ()), *theirs)
    return Columns(names)


def _sides(path: Path, name: str, value: Any) -> tuple[str, tuple[str, ...]]:
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in listed):
        raise MapUnreadable(f"{path.name}: {name} must be a column's name or a list of names")
    if name in OURS:
        return name, tuple(listed)
    if len(listed) == 1 and listed[0] in OURS:
        return listed[0], (name,)
    raise MapUnreadable(f"{path.name}: {name} is none of {', '.join(OURS)}")
