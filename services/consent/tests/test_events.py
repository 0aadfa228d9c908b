"""Consent reacts to the directory's events, each once in effect; and what it knows never goes back in time."""

from typing import Any
from uuid import UUID

from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.directory.v1.directory_events_pb2 import FeederChanged, ProfessionalChanged
from terresante_consent.domain.professionals import Professional
from terresante_consent.events import FEEDER_CHANGED, PROFESSIONAL_CHANGED, reactions
from terresante_consent.parts import Parts
from terresante_consent.store import professionals
from terresante_consent.wire.others import professional
from terresante_platform.bus import Bus
from terresante_platform.consumer import Arrived, Consumer
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .house import MONDAY, House
from .small_directory import SmallDirectory


async def known(database: Database, id: UUID) -> Professional | None:
    async with database.reading() as connection:
        return await professionals.get(connection, id)


def changed(id: UUID, version: int) -> bytes:
    return ProfessionalChanged(professional_id=str(id), version=version).SerializeToString()


async def test_a_professional_who_changed_is_known_as_they_are_now_once_for_each_event(
    database: Database, bus: Bus, parts: Parts, directory: SmallDirectory
) -> None:
    consumer = Consumer("consent", database, bus, reactions(parts.knowing))
    doctor, event = directory.professional(), new_id()

    first = await consumer.react([Arrived(event, PROFESSIONAL_CHANGED, changed(doctor, 1))])
    directory.professionals[doctor].profession = "60"
    second = await consumer.react([Arrived(event, PROFESSIONAL_CHANGED, changed(doctor, 1))])

    assert (first, second) == (1, 0)
    found = await known(database, doctor)
    assert found is not None
    assert (found.profession, len(found.places)) == ("10", 1)


async def test_a_suspension_is_in_force_as_soon_as_it_was_announced(
    house: House, bus: Bus, parts: Parts, database: Database
) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    assert await house.reads(patient)
    told = house.directory.professionals[doctor]
    told.account_state, told.version = directory_pb.ACCOUNT_STATE_SUSPENDED, 2
    consumer = Consumer("consent", database, bus, reactions(parts.knowing))

    await consumer.react([Arrived(new_id(), PROFESSIONAL_CHANGED, changed(doctor, 2))])

    house.professional(doctor)
    assert (await house.decided(patient, "READ")).reasons[0] == "ACCOUNT_SUSPENDED"


async def test_a_feeder_s_suspension_is_in_force_as_soon_as_it_was_announced(
    house: House, bus: Bus, parts: Parts, database: Database
) -> None:
    system = house.directory.feeder("1.2.250.1.999.7")
    house.system(system)
    assert (await house.decided(None, "FEED_IDENTITY", issuer="1.2.250.1.999.7")).allowed
    told = house.directory.feeders[system]
    told.account_state, told.version = directory_pb.ACCOUNT_STATE_SUSPENDED, 2
    consumer = Consumer("consent", database, bus, reactions(parts.knowing))
    event = FeederChanged(feeder_id=str(system), version=2).SerializeToString()

    await consumer.react([Arrived(new_id(), FEEDER_CHANGED, event)])
    house.system(system)

    assert (await house.decided(None, "FEED_IDENTITY", issuer="1.2.250.1.999.7")).reasons[0] == "ACCOUNT_SUSPENDED"


async def test_an_event_about_nobody_changes_nothing(database: Database, bus: Bus, parts: Parts) -> None:
    consumer = Consumer("consent", database, bus, reactions(parts.knowing))
    nobody = new_id()

    assert await consumer.react([Arrived(new_id(), PROFESSIONAL_CHANGED, changed(nobody, 1))])
    assert await known(database, nobody) is None


async def test_an_older_answer_does_not_replace_a_newer_one(database: Database, directory: SmallDirectory) -> None:
    id = directory.professional("10", directory.structure(), directory.structure())
    newer = directory.professionals[id]
    newer.version = 2
    older: Any = directory_pb.Professional()
    older.CopyFrom(newer)
    older.version, older.profession = 1, "60"
    del older.places[1]

    async with database.transaction() as transaction:
        await professionals.keep(transaction, professional(newer, MONDAY))
        await professionals.keep(transaction, professional(older, MONDAY))
        await professionals.keep(transaction, professional(newer, MONDAY))

    found = await known(database, id)
    assert found is not None
    assert (found.profession, found.version, len(found.places)) == ("10", 2, 2)
