"""The levels of comparison of each trait: words for how alike two values are. Their numbers are in the weights file."""

from enum import IntEnum


class BirthName(IntEnum):
    MISSING = 0
    EQUAL = 1
    SAME_PARTS = 2  # particles, order of a double name
    ONE_EDIT = 3
    ONE_PART = 4  # one part of a double name
    SAME_SOUND = 5
    CONTAINED = 6  # cut, or joined to something
    CLOSE = 7
    NEAR = 8
    FAR = 9
    DIFFERENT = 10


class FirstName(IntEnum):
    MISSING = 0
    SAME = 1  # the whole list
    SAME_FIRST = 2
    HALF = 3  # half of a compound one: JEAN and JEAN-PIERRE
    ONE_EDIT = 4
    ANOTHER = 5  # the first of one is among the others of the other
    VARIANT = 6  # frenchised, transliterated, short form
    SAME_SOUND = 7
    INITIAL = 8
    SHORTENED = 9
    CLOSE = 10
    NEAR = 11
    DIFFERENT = 12


class OtherFirstNames(IntEnum):
    """The names after the first one, when both have some."""

    MISSING = 0
    SAME = 1
    SOME = 2
    NONE = 3


class BirthDate(IntEnum):
    MISSING = 0
    EQUAL = 1
    DAY_UNKNOWN = 2  # what is known is equal
    YEAR_KNOWN = 3
    INVERTED = 4  # day and month
    ONE_DIGIT = 5  # or two neighbours exchanged
    DEFAULT = 6  # same year, one side is 1 January or 31 December
    DEFAULT_DAY = 7  # same year and month, one side is the first
    DAY = 8  # only the day differs
    MONTH = 9
    YEAR_NEXT = 10  # only the year, by one, ten or a hundred
    YEAR = 11
    TWO_DIGITS = 12
    INVERTED_YEAR = 13  # day and month inverted, and the year differs by a digit
    TWO_PARTS = 14
    DIFFERENT = 15


class Sex(IntEnum):
    MISSING = 0
    EQUAL = 1
    DIFFERENT = 2


class BirthPlace(IntEnum):
    MISSING = 0
    EQUAL = 1
    MAY_BE = 2  # the sets of communes meet
    NEIGHBOUR = 3  # a postal code in common: former or merged communes
    ONE_EDIT = 4
    AREA = 5  # same department, or only the department known
    DIFFERENT = 6
    OTHER_COUNTRY = 7  # one in France and one abroad, or two countries


class Twins(IntEnum):
    """Given the same name and date of birth: how alike the first names are."""

    NONE = 0
    SAME = 1
    ANOTHER = 2
    ALIKE = 3
    NEAR = 4
    UNRELATED = 5
    OTHER_REST = 6  # the same first name, then others: JEAN PAUL and JEAN MARC


class Swapped(IntEnum):
    """Whether birth name and first names were compared crosswise, because only so they are alike."""

    NO = 0
    YES = 1


class Married(IntEnum):
    """Given a woman, another name and the same first name: the birth name may be a married one."""

    NONE = 0
    DATE_AND_PLACE = 1
    DATE = 2
    DATE_OTHER_PLACE = 3
    NEAR_DATE_AND_PLACE = 4


class Relatives(IntEnum):
    """Given the same name: who else of a family it may be."""

    NONE = 0
    HOMONYM_OTHER_DATE = 1  # same first name, date in more than one component: parent and child, homonyms
    HOMONYM_OTHER_DATE_AND_PLACE = 2
    SIBLING = 3  # other first name, other date, same place
    FAMILY = 4  # other first name, other date, other place


class Doubts(IntEnum):
    """How many of the five traits are clearly not equal: errors come alone more often than together."""

    NONE = 0
    ONE = 1
    TWO = 2
    THREE = 3
    FOUR = 4


class Both(IntEnum):
    """Given two traits neither of which is equal: how unlike each is. One error explains one of them, not both."""

    NONE = 0
    ALIKE_ALIKE = 1
    ALIKE_OTHER = 2
    OTHER_ALIKE = 3
    OTHER_OTHER = 4


TRAITS: dict[str, type[IntEnum]] = {
    "birth_name": BirthName,
    "first_names": FirstName,
    "other_first_names": OtherFirstNames,
    "birth_date": BirthDate,
    "sex": Sex,
    "birth_place": BirthPlace,
}
JOINT: dict[str, type[IntEnum]] = {
    "swapped": Swapped,
    "twins": Twins,
    "married": Married,
    "relatives": Relatives,
    "doubts": Doubts,
    "birth_name+first_names": Both,
    "birth_name+birth_date": Both,
    "first_names+birth_date": Both,
    "first_names+birth_place": Both,
    "birth_date+birth_place": Both,
}
ALL = TRAITS | JOINT
