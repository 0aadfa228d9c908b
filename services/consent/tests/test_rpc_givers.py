"""For whom a consent is recorded, and who gives it: only who exists, only the patient or somebody who acts for them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from terresante.consent.v1 import consent_events_pb2 as events_pb
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .house import House, consent_of, reason
from .test_rpc_representatives import appointed

PARENT, GUARDIAN = pb.REPRESENTATION_KIND_PARENT, pb.REPRESENTATION_KIND_GUARDIAN
UNTIL = timedelta(days=400)


async def record(house: House, patient: UUID, **changes: Any) -> pb.RecordConsentResponse:
    """Who is calling records a consent."""
    reply: pb.RecordConsentResponse = await house.consents.RecordConsent(consent_of(patient, house.clock(), **changes))
    return reply


async def withdrawn(house: House, patient: UUID) -> None:
    """The patient takes the consent in force back."""
    house.person(patient)
    known = (await house.consents.ListConsents(pb.ListConsentsRequest(patient_id=str(patient)))).consents[0]
    await house.consents.WithdrawConsent(
        pb.WithdrawConsentRequest(patient_id=str(patient), consent_id=known.consent_id)
    )
    house.clock.passes(minutes=1)


async def holding(house: House, patient: UUID) -> list[tuple[str, int]]:
    """Who represents the patient now, and in what right, as the patient sees it."""
    house.person(patient)
    reply = await house.consents.ListRepresentatives(pb.ListRepresentativesRequest(patient_id=str(patient)))
    return [(one.representative_id, one.kind) for one in reply.representations]


async def kept(database: Database) -> list[int]:
    """How many rows an act could have left anywhere."""
    tables = ("consent", "circle", "circle_member", "representation", "outbox", "journal_entry")
    async with database.reading() as connection:
        return [(await connection.execute(text(f"select count(*) from {one}"))).scalar_one() for one in tables]  # noqa: S608


async def test_no_record_opens_for_an_id_that_is_no_persons(house: House, database: Database) -> None:
    house.professional(house.directory.professional())
    before = await kept(database)

    assert await reason(record(house, new_id())) == "PERSON_UNKNOWN"

    assert await kept(database) == before


async def test_who_may_not_record_learns_nothing_of_who_exists_and_it_is_journalled(
    house: House, database: Database
) -> None:
    nobody, somebody = new_id(), house.identity.person()
    house.professional(house.directory.professional("NPS-XYZ", health=False))
    before = await kept(database)

    assert {await reason(record(house, one)) for one in (nobody, somebody)} == {"PROFESSION_NOT_ENTITLED"}

    assert [now - then for now, then in zip(await kept(database), before, strict=True)] == [0, 0, 0, 0, 0, 2]


async def test_while_identity_is_away_no_first_consent_is_recorded_and_a_repeated_one_is_answered(
    house: House, database: Database
) -> None:
    doctor, patient = house.directory.professional(), house.identity.person()
    house.professional(doctor, key="consent-1")
    first = await record(house, patient)
    house.identity.away = True

    assert await record(house, patient) == first
    before = await kept(database)
    house.professional(doctor, key="consent-2")
    assert await reason(record(house, house.identity.person())) == "IDENTITY_UNAVAILABLE"
    assert await kept(database) == before
    house.professional(house.directory.professional("NPS-XYZ", health=False))
    assert await reason(record(house, house.identity.person())) == "PROFESSION_NOT_ENTITLED"


async def test_who_has_a_circle_exists_and_identity_is_not_asked_again(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    await withdrawn(house, patient)
    house.identity.away, asked = True, list(house.identity.asked)
    house.professional(doctor)

    assert (await record(house, patient)).circle.consent_in_force
    assert house.identity.asked == asked == [str(patient)]


async def test_a_mother_gives_the_first_consent_and_is_recorded_with_it(
    house: House, database: Database, published: Any
) -> None:
    doctor, child, mother = house.directory.professional(), house.identity.person(), house.identity.person()
    house.professional(doctor)
    of_age = house.clock() + UNTIL

    reply = await record(house, child, given_by=str(mother), given_as=PARENT, represents_until=of_age)

    assert reply.consent.given_by == str(mother)
    assert await published() == ["consent.v1.consent_recorded", "consent.v1.representative_appointed"]
    async with database.reading() as connection:
        sent = (await connection.execute(text("select payload from outbox order by sequence"))).scalars().all()
    assert events_pb.RepresentativeAppointed.FromString(sent[1]).representative_id == str(mother)
    house.person(mother)
    assert await house.reads(child)
    house.clock.at = of_age
    assert not await house.reads(child)


async def test_the_journal_shows_who_gave_the_consent_and_who_was_given_the_right(house: House) -> None:
    patient, guardian = house.identity.person(), house.identity.person()
    house.professional(house.directory.professional())
    await record(house, patient, given_by=str(guardian), given_as=GUARDIAN)
    house.person(patient)

    lines = list(reversed(await house.lines(patient)))[:2]

    given, appointed_ = decisions_pb.ACTION_RECORD_CONSENT, decisions_pb.ACTION_APPOINT_REPRESENTATIVE
    assert [(line.action, line.allowed, line.about_id) for line in lines] == [
        (given, True, str(guardian)),
        (appointed_, True, str(guardian)),
    ]
    assert [line.patient_sequence for line in lines] == [1, 2]


async def test_a_guardian_on_record_gives_it_again_without_saying_so_twice(house: House) -> None:
    doctor, patient, guardian = house.directory.professional(), house.identity.person(), house.identity.person()
    house.professional(doctor)
    await record(house, patient, given_by=str(guardian), given_as=GUARDIAN)
    for more in ({}, {"given_as": GUARDIAN}):
        await withdrawn(house, patient)
        house.professional(doctor)

        assert (await record(house, patient, given_by=str(guardian), **more)).consent.given_by == str(guardian)

        assert await holding(house, patient) == [(str(guardian), GUARDIAN)]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, "CONSENT_GIVER_NOT_ENTITLED"),
        ({"given_as": pb.REPRESENTATION_KIND_CURATOR}, "CONSENT_GIVER_NOT_ENTITLED"),
        ({"given_as": pb.REPRESENTATION_KIND_TRUSTED_PERSON}, "CONSENT_GIVER_NOT_ENTITLED"),
        ({"given_as": pb.REPRESENTATION_KIND_CARER}, "CONSENT_GIVER_NOT_ENTITLED"),
        ({"given_as": 99}, "REPRESENTATIVE_KIND_MISSING"),
        ({"represents_until": UNTIL}, "REPRESENTATIVE_KIND_MISSING"),
        ({"given_as": PARENT}, "REPRESENTATIVE_PERIOD_INVALID"),
        ({"given_as": PARENT, "represents_until": timedelta(days=-1)}, "REPRESENTATIVE_PERIOD_INVALID"),
        ({"given_as": PARENT, "represents_until": timedelta(days=365 * 30)}, "REPRESENTATIVE_PERIOD_INVALID"),
        ({"given_as": GUARDIAN, "given_by": ""}, "CONSENT_INFORMATION_MISSING"),
        ({"represents_until": UNTIL, "given_by": ""}, "CONSENT_INFORMATION_MISSING"),
        ({"given_as": GUARDIAN, "given_by": "the patient"}, "CONSENT_INFORMATION_MISSING"),
        ({"given_as": GUARDIAN, "given_by": str(new_id())}, "PERSON_UNKNOWN"),
    ],
)
async def test_a_consent_from_who_may_not_give_it_leaves_nothing(
    house: House, database: Database, said: dict[str, Any], expected: str
) -> None:
    patient = house.identity.person()
    house.professional(house.directory.professional())
    named = {"the patient": str(patient)}.get(said.get("given_by", ""), said.get("given_by"))
    changes = {**said, "given_by": str(house.identity.person()) if named is None else named}
    if "represents_until" in said:
        changes["represents_until"] = house.clock() + said["represents_until"]
    before = await kept(database)

    assert await reason(record(house, patient, **changes)) == expected

    assert await kept(database) == before


async def test_who_reads_or_manages_for_the_patient_does_not_consent_for_them(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    curator, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_CURATOR)
    guardian, made = await appointed(house, patient, GUARDIAN)
    end = pb.EndRepresentationRequest(patient_id=str(patient), representation_id=made.representation_id)
    await house.consents.EndRepresentation(end)
    await withdrawn(house, patient)
    house.professional(doctor)

    for giver in (curator, guardian):
        assert await reason(record(house, patient, given_by=str(giver))) == "CONSENT_GIVER_NOT_ENTITLED"
    as_guardian = record(house, patient, given_by=str(curator), given_as=GUARDIAN)
    assert await reason(as_guardian) == "REPRESENTATIVE_ALREADY"


async def test_where_a_circle_was_only_its_members_record_who_acts_for_the_patient(house: House) -> None:
    doctor, stranger = house.directory.professional(), house.directory.professional()
    patient, guardian = await house.consented(doctor), house.identity.person()
    await withdrawn(house, patient)
    as_guardian = {"given_by": str(guardian), "given_as": GUARDIAN}

    house.professional(stranger)
    assert await reason(record(house, patient, **as_guardian)) == "NOT_IN_CIRCLE"
    assert await holding(house, patient) == []
    line = (await house.lines(patient))[2]
    assert (line.action, line.allowed, line.about_id) == (
        decisions_pb.ACTION_APPOINT_REPRESENTATIVE,
        False,
        str(guardian),
    )
    house.professional(doctor)
    await record(house, patient, **as_guardian)
    assert await holding(house, patient) == [(str(guardian), GUARDIAN)]


async def test_in_the_portal_it_is_given_by_who_is_logged_in_in_the_right_they_have(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    guardian, _ = await appointed(house, patient, GUARDIAN)
    await withdrawn(house, patient)
    house.person(guardian)
    electronic = {"form": pb.CONSENT_FORM_ELECTRONIC}

    for said in ({"given_by": str(patient)}, {"given_as": GUARDIAN}, {"represents_until": house.clock() + UNTIL}):
        assert await reason(record(house, patient, **electronic, **said)) == "CONSENT_INFORMATION_MISSING"
    assert (await record(house, patient, **electronic)).consent.given_by == str(guardian)
