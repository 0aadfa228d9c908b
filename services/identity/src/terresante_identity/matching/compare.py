"""All levels of pairs of people: each trait by itself, then the joint levels that are read off them."""

from dataclasses import dataclass, replace

import numpy as np

from terresante_identity.matching.arrays import Bools, Floats, Ints, Levels
from terresante_identity.matching.compare_dates import birth_date_levels
from terresante_identity.matching.compare_names import birth_name_levels, first_name_levels, may_be_swapped
from terresante_identity.matching.compare_places import birth_place_levels
from terresante_identity.matching.frequencies import Frequencies
from terresante_identity.matching.levels import (
    BirthDate,
    BirthName,
    BirthPlace,
    FirstName,
    Married,
    OtherFirstNames,
    Relatives,
    Sex,
    Swapped,
    Twins,
)
from terresante_identity.matching.names import BirthNames, FirstNames, birth_names, first_names
from terresante_identity.matching.people import WOMAN, People


@dataclass(frozen=True, slots=True)
class Comparison:
    """Levels of P pairs, one array a trait or joint level (names in `levels.ALL`), and what rarity says beside them.

    `rarity`: ln(people / bearers) of the registered one's value; `rarity_asked`: of the value asked for. A mistyped
    name is borne by nobody; a name that many bear is no mistyped one.
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
    return Comparison(traits | joint, _rarity(theirs, yours, known), asked, known.people)


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
            "birth_name": known.birth_names.rarity(self.ours.whole)[self.mine],
            "first_names": known.first_names.rarity(self.our_firsts.names[:, 0])[self.my_first],
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
    """Compares crosswise where that may help; where it does, its levels and rarities take the place of the plain ones."""
    crossed = np.full(len(traits["birth_name"]), Swapped.NO, dtype=np.int8)
    unlike = (traits["birth_name"] > BirthName.ONE_EDIT) & (traits["first_names"] > FirstName.ONE_EDIT)
    at = np.flatnonzero(unlike)
    at = at[_at(names, at).may_be_swapped()]
    if not len(at):
        return crossed
    turned = names.crossed(ours, at)
    levels = turned.levels()
    alike = np.isin(levels["birth_name"], (*ALIKE_NAME, BirthName.CLOSE))
    alike &= np.isin(levels["first_names"], range(1, FirstName.NEAR))
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
        "first_names": known.first_names.rarity(theirs.first_names.names[theirs.first_id[yours], 0]),
        "birth_place": known.places.rarity(theirs.places.key[theirs.place_id[yours]]),
    }


SAME_NAME = (BirthName.EQUAL, BirthName.SAME_PARTS)
ALIKE_NAME = (*SAME_NAME, BirthName.ONE_EDIT, BirthName.ONE_PART, BirthName.SAME_SOUND, BirthName.CONTAINED)
SAME_FIRST = (FirstName.SAME, FirstName.SAME_FIRST)
KNOWN_EQUAL_DATE = (BirthDate.EQUAL, BirthDate.DAY_UNKNOWN, BirthDate.YEAR_KNOWN)
FAR_DATE = (BirthDate.YEAR, BirthDate.TWO_DIGITS, BirthDate.TWO_PARTS, BirthDate.DIFFERENT)
SAME_PLACE = (BirthPlace.EQUAL, BirthPlace.MAY_BE, BirthPlace.NEIGHBOUR)
OTHER_PLACE = (BirthPlace.AREA, BirthPlace.DIFFERENT, BirthPlace.OTHER_COUNTRY)


def joint_levels(traits: dict[str, Levels], women: Bools) -> dict[str, Levels]:
    """The levels that hold of several traits together; `women`: pairs in which one at least is a woman."""
    return {
        "twins": _twins(traits),
        "married": _married(traits, women),
        "relatives": _relatives(traits),
        "doubts": _doubts(traits),
    }


def _twins(traits: dict[str, Levels]) -> Levels:
    first = traits["first_names"]
    given = np.isin(traits["birth_name"], ALIKE_NAME) & (traits["birth_date"] == BirthDate.EQUAL)
    alike = (FirstName.ONE_EDIT, FirstName.VARIANT, FirstName.SAME_SOUND, FirstName.SHORTENED, FirstName.INITIAL)
    level = np.select(
        [
            ~given | (first == FirstName.MISSING),
            np.isin(first, SAME_FIRST) & (traits["other_first_names"] == OtherFirstNames.NONE),
            np.isin(first, SAME_FIRST),
            (first == FirstName.ANOTHER) | (first == FirstName.HALF),
            np.isin(first, alike),
            (first == FirstName.CLOSE) | (first == FirstName.NEAR),
        ],
        [Twins.NONE, Twins.OTHER_REST, Twins.SAME, Twins.ANOTHER, Twins.ALIKE, Twins.NEAR],
        Twins.UNRELATED,
    )
    return level.astype(np.int8)


def _married(traits: dict[str, Levels], women: Bools) -> Levels:
    date, place = traits["birth_date"], traits["birth_place"]
    other_name = np.isin(traits["birth_name"], (BirthName.NEAR, BirthName.FAR, BirthName.DIFFERENT))
    given = women & other_name & np.isin(traits["first_names"], SAME_FIRST)
    same_place = np.isin(place, SAME_PLACE)
    near_date = np.isin(date, (BirthDate.INVERTED, BirthDate.ONE_DIGIT, BirthDate.DEFAULT, BirthDate.DAY_UNKNOWN))
    same_date = date == BirthDate.EQUAL
    level = np.select(
        [
            ~given,
            same_date & same_place,
            same_date & np.isin(place, OTHER_PLACE),
            same_date,
            near_date & same_place,
        ],
        [Married.NONE, Married.DATE_AND_PLACE, Married.DATE_OTHER_PLACE, Married.DATE, Married.NEAR_DATE_AND_PLACE],
        Married.NONE,
    )
    return level.astype(np.int8)


def _relatives(traits: dict[str, Levels]) -> Levels:
    same_name = np.isin(traits["birth_name"], ALIKE_NAME)
    same_first = np.isin(traits["first_names"], SAME_FIRST)
    other_first = traits["first_names"] >= FirstName.CLOSE
    other_date = np.isin(traits["birth_date"], FAR_DATE)
    same_place = np.isin(traits["birth_place"], SAME_PLACE)
    level = np.select(
        [
            ~same_name | ~other_date,
            same_first & np.isin(traits["birth_place"], OTHER_PLACE),
            same_first,
            other_first & same_place,
            other_first,
        ],
        [
            Relatives.NONE,
            Relatives.HOMONYM_OTHER_DATE_AND_PLACE,
            Relatives.HOMONYM_OTHER_DATE,
            Relatives.SIBLING,
            Relatives.FAMILY,
        ],
        Relatives.NONE,
    )
    return level.astype(np.int8)


def _doubts(traits: dict[str, Levels]) -> Levels:
    fine = {
        "birth_name": (BirthName.MISSING, *SAME_NAME),
        "first_names": (FirstName.MISSING, *SAME_FIRST),
        "birth_date": (BirthDate.MISSING, *KNOWN_EQUAL_DATE),
        "sex": (Sex.MISSING, Sex.EQUAL),
        "birth_place": (BirthPlace.MISSING, *SAME_PLACE),
    }
    count = np.zeros(len(traits["sex"]), dtype=np.int8)
    for trait, levels in fine.items():
        count += ~np.isin(traits[trait], levels)
    count += traits["other_first_names"] == OtherFirstNames.NONE
    return np.minimum(count, 4)
