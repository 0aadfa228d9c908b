"""Names: what INSi admits (RNIV, INSi name format, EXI ID 10), and that nothing is ever silently dropped."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_identity.domain.names import (
    BIRTH_NAME,
    MAX_NAME_LENGTH,
    FirstNameNotFirst,
    NameCharacter,
    NameField,
    NameInvisibleCharacter,
    NameMissing,
    NameShape,
    NameTooLong,
    PrefixShape,
    parsed_name,
    parsed_prefix,
    require_first_of,
)
from terresante_platform.refusals import Refusal


@pytest.mark.parametrize(
    ("typed", "insi"),
    [
        ("MARTIN", "MARTIN"),
        ("martin", "MARTIN"),
        ("Lefèvre", "LEFEVRE"),
        ("Lefe\u0300vre", "LEFEVRE"),
        ("Nuñez", "NUNEZ"),
        ("Çelik", "CELIK"),
        ("Nguyễn", "NGUYEN"),
        ("Sœur", "SOEUR"),
        ("ÆGIR", "AEGIR"),
        ("d’Artagnan", "D'ARTAGNAN"),
        ("D'HÉROUVILLE", "D'HEROUVILLE"),
        ("DUPONT--DURAND", "DUPONT--DURAND"),
        ("Le Gall-Le Bihan", "LE GALL-LE BIHAN"),
        ("O", "O"),
    ],
)
def test_what_people_type_becomes_the_insi_form_and_stays_as_typed(typed: str, insi: str) -> None:
    name = parsed_name(typed, NameField.BIRTH_NAME)

    assert name.insi == insi
    assert name.typed == unicodedata.normalize("NFC", typed)


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("", NameMissing),
        ("   ", NameMissing),
        ("MARTIN2", NameCharacter),
        ("MARTIN_", NameCharacter),
        ("MARTIN.", NameCharacter),
        ("Łukasz", NameCharacter),
        ("Øster", NameCharacter),
        ("Weiß", NameCharacter),
        ("Иванов", NameCharacter),
        ("\uff2d\uff21\uff32", NameCharacter),
        ("\ufb01n", NameCharacter),
        ("MAR\u2013TIN", NameCharacter),
        ("٣", NameCharacter),
        ("MAR\u0000TIN", NameInvisibleCharacter),
        ("MAR\nTIN", NameInvisibleCharacter),
        ("MAR\u200bTIN", NameInvisibleCharacter),
        ("MAR\u200dTIN", NameInvisibleCharacter),
        ("\u202eNITRAM", NameInvisibleCharacter),
        ("\u2066MARTIN\u2069", NameInvisibleCharacter),
        ("MAR\u00a0TIN", NameInvisibleCharacter),
        ("MAR\u00adTIN", NameInvisibleCharacter),
        ("MAR\ud800TIN", NameInvisibleCharacter),
        ("M\u0336ARTIN", NameInvisibleCharacter),
        (" MARTIN", NameShape),
        ("MARTIN ", NameShape),
        ("-MARTIN", NameShape),
        ("'MARTIN", NameShape),
        ("MARTIN-", NameShape),
        ("MAR  TIN", NameShape),
        ("MAR' TIN", NameShape),
        ("MAR---TIN", NameShape),
        ("A" * (MAX_NAME_LENGTH + 1), NameTooLong),
        ("œ" * (MAX_NAME_LENGTH // 2 + 1), NameTooLong),
        ("A" * 1_000_000, NameTooLong),
    ],
)
def test_anything_else_is_refused_with_the_rule_and_without_the_name(typed: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as refused:
        parsed_name(typed, NameField.BIRTH_NAME)

    assert refused.value.details["rule"]
    assert refused.value.details["field"] == "birth_name"
    assert refused.value.todo
    if len(typed.strip()) > 3:
        said = refused.value.sentence + refused.value.todo + repr(refused.value.details)
        assert typed.strip() not in said


def test_a_double_hyphen_is_for_names_only() -> None:
    assert parsed_name("DUPONT--DURAND", NameField.BIRTH_NAME).insi == "DUPONT--DURAND"
    with pytest.raises(NameShape):
        parsed_name("JEAN--PIERRE", NameField.FIRST_NAME)


def test_a_name_never_shows_itself_when_printed() -> None:
    assert "MARTIN" not in repr(parsed_name("MARTIN", NameField.BIRTH_NAME)).upper()


@pytest.mark.parametrize("first", ["JEAN", "JEAN CHRISTOPHE", "JEAN-CHRISTOPHE-PIERRE", "Jean-Christophe"])
def test_the_first_name_is_the_beginning_of_the_list_whatever_the_separator(first: str) -> None:
    require_first_of(
        parsed_name(first, NameField.FIRST_NAME),
        parsed_name("JEAN CHRISTOPHE PIERRE", NameField.GIVEN_NAMES),
    )


@pytest.mark.parametrize("first", ["CHRISTOPHE", "JEA", "JEAN PIERRE", "JEAN CHRISTOPHE PIERRE LUC"])
def test_a_first_name_that_is_not_the_beginning_of_the_list_is_refused(first: str) -> None:
    with pytest.raises(FirstNameNotFirst) as refused:
        require_first_of(
            parsed_name(first, NameField.FIRST_NAME),
            parsed_name("JEAN CHRISTOPHE PIERRE", NameField.GIVEN_NAMES),
        )

    assert refused.value.details["rule"] == "EXI ID 10"


@pytest.mark.parametrize(
    ("typed", "prefix"),
    [("", ""), ("Dû", "DU"), ("durand", "DUR"), ("d'a", "D A"), ("LE GALL", "LE "), ("œ", "OE")],
)
def test_a_search_takes_at_most_three_first_characters(typed: str, prefix: str) -> None:
    assert parsed_prefix(typed, NameField.BIRTH_NAME) == prefix


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("-AB", PrefixShape),
        (" AB", PrefixShape),
        ("1", NameCharacter),
        ("%", NameCharacter),
        ("A" * 500, NameTooLong),
    ],
)
def test_a_beginning_that_no_name_can_have_is_refused(typed: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        parsed_prefix(typed, NameField.BIRTH_NAME)


LETTERS = st.text(st.sampled_from("ABCXYZabcxyzéèêçñüœæÉÇ"), min_size=1, max_size=8)


@given(st.lists(LETTERS, min_size=1, max_size=4), st.sampled_from([" ", "-", "'", "’"]))
def test_the_insi_form_of_an_insi_form_is_itself(parts: list[str], separator: str) -> None:
    insi = parsed_name(separator.join(parts), NameField.BIRTH_NAME).insi

    assert parsed_name(insi, NameField.BIRTH_NAME).insi == insi
    assert BIRTH_NAME.fullmatch(insi)


@given(st.text(max_size=120))
def test_any_text_gives_an_insi_name_that_keeps_every_letter_or_a_refusal(typed: str) -> None:
    try:
        name = parsed_name(typed, NameField.FIRST_NAME)
    except Refusal as refused:
        assert refused.reason.startswith("IDENTITY_NAME_")
    else:
        assert len(name.insi) >= len(name.typed), "a character was dropped"
        assert set(name.insi) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ '-")
