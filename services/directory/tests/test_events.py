"""What the directory announces, as others receive it from a real stream."""

from collections.abc import Callable

from terresante.directory.v1 import directory_events_pb2 as pb
from terresante_directory import events
from terresante_directory.domain.professionals import Professional
from terresante_directory.domain.structures import Structure
from terresante_platform.bus import STREAM, Bus
from terresante_platform.database import Database
from terresante_platform.outbox import Relay

from .desk import Clock
from .enrolling import enrolled


async def test_changes_reach_the_stream_as_ids_versions_and_dates(
    database: Database,
    bus: Bus,
    clock: Clock,
    a_structure: Callable[..., Structure],
    a_professional: Callable[..., Professional],
) -> None:
    here = a_structure()
    someone = a_professional(here)
    async with database.transaction() as transaction:
        await events.acted(transaction, await enrolled(transaction, here, someone, at=clock.at))

    await Relay(database, bus).publish_batch()

    pulling = await bus.stream.pull_subscribe_bind(durable="directory", stream=STREAM)
    received = {message.subject: message.data for message in await pulling.fetch(2, timeout=5)}
    structure = pb.StructureChanged.FromString(received["terresante.directory.v1.structure_changed"])
    professional = pb.ProfessionalChanged.FromString(received["terresante.directory.v1.professional_changed"])
    assert (structure.structure_id, structure.version) == (str(here.id), 1)
    assert (professional.professional_id, professional.version) == (str(someone.id), 1)
    assert professional.at.ToDatetime(clock.at.tzinfo) == clock.at


async def test_nothing_is_announced_of_a_change_that_was_not_kept(
    database: Database, clock: Clock, a_structure: Callable[..., Structure], published: Callable[[], object]
) -> None:
    class Undone(Exception):
        pass

    try:
        async with database.transaction() as transaction:
            await events.acted(transaction, await enrolled(transaction, a_structure(), at=clock.at))
            raise Undone
    except Undone:
        pass

    assert await published() == []  # type: ignore[misc]


def test_the_directory_listens_to_nobody() -> None:
    assert events.LISTENS_TO == ()
