"""A made-up directory: always the same, of any size, and true to the shape of a region."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest
from terresante_dev.personas.numbers import key
from terresante_dev.region.luck import luck
from terresante_dev.territory_work import ground, numbers
from terresante_dev.territory_work.making import Size, directory
from terresante_dev.territory_work.model import Directory, id_of
from terresante_dev.territory_work.past import changes

DAY = date(2026, 1, 5)
SIZE = Size(structures=1_500, professionals=4_000, offers=1_200, territories=22)


@pytest.fixture(scope="module")
def made() -> Directory:
    return directory(SIZE, 7, DAY)


def test_the_same_seed_gives_the_same_directory_and_another_gives_another(made: Directory) -> None:
    assert directory(SIZE, 7, DAY) == made
    assert directory(SIZE, 8, DAY) != made


def test_it_has_the_size_that_was_asked_for(made: Directory) -> None:
    assert made.structures == SIZE.structures
    assert len(made.professionals) == SIZE.professionals
    assert len(made.offers) == SIZE.offers
    assert len(made.territories) == SIZE.territories
    assert SIZE.professionals <= len(made.places) <= 2 * SIZE.professionals


@pytest.mark.parametrize("structures", [2, 3, 7, 50])
def test_small_ones_have_their_size_too(structures: int) -> None:
    made = directory(Size(structures, professionals=5, offers=3, territories=1), 3, DAY)

    assert made.structures == structures
    assert len(made.offers) == 3
    assert {entity.territory for entity in made.entities} == {"75-13-14"}


def test_fewer_than_an_entity_and_its_site_are_refused() -> None:
    with pytest.raises(ValueError, match="two structures"):
        directory(Size(structures=1), 1, DAY)


def test_everything_refers_to_something_that_is_there(made: Directory) -> None:
    entities = {one.key for one in made.entities}
    sites = {one.key: one for one in made.sites}
    inside = {one.key: one for one in made.organisations}
    professionals = {one.key for one in made.professionals}

    assert {site.entity for site in made.sites} == entities
    assert all(one.parent in inside or one.parent in sites for one in made.organisations)
    assert all(inside[one.parent].site == one.site for one in made.organisations if one.parent in inside)
    assert all(offer.structure in sites or offer.structure in inside for offer in made.offers)
    assert all(place.site in sites and place.professional in professionals for place in made.places)
    assert {place.professional for place in made.places} == professionals


def test_keys_are_unique_and_ids_come_of_them(made: Directory) -> None:
    things = (*made.entities, *made.sites, *made.organisations, *made.offers, *made.professionals)
    keys = [one.key for one in things]

    assert len(set(keys)) == len(keys)
    assert id_of(keys[0]) == id_of(keys[0]) != id_of(keys[1])


def test_nothing_ends_before_it_begins_nor_begins_after_the_day(made: Directory) -> None:
    periods = [(one.opened, one.closed) for one in (*made.entities, *made.sites, *made.organisations, *made.offers)]
    periods += [(place.since, place.until) for place in made.places]

    assert all(begin <= DAY for begin, _ in periods)
    assert all(begin <= end for begin, end in periods if end is not None)
    assert all(place.since < place.until for place in made.places if place.until is not None)


def test_a_site_is_closed_with_its_entity_and_nobody_practises_there_afterwards(made: Directory) -> None:
    closed = {one.key: one.closed for one in made.entities}
    sites = {one.key: one for one in made.sites}

    for site in made.sites:
        entity = closed[site.entity]
        assert entity is None or (site.closed is not None and site.closed <= entity)
    for place in made.places:
        end = sites[place.site].closed
        assert end is None or (place.until is not None and place.until <= end)


def test_there_is_a_past_of_ten_years(made: Directory) -> None:
    years = Counter(place.since.year for place in made.places)

    assert set(range(2016, 2026)) <= set(years)
    assert 0.2 < sum(place.until is not None for place in made.places) / len(made.places) < 0.4
    assert any(site.closed for site in made.sites)


def test_the_same_things_were_otherwise_before_for_the_same_seed(made: Directory) -> None:
    past = changes(made, 7)

    assert past == changes(made, 7) != changes(made, 8)
    assert past == sorted(past, key=lambda change: change.on)
    assert {change.field for change in past} == {"name", "phone", "capacity", "confidentiality", "territory"}


def test_nothing_was_otherwise_before_it_opened_after_it_closed_or_ten_years_ago(made: Directory) -> None:
    lives = {one.key: (one.opened, one.closed) for one in (*made.sites, *made.offers)}

    for change in changes(made, 7):
        opened, closed = lives.get(change.key, (date.min, None))
        assert opened < change.on <= DAY
        assert closed is None or change.on < closed
        assert (DAY - change.on).days <= 3653


def test_a_commune_was_another_territory_s_of_its_department(made: Directory) -> None:
    now = {code: one.code for one in made.territories for code in one.communes}
    codes = {one.code for one in made.territories}
    moved = [change for change in changes(made, 7) if change.field == "territory"]

    assert moved
    assert all(change.before in codes and change.before != now[change.key] for change in moved)
    assert all(change.before[:2] == now[change.key][:2] for change in moved)


def test_numbers_have_right_keys_but_for_a_few_rpps_and_finess(made: Directory) -> None:
    rpps = [one.rpps for one in made.professionals if one.rpps]
    finess = [one.finess for one in (*made.entities, *made.sites) if one.finess]

    assert all(re.fullmatch(r"997\d{8}", number) for number in rpps)
    assert all(re.fullmatch(r"99\d{7}", number) for number in finess)
    assert 0 < sum(not _right(number) for number in rpps) < 0.03 * len(rpps)
    assert 0 < sum(not _right(number) for number in finess) < 0.03 * len(finess)
    assert all(_right(one.siret) and _right(one.siret[:9]) for one in made.sites)
    assert all(one.siren.startswith("000") and _right(one.siren) for one in made.entities)


def test_identifiers_belong_to_one_thing_each(made: Directory) -> None:
    for known in (
        [one.rpps[:-1] for one in made.professionals if one.rpps],
        [one.finess[:-1] for one in (*made.entities, *made.sites) if one.finess],
        [one.siret for one in made.sites],
        [one.siren for one in made.entities],
    ):
        assert len(set(known)) == len(known)


def test_a_mistyped_number_never_has_a_right_key() -> None:
    chance = luck(1)
    assert not any(_right(numbers.mistyped(numbers.rpps(serial), chance)) for serial in range(200))


def test_structures_stand_where_people_live(made: Directory) -> None:
    communes = ground.communes()
    territory_of = {code: one.code for one in made.territories for code in one.communes}
    homes = Counter(site.address.commune for site in made.sites)

    assert all(territory_of[site.address.commune] == site.territory for site in made.sites)
    crowded = sum(count for code, count in homes.items() if communes[code].population > 20_000)
    assert crowded / len(made.sites) > 0.6


@pytest.mark.parametrize("count", [1, 14, 16, 19, 22, 30])
def test_there_are_as_many_territories_as_asked_for_no_commune_in_two(count: int) -> None:
    territories = ground.territories(count)
    communes = [code for one in territories for code in one.communes]

    assert len({one.code for one in territories}) == count
    assert len(set(communes)) == len(communes)
    assert all(one.communes for one in territories)
    if count >= 19:
        assert set(communes) == set(ground.communes())


def test_no_territory_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one territory"):
        ground.territories(0)


def _right(number: str) -> bool:
    return key(number[:-1]) == number[-1]
