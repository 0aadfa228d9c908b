"""What waits for an administrator."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    Text,
    cast,
    column,
    func,
    null,
    or_,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.desk import Waiting
from terresante_directory.domain.enrolment import NEW
from terresante_directory.store.account_list import answered_for
from terresante_directory.store.enrolment_tables import (
    account_difference,
    account_seen,
    change_request,
    self_enrolment,
)
from terresante_directory.store.tables import account, offer, professional, structure

_import = table("import", column("state"), column("territories", ARRAY(Text)), column("at"))


async def waiting(
    connection: AsyncConnection, territories: Collection[str], stale: timedelta, now: datetime
) -> list[Waiting]:
    """What waits in these territories, kind by kind; `stale`: after how long an offer is to be confirmed."""
    kinds = [
        _request_waits(territories),
        _offer_is_stale(territories, now - stale),
        _account_is_locked(territories),
        _account_is_unsettled(territories),
        _account_differs(territories),
        _is_new(territories, now),
        _import_is_ready(territories),
    ]
    rows = await connection.execute(union_all(*kinds))
    return [Waiting(row.kind, row.amount, row.oldest) for row in rows if row.amount]


def _counted(kind: str, oldest: ColumnElement[Any]) -> Select[Any]:
    return select(cast(kind, Text).label("kind"), func.count().label("amount"), oldest.label("oldest"))


def _request_waits(territories: Collection[str]) -> Select[Any]:
    waits = _counted("requests", func.min(change_request.c.at)).select_from(change_request)
    waits = waits.join(structure, structure.c.id == change_request.c.structure_id)
    return waits.where(change_request.c.decided_at.is_(None), structure.c.territory.in_(territories))


def _offer_is_stale(territories: Collection[str], before: datetime) -> Select[Any]:
    stale = _counted("stale_offers", func.min(offer.c.confirmed_at)).select_from(offer)
    return stale.where(offer.c.open, offer.c.territory.in_(territories), offer.c.confirmed_at < before)


def _account_is_locked(territories: Collection[str]) -> Select[Any]:
    locked = _counted("locked_accounts", func.min(account_seen.c.seen_at)).select_from(account_seen)
    locked = locked.join(professional, professional.c.id == account_seen.c.uid)
    return locked.where(account_seen.c.locked, answered_for(territories))


def _account_is_unsettled(territories: Collection[str]) -> Select[Any]:
    unsettled = _counted("unsettled_accounts", cast(null(), DateTime(timezone=True))).select_from(account)
    unsettled = unsettled.join(professional, professional.c.id == account.c.uid)
    return unsettled.where(~account.c.settled, answered_for(territories))


def _account_differs(territories: Collection[str]) -> Select[Any]:
    """A user of nobody concerns everybody: no territory answers for them."""
    differs = _counted("account_differences", func.min(account_difference.c.since)).select_from(account_difference)
    differs = differs.outerjoin(professional, professional.c.id == account_difference.c.uid)
    return differs.where(or_(account_difference.c.kind == "unknown_here", answered_for(territories)))


def _is_new(territories: Collection[str], now: datetime) -> Select[Any]:
    new = _counted("new_professionals", func.min(self_enrolment.c.done_at)).select_from(self_enrolment)
    new = new.join(professional, professional.c.id == self_enrolment.c.uid)
    return new.where(self_enrolment.c.done_at > now - NEW, answered_for(territories))


def _import_is_ready(territories: Collection[str]) -> Select[Any]:
    ready = _counted("imports", func.min(_import.c.at)).select_from(_import)
    return ready.where(_import.c.state == "ready", _import.c.territories.overlap(sorted(territories)))
