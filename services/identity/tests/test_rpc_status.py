"""What makes an identity more or less trusted, through the door: document, INSi, attributes, versions."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

NUMBER, OID = "251059406801264", "1.2.250.1.213.1.4.10"
NOBODY = str(UUID(int=0))


def traits(**changes: Any) -> pb.Traits:
    known: dict[str, Any] = {
        "birth_name": "Lefèvre",
        "first_name": "Louise",
        "birth_date": pb.BirthDate(year=1951, month=5, day=12),
        "sex": pb.SEX_FEMALE,
        "birth_country": "FR",
        "birth_postal_code": "94100",
    }
    return pb.Traits(**{**known, **changes})


def answer(person: pb.Person, **changes: Any) -> pb.RecordInsiAnswerRequest:
    """INSi's answer 00 about a person, with equal traits unless a test changes them."""
    known: dict[str, Any] = {
        "person_id": person.person_id,
        "version": person.version,
        "code": "00",
        "ins_matricule": NUMBER,
        "ins_oid": OID,
        "traits": traits(birth_name="LEFEVRE", first_name="LOUISE", birth_place_codes=["94068"]),
    }
    return pb.RecordInsiAnswerRequest(**{**known, **changes})


@pytest.fixture
async def louise(service: Any, doctor: UUID) -> pb.Person:
    reply = await service.CreatePerson(pb.CreatePersonRequest(traits=traits()))
    person: pb.Person = reply.person
    return person


@pytest.fixture
def check(service: Any) -> Callable[..., Any]:
    async def checked(person: pb.Person, mode: str = "PA", **changes: Any) -> pb.Person:
        reply = await service.CheckIdentityDocument(
            pb.CheckIdentityDocumentRequest(
                person_id=person.person_id, version=person.version, validation_mode=mode, traits=traits(**changes)
            )
        )
        made: pb.Person = reply.person
        return made

    return checked


async def answers(database: Database) -> list[tuple[str, str, bool]]:
    async with database.reading() as connection:
        rows = await connection.execute(text("select code, outcome, anomaly from insi_answer order by id"))
        return [(row.code, row.outcome, row.anomaly) for row in rows]


async def test_insi_then_a_document_qualify_and_each_change_is_announced(
    service: Any, louise: pb.Person, check: Any, published: Any, database: Database
) -> None:
    retrieved = (await service.RecordInsiAnswer(answer(louise))).person
    qualified = await check(retrieved)

    assert retrieved.status == pb.IDENTITY_STATUS_RETRIEVED
    assert (retrieved.ins_matricule, retrieved.ins_oid, retrieved.version) == (NUMBER, OID, 2)
    assert (retrieved.traits.birth_name, list(retrieved.traits.birth_place_codes)) == ("LEFEVRE", ["94068"])
    assert (qualified.status, qualified.version) == (pb.IDENTITY_STATUS_QUALIFIED, 3)
    assert (await published())[2:] == ["identity.v1.person_changed"] * 2
    assert await answers(database) == [("00", "RECUP", False)]


async def test_a_document_then_insi_qualify_as_well(service: Any, louise: pb.Person, check: Any) -> None:
    validated = await check(louise, mode="CN", birth_place_codes=["94068"])
    qualified = (await service.RecordInsiAnswer(answer(validated))).person

    assert validated.status == pb.IDENTITY_STATUS_VALIDATED
    assert validated.ins_matricule == ""
    assert qualified.status == pb.IDENTITY_STATUS_QUALIFIED


@pytest.mark.parametrize("code", ["01", "02"])
async def test_none_or_several_change_nothing_but_are_traced(
    service: Any, louise: pb.Person, database: Database, published: Any, code: str
) -> None:
    reply = await service.RecordInsiAnswer(pb.RecordInsiAnswerRequest(person_id=louise.person_id, version=1, code=code))

    assert reply.person == louise
    assert await answers(database) == [(code, "PROV", False)]
    assert await published() == ["identity.v1.person_created", "identity.v1.source_moved"]


async def test_a_different_answer_that_nobody_accepted_is_refused_and_traced(
    service: Any, louise: pb.Person, database: Database
) -> None:
    other = traits(birth_name="LEFEBVRE", birth_place_codes=["94068"])
    with pytest.raises(Refusal) as refused:
        await service.RecordInsiAnswer(answer(louise, traits=other))

    accepted = (await service.RecordInsiAnswer(answer(louise, traits=other, accepted=True))).person

    assert (refused.value.reason, refused.value.details["traits"]) == ("IDENTITY_TRAITS_DIFFER", "birth_name")
    assert accepted.traits.birth_name == "LEFEBVRE"
    assert await answers(database) == [("00", "IDENTITY_TRAITS_DIFFER", False), ("00", "RECUP", False)]


async def test_a_validated_identity_is_not_overwritten_and_a_human_is_called(
    service: Any, louise: pb.Person, check: Any, database: Database
) -> None:
    validated = await check(louise)
    other = traits(birth_name="LEFEBVRE", birth_place_codes=["94068"])

    with pytest.raises(Refusal) as refused:
        await service.RecordInsiAnswer(answer(validated, traits=other, accepted=True))

    assert refused.value.reason == "IDENTITY_TRAITS_DIFFER"
    assert await answers(database) == [("00", "IDENTITY_TRAITS_DIFFER", True)]
    again = await service.BatchGetPersons(pb.BatchGetPersonsRequest(person_ids=[louise.person_id]))
    assert again.persons[0] == validated


async def test_two_people_never_get_one_number_even_at_once(
    service: Any, louise: pb.Person, database: Database
) -> None:
    anne = (
        await service.CreatePerson(
            pb.CreatePersonRequest(traits=traits(birth_date=pb.BirthDate(year=1952, month=1, day=1)))
        )
    ).person
    hers = traits(birth_place_codes=["94068"], birth_date=pb.BirthDate(year=1952, month=1, day=1))

    outcomes = await asyncio.gather(
        service.RecordInsiAnswer(answer(louise)),
        service.RecordInsiAnswer(answer(anne, traits=hers)),
        return_exceptions=True,
    )

    refused = [one for one in outcomes if isinstance(one, Refusal)]
    assert [one.reason for one in refused] == ["INS_HELD_BY_ANOTHER"]
    assert sorted(await answers(database)) == [("00", "INS_HELD_BY_ANOTHER", True), ("00", "RECUP", False)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ins_oid": "1.2.250.1.213.1.4.8"}, "INS_OID_OF_OTHER_ENVIRONMENT"),
        ({"ins_oid": "1.2.3"}, "INS_OID_UNKNOWN"),
        ({"ins_matricule": "123"}, "INS_MALFORMED"),
        ({"ins_matricule": "", "ins_oid": ""}, "INS_MALFORMED"),
        ({"code": "03"}, "INS_ANSWER_CODE_UNKNOWN"),
        ({"traits": None}, "IDENTITY_NAME_MISSING"),
        ({"traits": traits(birth_place_codes=["00000"])}, "IDENTITY_BIRTH_PLACE_CODE_UNKNOWN"),
        ({"traits": traits(sex=pb.SEX_UNKNOWN, birth_place_codes=["94068"])}, "IDENTITY_SEX_UNKNOWN_TO_INSI"),
        ({"traits": None, "ins_matricule": "", "ins_oid": ""}, "INS_ANSWER_INCOMPLETE"),
        ({"person_id": NOBODY}, "PERSON_UNKNOWN"),
        ({"version": 0}, "VERSION_STALE"),
    ],
)
async def test_an_answer_that_cannot_be_is_refused(
    service: Any, louise: pb.Person, change: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refusal) as refused:
        await service.RecordInsiAnswer(answer(louise, **change))

    assert refused.value.reason == reason


async def test_a_wrong_key_that_insi_sent_is_kept_with_a_warning(
    service: Any, louise: pb.Person, database: Database
) -> None:
    reply = await service.RecordInsiAnswer(answer(louise, ins_matricule=NUMBER[:13] + "99"))

    async with database.reading() as connection:
        agrees = (await connection.execute(text("select key_agrees from insi_answer"))).scalar_one()
    assert reply.person.ins_matricule == NUMBER[:13] + "99"
    assert agrees is False


@pytest.mark.parametrize(
    ("mode", "changes", "reason"),
    [
        ("PA", {"first_name": "Lise"}, "IDENTITY_TRAITS_DIFFER"),
        ("PA", {"birth_date": pb.BirthDate(year=1951, month=12, day=5)}, "IDENTITY_TRAITS_DIFFER"),
        ("", {}, "IDENTITY_VALIDATION_MODE_UNKNOWN"),
        ("ZZ", {}, "IDENTITY_VALIDATION_MODE_UNKNOWN"),
    ],
)
async def test_a_document_that_proves_nothing_validates_nothing(
    service: Any, louise: pb.Person, check: Any, published: Any, mode: str, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refusal) as refused:
        await check(louise, mode=mode, **changes)

    assert refused.value.reason == reason
    assert await published() == ["identity.v1.person_created", "identity.v1.source_moved"]


async def test_doubt_takes_the_number_away_and_forbids_insi_until_it_is_lifted(
    service: Any, louise: pb.Person, check: Any
) -> None:
    retrieved = (await service.RecordInsiAnswer(answer(louise))).person

    async def flag(person: pb.Person, *flags: Any) -> pb.Person:
        reply = await service.FlagIdentity(
            pb.FlagIdentityRequest(person_id=person.person_id, version=person.version, flags=flags)
        )
        made: pb.Person = reply.person
        return made

    doubted = await flag(retrieved, pb.IDENTITY_FLAG_DOUBTFUL, pb.IDENTITY_FLAG_HOMONYM)
    assert (doubted.status, doubted.ins_matricule) == (pb.IDENTITY_STATUS_PROVISIONAL, "")
    for forbidden in (service.RecordInsiAnswer(answer(doubted)), check(doubted)):
        with pytest.raises(Refusal) as refused:
            await forbidden
        assert refused.value.reason == "IDENTITY_FLAGGED"
    lifted = await flag(doubted)
    assert (lifted.status, list(lifted.flags)) == (pb.IDENTITY_STATUS_PROVISIONAL, [])
    again = (await service.RecordInsiAnswer(answer(lifted))).person
    assert again.status == pb.IDENTITY_STATUS_RETRIEVED
    with pytest.raises(Refusal) as exclusive:
        await flag(again, pb.IDENTITY_FLAG_FICTITIOUS, pb.IDENTITY_FLAG_DOUBTFUL)
    assert exclusive.value.reason == "IDENTITY_FLAGS_EXCLUSIVE"


async def test_two_changes_at_once_of_one_version_are_one_truth_and_one_refusal(
    service: Any, louise: pb.Person
) -> None:
    request = pb.FlagIdentityRequest(person_id=louise.person_id, version=1, flags=[pb.IDENTITY_FLAG_DOUBTFUL])
    other = pb.FlagIdentityRequest(person_id=louise.person_id, version=1, flags=[pb.IDENTITY_FLAG_HOMONYM])

    outcomes = await asyncio.gather(service.FlagIdentity(request), service.FlagIdentity(other), return_exceptions=True)

    refused = [one for one in outcomes if isinstance(one, Refusal)]
    assert [(one.reason, one.kind) for one in refused] == [("VERSION_STALE", "STALE")]
