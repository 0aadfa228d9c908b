"""Birth dates (EXI ID 11-12) and birth places (R-ID1): what is kept of them, and what is refused."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_identity.domain.births import (
    EARLIEST_BIRTH,
    BirthCountryUnknown,
    BirthDateImpossible,
    BirthDateInFuture,
    BirthDateTooEarly,
    BirthPlaceCodeUnknown,
    BirthPostalCodeMissing,
    BirthPostalCodeUnknown,
    Precision,
    birth_place_of_cog,
    parsed_birth_date,
    parsed_birth_place,
)
from terresante_identity.gazetteer import gazetteer
from terresante_platform.refusals import Refusal

TODAY = date(2026, 11, 25)
PLACES = gazetteer()


@pytest.mark.parametrize(
    ("year", "month", "day", "written", "precision"),
    [
        (1951, 5, 12, date(1951, 5, 12), Precision.EXACT),
        (1951, 5, 0, date(1951, 5, 1), Precision.DAY_UNKNOWN),
        (1951, 0, 12, date(1951, 1, 12), Precision.MONTH_UNKNOWN),
        (1951, 0, 0, date(1951, 12, 31), Precision.DAY_AND_MONTH_UNKNOWN),
        (1950, 0, 0, date(1950, 12, 31), Precision.DAY_AND_MONTH_UNKNOWN),
        (2024, 2, 29, date(2024, 2, 29), Precision.EXACT),
        (2026, 11, 25, TODAY, Precision.EXACT),
        (2026, 0, 0, date(2026, 12, 31), Precision.DAY_AND_MONTH_UNKNOWN),
        (1875, 1, 1, EARLIEST_BIRTH, Precision.EXACT),
    ],
)
def test_unknown_parts_are_written_as_rniv_says_and_flagged(
    year: int, month: int, day: int, written: date, precision: Precision
) -> None:
    birth = parsed_birth_date(year, month, day, TODAY)

    assert (birth.value, birth.precision) == (written, precision)
    assert birth.parts == (year, month, day)


@pytest.mark.parametrize(
    ("parts", "refusal"),
    [
        ((2001, 2, 31), BirthDateImpossible),
        ((2023, 2, 29), BirthDateImpossible),
        ((1990, 13, 1), BirthDateImpossible),
        ((1990, 6, 31), BirthDateImpossible),
        ((1990, -1, 1), BirthDateImpossible),
        ((1990, 0, 32), BirthDateImpossible),
        ((0, 0, 0), BirthDateImpossible),
        ((-5, 1, 1), BirthDateImpossible),
        ((10_000, 1, 1), BirthDateImpossible),
        ((2**31 - 1, 1, 1), BirthDateImpossible),
        ((2026, 11, 26), BirthDateInFuture),
        ((2026, 12, 0), BirthDateInFuture),
        ((2027, 0, 0), BirthDateInFuture),
        ((9999, 12, 31), BirthDateInFuture),
        ((1874, 12, 31), BirthDateTooEarly),
        ((1850, 0, 0), BirthDateTooEarly),
    ],
)
def test_impossible_future_and_far_dates_are_refused(parts: tuple[int, int, int], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as refused:
        parsed_birth_date(*parts, TODAY)

    assert refused.value.details["field"] == "birth_date"
    assert "EXI ID" in refused.value.sentence


@given(st.dates(EARLIEST_BIRTH, TODAY))
def test_every_real_day_until_today_is_a_birth_date(day: date) -> None:
    assert parsed_birth_date(day.year, day.month, day.day, TODAY).value == day


@given(st.integers(1, 100_000))
def test_no_day_after_today_is(days: int) -> None:
    later = TODAY + timedelta(days=days)

    with pytest.raises(BirthDateInFuture):
        parsed_birth_date(later.year, later.month, later.day, TODAY)


@pytest.mark.parametrize(
    ("country", "postal_code", "among", "not_among"),
    [
        ("FR", "94100", {"94068", "75068"}, {"94100"}),
        ("fr", "75013", {"75113", "75056"}, {"75013", "75112"}),
        ("FR", "69003", {"69383"}, {"69003"}),
        ("FR", "13001", {"13201"}, {"13001"}),
        ("FR", "20000", {"2A004", "20004"}, set()),
        ("FR", "97400", {"97411"}, set()),
        ("RE", "97400", {"97411"}, set()),
        ("DZ", "", {"99352"}, set()),
        ("PT", "1000-001", {"99139"}, set()),
    ],
)
def test_country_and_postal_code_give_the_set_of_candidate_codes(
    country: str, postal_code: str, among: set[str], not_among: set[str]
) -> None:
    place = parsed_birth_place(country, postal_code, PLACES)

    assert among <= place.codes
    assert not not_among & place.codes
    assert place.postal_code == postal_code


def test_a_postal_code_of_the_country_side_covers_several_communes() -> None:
    assert len(parsed_birth_place("FR", "01400", PLACES).codes) > 5


def test_born_in_an_overseas_territory_is_born_in_france() -> None:
    assert parsed_birth_place("RE", "97400", PLACES) == parsed_birth_place("FR", "97400", PLACES)


@pytest.mark.parametrize("country", ["ZZ", "JE", "zz"])
def test_a_place_that_nobody_can_code_has_no_candidate_and_may_be_none(country: str) -> None:
    place = parsed_birth_place(country, "", PLACES)

    assert place.codes == frozenset()
    assert not place.may_be(place)


@pytest.mark.parametrize(
    ("country", "postal_code", "refusal"),
    [
        ("FR", "", BirthPostalCodeMissing),
        ("FR", "00000", BirthPostalCodeUnknown),
        ("FR", "9410", BirthPostalCodeUnknown),
        ("FR", "94100 ", BirthPostalCodeUnknown),
        ("FR", "٩٤١٠٠", BirthPostalCodeUnknown),
        ("FR", "75113", BirthPostalCodeUnknown),
        ("PT", "1000;DROP", BirthPostalCodeUnknown),
        ("PT", "1" * 11, BirthPostalCodeUnknown),
        ("", "94100", BirthCountryUnknown),
        ("XX", "", BirthCountryUnknown),
        ("FRA", "94100", BirthCountryUnknown),
        ("ZZ", "94100", BirthCountryUnknown),
        ("ﬀ", "", BirthCountryUnknown),
    ],
)
def test_what_is_not_a_place_is_refused(country: str, postal_code: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as refused:
        parsed_birth_place(country, postal_code, PLACES)

    assert refused.value.details["rule"] == "R-ID1"


@pytest.mark.parametrize(
    ("cog", "country"), [("94068", "FR"), ("2A004", "FR"), ("99352", "DZ"), ("99999", "ZZ"), ("75068", "FR")]
)
def test_a_cog_code_names_its_place(cog: str, country: str) -> None:
    place = birth_place_of_cog(cog, PLACES)

    assert place.country == country
    assert place.codes == (frozenset() if cog == "99999" else frozenset({cog}))


@pytest.mark.parametrize("cog", ["", "94100", "9999", "99000", "94068 ", "2a004"])
def test_a_code_outside_the_cog_is_refused(cog: str) -> None:
    with pytest.raises(BirthPlaceCodeUnknown):
        birth_place_of_cog(cog, PLACES)


def test_the_table_of_places_covers_the_region_and_its_twenty_arrondissements() -> None:
    arrondissements = {f"751{number:02d}" for number in range(1, 21)}

    assert arrondissements <= PLACES.all_communes
    assert len(PLACES.communes) > 6_000
    assert sum(code.startswith(("77", "78", "91", "92", "93", "94", "95")) for code in PLACES.all_communes) > 1_200
