"""The five traits together: all compulsory (R-ID1), compared trait by trait, never filled by the
platform (EXI ID 08).
"""

from collections.abc import Callable
from datetime import date

import pytest
from terresante_identity.domain.births import Gazetteer
from terresante_identity.domain.traits import (
    Sex,
    SexMissing,
    SexUnknownToInsi,
    Traits,
    TypedTraits,
    overwritten_by_insi,
    parsed_insi_traits,
    parsed_search,
    parsed_traits,
    strict_differences,
)
from terresante_platform.refusals import Refusal

Typed = Callable[..., TypedTraits]
Checked = Callable[..., Traits]


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        ({"birth_name": ""}, "IDENTITY_NAME_MISSING"),
        ({"first_name": ""}, "IDENTITY_NAME_MISSING"),
        ({"sex": None}, "IDENTITY_SEX_MISSING"),
        ({"birth_country": ""}, "IDENTITY_BIRTH_COUNTRY_UNKNOWN"),
        ({"birth_postal_code": ""}, "IDENTITY_BIRTH_POSTAL_CODE_MISSING"),
        ({"birth_year": 0, "birth_month": 0, "birth_day": 0}, "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
        ({"given_names": "Marie Louise"}, "IDENTITY_FIRST_NAME_NOT_FIRST"),
        ({"used_name": "R2D2"}, "IDENTITY_NAME_CHARACTER"),
    ],
)
def test_each_of_the_five_traits_is_compulsory_and_each_refusal_names_its_rule(
    typed: Typed, places: Gazetteer, today: date, left_out: dict[str, object], reason: str
) -> None:
    with pytest.raises(Refusal) as refused:
        parsed_traits(typed(**left_out), places, today)

    assert refused.value.reason == reason
    assert refused.value.details["rule"]
    assert refused.value.todo


def test_complementary_names_are_never_filled(traits: Checked) -> None:
    assert traits().used_name is None
    assert traits().used_first_name is None
    assert traits().given_names is None


def test_a_local_identity_may_have_an_unknown_sex_but_insi_may_not(
    traits: Checked, typed: Typed, places: Gazetteer, today: date
) -> None:
    assert traits(sex=Sex.UNKNOWN).sex is Sex.UNKNOWN
    with pytest.raises(SexUnknownToInsi):
        parsed_insi_traits(typed(sex=Sex.UNKNOWN, birth_cog="94068"), places, today)
    with pytest.raises(SexMissing):
        traits(sex=None)


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({}, ()),
        ({"birth_name": "LEFEVRE"}, ()),
        ({"first_name": "louise"}, ()),
        ({"birth_name": "Lefebvre"}, ("birth_name",)),
        ({"first_name": "Lise"}, ("first_name",)),
        ({"birth_day": 21}, ("birth_date",)),
        ({"birth_day": 0}, ("birth_date",)),
        ({"sex": Sex.MALE}, ("sex",)),
        ({"birth_postal_code": "94210"}, ()),
        ({"birth_postal_code": "94000"}, ("birth_place",)),
        ({"birth_country": "ZZ", "birth_postal_code": ""}, ("birth_place",)),
        ({"used_name": "Martin"}, ()),
    ],
)
def test_traits_are_compared_one_by_one_by_what_they_mean(
    traits: Checked, change: dict[str, object], differing: tuple[str, ...]
) -> None:
    assert strict_differences(traits(), traits(**change)) == differing
    assert strict_differences(traits(**change), traits()) == differing


def test_the_list_of_first_names_counts_only_when_both_know_it(traits: Checked) -> None:
    short, long = traits(given_names="Louise Marie"), traits(given_names="Louise-Marie Anne")

    assert strict_differences(traits(), long) == ()
    assert strict_differences(short, long) == ("given_names",)
    assert strict_differences(short, traits(given_names="LOUISE-MARIE")) == ()


def test_insi_overwrites_strict_traits_and_leaves_what_the_person_goes_by(
    traits: Checked, typed: Typed, places: Gazetteer, today: date
) -> None:
    ours = traits(birth_name="Lefebvre", used_name="Martin")
    insi = parsed_insi_traits(typed(birth_name="LEFEVRE", given_names="LOUISE ANNE", birth_cog="94068"), places, today)

    overwritten = overwritten_by_insi(ours, insi)

    assert overwritten.birth_name.typed == "LEFEVRE"
    assert overwritten.given_names is not None
    assert overwritten.used_name == ours.used_name
    assert overwritten.birth_place.codes == {"94068"}
    assert overwritten.birth_place.postal_code == "94100"


def test_a_cog_code_is_a_place_of_its_own(traits: Checked) -> None:
    assert traits(birth_cog="94068").birth_place.codes == {"94068"}
    assert strict_differences(traits(), traits(birth_cog="94068")) == ()
    assert strict_differences(traits(), traits(birth_cog="94028")) == ("birth_place",)


def test_traits_never_show_themselves_when_printed(traits: Checked, typed: Typed) -> None:
    printed = repr(traits()) + repr(typed())

    for secret in ("Lef", "LEF", "Louise", "LOUISE", "1951", "94100", "94068"):
        assert secret not in printed


def test_a_search_needs_only_the_birth_date(typed: Typed, places: Gazetteer, today: date) -> None:
    blank = typed(birth_name="", first_name="", sex=None, birth_country="", birth_postal_code="")

    search = parsed_search(blank, places, today)

    assert (search.birth_name, search.first_name, search.sex, search.birth_place) == ("", "", None, None)
    assert search.whole is None
    with pytest.raises(Refusal):
        parsed_search(typed(birth_year=0, birth_month=0, birth_day=0), places, today)


def test_a_search_by_all_five_traits_can_tell_the_very_same_person(
    typed: Typed, traits: Checked, places: Gazetteer, today: date
) -> None:
    search = parsed_search(typed(), places, today)

    assert search.whole == traits()
    assert search.birth_name == "LEF"
