"""How often a name, a first name or a place occurs among those registered: two MARTIN say less than two QUELENNEC."""

import csv
import gzip
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

import numpy as np
from terresante_identity.matching.arrays import Floats, Hashes, Ints, hashes_of
from terresante_identity.matching.people import People
from terresante_identity.matching.text import hashed
from terresante_identity.matching.weights import SMALLEST

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
            return np.full(hashes.shape, np.log(np.clip(self.total, 1.0, RAREST)))
        places = np.searchsorted(self.hashes, hashes).clip(max=len(self.hashes) - 1)
        bearers = np.where(self.hashes[places] == hashes, self.counts[places], 1)
        return np.log(np.clip(max(self.total, 1) / bearers, 1.0, RAREST))

    def rarity_of(self, hash: int) -> float:
        """The same of one value."""
        place = int(self.hashes.searchsorted(np.uint64(hash)))
        bearers = self.counts.item(place) if place < len(self.hashes) and self.hashes.item(place) == hash else 1
        return float(np.log(min(max(max(self.total, 1) / bearers, 1.0), RAREST)))


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


def filled_up(known: Frequencies) -> Frequencies:
    """In a region of less than `SMALLEST` people the names of France stand for those it does not have yet.

    In an empty region no name would say anything otherwise. Places stay as they are: the less they say, the more a
    human is asked.
    """
    missing = SMALLEST - known.people
    if missing <= 0:
        return known
    borne = known_names()
    return replace(
        known,
        birth_names=_joined(known.birth_names, borne["birth"], missing),
        first_names=_joined(known.first_names, borne["first"], missing),
    )


def _joined(counted: Counts, borne: Counts, people: int) -> Counts:
    """Those counted, and so many people more whose names are as frequent as `borne` says."""
    more = np.round(borne.counts * (people / borne.total)).astype(np.int64)
    hashes, places = np.unique(np.concatenate([counted.hashes, borne.hashes[more > 0]]), return_inverse=True)
    bearers = np.bincount(places.reshape(-1), weights=np.concatenate([counted.counts, more[more > 0]]))
    return Counts(hashes, bearers.astype(np.int64), counted.total + people)


@lru_cache(maxsize=1)
def known_names() -> dict[str, Counts]:
    """Names borne in France (data/known_names.csv.gz), by kind: "first" or "birth"."""
    return {kind: _counts(list(names), list(names.values())) for kind, names in known_bearers().items()}


def known_bearers() -> dict[str, dict[str, int]]:
    """The same names as texts: how many bear each."""
    packed = (files("terresante_identity.matching") / "data" / "known_names.csv.gz").read_bytes()
    names: dict[str, dict[str, int]] = {"birth": {}, "first": {}}
    for row in csv.DictReader(gzip.decompress(packed).decode().splitlines()):
        names[row["kind"]][row["name"]] = int(row["births"])
    return names


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
