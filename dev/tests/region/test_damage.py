"""Each error does what its name says, and says when it cannot."""

from __future__ import annotations

import pytest
from terresante_dev.region.damage import births, letters, names
from terresante_dev.region.damage.dress import dressed
from terresante_dev.region.feeders import ERRORS, GROUP, feeders, mistype
from terresante_dev.region.luck import luck
from terresante_dev.region.making.spelling import registered
from terresante_dev.region.typed import Typed

TRIES = 300


def someone(**other: object) -> Typed:
    told = {
        "birth_name": "DE LA TOUR-MARTIN", "usage_name": "PETIT", "given": ["Marie-Thérèse", "Jeanne", "Élise"],
        "year": 1962, "month": 6, "day": 30, "sex": "F", "place": "92012",
    }  # fmt: skip
    return Typed(**{**told, **other})  # type: ignore[arg-type]


def outcomes(error: str, **other: object) -> list[Typed]:
    found = []
    for number in range(TRIES):
        who = someone(**other)
        assert ERRORS[error](who, luck(error, number)) in (True, False)
        found.append(who)
    return found


def distance(one: str, other: str) -> int:
    """Insertions, deletions, substitutions and neighbours exchanged between two words."""
    rows = [list(range(len(other) + 1))]
    for i, left in enumerate(one, 1):
        rows.append([i])
        for j, right in enumerate(other, 1):
            best = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                best = min(best, rows[i - 2][j - 2] + 1)
            rows[i].append(best)
    return rows[-1][-1]


@pytest.mark.parametrize("error", [name for name in ERRORS if name.startswith(("name_edit", "given_edit"))])
def test_an_edit_changes_one_letter(error: str) -> None:
    for who in outcomes(error):
        before, after = someone(), who
        apart = distance(before.birth_name, after.birth_name)
        assert apart + distance(before.given[0].upper(), after.given[0].upper()) <= 1
    assert any(who.birth_name != someone().birth_name or who.given != someone().given for who in outcomes(error))


def test_every_error_changes_something_for_someone_it_fits_and_nothing_when_it_says_so() -> None:
    for error, act in ERRORS.items():
        changed = 0
        for number in range(TRIES):
            who = someone(
                day=30 if number % 2 else 5, given=["Fatima", "Anne"] if number % 3 else ["Jean-Pierre", "Luc"]
            )
            before = someone(day=who.day, given=list(who.given))
            if act(who, luck(error, number)):
                changed += who != before
            else:
                assert who == before or error in ("digit", "first_january"), error
        assert changed, error


def test_the_usage_name_is_typed_only_by_those_who_have_one() -> None:
    who = someone()
    assert names.usage_name(who, luck(1)) and who.birth_name == "PETIT"
    assert not names.usage_name(someone(usage_name=""), luck(1))
    forms = {who.birth_name for who in outcomes("married_added", birth_name="DUPONT", usage_name="MARTIN")}
    assert {"DUPONT EPOUSE MARTIN", "MARTIN NEE DUPONT", "DUPONT-MARTIN"} <= forms


def test_a_particle_is_left_out_glued_or_moved() -> None:
    assert {who.birth_name for who in outcomes("particle", birth_name="LE GALL")} == {"GALL", "LEGALL", "GALL LE"}


def test_a_part_of_a_double_name_or_first_name_remains() -> None:
    assert {who.birth_name for who in outcomes("part_of_double", birth_name="GARCIA LOPEZ")} == {"GARCIA", "LOPEZ"}
    assert {who.given[0] for who in outcomes("given_half")} == {"Marie", "Thérèse"}


def test_given_names_are_reordered_glued_or_replaced_by_the_second() -> None:
    assert {tuple(who.given) for who in outcomes("given_order", given=["Jean", "Luc"])} == {("Luc", "Jean")}
    assert {who.given[0] for who in outcomes("given_glued", given=["Jean", "Luc"])} == {"Jeanluc", "Jean-luc"}
    assert outcomes("second_given")[0].given == ["Jeanne"]
    assert outcomes("nickname", given=["Catherine"])[0].given[0] in {"CATHY", "KATHERINE", "CATIA"}


def test_name_and_first_name_change_fields() -> None:
    who = someone()
    assert names.swapped(who, luck(1)) and (who.birth_name, who.given) == ("Marie-Thérèse", ["DE LA TOUR-MARTIN"])


def test_dates_go_wrong_as_the_error_says() -> None:
    assert {who.date() for who in outcomes("day_month", month=3, day=7)} == {"1962-07-03"}
    assert not births.day_month(someone(day=13), luck(1))
    assert {who.date() for who in outcomes("month_end")} == {"1962-06-31"}
    assert {who.date() for who in outcomes("day_unknown")} == {"1962-06-00", "1962-00-00"}
    assert {who.date() for who in outcomes("date_missing")} == {""}
    assert {who.date() for who in outcomes("first_january")} == {"1962-01-01", "1962-12-31"}
    assert {who.year - 1962 for who in outcomes("year_beside")} == {-100, -10, -1, 1, 10}
    for who in outcomes("digit"):
        assert sum(one != other for one, other in zip(who.date(), "1962-06-30", strict=True)) == 1


def test_places_go_wrong_as_the_error_says() -> None:
    assert {who.place for who in outcomes("place_postal")} == {"92100", "FR:92100"}
    assert {who.place for who in outcomes("place_postal", place="99139")} == {"PT:", "PT"}
    assert {who.place for who in outcomes("place_other_code")} == {"75012"}
    assert {who.place for who in outcomes("place_other_code", place="75113")} == {"75056"}
    assert {who.place for who in outcomes("place_department")} == {"92", "92000"}
    assert {who.place for who in outcomes("place_department", place="97411")} == {"974", "97400"}
    assert {who.place for who in outcomes("place_unknown")} == {"99999"}
    assert {who.place for who in outcomes("place_missing")} == {""}
    assert not births.place_postal(someone(place="99999"), luck(1))


def test_the_sex_is_turned_or_left_out() -> None:
    assert {who.sex for who in outcomes("sex_wrong")} == {"M"}
    assert {who.sex for who in outcomes("sex_missing")} == {""}


def test_one_name_heard_is_still_near_the_name() -> None:
    heard = {letters.heard("THIBAULT", luck(number)) for number in range(TRIES)}
    assert {"TIBAULT", "THIBO", "THYBAULT"} <= heard
    assert all(distance("THIBAULT", name) <= 4 for name in heard)


@pytest.mark.parametrize("feeder", feeders(3), ids=lambda feeder: feeder.name)
def test_a_feeder_makes_the_number_of_errors_asked_each_of_another_group(feeder: object) -> None:
    for number in range(TRIES):
        who = someone()
        mistype(who, feeder, number % 4, luck("feeder", number))  # type: ignore[arg-type]
        assert len(who.errors) == number % 4
        groups = [GROUP.get(error, "given") for error in who.errors]
        assert len(groups) == len(set(groups))


def test_another_seed_sways_the_rates_of_errors_a_little() -> None:
    for one, other in zip(feeders(11), feeders(22), strict=True):
        rates = [one.errors[error] / other.errors[error] for error in ERRORS if other.errors[error]]
        assert max(rates) > 1.2 and min(rates) < 0.8 and all(0.05 < rate < 20 for rate in rates)


def test_habits_dress_a_name_without_counting_as_errors() -> None:
    dressed = set()
    for number in range(TRIES):
        who = someone(birth_name="D'AGOSTINO-LE GALL")
        mistype(who, feeders(1)[number % len(feeders(1))], 0, luck("habit", number))
        assert who.errors == []
        dressed.add(who.birth_name)
    assert {"D'AGOSTINO-LE GALL", "D AGOSTINO LE GALL", "d'agostino-le gall", "DAGOSTINOLE GALL"} <= dressed


def test_a_practice_writes_accents_ligatures_and_curly_apostrophes() -> None:
    written = {dressed(name, "accents", "kept", luck(number)) for name in ACCENTED for number in range(40)}
    assert {"Lefèvre", "François", "Lebœuf", "Guérin", "Jean-Pierre", "D'Almeida", "D’Almeida"} <= written
    assert {registered(name) for name in written} == set(ACCENTED)


ACCENTED = ("LEFEVRE", "FRANCOIS", "LEBOEUF", "GUERIN", "JEAN-PIERRE", "D'ALMEIDA")
