"""Who might be meant: the one place where persons are compared with traits that were typed.

`candidates` is the seam for matching at the scale of a region: it is given the persons that may be meant
(today: all who share the birth date) and says in which order to show them. Nothing is hidden: who shares the
birth date is in the answer, however the name was spelt (R-ID3).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from terresante_identity.domain.identity import Person
from terresante_identity.domain.names import beginning, comparable
from terresante_identity.domain.traits import Search, Traits, strict_differences

BIRTH_NAME, FIRST_NAME, BIRTH_DATE, SEX, BIRTH_PLACE = (
    "birth_name",
    "first_name",
    "birth_date",
    "sex",
    "birth_place",
)
FIVE_TRAITS = frozenset({BIRTH_NAME, FIRST_NAME, BIRTH_DATE, SEX, BIRTH_PLACE})
# What an equal trait says when candidates are put in order: a name says more than a sex.
ORDER = (BIRTH_NAME, FIRST_NAME, BIRTH_PLACE, SEX)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who may be meant, and the traits in which they equal what was typed."""

    person: Person
    equal: frozenset[str]

    @property
    def same(self) -> bool:
        """All five traits are equal."""
        return self.equal == FIVE_TRAITS


def candidates(search: Search, among: Iterable[Person]) -> list[Candidate]:
    """Those of `among` with the birth date searched, the most alike first; ties in the order of
    registration.
    """
    alike = [
        Candidate(person, _equal(search, person.traits))
        for person in among
        if person.traits.birth_date == search.birth_date
    ]
    return sorted(alike, key=lambda candidate: (_rank(candidate), candidate.person.created_at, candidate.person.id))


def in_the_way(traits: Traits, found: Iterable[Candidate]) -> list[Candidate]:
    """Those whom a user must have looked at before somebody with these traits is registered (R-ID2).

    Same birth date, and the same beginning (three characters) of the birth name, or of the first name with a
    birth place that may be the same, or the two names swapped.
    """
    birth_name, first_name = beginning(traits.birth_name), beginning(traits.first_name)

    def stands(candidate: Candidate) -> bool:
        theirs = candidate.person.traits
        names = beginning(theirs.birth_name), beginning(theirs.first_name)
        return (
            names[0] == birth_name
            or (names[1] == first_name and BIRTH_PLACE in candidate.equal)
            or names == (first_name, birth_name)
        )

    return [candidate for candidate in found if stands(candidate)]


def is_homonym(candidates: Iterable[Candidate]) -> bool:
    """Whether somebody else bears the same names with the same birth date (RNIV attribute homonyme)."""
    return any({BIRTH_NAME, FIRST_NAME, BIRTH_DATE} <= candidate.equal for candidate in candidates)


def _rank(candidate: Candidate) -> tuple[bool, ...]:
    return (not candidate.same, *(trait not in candidate.equal for trait in ORDER))


def _equal(search: Search, traits: Traits) -> frozenset[str]:
    if search.whole is not None:
        return FIVE_TRAITS - frozenset(strict_differences(search.whole, traits))
    equal = {BIRTH_DATE}
    if search.birth_name and comparable(traits.birth_name.insi).startswith(search.birth_name):
        equal.add(BIRTH_NAME)
    if search.first_name and comparable(traits.first_name.insi).startswith(search.first_name):
        equal.add(FIRST_NAME)
    if search.sex is traits.sex:
        equal.add(SEX)
    if search.birth_place is not None and search.birth_place.may_be(traits.birth_place):
        equal.add(BIRTH_PLACE)
    return frozenset(equal)
