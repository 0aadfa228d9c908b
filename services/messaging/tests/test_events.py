"""Others' events, each delivered twice: once in effect, told to whom it concerns, announced once."""

from typing import Any
from uuid import uuid4

import pytest
from google.protobuf.message import Message
from sqlalchemy import text
from terresante.consent.v1 import consent_events_pb2 as consent_pb
from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from terresante.identity.v1 import identity_events_pb2 as identity_pb
from terresante.messaging.v1 import messaging_events_pb2 as events_pb
from terresante.records.v1 import records_events_pb2 as records_pb
from terresante_messaging import events
from terresante_platform.bus import STREAM, Bus
from terresante_platform.consumer import Arrived, Consumer
from terresante_platform.database import Database
from terresante_platform.refusals import Unavailable

from .conftest import EVERYBODY, As, Coming, People, Reading, stamp
from .world import World


def every_event(world: World, people: People) -> dict[str, tuple[Message, dict[str, list[str]]]]:
    """One event of each subject, and who is told what by it."""
    id = str(uuid4())
    patient: dict[str, Any] = {"patient_id": str(world.patient), "at": stamp()}
    member: dict[str, Any] = {"member_id": id, "professional_id": str(people.nurse), **patient}
    by_gp: dict[str, Any] = {"author_id": str(people.gp), "audience": EVERYBODY, **patient}
    all_told = ("patient", "parent", "nurse")
    return {
        "consent.v1.member_invited": (
            consent_pb.MemberInvited(invited_by=str(people.gp), **member),
            {who: ["MEMBER_INVITED"] for who in all_told},
        ),
        "consent.v1.member_removed": (
            consent_pb.MemberRemoved(removed_by=str(world.patient), **member),
            {who: ["MEMBER_REMOVED"] for who in ("parent", "nurse")},
        ),
        "consent.v1.emergency_opened": (
            consent_pb.EmergencyOpened(emergency_access_id=id, professional_id=str(people.doctor), **patient),
            {who: ["EMERGENCY_OPENED"] for who in (*all_told, "gp")},
        ),
        "consent.v1.emergency_closed": (
            consent_pb.EmergencyClosed(emergency_access_id=id, professional_id=str(people.doctor), **patient),
            {who: ["EMERGENCY_CLOSED"] for who in (*all_told, "gp")},
        ),
        "consent.v1.consent_recorded": (
            consent_pb.ConsentRecorded(consent_id=id, **patient),
            {who: ["CONSENT_RECORDED"] for who in (*all_told, "gp")},
        ),
        "consent.v1.consent_withdrawn": (
            consent_pb.ConsentWithdrawn(consent_id=id, **patient),
            {who: ["CONSENT_WITHDRAWN"] for who in (*all_told, "gp")},
        ),
        "consent.v1.professional_blocked": (
            consent_pb.ProfessionalBlocked(professional_id=str(people.nurse), **patient),
            {},
        ),
        "consent.v1.representative_appointed": (
            consent_pb.RepresentativeAppointed(representative_id=str(people.parent), **patient),
            {},
        ),
        "consent.v1.representation_ended": (
            consent_pb.RepresentationEnded(representative_id=str(people.parent), **patient),
            {},
        ),
        "consent.v1.circle_settings_changed": (consent_pb.CircleSettingsChanged(**patient), {}),
        "consent.v1.records_joined": (
            consent_pb.RecordsJoined(absorbed_patient_id=str(world.other), act_id=id, **patient),
            {who: ["RECORDS_JOINED"] for who in (*all_told, "gp", "doctor")},
        ),
        "consent.v1.records_parted": (
            consent_pb.RecordsParted(parted_patient_id=str(world.other), act_id=id, **patient),
            {who: ["RECORDS_PARTED"] for who in (*all_told, "gp", "doctor")},
        ),
        "records.v1.document_published": (
            records_pb.DocumentPublished(document_id=id, version=1, **by_gp),
            {who: ["DOCUMENT_PUBLISHED"] for who in all_told},
        ),
        "records.v1.note_written": (
            records_pb.NoteWritten(note_id=id, **by_gp),
            {who: ["NOTE_WRITTEN"] for who in all_told},
        ),
        "records.v1.observation_recorded": (
            records_pb.ObservationRecorded(observation_id=id, **by_gp),
            {who: ["OBSERVATION_RECORDED"] for who in all_told},
        ),
        "records.v1.patient_admitted": (
            records_pb.PatientAdmitted(stay_id=id, **by_gp),
            {who: ["PATIENT_ADMITTED"] for who in all_told},
        ),
        "records.v1.patient_discharged": (
            records_pb.PatientDischarged(stay_id=id, **by_gp),
            {who: ["PATIENT_DISCHARGED"] for who in all_told},
        ),
        "records.v1.threshold_crossed": (
            records_pb.ThresholdCrossed(observation_id=id, threshold_id=str(uuid4()), **by_gp),
            {who: ["THRESHOLD_CROSSED"] for who in (*all_told, "gp")},
        ),
        "identity.v1.activation_issued": (
            identity_pb.ActivationIssued(person_id=str(world.patient), at=stamp()),
            {"patient": ["ACTIVATION_ISSUED"]},
        ),
        "records.v1.document_changed": (
            records_pb.DocumentChanged(document_id=id, audience=EVERYBODY, version=2, **patient),
            {},
        ),
    }


SUBJECTS = sorted(subject.removeprefix("terresante.") for subject in events.LISTENS_TO)


@pytest.mark.parametrize("subject", SUBJECTS)
async def test_each_event_delivered_twice_tells_each_person_once(
    subject: str, coming: Coming, reading: Reading, being: As, people: People, world: World, published: Any
) -> None:
    event, told = every_event(world, people)[subject]

    id = await coming.event(subject, event)
    await coming.event(subject, event, id)

    for who in ("patient", "parent", "nurse", "gp", "doctor", "stranger"):
        being(who)
        assert await reading.kinds() == told.get(who, [])
    assert await published() == ["messaging.v1.notifications_made"] * bool(told)


def test_every_event_listened_to_is_tried_here(world: World, people: People) -> None:
    assert sorted(every_event(world, people)) == SUBJECTS


@pytest.mark.parametrize("what", ["joined", "parted"])
async def test_who_stands_by_either_of_two_patients_is_told_of_the_other_once(
    coming: Coming, reading: Reading, being: As, people: People, world: World, calling_as: Any, what: str
) -> None:
    event, _ = every_event(world, people)[f"consent.v1.records_{what}"]
    world.other_circle.append(people.nurse)
    await coming.event(f"consent.v1.records_{what}", event)
    told = {}
    for who in ("patient", "gp", "nurse", "doctor"):
        being(who)
        (told[who],) = (await reading.page()).notifications
    calling_as("patient", world.other)
    (told["other"],) = (await reading.page()).notifications

    first, second = str(world.patient), str(world.other)
    assert {who: (one.patient_id, one.about_id) for who, one in told.items()} == {
        "patient": (first, second),
        "gp": (first, second),
        "nurse": (first, second),
        "doctor": (second, first),
        "other": (second, first),
    }


async def test_joined_records_wait_while_consent_does_not_say_whom_to_tell(
    coming: Coming, reading: Reading, being: As, people: People, world: World
) -> None:
    event, _ = every_event(world, people)["consent.v1.records_joined"]
    id, world.silent = uuid4(), True
    with pytest.raises(Unavailable):
        await coming.event("consent.v1.records_joined", event, id)
    world.silent = False

    await coming.event("consent.v1.records_joined", event, id)

    being("doctor")
    assert await reading.kinds() == ["RECORDS_JOINED"]


async def test_a_block_is_told_to_nobody_but_the_patients_own_screens(
    coming: Coming, world: World, people: People, published: Any, database: Database
) -> None:
    blocked = consent_pb.ProfessionalBlocked(
        patient_id=str(world.patient), professional_id=str(people.nurse), at=stamp()
    )

    await coming.event("consent.v1.professional_blocked", blocked)

    assert await published() == []
    async with database.reading() as connection:
        entries = (await connection.execute(text("select kind, recipient_realm, recipient_id from log_entry"))).all()
    assert [tuple(one) for one in entries] == [("STANDING_CHANGED", "person", world.patient)]


async def test_the_announcement_carries_ids_and_a_date_only(
    coming: Coming, database: Database, being: As, reading: Reading, people: People
) -> None:
    await coming.emergency(people.doctor)
    being("nurse")
    (told,) = (await reading.page()).notifications

    async with database.reading() as connection:
        rows = await connection.execute(text("select payload from outbox"))
        (announced,) = [events_pb.NotificationsMade.FromString(payload) for payload in rows.scalars()]

    assert announced.at == stamp()
    assert events_pb.Told(notification_id=told.notification_id, recipient_id=str(people.nurse)) in announced.told
    assert [name.name for name, _ in announced.ListFields()] == ["at", "told"]


async def test_a_member_not_entitled_to_what_was_published_is_told_nothing(
    coming: Coming, being: As, reading: Reading, people: People, world: World
) -> None:
    event, told = every_event(world, people)["records.v1.document_published"]
    event.decision_id = str(uuid4())
    world.not_entitled[event.decision_id] = people.nurse

    await coming.event("records.v1.document_published", event)

    being("nurse")
    assert (await reading.kinds(), "nurse" in told) == ([], True)
    being("patient")
    assert await reading.kinds() == ["DOCUMENT_PUBLISHED"]


async def test_an_event_waits_while_consent_does_not_say_whom_to_tell(
    coming: Coming, world: World, people: People, being: As, reading: Reading
) -> None:
    world.silent = True
    id = uuid4()
    event, _ = every_event(world, people)["consent.v1.emergency_opened"]
    with pytest.raises(Unavailable):
        await coming.event("consent.v1.emergency_opened", event, id)
    world.silent = False

    await coming.event("consent.v1.emergency_opened", event, id)

    being("patient")
    assert await reading.kinds() == ["EMERGENCY_OPENED"]


async def test_an_event_without_an_audience_is_told_to_nobody(
    coming: Coming, reading: Reading, being: As, people: People, world: World, published: Any
) -> None:
    event = records_pb.NoteWritten(
        patient_id=str(world.patient), note_id=str(uuid4()), author_id=str(people.gp), at=stamp()
    )
    await coming.event("records.v1.note_written", event)

    being("nurse")
    assert await reading.kinds() == []
    assert await published() == []


async def test_a_real_delivery_repeated_after_a_crash_before_its_acknowledgement_has_one_effect(
    database: Database, bus: Bus, consent: Any, world: World, people: People, reading: Reading, being: As
) -> None:
    event, _ = every_event(world, people)["records.v1.note_written"]
    subject, id = "terresante.records.v1.note_written", uuid4()
    await bus.stream.publish(subject, event.SerializeToString(), headers={"Nats-Msg-Id": str(id)})
    consumer = Consumer("messaging", database, bus, events.reactions(ConsentServiceStub(consent)))
    pulling = await bus.stream.pull_subscribe_bind(durable="messaging", stream=STREAM)
    (message,) = await pulling.fetch(1, timeout=5)

    await consumer.react([Arrived(id, message.subject, message.data)])
    await message.nak()
    (again,) = await pulling.fetch(1, timeout=5)
    await consumer.receive([again])

    being("nurse")
    assert await reading.kinds() == ["NOTE_WRITTEN"]
    assert again.metadata.num_delivered == 2
