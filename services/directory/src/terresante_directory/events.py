"""What the directory announces, in the transaction of the change. It listens to nobody."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import directory_events_pb2 as pb
from terresante_platform import outbox

from terresante_directory import wire
from terresante_directory.domain.acts import Touched
from terresante_directory.domain.feeders import Feeder
from terresante_directory.domain.professionals import Professional
from terresante_directory.store.acting import Done

LISTENS_TO: tuple[str, ...] = ()
PROFESSIONAL_CHANGED = "terresante.directory.v1.professional_changed"
STRUCTURE_CHANGED = "terresante.directory.v1.structure_changed"
OFFER_CHANGED = "terresante.directory.v1.offer_changed"
TERRITORY_CHANGED = "terresante.directory.v1.territory_changed"
FEEDER_CHANGED = "terresante.directory.v1.feeder_changed"


async def professional_changed(transaction: AsyncConnection, changed: Professional, at: datetime) -> None:
    """Their account or mandate of identity officer is another."""
    message = pb.ProfessionalChanged(professional_id=str(changed.id), version=changed.version, at=wire.timestamp(at))
    await outbox.add(transaction, PROFESSIONAL_CHANGED, message)


async def acted(transaction: AsyncConnection, done: Done) -> None:
    """What an act made another version of."""
    await touched(transaction, done.touched, done.act.at)


async def touched(transaction: AsyncConnection, changed: Touched, at: datetime) -> None:
    """These are other versions, by an act or because what was scheduled has come to hold."""
    when = wire.timestamp(at)
    structures = (
        (STRUCTURE_CHANGED, pb.StructureChanged(structure_id=str(id), version=version, at=when))
        for id, version in changed.structures.items()
    )
    offers = (
        (OFFER_CHANGED, pb.OfferChanged(offer_id=str(id), version=version, at=when))
        for id, version in changed.offers.items()
    )
    territories = (
        (TERRITORY_CHANGED, pb.TerritoryChanged(territory_code=code, at=when)) for code in sorted(changed.territories)
    )
    professionals = (
        (PROFESSIONAL_CHANGED, pb.ProfessionalChanged(professional_id=str(id), version=version, at=when))
        for id, version in changed.professionals.items()
    )
    await outbox.add_all(transaction, [*territories, *structures, *offers, *professionals])


async def feeder_changed(transaction: AsyncConnection, changed: Feeder, at: datetime) -> None:
    """It was registered, or its policy or account is another."""
    message = pb.FeederChanged(feeder_id=str(changed.id), version=changed.version, at=wire.timestamp(at))
    await outbox.add(transaction, FEEDER_CHANGED, message)
