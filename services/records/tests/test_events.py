"""What records announces: each change once, with ids, dates and switches only."""

from typing import Any

import pytest
from google.protobuf.message import Message
from sqlalchemy import text
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.records.v1 import records_events_pb2 as events_pb
from terresante.records.v1 import records_service_pb2 as pb
from terresante_platform import outbox
from terresante_platform.bus import STREAM, Bus
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal
from terresante_records import events

from .conftest import MONDAY, As, Clock, People, Writing, stamp
from .world import World

TYPES: dict[str, type[Message]] = {
    events.DOCUMENT_PUBLISHED: events_pb.DocumentPublished,
    events.DOCUMENT_CHANGED: events_pb.DocumentChanged,
    events.NOTE_WRITTEN: events_pb.NoteWritten,
    events.OBSERVATION_RECORDED: events_pb.ObservationRecorded,
    events.PATIENT_ADMITTED: events_pb.PatientAdmitted,
    events.PATIENT_DISCHARGED: events_pb.PatientDischarged,
    events.THRESHOLD_CROSSED: events_pb.ThresholdCrossed,
}
EVERYBODY = events_pb.Audience(professionals=True, patient=True, representatives=True)


async def announced(database: Database) -> list[Any]:
    async with database.reading() as connection:
        rows = await connection.execute(text("select subject, payload from outbox order by sequence"))
        return [TYPES[row.subject].FromString(row.payload) for row in rows]


async def test_what_is_published_and_changed_is_announced_with_whom_it_may_be_told_to(
    writing: Writing, being: As, database: Database, clock: Clock, people: People, world: World
) -> None:
    being("gp")
    document = await writing.document(visibility=pb.Visibility(hidden_from_patient=True))
    clock.passes(minutes=3)
    ids: dict[str, Any] = {"patient_id": document.patient_id, "document_id": document.document_id}
    await writing.records.SetDocumentVisibility(pb.SetDocumentVisibilityRequest(**ids, version=1))
    await writing.records.DeleteDocument(pb.DeleteDocumentRequest(**ids, version=2))

    published, shown, gone = await announced(database)

    assert published == events_pb.DocumentPublished(
        **ids,
        author_id=str(people.gp),
        at=stamp(MONDAY),
        audience=events_pb.Audience(professionals=True, representatives=True),
        version=1,
        decision_id=world.decided[0].entry_id,
    )
    assert shown == events_pb.DocumentChanged(**ids, at=stamp(clock.now), audience=EVERYBODY, version=2)
    assert gone == events_pb.DocumentChanged(**ids, at=stamp(clock.now), audience=events_pb.Audience(), version=3)


async def test_notes_and_observations_are_announced(
    writing: Writing, being: As, database: Database, world: World, people: People
) -> None:
    being("nurse")
    note = await writing.note()
    observation = await writing.observation()
    by: dict[str, Any] = {
        "patient_id": str(world.patient),
        "author_id": str(people.nurse),
        "at": stamp(MONDAY),
        "audience": EVERYBODY,
    }

    first, second = (decision.entry_id for decision in world.decided)
    assert await announced(database) == [
        events_pb.NoteWritten(note_id=note.note_id, decision_id=first, **by),
        events_pb.ObservationRecorded(observation_id=observation.observation_id, decision_id=second, **by),
    ]


async def test_an_edition_is_announced_with_the_decision_to_publish_it(
    writing: Writing, being: As, database: Database, world: World
) -> None:
    being("gp")
    document = await writing.document()
    await writing.document(replaces=document.document_id)

    asked = dict(zip((one.entry_id for one in world.decided), world.asked, strict=True))
    published = [event for event in await announced(database) if isinstance(event, events_pb.DocumentPublished)]
    assert [asked[event.decision_id].action for event in published] == [consent_pb.ACTION_PUBLISH] * 2


async def test_what_is_refused_is_not_announced(writing: Writing, being: As, published: Any) -> None:
    being("gp")
    document = await writing.document()
    being("nurse")
    for attempt in (
        lambda: writing.records.DeleteDocument(
            pb.DeleteDocumentRequest(patient_id=document.patient_id, document_id=document.document_id, version=1)
        ),
        lambda: writing.document(b"GIF89a\x00"),
        lambda: writing.note(""),
    ):
        with pytest.raises(Refusal):
            await attempt()

    assert await published() == ["records.v1.document_published"]


async def test_an_event_says_nothing_of_a_persons_health_or_name(
    writing: Writing, being: As, database: Database
) -> None:
    being("gp")
    await writing.document(title="Sérologie VIH")
    await writing.note("Addiction")
    await writing.observation(label="Pouls")

    payloads = b"".join(event.SerializeToString() for event in await announced(database))

    for word in ("VIH", "Addiction", "Pouls", "8867", "72.50", "laboratory", "11502"):
        assert word.encode() not in payloads


async def test_an_event_reaches_the_stream(writing: Writing, being: As, database: Database, bus: Bus) -> None:
    being("gp")
    note = await writing.note()

    await outbox.Relay(database, bus).publish_batch()

    message = await bus.stream.get_last_msg(STREAM, events.NOTE_WRITTEN)
    assert events_pb.NoteWritten.FromString(message.data or b"").note_id == note.note_id
