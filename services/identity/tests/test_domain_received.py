"""How an identity sent by another system is read: what is kept although it looks wrong, and what is refused."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from terresante_identity.domain.births import Gazetteer, Precision
from terresante_identity.domain.ins import Environment
from terresante_identity.domain.received import claimed, claimed_by_asker
from terresante_identity.domain.sources import Claim, Received, received_of
from terresante_identity.domain.status import Flag, Status
from terresante_identity.domain.traits import Sex
from terresante_platform.refusals import Refusal

from .fed import NIR, OID

LOUISE = Received(
    birth_name="Lefèvre",
    first_names="Louise Anne",
    birth_date="1951-05-12",
    sex="F",
    birth_country="FR",
    birth_postal_code="94100",
    birth_code="94068",
)


@pytest.fixture
def read(places: Gazetteer, today: date) -> Any:
    """What Louise's identity means, with what a test changes."""

    def claim(**changes: Any) -> Claim:
        return claimed(replace(LOUISE, **changes), places, Environment.TEST, today)

    return claim


def test_names_are_read_as_typed_ones_are_and_the_first_is_the_first_of_all(read: Any) -> None:
    traits = read(first_names="Marie-Louise Anne", birth_name="d’Œuvre").traits

    assert traits.birth_name.insi == "D'OEUVRE"
    assert (traits.first_name.insi, traits.given_names.insi) == ("MARIE-LOUISE", "MARIE-LOUISE ANNE")
    assert read(first_names="Louise").traits.given_names is None


@pytest.mark.parametrize(
    ("written", "parts", "precision", "warnings"),
    [
        ("1951-05-12", (1951, 5, 12), Precision.EXACT, []),
        ("1951-05", (1951, 5, 0), Precision.DAY_UNKNOWN, []),
        ("1951", (1951, 0, 0), Precision.DAY_AND_MONTH_UNKNOWN, []),
        ("1951-06-31", (1951, 6, 0), Precision.DAY_UNKNOWN, ["BIRTH_DATE_IMPOSSIBLE"]),
        ("1951-02-29", (1951, 2, 0), Precision.DAY_UNKNOWN, ["BIRTH_DATE_IMPOSSIBLE"]),
        ("1951-00-12", (1951, 0, 12), Precision.MONTH_UNKNOWN, []),
    ],
)
def test_a_date_is_known_as_far_as_it_can_be_and_kept_as_it_came(
    read: Any, written: str, parts: tuple[int, int, int], precision: Precision, warnings: list[str]
) -> None:
    claim = read(birth_date=written)

    assert (claim.traits.birth_date.parts, claim.traits.birth_date.precision) == (parts, precision)
    assert sorted(claim.warnings) == warnings
    assert claim.received.birth_date == written


@pytest.mark.parametrize(
    ("country", "postal", "code", "codes"),
    [
        ("FR", "94100", "94068", {"94068"}),
        ("", "", "94068", {"94068"}),
        ("FR", "13001", "94068", {"94068"}),
        ("DZ", "", "", {"99352"}),
        ("DZ", "16000", "", {"99352"}),
        ("", "", "99352", {"99352"}),
        ("RE", "97400", "97411", {"97411"}),
        ("", "", "2a004", {"2A004"}),
    ],
)
def test_a_place_is_the_commune_or_the_country(
    read: Any, country: str, postal: str, code: str, codes: set[str]
) -> None:
    claim = read(birth_country=country, birth_postal_code=postal, birth_code=code)

    assert claim.traits.birth_place.codes == codes
    assert not claim.warnings


def test_a_postal_code_alone_is_a_set_of_communes(read: Any) -> None:
    assert {"94068", "75068"} <= read(birth_code="").traits.birth_place.codes


@pytest.mark.parametrize(
    ("country", "postal", "code"),
    [
        ("", "", ""),
        ("ZZ", "", ""),
        ("FR", "", ""),
        ("FR", "94999", ""),
        ("FR", "941", ""),
        ("FR", "", "99999"),
        ("FR", "", "94999"),
        ("", "94100", ""),
        ("", "", "Paris"),
    ],
)
def test_a_place_that_nobody_can_tell_is_unknown_and_told(read: Any, country: str, postal: str, code: str) -> None:
    claim = read(birth_country=country, birth_postal_code=postal, birth_code=code)

    assert claim.traits.birth_place.codes == frozenset()
    assert sorted(claim.warnings) == ["BIRTH_PLACE_UNKNOWN"]
    assert (claim.received.birth_postal_code, claim.received.birth_code) == (postal, code)


@pytest.mark.parametrize("sex", ["", "I"])
def test_a_sex_that_is_not_told_is_unknown_and_told(read: Any, sex: str) -> None:
    claim = read(sex=sex)

    assert claim.traits.sex is Sex.UNKNOWN
    assert sorted(claim.warnings) == ["SEX_UNKNOWN"]


@pytest.mark.parametrize(
    ("status", "retrieved", "checked"),
    [(Status.QUALIFIED, True, True), (Status.RETRIEVED, True, False)],
)
def test_a_number_with_its_status_counts(read: Any, status: Status, retrieved: bool, checked: bool) -> None:
    claim = read(status=status, ins_matricule=NIR, ins_oid=OID)

    assert (claim.standing.retrieved, claim.standing.checked) == (retrieved, checked)
    assert claim.ins.whole == NIR
    assert not claim.warnings


def test_a_number_with_a_wrong_key_is_kept_and_told(read: Any) -> None:
    wrong = NIR[:-2] + "01"
    claim = read(status=Status.QUALIFIED, ins_matricule=wrong, ins_oid=OID)

    assert claim.ins.whole == wrong
    assert sorted(claim.warnings) == ["INS_KEY_WRONG"]


@pytest.mark.parametrize("status", [Status.PROVISIONAL, Status.VALIDATED])
def test_a_number_without_its_status_is_a_claim_only(read: Any, status: Status) -> None:
    claim = read(status=status, ins_matricule=NIR, ins_oid=OID)

    assert claim.ins is None
    assert claim.standing.status is status
    assert sorted(claim.warnings) == ["INS_WITHOUT_STATUS"]
    assert claim.received.ins_matricule == NIR


@pytest.mark.parametrize("flag", [Flag.DOUBTFUL, Flag.FICTITIOUS])
def test_doubtful_and_fictitious_are_provisional_without_a_number(read: Any, flag: Flag) -> None:
    claim = read(status=Status.QUALIFIED, ins_matricule=NIR, ins_oid=OID, flags=frozenset({flag}))

    assert (claim.standing.status, claim.ins, claim.doubted) == (Status.PROVISIONAL, None, True)


def test_who_is_asked_for_by_a_number_is_looked_up_by_it(places: Gazetteer, today: date) -> None:
    asked = claimed_by_asker(replace(LOUISE, ins_matricule=NIR, ins_oid=OID), places, Environment.TEST, today)

    assert asked.ins is not None
    assert asked.ins.whole == NIR


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"birth_name": " "}, "IDENTITY_NAME_MISSING"),
        ({"birth_name": "Ørsted"}, "IDENTITY_NAME_CHARACTER"),
        ({"first_names": "Louise  Anne"}, "IDENTITY_NAME_SHAPE"),
        ({"used_name": "Martin2"}, "IDENTITY_NAME_CHARACTER"),
        ({"birth_date": ""}, "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
        ({"birth_date": "1951-5-12"}, "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
        ({"birth_date": "１９５１"}, "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
        ({"birth_date": "1951-06-32"}, "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
        ({"birth_date": "1951-13"}, "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
        ({"birth_date": "1850-06-31"}, "IDENTITY_BIRTH_DATE_TOO_EARLY"),
        ({"birth_date": "2026-11-26"}, "IDENTITY_BIRTH_DATE_IN_FUTURE"),
        ({"birth_country": "FRA"}, "IDENTITY_BIRTH_COUNTRY_UNKNOWN"),
        ({"birth_postal_code": "\x00"}, "IDENTITY_BIRTH_PLACE_INVALID"),
        ({"status": Status.RETRIEVED}, "INS_MALFORMED"),
        ({"status": Status.QUALIFIED, "ins_oid": OID}, "INS_MALFORMED"),
        ({"ins_matricule": "123"}, "INS_MALFORMED"),
        ({"ins_matricule": NIR, "ins_oid": "1.2.250.1.213.1.4.8"}, "INS_OID_OF_OTHER_ENVIRONMENT"),
        ({"flags": frozenset({Flag.DOUBTFUL, Flag.FICTITIOUS})}, "IDENTITY_FLAGS_EXCLUSIVE"),
    ],
)
def test_what_cannot_be_read_is_refused(read: Any, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(**changes)
    assert refused.value.reason == reason


def test_what_is_typed_on_the_platform_reads_the_same_when_an_issuer_sends_it(read: Any) -> None:
    claim = read(status=Status.QUALIFIED, ins_matricule=NIR, ins_oid=OID, used_name="Martin")

    assert received_of(claim.traits, claim.standing, claim.ins) == claim.received
