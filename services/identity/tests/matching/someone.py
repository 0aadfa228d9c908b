"""Short ways to write people in the tests of matching."""

import numpy as np
from terresante_identity.matching.arrays import Ints
from terresante_identity.matching.compare import Comparison, compared
from terresante_identity.matching.frequencies import frequencies
from terresante_identity.matching.people import People, RawTraits, people

YEAR = 2026
MARIE = RawTraits("LEFEBVRE", "MARIE ANNE", "1980-04-12", "F", "75113")


def one(*traits: RawTraits) -> People:
    return people(traits, YEAR)


def levels(asked: RawTraits, registered: RawTraits) -> dict[str, str]:
    """The names of the levels of one pair."""
    from terresante_identity.matching.levels import ALL

    found = pair(asked, registered)
    return {trait: ALL[trait](int(level[0])).name for trait, level in found.levels.items()}


def pair(asked: RawTraits, registered: RawTraits) -> Comparison:
    theirs, first = one(registered), rows(0)
    return compared(one(asked), first, theirs, first, frequencies(theirs))


def rows(*numbers: int) -> Ints:
    return np.array(numbers, dtype=np.int64)
