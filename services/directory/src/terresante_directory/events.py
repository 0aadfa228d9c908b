"""What the directory announces, in the transaction of the change. It listens to nobody."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import directory_events_pb2 as pb
from terresante_platform import outbox

from terresante_directory import wire
from terresante_directory.domain.feeders import Feeder
from terresante_directory.domain.professionals import Professional
from terresante_directory.domain.structures import Structure

LISTENS_TO: tuple[str, ...] = ()
PROFESSIONAL_CHANGED = "terresante.directory.v1.professional_changed"
STRUCTURE_CHANGED = "terresante.directory.v1.structure_changed"
FEEDER_CHANGED = "terresante.directory.v1.feeder_changed"


async def professional_changed(transaction: AsyncConnection, changed: Professional, at: datetime) -> None:
    """They were registered, or their places, account or mandate of identity officer are others."""
    message = pb.ProfessionalChanged(professional_id=str(changed.id), version=changed.version, at=wire.timestamp(at))
    await outbox.add(transaction, PROFESSIONAL_CHANGED, message)


async def structure_changed(transaction: AsyncConnection, changed: Structure, at: datetime) -> None:
    """It was registered."""
    message = pb.StructureChanged(structure_id=str(changed.id), version=changed.version, at=wire.timestamp(at))
    await outbox.add(transaction, STRUCTURE_CHANGED, message)


async def feeder_changed(transaction: AsyncConnection, changed: Feeder, at: datetime) -> None:
    """It was registered, or its policy or account is another."""
    message = pb.FeederChanged(feeder_id=str(changed.id), version=changed.version, at=wire.timestamp(at))
    await outbox.add(transaction, FEEDER_CHANGED, message)
