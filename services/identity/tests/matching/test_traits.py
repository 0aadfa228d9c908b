"""What is received, however it is written, becomes what can be compared; nothing that comes in stops a comparison."""

import unicodedata
from dataclasses import replace

import pytest
from terresante_identity.matching.batch import answers, registry
from terresante_identity.matching.people import RawTraits
from terresante_identity.matching.phonetics import code
from terresante_identity.matching.places import are_french, place_form, places
from terresante_identity.matching.text import hashed, joined_hash, plain
from terresante_identity.matching.weights import shipped

from .someone import MARIE, levels, one


@pytest.mark.parametrize(
    ("received", "compared"),
    [
        ("Lefèbvre", "LEFEBVRE"),
        (unicodedata.normalize("NFD", "Lefèbvre"), "LEFEBVRE"),
        ("  d’Angelo--Cœur ", "D ANGELO COEUR"),
        ("Æbel Łukasz Straße", "AEBEL LUKASZ STRASSE"),
        ("M4RTIN", "MRTIN"),
        ("42", ""),
        ("", ""),
        ("Ω", "Ω"),
        ("A" * 500, "A" * 100),
    ],
)
def test_case_accents_ligatures_and_signs_make_no_difference(received: str, compared: str) -> None:
    assert plain(received) == compared


def test_the_hash_of_two_words_joined_follows_from_theirs() -> None:
    assert joined_hash(hashed("JEAN"), hashed("PIERRE"), 6) == hashed("JEANPIERRE")


@pytest.mark.parametrize(
    ("one_spelling", "other"),
    [("GAUTHIER", "GOTIER"), ("DUPONT", "DUPOND"), ("PHILIPPE", "FILIPE"), ("QUENTIN", "KANTIN"), ("YVES", "IVES")],
)
def test_two_spellings_of_one_sound_have_one_code(one_spelling: str, other: str) -> None:
    assert code(one_spelling) == code(other)


def test_two_names_that_sound_otherwise_have_two_codes() -> None:
    assert len({code(name) for name in ("MARTIN", "BERNARD", "DUPONT", "LEROY", "GARCIA")}) == 5


@pytest.mark.parametrize(
    ("received", "codes"),
    [
        ("75113", {"75113"}),
        ("99352", {"99352"}),
        ("DZ:16000", {"99352"}),
        ("dz", {"99352"}),
        ("99999", set()),
        ("", set()),
        ("75", set()),
    ],
)
def test_a_place_is_a_set_of_cog_codes(received: str, codes: set[str]) -> None:
    assert place_form(received).codes == codes


def test_a_postal_code_may_be_each_of_its_communes() -> None:
    assert {"75113", "75056"} <= place_form("75013").codes
    assert place_form("FR:75013").codes == place_form("75013").codes


def test_another_countrys_postal_code_stands_for_itself() -> None:
    assert place_form("2000").codes == {"2000"}
    assert not are_french(places(["2000", "4223", "3212"]))
    assert are_french(places(["75113", "75013", "99352", "DZ", "75", ""]))


STRANGE = [
    replace(MARIE, birth_name=""),
    replace(MARIE, birth_name="A" * 500),
    replace(MARIE, birth_name="O"),
    replace(MARIE, birth_name="Щукин"),
    replace(MARIE, first_names="‑‑ ' "),
    replace(MARIE, birth_date="1850-01-01"),
    replace(MARIE, birth_date="2999-12-31"),
    replace(MARIE, birth_date="1980-06-31"),
    replace(MARIE, birth_date="31/02/1980"),
    replace(MARIE, birth_date="yesterday"),
    replace(MARIE, sex="?"),
    replace(MARIE, birth_place="nowhere 99"),
    RawTraits(),
]


@pytest.mark.parametrize("strange", STRANGE)
def test_no_trait_however_strange_stops_a_look_up(strange: RawTraits) -> None:
    weights = shipped()

    found = answers(registry(one(MARIE, strange)), one(strange, MARIE), weights, weights.policies["auto"])

    best = dict(zip(found.asked.tolist()[::-1], found.registered.tolist()[::-1], strict=True))
    assert best[1] == 0


@pytest.mark.parametrize(
    ("trait", "value", "level"),
    [
        ("birth_name", "lefébvre", "EQUAL"),
        ("birth_name", "DE LEFEBVRE", "SAME_PARTS"),
        ("birth_name", "LEFEBVRE-MARTIN", "ONE_PART"),
        ("birth_name", "LEFEBURE", "ONE_EDIT"),
        ("birth_name", "DUPONT EPOUSE LEFEBVRE", "ONE_PART"),
        ("birth_name", "", "MISSING"),
        ("first_names", "Marie-Anne", "SAME"),
        ("first_names", "MARIE", "SAME_FIRST"),
        ("first_names", "ANNE", "ANOTHER"),
        ("first_names", "MARIA", "ONE_EDIT"),
        ("first_names", "MYRIAM", "VARIANT"),
        ("first_names", "M", "INITIAL"),
        ("first_names", "JEANNE", "DIFFERENT"),
        ("birth_date", "12/04/1980", "EQUAL"),
        ("birth_date", "1980-12-04", "INVERTED"),
        ("birth_date", "1980-04-13", "ONE_DIGIT"),
        ("birth_date", "1980-04-00", "DAY_UNKNOWN"),
        ("birth_date", "1980", "YEAR_KNOWN"),
        ("birth_date", "1980-01-01", "DEFAULT"),
        ("birth_date", "1953-11-28", "DIFFERENT"),
        ("birth_date", "", "MISSING"),
        ("sex", "2", "EQUAL"),
        ("sex", "I", "MISSING"),
        ("sex", "M", "DIFFERENT"),
        ("birth_place", "75013", "MAY_BE"),
        ("birth_place", "75056", "NEIGHBOUR"),
        ("birth_place", "75", "AREA"),
        ("birth_place", "13055", "DIFFERENT"),
        ("birth_place", "PT", "OTHER_COUNTRY"),
        ("birth_place", "99999", "MISSING"),
    ],
)
def test_each_trait_has_its_level(trait: str, value: str, level: str) -> None:
    assert levels(replace(MARIE, **{trait: value}), MARIE)[trait] == level


def test_names_in_each_others_place_are_compared_crosswise() -> None:
    found = levels(replace(MARIE, birth_name="MARIE ANNE", first_names="Lefebvre"), MARIE)

    assert (found["swapped"], found["birth_name"], found["first_names"]) == ("YES", "EQUAL", "SAME")


def test_a_compound_first_name_is_not_its_half_nor_another_compound() -> None:
    jean_pierre = replace(MARIE, first_names="JEAN-PIERRE", sex="M")

    assert levels(replace(jean_pierre, first_names="JEAN"), jean_pierre)["first_names"] == "HALF"
    assert levels(replace(jean_pierre, first_names="Jean Pierre"), jean_pierre)["first_names"] == "SAME"
    assert levels(replace(jean_pierre, first_names="JEAN-MICHEL"), jean_pierre)["first_names"] not in {"SAME", "HALF"}
