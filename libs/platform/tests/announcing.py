"""Events announced and counted, for the tests of relay and consumer."""

from terresante.consent.v1 import consent_events_pb2 as pb
from terresante_platform import outbox
from terresante_platform.bus import STREAM, Bus
from terresante_platform.database import Database

SUBJECT = "terresante.consent.v1.consent_withdrawn"


async def announce(database: Database, patient: str = "p") -> None:
    async with database.transaction() as transaction:
        await outbox.add(transaction, SUBJECT, pb.ConsentWithdrawn(patient_id=patient))


async def stored(bus: Bus) -> int:
    return int((await bus.stream.stream_info(STREAM)).state.messages)
