"""Value sets of offers and structures: codes of national nomenclatures with their labels, read once from a data file.

A code that the file does not know is kept and shown as unknown, never refused nor replaced.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from terresante_directory.reference import DATA


@dataclass(frozen=True, slots=True)
class Code:
    """`example`: this platform's own or unverified, not read in the published nomenclature."""

    code: str
    label: str
    example: bool = False


@dataclass(frozen=True, slots=True)
class ValueSet:
    """`oid`, `url`: of the nomenclature, empty when not known. `complete`: the file has all its codes."""

    name: str
    codes: Mapping[str, Code]
    source: str
    provenance: str
    complete: bool
    oid: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ValueSets:
    """Sets by name, codes in the order of the file."""

    sets: Mapping[str, ValueSet]

    def __getitem__(self, name: str) -> ValueSet:
        """Raises KeyError: names of sets are the program's, not data."""
        return self.sets[name]

    def knows(self, name: str, code: str) -> bool:
        return code in self.sets[name].codes

    def label(self, name: str, code: str) -> str:
        """In French, for people. An unknown code gives « Code inconnu (XYZ) »; an unknown set raises KeyError."""
        known = self.sets[name].codes.get(code)
        return known.label if known else f"Code inconnu ({code})"


def load(file: Path | None = None) -> ValueSets:
    """From value_sets.json. Raises KeyError or ValueError for a file of another shape or a code told twice."""
    told = json.loads((file or DATA / "value_sets.json").read_text(encoding="utf-8"))["value_sets"]
    return ValueSets(MappingProxyType({name: _value_set(name, one) for name, one in told.items()}))


def _value_set(name: str, told: Mapping[str, Any]) -> ValueSet:
    codes = {one["code"]: Code(one["code"], one["label"], one.get("example", False)) for one in told["codes"]}
    if len(codes) != len(told["codes"]):
        raise ValueError(f"the value set {name} tells a code twice")
    facts = (told["source"], told["provenance"], told["complete"])
    return ValueSet(name, MappingProxyType(codes), *facts, told.get("oid", ""), told.get("url", ""))
