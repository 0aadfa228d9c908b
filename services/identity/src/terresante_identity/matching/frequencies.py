"""How often a name, a first name or a place occurs among those registered: two MARTIN say less than two QUELENNEC."""

import csv
import gzip
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from terresante_identity.matching.arrays import Floats, Hashes, Ints, hashes_of
from terresante_identity.matching.people import People
from terresante_identity.matching.text import hashed

# A name never seen counts as one seen once; no name counts as rarer than one in this many people.
RAREST = 100_000.0


@dataclass(frozen=True, slots=True)
class Counts:
    """Hashes in order and how many people bear each. `total`: people whose trait is known."""

    hashes: Hashes
    counts: Ints
    total: int

    def rarity(self, hashes: Hashes) -> Floats:
        """ln(people / bearers), between 0 and ln(RAREST)."""
        if not len(self.hashes):
            return np.zeros(hashes.shape)
        places = np.searchsorted(self.hashes, hashes).clip(max=len(self.hashes) - 1)
        bearers = np.where(self.hashes[places] == hashes, self.counts[places], 1)
        return np.log(np.clip(max(self.total, 1) / bearers, 1.0, RAREST))


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Counts of whole birth names, of first first names, of places; `people`: how many are registered."""

    birth_names: Counts
    first_names: Counts
    places: Counts
    people: int

    def birth_name_asked(self, hashes: Hashes) -> Floats:
        """Rarity of names asked for: what is no rarity in the registry, or in France, is no typing error."""
        return np.minimum(self.birth_names.rarity(hashes), known_names()["birth"].rarity(hashes))

    def first_name_asked(self, hashes: Hashes) -> Floats:
        return np.minimum(self.first_names.rarity(hashes), known_names()["first"].rarity(hashes))


@lru_cache(maxsize=1)
def known_names() -> dict[str, Counts]:
    """Names borne in France (data/known_names.csv.gz), by kind: "first" or "birth"."""
    packed = (files("terresante_identity.matching") / "data" / "known_names.csv.gz").read_bytes()
    rows = list(csv.DictReader(gzip.decompress(packed).decode().splitlines()))
    return {
        kind: _counts(
            [row["name"] for row in rows if row["kind"] == kind],
            [int(row["births"]) for row in rows if row["kind"] == kind],
        )
        for kind in ("birth", "first")
    }


def _counts(names: list[str], births: list[int]) -> Counts:
    hashes = hashes_of([hashed(name) for name in names])
    order = np.argsort(hashes)
    return Counts(hashes[order], np.array(births, dtype=np.int64)[order], sum(births))


def frequencies(registered: People) -> Frequencies:
    return Frequencies(
        birth_names=_counted(registered.birth_names.whole, registered.name_id),
        first_names=_counted(registered.first_names.unit, registered.first_id),
        places=_counted(registered.places.key, registered.place_id),
        people=len(registered),
    )


def _counted(hashes: Hashes, rows: Ints) -> Counts:
    distinct, inverse = np.unique(hashes, return_inverse=True)
    weights = np.bincount(rows, minlength=len(hashes))
    counts = np.bincount(inverse.reshape(-1), weights=weights, minlength=len(distinct)).astype(np.int64)
    known = distinct != 0
    return Counts(distinct[known], counts[known], int(counts[known].sum()))
