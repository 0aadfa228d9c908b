"""The national identifier: key arithmetic on published numbers, R-ID4 (key), R-ID5 (environment)."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from terresante_identity.domain.ins import (
    Environment,
    InsKeyWrong,
    InsMalformed,
    InsOidOfOtherEnvironment,
    InsOidUnknown,
    Oid,
    key_of,
    received_ins,
    typed_ins,
)

TEST_OID = "1.2.250.1.213.1.4.10"
VALID = [
    "297022A02077878",
    "160012B02077713",
    "180032B02040123",
    "109076322083489",
    "209076322083439",
    "209066322012355",
    "109076322088835",
    "275126322074974",
    "110086322083060",
    "236066322083656",
    "279035121518989",
    "277076322082910",
    "274075176079430",
    "255081416802538",
    "295109912611193",
    "124018852493334",
    "207058575627097",
    "146026322000196",
]
# Official samples whose printed key is wrong, with the right one.
WRONG = [
    ("181036322045660", "76"),
    ("281036322045610", "26"),
    ("123456789012244", "12"),
    ("276059205062865", "83"),
    ("147720425367411", "30"),
    ("209053105611201", "14"),
    ("222127505611201", "47"),
    ("223042545611404", "82"),
    ("224027511583555", "12"),
]


@pytest.mark.parametrize("whole", VALID)
def test_published_numbers_have_their_key(whole: str) -> None:
    assert key_of(whole[:13]) == whole[13:]
    assert typed_ins(whole, TEST_OID, Environment.TEST).key_agrees


@pytest.mark.parametrize(("whole", "right"), WRONG)
def test_a_wrong_key_is_refused_when_typed_and_only_noted_when_received(whole: str, right: str) -> None:
    received = received_ins(whole, TEST_OID, Environment.TEST)

    assert received.whole == whole
    assert not received.key_agrees
    assert key_of(whole[:13]) == right
    with pytest.raises(InsKeyWrong) as refused:
        typed_ins(whole, TEST_OID, Environment.TEST)
    assert refused.value.reason == "INS_KEY_WRONG"
    assert whole not in refused.value.sentence + refused.value.todo


@given(st.integers(0, 9_999_999_999_999))
def test_number_and_key_together_are_a_multiple_of_97(number: int) -> None:
    key = key_of(f"{number:013d}")

    assert key is not None
    assert (number + int(key)) % 97 == 0
    assert 1 <= int(key) <= 97


@given(st.integers(0, 99_999), st.integers(0, 999_999))
def test_corsica_is_counted_as_zero_less_one_or_two_millions(before: int, after: int) -> None:
    as_zero = int(f"{before:05d}20{after:06d}")
    for letter, less in (("A", 1_000_000), ("B", 2_000_000)):
        assert key_of(f"{before:05d}2{letter}{after:06d}") == f"{97 - (as_zero - less) % 97:02d}"


@given(st.sampled_from(VALID), st.integers(0, 12), st.integers(1, 9))
def test_one_mistyped_digit_is_always_found(whole: str, at: int, shift: int) -> None:
    assume(whole[at].isdigit())
    mistyped = whole[:at] + str((int(whole[at]) + shift) % 10) + whole[at + 1 :]

    assert key_of(mistyped[:13]) != mistyped[13:]


def test_a_letter_that_is_not_corsicas_has_no_key_and_is_kept_when_received() -> None:
    assert key_of("297021A020778") is None
    assert not received_ins("297021A02077878", TEST_OID, Environment.TEST).key_agrees


@pytest.mark.parametrize(
    "whole",
    [
        "",
        "29702",
        "297022A0207787",
        "297022A0207787812",
        "29702 2A02077878",
        "2970２2A02077878",
        "297022A0207787A",
    ],
)
def test_what_is_not_fifteen_characters_of_the_right_kind_is_refused(whole: str) -> None:
    with pytest.raises(InsMalformed):
        received_ins(whole, TEST_OID, Environment.TEST)


def test_spaces_between_the_parts_are_for_people() -> None:
    assert typed_ins("2 79 03 51 215 189 89", TEST_OID, Environment.TEST).whole == "279035121518989"


@pytest.mark.parametrize(
    ("oid", "environment"),
    [
        (Oid.NIR, Environment.TEST),
        (Oid.NIA, Environment.TEST),
        (Oid.NIR_TEST, Environment.PRODUCTION),
        (Oid.NIR_DEMO, Environment.PRODUCTION),
    ],
)
def test_a_number_of_the_other_environment_is_refused(oid: Oid, environment: Environment) -> None:
    with pytest.raises(InsOidOfOtherEnvironment):
        received_ins(VALID[0], oid, environment)
    other = Environment.TEST if environment is Environment.PRODUCTION else Environment.PRODUCTION
    assert received_ins(VALID[0], oid, other).oid is oid


@pytest.mark.parametrize(
    "oid", ["", "1.2.250.1.213.1.4.2", "1.2.250.1.213.1.4.13", "1.2.250.1.176.1.2", "urn:oid:" + TEST_OID]
)
def test_an_oid_that_is_not_of_an_ins_is_refused(oid: str) -> None:
    with pytest.raises(InsOidUnknown):
        received_ins(VALID[0], oid, Environment.TEST)


def test_a_number_never_shows_itself_when_printed() -> None:
    assert "279035121518989"[:6] not in repr(received_ins("279035121518989", TEST_OID, Environment.TEST))
