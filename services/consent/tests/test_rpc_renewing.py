"""The directory says that a professional changed: decisions know it when it is answered, without any event."""

from uuid import UUID

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante_consent.store import professionals
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .house import House, reason


def asking(id: object) -> pb.RenewProfessionalRequest:
    return pb.RenewProfessionalRequest(professional_id=str(id))


def suspended(house: House, doctor: UUID) -> None:
    told = house.directory.professionals[doctor]
    told.account_state, told.version = directory_pb.ACCOUNT_STATE_SUSPENDED, told.version + 1


async def test_the_next_decision_refuses_who_was_suspended_before_any_event(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    assert await house.reads(patient)
    suspended(house, doctor)
    assert await house.reads(patient), "the copy is young enough to decide on"

    house.call_as(None)
    await house.counting.RenewProfessional(asking(doctor))

    house.professional(doctor)
    assert (await house.decided(patient, "READ")).reasons[0] == "ACCOUNT_SUSPENDED"


async def test_an_older_answer_of_the_directory_never_undoes_a_newer_one(house: House, database: Database) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    async with database.reading() as connection:
        before = await professionals.get(connection, doctor)
    assert before is not None
    suspended(house, doctor)
    house.call_as(None)
    await house.counting.RenewProfessional(asking(doctor))

    async with database.transaction() as transaction:
        await professionals.keep(transaction, before)
    house.directory.professionals[doctor].account_state = directory_pb.ACCOUNT_STATE_OPEN
    house.directory.professionals[doctor].version = 1
    await house.counting.RenewProfessional(asking(doctor))

    house.professional(doctor)
    assert (await house.decided(patient, "READ")).reasons[0] == "ACCOUNT_SUSPENDED"


async def test_who_is_unknown_changes_nothing_and_what_cannot_be_asked_is_refused(
    house: House, database: Database
) -> None:
    house.call_as(None)
    nobody = new_id()
    await house.counting.RenewProfessional(asking(nobody))
    async with database.reading() as connection:
        assert await professionals.get(connection, nobody) is None

    assert await reason(house.counting.RenewProfessional(asking("nobody"))) == "ID_INVALID"
    house.directory.away = True
    assert await reason(house.counting.RenewProfessional(asking(nobody))) == "DIRECTORY_UNAVAILABLE"


async def test_only_the_directory_has_it_renewed_with_or_without_a_person_behind(house: House) -> None:
    doctor = house.directory.professional()
    house.call_as(None)
    assert await reason(house.messaging.RenewProfessional(asking(doctor))) == "SERVICE_NOT_ALLOWED"
    house.professional(doctor)
    assert await reason(house.consents.RenewProfessional(asking(doctor))) == "SERVICE_NOT_ALLOWED"
    house.call_as("administrator", new_id())
    assert await reason(house.consents.RenewProfessional(asking(doctor))) == "SERVICE_NOT_ALLOWED"
    assert house.directory.asked == 0
