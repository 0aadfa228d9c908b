"""Levels of birth places: sets of communes are compared, never a guess among them (R-ID1)."""

import numpy as np
from rapidfuzz.distance import OSA
from terresante_identity.matching.arrays import Ints, Levels, distinct_pairs
from terresante_identity.matching.levels import BirthPlace
from terresante_identity.matching.places import PlaceForm, Places, neighbours


def birth_place_levels(ours: Places, mine: Ints, theirs: Places, yours: Ints) -> Levels:
    """`mine`, `yours`: rows of the two tables, pair by pair -> `levels.BirthPlace` of each pair."""
    left, right, back = distinct_pairs(mine, yours)
    known = (ours.known[left] & theirs.known[right]).astype(bool)
    levels = np.where(known, BirthPlace.DIFFERENT, BirthPlace.MISSING).astype(np.int8)
    abroad = (ours.abroad[left] | theirs.abroad[right]).astype(bool)
    levels[known & abroad] = BirthPlace.OTHER_COUNTRY
    for pair in np.flatnonzero(known).tolist():
        levels[pair] = place_level(ours.forms[left[pair]], theirs.forms[right[pair]], int(levels[pair]))
    return levels[back]


def place_level(ours: PlaceForm, theirs: PlaceForm, otherwise: int) -> int:
    """Of two known places. `otherwise`: when nothing is alike."""
    if ours.text == theirs.text and ours.codes:
        return BirthPlace.EQUAL
    if ours.codes & theirs.codes:
        return BirthPlace.EQUAL if len(ours.codes) == len(theirs.codes) == 1 else BirthPlace.MAY_BE
    one, other = sorted((ours, theirs), key=lambda form: len(form.codes))
    if any(neighbours(code) & other.codes for code in one.codes):
        return BirthPlace.NEIGHBOUR
    if OSA.distance(ours.text, theirs.text, score_cutoff=1) <= 1:
        return BirthPlace.ONE_EDIT
    if ours.area == theirs.area and len(ours.area) < 5:
        return BirthPlace.AREA
    return otherwise
