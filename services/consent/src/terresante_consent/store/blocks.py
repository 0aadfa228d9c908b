"""Blocks."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_consent.domain.blocks import Block, BlockAlready, BlockId
from terresante_consent.domain.vocabulary import PersonId, ProfessionalId
from terresante_consent.store import joined
from terresante_consent.store.tables import block

_BLOCKED = text(
    f"select {joined.blocked('q.patient', 'cast(:professional as uuid)')}"  # noqa: S608  # our own constants
    " from (values (cast(:patient as uuid))) q(patient) left join joined j on j.patient_id = q.patient"
)


async def in_force(connection: AsyncConnection, patient: UUID) -> list[Block]:
    """Blocks of a patient in force, oldest first."""
    found = await connection.execute(
        select(block).where(block.c.patient_id == patient, block.c.until.is_(None)).order_by(block.c.since)
    )
    return [_block(row) for row in found]


async def blocked(connection: AsyncConnection, patient: UUID, professional: UUID) -> bool:
    """Whether the patient blocks that professional now, under whichever id."""
    found = await connection.execute(_BLOCKED, {"patient": patient, "professional": professional})
    return bool(found.scalar_one())


async def get(connection: AsyncConnection, patient: UUID, id: UUID) -> Block | None:
    """One block of a patient, lifted or not."""
    row = (await connection.execute(select(block).where(block.c.patient_id == patient, block.c.block_id == id))).first()
    return _block(row) if row else None


async def keep(transaction: AsyncConnection, new: Block) -> None:
    """Keeps a new block. Refuses with BLOCK_ALREADY."""
    kept = await transaction.execute(
        insert(block)
        .values(
            block_id=new.id,
            patient_id=new.patient,
            professional_id=new.professional,
            since=new.since,
            until=new.until,
        )
        .on_conflict_do_nothing()
    )
    if kept.rowcount == 0:
        raise BlockAlready("Ce professionnel est déjà bloqué.", "Rien à faire.")


async def end(transaction: AsyncConnection, lifted: Block) -> None:
    """Keeps the end of a block."""
    await transaction.execute(update(block).where(block.c.block_id == lifted.id).values(until=lifted.until))


def _block(row: Any) -> Block:
    return Block(
        BlockId(row.block_id), PersonId(row.patient_id), ProfessionalId(row.professional_id), row.since, row.until
    )
