"""All levels of pairs of people: each trait by itself, then the joint levels that are read off them."""

from dataclasses import dataclass, replace

import numpy as np
from terresante_identity.matching.arrays import Bools, Floats, Ints, Levels, among
from terresante_identity.matching.compare_dates import birth_date_levels
from terresante_identity.matching.compare_names import birth_name_levels, first_name_levels, may_be_swapped
from terresante_identity.matching.compare_places import birth_place_levels
from terresante_identity.matching.frequencies import Frequencies
from terresante_identity.matching.joint import ALIKE_NAME, joint_levels
from terresante_identity.matching.levels import BirthName, FirstName, Sex, Swapped
from terresante_identity.matching.names import BirthNames, FirstNames, birth_names, first_names
from terresante_identity.matching.people import WOMAN, People
from terresante_identity.matching.weights import relative_size


@dataclass(frozen=True, slots=True)
class Comparison:
    """Levels of P pairs, one array a trait or joint level (names in `levels.ALL`), and what rarity says beside them.

    `rarity`: ln(people / bearers) of the registered one's value, and for families the size of the registry;
    `rarity_asked`: of the value asked for. A mistyped name is borne by nobody; one that many bear is not mistyped.
    """

    levels: dict[str, Levels]
    rarity: dict[str, Floats]
    rarity_asked: dict[str, Floats]
    people: int

    def __len__(self) -> int:
        return len(self.levels["sex"])


def compared(ours: People, mine: Ints, theirs: People, yours: Ints, known: Frequencies) -> Comparison:
    """`mine`: rows of those asked for; `yours`: rows of those registered, pair by pair; `known`: of the registry."""
    names = _Names(
        ours.birth_names, ours.name_id[mine], ours.first_names, ours.first_id[mine],
        theirs.birth_names, theirs.name_id[yours], theirs.first_names, theirs.first_id[yours],
    )  # fmt: skip
    traits = names.levels()
    asked = names.rarity(known)
    crossed = _crosswise(traits, asked, names, ours, known)
    traits |= {
        "birth_date": birth_date_levels(ours, mine, theirs, yours),
        "sex": _sex_levels(ours.sex[mine], theirs.sex[yours]),
        "birth_place": birth_place_levels(ours.places, ours.place_id[mine], theirs.places, theirs.place_id[yours]),
    }
    women = (ours.sex[mine] == WOMAN) | (theirs.sex[yours] == WOMAN)
    joint = joint_levels(traits, women) | {"swapped": crossed}
    size = np.full(len(mine), relative_size(known.people))
    rarity = _rarity(theirs, yours, known) | {"twins": size, "relatives": size}
    return Comparison(traits | joint, rarity, asked, known.people)


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of pairs: tables of distinct texts, and the rows of each pair in them."""

    ours: BirthNames
    mine: Ints
    our_firsts: FirstNames
    my_first: Ints
    theirs: BirthNames
    yours: Ints
    their_firsts: FirstNames
    your_first: Ints

    def levels(self) -> dict[str, Levels]:
        first, others = first_name_levels(self.our_firsts, self.my_first, self.their_firsts, self.your_first)
        name = birth_name_levels(self.ours, self.mine, self.theirs, self.yours)
        return {"birth_name": name, "first_names": first, "other_first_names": others}

    def rarity(self, known: Frequencies) -> dict[str, Floats]:
        """Of what is asked for."""
        return {
            "birth_name": known.birth_name_asked(self.ours.whole)[self.mine],
            "first_names": known.first_name_asked(self.our_firsts.unit)[self.my_first],
        }

    def may_be_swapped(self) -> Bools:
        return may_be_swapped(
            (self.ours, self.mine, self.our_firsts, self.my_first),
            (self.theirs, self.yours, self.their_firsts, self.your_first),
        )

    def crossed(self, ours: People, at: Ints) -> "_Names":
        """The pairs at these places, our birth name read as first names and conversely."""
        names, mine = np.unique(self.my_first[at], return_inverse=True)
        firsts, my_first = np.unique(self.mine[at], return_inverse=True)
        return _Names(
            birth_names([ours.first_texts[row] for row in names.tolist()]), mine.reshape(-1).astype(np.int64),
            first_names([ours.name_texts[row] for row in firsts.tolist()]), my_first.reshape(-1).astype(np.int64),
            self.theirs, self.yours[at], self.their_firsts, self.your_first[at],
        )  # fmt: skip


def _crosswise(
    traits: dict[str, Levels], asked: dict[str, Floats], names: _Names, ours: People, known: Frequencies
) -> Levels:
    """Compares crosswise where that may help; where it does, its levels and rarities replace the plain ones."""
    crossed = np.full(len(traits["birth_name"]), Swapped.NO, dtype=np.int8)
    unlike = (traits["birth_name"] > BirthName.ONE_EDIT) & (traits["first_names"] > FirstName.ONE_EDIT)
    at = np.flatnonzero(unlike)
    at = at[_at(names, at).may_be_swapped()]
    if not len(at):
        return crossed
    turned = names.crossed(ours, at)
    levels = turned.levels()
    alike = among(levels["birth_name"], (*ALIKE_NAME, BirthName.CLOSE))
    alike &= among(levels["first_names"], range(1, FirstName.NEAR))
    for trait, found in levels.items():
        traits[trait][at[alike]] = found[alike]
    for trait, rarity in turned.rarity(known).items():
        asked[trait][at[alike]] = rarity[alike]
    crossed[at[alike]] = Swapped.YES
    return crossed


def _at(names: _Names, at: Ints) -> _Names:
    return replace(
        names, mine=names.mine[at], my_first=names.my_first[at], yours=names.yours[at], your_first=names.your_first[at]
    )


def _sex_levels(ours: Ints, theirs: Ints) -> Levels:
    levels = np.where(ours == theirs, Sex.EQUAL, Sex.DIFFERENT)
    return np.where((ours == 0) | (theirs == 0), Sex.MISSING, levels).astype(np.int8)


def _rarity(theirs: People, yours: Ints, known: Frequencies) -> dict[str, Floats]:
    """Of what is registered."""
    return {
        "birth_name": known.birth_names.rarity(theirs.birth_names.whole[theirs.name_id[yours]]),
        "first_names": known.first_names.rarity(theirs.first_names.unit[theirs.first_id[yours]]),
        "birth_place": known.places.rarity(theirs.places.key[theirs.place_id[yours]]),
    }
