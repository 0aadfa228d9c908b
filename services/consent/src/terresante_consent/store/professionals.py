"""The dated copy of what the directory says of professionals."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_consent.domain.professionals import Mandate, Place, Professional
from terresante_consent.domain.vocabulary import PlaceId, ProfessionalId, StructureId
from terresante_consent.store.tables import known_place, known_professional


async def keep(transaction: AsyncConnection, professional: Professional) -> None:
    """Keeps what the directory said, unless something newer is known. Replies that cross keep the newest."""
    new = insert(known_professional).values(
        professional_id=professional.id,
        profession=professional.profession,
        health_professional=professional.health_professional,
        account_open=professional.account_open,
        version=professional.version,
        checked_at=professional.checked_at,
        mandate_territories=list(professional.mandate.territories) if professional.mandate else None,
        mandate_structures=list(professional.mandate.structures) if professional.mandate else None,
    )
    told = new.excluded
    kept = await transaction.execute(
        new.on_conflict_do_update(
            index_elements=[known_professional.c.professional_id],
            set_={
                "profession": told.profession,
                "health_professional": told.health_professional,
                "account_open": told.account_open,
                "version": told.version,
                "mandate_territories": told.mandate_territories,
                "mandate_structures": told.mandate_structures,
                "checked_at": func.greatest(told.checked_at, known_professional.c.checked_at),
            },
            where=told.version >= known_professional.c.version,
        )
    )
    if kept.rowcount == 0:
        return
    await transaction.execute(delete(known_place).where(known_place.c.professional_id == professional.id))
    if professional.places:
        await transaction.execute(
            insert(known_place),
            [
                {
                    "place_id": place.id,
                    "professional_id": professional.id,
                    "structure_id": place.structure,
                    "until": place.until,
                    "territory_code": place.territory,
                }
                for place in professional.places
            ],
        )


def mandate(territories: Sequence[str] | None, structures: Sequence[UUID] | None) -> Mandate | None:
    """The mandate as kept; None for who is no identity officer."""
    if territories is None or structures is None:
        return None
    return Mandate(tuple(territories), tuple(StructureId(id) for id in structures))


async def get(connection: AsyncConnection, id: UUID) -> Professional | None:
    """What is known of one professional."""
    known = known_professional
    row = (await connection.execute(select(known).where(known.c.professional_id == id))).first()
    if row is None:
        return None
    places = await connection.execute(select(known_place).where(known_place.c.professional_id == id))
    return Professional(
        id=ProfessionalId(row.professional_id),
        profession=row.profession,
        health_professional=row.health_professional,
        account_open=row.account_open,
        places=tuple(
            Place(PlaceId(p.place_id), StructureId(p.structure_id), p.until, p.territory_code) for p in places
        ),
        version=row.version,
        checked_at=row.checked_at,
        mandate=mandate(row.mandate_territories, row.mandate_structures),
    )
