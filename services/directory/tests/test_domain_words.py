"""Numbers with their keys, and texts that people type: what is accepted, kept, and found again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_directory.domain import identifiers, words
from terresante_directory.domain.identifiers import Doubt, Rpps, RppsInvalid, StructureIdentifierInvalid
from terresante_directory.domain.words import ProfessionalNameInvalid

# Numbers


@pytest.mark.parametrize("number", ["10002813839", "99700218896"])
def test_an_rpps_with_a_right_key_raises_no_doubt(number: str) -> None:
    assert identifiers.rpps(number).doubts() == ()


@pytest.mark.parametrize("number", ["10003461033", "10102727017"])
def test_an_official_rpps_sample_with_a_wrong_key_is_accepted_with_a_doubt(number: str) -> None:
    assert identifiers.rpps(number).doubts() == (Doubt.RPPS_KEY,)


def test_an_rpps_typed_in_groups_is_the_same_number() -> None:
    assert identifiers.rpps("1000 281 38 39") == Rpps("10002813839")


@pytest.mark.parametrize(
    "number", ["", "1000281383", "100028138390", "1000281383A", "１０００２８１３８３９", "810002813839"]
)
def test_what_is_not_eleven_digits_is_no_rpps(number: str) -> None:
    with pytest.raises(RppsInvalid):
        identifiers.rpps(number)


def test_an_rpps_never_shows_when_printed() -> None:
    assert "10002813839" not in f"{identifiers.rpps('10002813839')!r} {identifiers.rpps('10002813839')}"


def test_a_card_carries_the_rpps_after_an_8() -> None:
    assert identifiers.rpps("10002813839").id_nat == "810002813839"


@pytest.mark.parametrize("number", ["940110018", "94 011 0018", "2A0000014", "2b0000020"])
def test_a_finess_has_nine_characters_corsica_included(number: str) -> None:
    assert len(identifiers.finess(number)) == 9


@pytest.mark.parametrize("number", ["94011001", "9401100180", "2C0000014", "A40110018", "94-110018"])
def test_what_has_not_the_shape_of_a_finess_is_refused(number: str) -> None:
    with pytest.raises(StructureIdentifierInvalid):
        identifiers.finess(number)


def test_a_finess_with_a_wrong_key_is_a_doubt_and_a_corsican_one_is_not_judged() -> None:
    assert identifiers.finess_doubts("940110018") == ()
    assert identifiers.finess_doubts("940110017") == (Doubt.FINESS_KEY,)
    assert identifiers.finess_doubts("2A0000017") == ()


@pytest.mark.parametrize("number", ["73282932000074", "732 829 320 00074", "35600000000048", "35600000049837"])
def test_a_siret_with_a_right_key_is_accepted_la_poste_included(number: str) -> None:
    assert identifiers.siret(number).isdecimal()


@pytest.mark.parametrize("number", ["73282932000075", "73282932100073", "7328293200007", "35600000049838", "abc"])
def test_a_siret_with_a_wrong_key_or_length_is_refused(number: str) -> None:
    with pytest.raises(StructureIdentifierInvalid):
        identifiers.siret(number)


@given(st.integers(0, 10**10 - 1), st.integers(0, 9), st.integers(1, 9))
def test_any_single_wrong_digit_breaks_the_key(body: int, position: int, shift: int) -> None:
    digits = f"{body:010d}"
    whole = next(digits + key for key in "0123456789" if identifiers.luhn(digits + key))
    wrong = whole[:position] + str((int(whole[position]) + shift) % 10) + whole[position + 1 :]

    assert not identifiers.luhn(wrong)


# Names


@pytest.mark.parametrize(
    "name", ["D'Aubigné", "De La Tour-Maubourg", "O’Neill", "Łukasz", "N'Guyễn", "Saint‑Ex".replace("‑", "-")]
)
def test_names_keep_their_accents_hyphens_and_apostrophes(name: str) -> None:
    assert words.person_name(f"  {name}  ") == name


def test_a_name_typed_with_combining_accents_is_kept_composed() -> None:
    assert words.person_name("Rene\u0301") == "René"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "-",
        "R2D2",
        "Zoe<script>",
        "A\u202eB",
        "A\u200bB",
        "A\x00B",
        "\ud800",
        "x" * 101,
        "Dr; DROP",
        "😀",
    ],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ProfessionalNameInvalid):
        words.person_name(name)


def test_words_are_found_without_accents_case_or_ligatures() -> None:
    assert words.search_column("Lefèbvre-Œuvrard", "José") == " lefebvre oeuvrard jose"


@given(st.text(max_size=40))
def test_search_words_never_hold_a_wildcard_or_a_space(text: str) -> None:
    assert all(word.isascii() and word.isalnum() for word in words.searched(text))
