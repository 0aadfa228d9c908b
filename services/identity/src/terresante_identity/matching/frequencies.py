"""How often a name, a first name or a place occurs among those registered: two MARTIN say less than two QUELENNEC."""

from dataclasses import dataclass

import numpy as np

from terresante_identity.matching.arrays import Floats, Hashes, Ints
from terresante_identity.matching.people import People

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


def frequencies(registered: People) -> Frequencies:
    return Frequencies(
        birth_names=_counted(registered.birth_names.whole, registered.name_id),
        first_names=_counted(registered.first_names.names[:, 0], registered.first_id),
        places=_counted(registered.places.key, registered.place_id),
        people=len(registered),
    )


def _counted(hashes: Hashes, rows: Ints) -> Counts:
    distinct, inverse = np.unique(hashes, return_inverse=True)
    weights = np.bincount(rows, minlength=len(hashes))
    counts = np.bincount(inverse.reshape(-1), weights=weights, minlength=len(distinct)).astype(np.int64)
    known = distinct != 0
    return Counts(distinct[known], counts[known], int(counts[known].sum()))
