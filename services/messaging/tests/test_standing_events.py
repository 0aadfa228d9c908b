"""A standing that changes is told to whom it concerns, once, however often its event comes."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.consent.v1 import consent_events_pb2 as pb
from terresante_messaging.feed import standing
from terresante_platform.consumer import Arrived, Consumer, Reaction
from terresante_platform.database import Database

from .feed_world import MONDAY

PATIENT, OTHER, DOCTOR, PARENT = uuid4(), uuid4(), uuid4(), uuid4()


def stamp() -> Timestamp:
    made = Timestamp()
    made.FromDatetime(MONDAY)
    return made


async def told(database: Database) -> list[tuple[UUID, UUID | None]]:
    """Patient and recipient of each entry."""
    async with database.reading() as connection:
        found = await connection.execute(text("select patient_id, recipient_id, kind, at from log_entry order by id"))
        rows = found.all()
    assert {(row.kind, row.at) for row in rows} <= {("STANDING_CHANGED", MONDAY)}
    return [(row.patient_id, row.recipient_id) for row in rows]


async def come(database: Database, name: str, event: Any, reactions: list[Reaction]) -> None:
    """The event, delivered twice."""
    consumer = Consumer("messaging", database, None, reactions)  # type: ignore[arg-type]  # no bus needed
    arrived = Arrived(uuid4(), f"terresante.consent.v1.{name}", event.SerializeToString())
    for _ in range(2):
        await consumer.react([arrived])


@pytest.mark.parametrize(
    ("name", "event", "entries"),
    [
        ("consent_recorded", pb.ConsentRecorded, [(PATIENT, None)]),
        ("consent_withdrawn", pb.ConsentWithdrawn, [(PATIENT, None)]),
        ("member_invited", pb.MemberInvited, [(PATIENT, None)]),
        ("member_removed", pb.MemberRemoved, [(PATIENT, None), (PATIENT, DOCTOR)]),
        ("professional_blocked", pb.ProfessionalBlocked, [(PATIENT, PATIENT)]),
        ("emergency_opened", pb.EmergencyOpened, [(PATIENT, None)]),
        ("emergency_closed", pb.EmergencyClosed, [(PATIENT, None), (PATIENT, DOCTOR)]),
        ("representative_appointed", pb.RepresentativeAppointed, [(PATIENT, None)]),
        ("representation_ended", pb.RepresentationEnded, [(PATIENT, None), (PATIENT, PARENT)]),
        ("circle_settings_changed", pb.CircleSettingsChanged, [(PATIENT, None)]),
        ("records_joined", pb.RecordsJoined, [(PATIENT, None), (OTHER, None)]),
        ("records_parted", pb.RecordsParted, [(PATIENT, None), (OTHER, None)]),
    ],
)
async def test_each_event_that_changes_a_standing_is_told_once_to_whom_it_concerns(
    database: Database, name: str, event: Any, entries: list[tuple[UUID, UUID | None]]
) -> None:
    fields = {
        "professional_id": DOCTOR,
        "representative_id": PARENT,
        "absorbed_patient_id": OTHER,
        "parted_patient_id": OTHER,
    }
    known = {name: str(id) for name, id in fields.items() if name in event.DESCRIPTOR.fields_by_name}
    await come(database, name, event(patient_id=str(PATIENT), at=stamp(), **known), standing.beside([]))

    assert await told(database) == entries


async def test_a_structure_that_leaves_is_told_to_the_circle_alone(database: Database) -> None:
    event = pb.MemberRemoved(patient_id=str(PATIENT), structure_id=str(uuid4()), at=stamp())
    await come(database, "member_removed", event, standing.beside([]))

    assert await told(database) == [(PATIENT, None)]


async def test_a_reaction_to_the_same_event_is_done_too_in_the_same_transaction(database: Database) -> None:
    done = list[UUID]()

    async def apply(_: AsyncConnection, event_id: UUID, __: Any, answer: Any) -> None:
        assert answer == "asked"
        done.append(event_id)

    async def ask(_: Any) -> str:
        return "asked"

    mine = Reaction("terresante.consent.v1.member_invited", pb.MemberInvited, apply, ask)
    others = Reaction("terresante.records.v1.note_written", pb.MemberInvited, apply, ask)
    reactions = standing.beside([mine, others])
    await come(database, "member_invited", pb.MemberInvited(patient_id=str(PATIENT), at=stamp()), reactions)

    assert len(done) == 1
    assert await told(database) == [(PATIENT, None)]
    assert {one.subject for one in reactions} == {*standing.LISTENS_TO, others.subject}
    assert others in reactions
