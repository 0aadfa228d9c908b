"""Joint levels: what several traits say together that none of them says alone. Read off the levels of the traits."""

import numpy as np
from terresante_identity.matching.arrays import Bools, Levels, among
from terresante_identity.matching.levels import (
    JOINT,
    BirthDate,
    BirthName,
    BirthPlace,
    Both,
    FirstName,
    Married,
    OtherFirstNames,
    Relatives,
    Sex,
    Twins,
)

SAME_NAME = (BirthName.EQUAL, BirthName.SAME_PARTS)
ALIKE_NAME = (*SAME_NAME, BirthName.ONE_EDIT, BirthName.ONE_PART, BirthName.SAME_SOUND, BirthName.CONTAINED)
OTHER_NAME = (BirthName.NEAR, BirthName.FAR, BirthName.DIFFERENT)
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
    } | _both(traits)


EQUAL, ALIKE, OTHER = 0, 1, 2


def _both(traits: dict[str, Levels]) -> dict[str, Levels]:
    """`levels.Both` of each pair of traits that has a joint level; a trait that is missing counts as equal."""
    unlike = {
        "birth_name": _grade(traits["birth_name"], BirthName.SAME_PARTS, BirthName.CLOSE),
        "first_names": _grade(traits["first_names"], FirstName.SAME_FIRST, FirstName.SHORTENED),
        "birth_date": _grade(traits["birth_date"], BirthDate.YEAR_KNOWN, BirthDate.YEAR_NEXT),
        "birth_place": _grade(traits["birth_place"], BirthPlace.NEIGHBOUR, BirthPlace.ONE_EDIT),
    }
    levels = {}
    for name in JOINT:
        one, plus, other = name.partition("+")
        if plus:
            both = (unlike[one] > EQUAL) & (unlike[other] > EQUAL)
            level = Both.ALIKE_ALIKE + 2 * (unlike[one] - 1) + (unlike[other] - 1)
            levels[name] = np.where(both, level, Both.NONE).astype(np.int8)
    return levels


def _grade(levels: Levels, last_equal: int, last_alike: int) -> Levels:
    return np.where(levels <= last_equal, EQUAL, np.where(levels <= last_alike, ALIKE, OTHER)).astype(np.int8)


def _twins(traits: dict[str, Levels]) -> Levels:
    first = traits["first_names"]
    given = among(traits["birth_name"], ALIKE_NAME) & (traits["birth_date"] == BirthDate.EQUAL)
    alike = (FirstName.ONE_EDIT, FirstName.VARIANT, FirstName.SAME_SOUND, FirstName.SHORTENED, FirstName.INITIAL)
    level = np.select(
        [
            ~given | (first == FirstName.MISSING),
            among(first, SAME_FIRST) & (traits["other_first_names"] == OtherFirstNames.NONE),
            among(first, SAME_FIRST),
            (first == FirstName.ANOTHER) | (first == FirstName.HALF),
            among(first, alike),
            (first == FirstName.CLOSE) | (first == FirstName.NEAR),
        ],
        [Twins.NONE, Twins.OTHER_REST, Twins.SAME, Twins.ANOTHER, Twins.ALIKE, Twins.NEAR],
        Twins.UNRELATED,
    )
    return level.astype(np.int8)


def _married(traits: dict[str, Levels], women: Bools) -> Levels:
    date, place = traits["birth_date"], traits["birth_place"]
    given = women & among(traits["birth_name"], OTHER_NAME) & among(traits["first_names"], SAME_FIRST)
    same_place = among(place, SAME_PLACE)
    near_date = among(date, (BirthDate.INVERTED, BirthDate.ONE_DIGIT, BirthDate.DEFAULT, BirthDate.DAY_UNKNOWN))
    same_date = date == BirthDate.EQUAL
    level = np.select(
        [
            ~given,
            same_date & same_place,
            same_date & among(place, OTHER_PLACE),
            same_date,
            near_date & same_place,
        ],
        [Married.NONE, Married.DATE_AND_PLACE, Married.DATE_OTHER_PLACE, Married.DATE, Married.NEAR_DATE_AND_PLACE],
        Married.NONE,
    )
    return level.astype(np.int8)


def _relatives(traits: dict[str, Levels]) -> Levels:
    same_name = among(traits["birth_name"], ALIKE_NAME)
    same_first = among(traits["first_names"], SAME_FIRST)
    other_first = traits["first_names"] >= FirstName.CLOSE
    other_date = among(traits["birth_date"], FAR_DATE)
    same_place = among(traits["birth_place"], SAME_PLACE)
    level = np.select(
        [
            ~same_name | ~other_date,
            same_first & among(traits["birth_place"], OTHER_PLACE),
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
        count += ~among(traits[trait], levels)
    count += traits["other_first_names"] == OtherFirstNames.NONE
    return np.minimum(count, 4)
