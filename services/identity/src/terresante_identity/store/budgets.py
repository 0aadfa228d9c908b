"""How many searches each professional has left."""

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_identity.domain.identity import ProfessionalId
from terresante_identity.domain.search_budget import Budget
from terresante_identity.store.tables import search_budget


async def get_for_update(transaction: AsyncConnection, professional: ProfessionalId, full: Budget) -> Budget:
    """What is left, locked until the transaction ends; `full` for who never searched."""
    await transaction.execute(
        insert(search_budget)
        .values(professional_id=professional, remaining=full.left, counted_at=full.at)
        .on_conflict_do_nothing()
    )
    row = (
        await transaction.execute(
            select(search_budget).where(search_budget.c.professional_id == professional).with_for_update()
        )
    ).one()
    return Budget(row.remaining, row.counted_at)


async def save(transaction: AsyncConnection, professional: ProfessionalId, budget: Budget) -> None:
    """Keeps what is left of a budget read with `get_for_update`."""
    await transaction.execute(
        update(search_budget)
        .where(search_budget.c.professional_id == professional)
        .values(remaining=budget.left, counted_at=budget.at)
    )
