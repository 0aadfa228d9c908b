"""Search before create (R-ID2), and that nobody with the birth date is hidden (R-ID3)."""

from collections.abc import Callable
from datetime import date

import pytest
from terresante_identity.domain.births import Gazetteer
from terresante_identity.domain.identity import Person
from terresante_identity.domain.matching import candidates, in_the_way, is_homonym
from terresante_identity.domain.traits import Sex, Traits, TypedTraits, parsed_search

People = Callable[..., Person]
Typed = Callable[..., TypedTraits]
Checked = Callable[..., Traits]


@pytest.fixture
def born_that_day(person: People) -> list[Person]:
    return [
        person(1, birth_name="Zidane", first_name="Ana", sex=Sex.MALE, birth_postal_code="13001"),
        person(2, birth_name="Lefebvre", first_name="Louise"),
        person(3),
        person(4, birth_name="Lefort", first_name="Paul", sex=Sex.MALE),
    ]


def test_everybody_with_the_birth_date_is_shown_the_most_alike_first(
    born_that_day: list[Person], typed: Typed, places: Gazetteer, today: date
) -> None:
    found = candidates(parsed_search(typed(), places, today), born_that_day)

    assert [candidate.person.id.int for candidate in found] == [3, 2, 4, 1]
    assert found[0].same
    assert not any(candidate.same for candidate in found[1:])


def test_a_wrong_name_hides_nobody(born_that_day: list[Person], typed: Typed, places: Gazetteer, today: date) -> None:
    search = parsed_search(typed(birth_name="Xyz", first_name="Qrs"), places, today)

    assert len(candidates(search, born_that_day)) == len(born_that_day)


def test_another_birth_date_is_somebody_else(
    born_that_day: list[Person], typed: Typed, places: Gazetteer, today: date
) -> None:
    assert candidates(parsed_search(typed(birth_day=13), places, today), born_that_day) == []


def test_a_beginning_of_a_name_brings_its_bearers_to_the_top(
    born_that_day: list[Person], typed: Typed, places: Gazetteer, today: date
) -> None:
    search = parsed_search(
        typed(birth_name="zid", first_name="", sex=None, birth_country="", birth_postal_code=""), places, today
    )

    best = candidates(search, born_that_day)[0]

    assert best.person.id.int == 1
    assert best.equal == {"birth_name", "birth_date"}


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        ({}, True),
        ({"birth_name": "Lefebvre"}, True),
        ({"birth_name": "Lef"}, True),
        ({"birth_name": "Martin"}, True),
        ({"birth_name": "Martin", "birth_postal_code": "13001"}, False),
        ({"birth_name": "Louise", "first_name": "Lefèvre"}, True),
        ({"birth_name": "Martin", "first_name": "Anne"}, False),
    ],
)
def test_who_stands_in_the_way_of_registering_somebody_new(
    *,
    person: People,
    traits: Checked,
    typed: Typed,
    places: Gazetteer,
    today: date,
    change: dict[str, str],
    stands: bool,
) -> None:
    found = candidates(parsed_search(typed(**change), places, today), [person()])

    assert bool(in_the_way(traits(**change), found)) is stands


def test_a_homonym_has_the_same_names_and_birth_date(
    person: People, typed: Typed, places: Gazetteer, today: date
) -> None:
    elsewhere = candidates(parsed_search(typed(birth_postal_code="13001"), places, today), [person()])
    sister = candidates(parsed_search(typed(first_name="Lise"), places, today), [person()])

    assert is_homonym(elsewhere)
    assert not is_homonym(sister)
