"""Those who act for a patient: what each right opens, how it is given and how it ends."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_platform.ids import new_id

from .house import House, reason


async def appointed(house: House, patient: UUID, kind: Any, **more: Any) -> tuple[UUID, pb.Representation]:
    """Somebody whom who is calling appoints."""
    id = house.identity.person()
    asked = pb.AppointRepresentativeRequest(patient_id=str(patient), representative_id=str(id), kind=kind, **more)
    return id, (await house.consents.AppointRepresentative(asked)).representation


async def circle_as(house: House, patient: UUID) -> pb.Circle:
    reply = await house.consents.GetCircle(pb.GetCircleRequest(patient_id=str(patient)))
    return reply.circle  # type: ignore[no-any-return]


async def test_a_mother_sees_the_record_and_acts_until_the_child_is_of_age(house: House, published: Any) -> None:
    child = await house.consented(house.directory.professional())
    of_age = house.clock() + timedelta(days=400)
    mother, made = await appointed(house, child, pb.REPRESENTATION_KIND_PARENT, until=of_age)
    assert made.may_read
    house.person(mother)

    decision = await house.decided(child, "READ")

    assert decision.allowed
    assert decision.basis == 5  # BASIS_REPRESENTATIVE
    assert (await house.decided(child, "READ", hidden_from_representatives=True)).reasons[0] == "HIDDEN"
    await house.invites(child, house.directory.professional())
    assert len((await circle_as(house, child)).members) == 2
    consents = (await house.consents.ListConsents(pb.ListConsentsRequest(patient_id=str(child)))).consents
    end = pb.WithdrawConsentRequest(patient_id=str(child), consent_id=consents[0].consent_id)
    assert (await house.consents.WithdrawConsent(end)).consent.HasField("withdrawn_at")
    house.clock.at = of_age
    assert (await house.decided(child, "READ")).reasons[0] == "NOT_CONCERNED"
    assert "consent.v1.representative_appointed" in await published()


async def test_a_trusted_person_may_what_the_patient_delegates(house: House) -> None:
    patient = await house.consented(house.directory.professional())
    house.person(patient)
    reader, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_TRUSTED_PERSON, may_read=True)
    manager, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_CARER, may_manage=True)

    house.person(reader)
    assert await house.reads(patient)
    assert await reason(house.invites(patient, house.directory.professional())) == "OUTSIDE_MANDATE"
    house.person(manager)
    assert not await house.reads(patient)
    assert await house.invites(patient, house.directory.professional())


@pytest.mark.parametrize("kind", ["PARENT", "GUARDIAN", "CURATOR"])
async def test_the_patient_does_not_make_or_end_what_law_settles(house: House, published: Any, kind: str) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    number = pb.RepresentationKind.Value(f"REPRESENTATION_KIND_{kind}")
    more = {"until": house.clock() + timedelta(days=100)}
    representative, made = await appointed(house, patient, number, **more)
    end = pb.EndRepresentationRequest(patient_id=str(patient), representation_id=made.representation_id)

    house.person(patient)
    assert await reason(appointed(house, patient, number, **more)) == "LEGAL_REPRESENTATION"
    assert await reason(house.consents.EndRepresentation(end)) == "LEGAL_REPRESENTATION"
    house.person(representative)
    assert (await house.consents.EndRepresentation(end)).representation.HasField("until")
    assert not await house.reads(patient)
    assert (await published())[-1] == "consent.v1.representation_ended"


async def test_representatives_are_listed_while_in_force(house: House) -> None:
    patient = await house.consented(house.directory.professional())
    house.person(patient)
    first, made = await appointed(house, patient, pb.REPRESENTATION_KIND_CARER, may_read=True)
    second, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_TRUSTED_PERSON)
    end = pb.EndRepresentationRequest(patient_id=str(patient), representation_id=made.representation_id)
    await house.consents.EndRepresentation(end)

    reply = await house.consents.ListRepresentatives(pb.ListRepresentativesRequest(patient_id=str(patient)))

    assert [one.representative_id for one in reply.representations] == [str(second)]
    assert await reason(house.consents.EndRepresentation(end)) == "REPRESENTATIVE_UNKNOWN"
    assert first != second


async def test_what_an_appointment_is_refused_for(house: House) -> None:
    patient = await house.consented(house.directory.professional())
    asked = house.consents.AppointRepresentative

    def request(kind: Any, **more: Any) -> pb.AppointRepresentativeRequest:
        named = {"patient_id": str(patient), "representative_id": str(house.identity.person()), "kind": kind, **more}
        return pb.AppointRepresentativeRequest(**named)

    guardian, parent = pb.REPRESENTATION_KIND_GUARDIAN, pb.REPRESENTATION_KIND_PARENT
    assert await reason(asked(request(guardian, representative_id=str(patient)))) == "REPRESENTATIVE_SELF"
    assert await reason(asked(request(parent))) == "REPRESENTATIVE_PERIOD_INVALID"
    assert await reason(asked(request(guardian, until=house.clock()))) == "REPRESENTATIVE_PERIOD_INVALID"
    assert await reason(asked(request(0))) == "REPRESENTATIVE_KIND_MISSING"
    assert await reason(asked(request(guardian, representative_id=str(new_id())))) == "PERSON_UNKNOWN"
    house.identity.away = True
    assert await reason(asked(request(guardian))) == "IDENTITY_UNAVAILABLE"
    house.identity.away = False
    twice = request(guardian)
    await asked(twice)
    assert await reason(asked(twice)) == "REPRESENTATIVE_ALREADY"


async def test_a_stranger_is_told_nothing(house: House) -> None:
    patient = await house.consented(house.directory.professional())
    house.person(new_id())

    assert (await house.decided(patient, "READ")).reasons[0] == "NOT_CONCERNED"
    assert await reason(circle_as(house, patient)) == "NOT_CONCERNED"


async def test_a_professionals_patients_come_in_pages_most_recent_first(house: House) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    ward = house.directory.structure()
    intern = house.directory.professional("10", ward)
    patients = []
    for _ in range(5):
        patients.append(await house.consented(doctor))
        await house.invites(patients[-1], nurse)
        house.clock.passes(seconds=1)
    joined = pb.InviteMemberRequest(patient_id=str(patients[0]), structure_id=str(ward))
    await house.consents.InviteMember(joined)
    house.person(patients[4])
    block = pb.BlockProfessionalRequest(patient_id=str(patients[4]), professional_id=str(nurse))
    await house.consents.BlockProfessional(block)

    async def mine(limit: int) -> list[str]:
        found, cursor = [], ""
        while True:
            page = await house.consents.ListMyPatients(pb.ListMyPatientsRequest(cursor=cursor, limit=limit))
            found += [one.patient_id for one in page.patients]
            assert len(page.patients) <= limit
            cursor = page.next_cursor
            if not cursor:
                return found

    house.professional(nurse)
    assert await mine(3) == [str(id) for id in reversed(patients[:4])]
    house.professional(intern)
    assert await mine(50) == [str(patients[0])]
    for bad in ("x", "2026-01-01~x", "2026-01-01T00:00:00~" + str(nurse)):
        asked = pb.ListMyPatientsRequest(cursor=bad)
        assert await reason(house.consents.ListMyPatients(asked)) == "CURSOR_INVALID"
    assert await reason(house.consents.ListMyPatients(pb.ListMyPatientsRequest(limit=101))) == "LIMIT_INVALID"


async def test_a_representative_finds_whom_they_represent(house: House) -> None:
    patient = await house.consented(house.directory.professional())
    guardian, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_GUARDIAN)
    house.person(guardian)

    page = await house.consents.ListMyPatients(pb.ListMyPatientsRequest())

    assert [(one.patient_id, one.consent_in_force) for one in page.patients] == [(str(patient), True)]
    house.person(patient)
    assert not (await house.consents.ListMyPatients(pb.ListMyPatientsRequest())).patients


async def test_messaging_learns_whom_a_patient_concerns(house: House) -> None:
    ward = house.directory.structure()
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    staff = house.directory.professional("10", ward)
    patient = await house.consented(doctor)
    await house.invites(patient, nurse)
    await house.consents.InviteMember(pb.InviteMemberRequest(patient_id=str(patient), structure_id=str(ward)))
    guardian, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_GUARDIAN)
    house.professional(staff)
    await house.reads(patient)
    house.person(patient)
    await appointed(house, patient, pb.REPRESENTATION_KIND_CARER)
    block = pb.BlockProfessionalRequest(patient_id=str(patient), professional_id=str(nurse))
    await house.consents.BlockProfessional(block)
    house.call_as(None)

    told = await house.messaging.ListConcerned(pb.ListConcernedRequest(patient_id=str(patient)))

    assert set(told.professional_ids) == {str(doctor), str(staff)}
    assert list(told.representative_ids) == [str(guardian)]
    assert told.consent_in_force
