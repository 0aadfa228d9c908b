"""What is announced: opaque ids and dates only, published once, in the order of the changes. It listens to nobody."""

import asyncio
from typing import Any
from uuid import UUID

from nats.aio.msg import Msg
from terresante.identity.v1 import identity_events_pb2 as events_pb
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante_identity import events
from terresante_platform import outbox
from terresante_platform.bus import Bus
from terresante_platform.database import Database

MESSAGES: dict[str, Any] = {
    events.PERSON_CREATED: events_pb.PersonCreated,
    events.PERSON_CHANGED: events_pb.PersonChanged,
    events.ACTIVATION_ISSUED: events_pb.ActivationIssued,
    events.SOURCE_MOVED: events_pb.SourceMoved,
}
TRAITS = pb.Traits(
    birth_name="Canaryname",
    first_name="Canaryfirst",
    birth_date=pb.BirthDate(year=1951, month=5, day=12),
    sex=pb.SEX_FEMALE,
    birth_country="FR",
    birth_postal_code="94100",
)


async def test_each_change_is_published_once_with_nothing_but_ids_and_dates(
    service: Any, doctor: UUID, database: Database, bus: Bus
) -> None:
    louise = (await service.CreatePerson(pb.CreatePersonRequest(traits=TRAITS))).person
    await service.FlagIdentity(
        pb.FlagIdentityRequest(person_id=louise.person_id, version=1, flags=[pb.IDENTITY_FLAG_DOUBTFUL])
    )
    activation = await service.IssueActivation(pb.IssueActivationRequest(person_id=louise.person_id))
    pulling = await bus.stream.pull_subscribe_bind(durable="identity", stream="EVENTS")

    async with outbox.relaying(database, bus):
        delivered: list[Msg] = []
        while len(delivered) < 4:
            delivered += await asyncio.wait_for(pulling.fetch(4 - len(delivered), timeout=10), 20)

    assert {message.subject for message in delivered} == set(MESSAGES)
    for message in delivered:
        event = MESSAGES[message.subject].FromString(message.data)
        fields = {field.name for field, _ in event.ListFields()}
        assert louise.person_id in {getattr(event, name) for name in fields & {"person_id", "to_person_id"}}
        assert event.at.seconds > 0
        assert fields <= {"person_id", "at", "version", "act_id", "source_id", "to_person_id"}
        for secret in (b"Canary", b"CANARY", activation.activation_code.encode(), str(doctor).encode()):
            assert secret not in message.data
    assert events.LISTENS_TO == ()
