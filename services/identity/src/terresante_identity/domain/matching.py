"""Who might be meant: what people who search or register are shown, and in which order.

Nothing is hidden: who shares the birth date is in the answer, however the name was spelt (R-ID3). Besides them come
those that comparing finds likely although the date is another (`evidence`), before all others.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from terresante_identity.domain.evidence import Candidates, Decision, Evidence
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
    """A person who may be meant, the traits in which they equal what was typed, and why they are likely, if they
    are.
    """

    person: Person
    equal: frozenset[str]
    evidence: Evidence | None = None

    @property
    def same(self) -> bool:
        """All five traits are equal."""
        return self.equal == FIVE_TRAITS


def likely(found: Candidates) -> dict[UUID, Evidence]:
    """The persons that comparing finds likely: who would be linked, or shown to a human."""
    return {one.person: one.evidence for one in found.found if one.evidence.decision is not Decision.NONE}


def candidates(
    search: Search, among: Iterable[Person], likely: Mapping[UUID, Evidence] | None = None
) -> list[Candidate]:
    """Those of `among` with the birth date searched, or likely; the likeliest first, then the most alike; ties in the
    order of registration.
    """
    why = likely or {}
    alike = [
        Candidate(person, _equal(search, person.traits), why.get(person.id))
        for person in {one.id: one for one in among}.values()
        if person.traits.birth_date == search.birth_date or person.id in why
    ]
    return sorted(alike, key=lambda candidate: (_rank(candidate), candidate.person.created_at, candidate.person.id))


def in_the_way(traits: Traits, found: Iterable[Candidate]) -> list[Candidate]:
    """Those whom a user must have looked at before somebody with these traits is registered (R-ID2).

    Who is likely; and who has the same birth date and the same beginning (three characters) of the birth name, or of
    the first name with a birth place that may be the same, or the two names swapped.
    """
    birth_name, first_name = beginning(traits.birth_name), beginning(traits.first_name)

    def stands(candidate: Candidate) -> bool:
        theirs = candidate.person.traits
        names = beginning(theirs.birth_name), beginning(theirs.first_name)
        return (
            candidate.evidence is not None
            or names[0] == birth_name
            or (names[1] == first_name and BIRTH_PLACE in candidate.equal)
            or names == (first_name, birth_name)
        )

    return [candidate for candidate in found if stands(candidate)]


def is_homonym(candidates: Iterable[Candidate]) -> bool:
    """Whether somebody else bears the same names with the same birth date (RNIV attribute homonyme)."""
    return any({BIRTH_NAME, FIRST_NAME, BIRTH_DATE} <= candidate.equal for candidate in candidates)


def _rank(candidate: Candidate) -> tuple[float, ...]:
    score = candidate.evidence.score if candidate.evidence else -math.inf
    return (-score, not candidate.same, *(trait not in candidate.equal for trait in ORDER))


def _equal(search: Search, traits: Traits) -> frozenset[str]:
    if search.whole is not None:
        return FIVE_TRAITS - frozenset(strict_differences(search.whole, traits))
    equal = {BIRTH_DATE} if search.birth_date == traits.birth_date else set()
    if search.birth_name and comparable(traits.birth_name.insi).startswith(search.birth_name):
        equal.add(BIRTH_NAME)
    if search.first_name and comparable(traits.first_name.insi).startswith(search.first_name):
        equal.add(FIRST_NAME)
    if search.sex is traits.sex:
        equal.add(SEX)
    if search.birth_place is not None and search.birth_place.may_be(traits.birth_place):
        equal.add(BIRTH_PLACE)
    return frozenset(equal)
