"""What waits for an administrator, and counts of a territory week by week."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
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

from terresante_directory.domain.desk import PARIS, Waiting, monday
from terresante_directory.domain.enrolment import NEW
from terresante_directory.store.account_list import answered_for
from terresante_directory.store.enrolment_tables import (
    account_difference,
    account_seen,
    account_week,
    change_request,
    self_enrolment,
)
from terresante_directory.store.tables import account, fact, offer, place, professional, structure

_import = table("import", column("state"), column("territories", ARRAY(Text)), column("at"))
_week = (
    func.unnest(bindparam("ends", type_=ARRAY(DateTime(timezone=True))), bindparam("days", type_=ARRAY(Text)))
    .table_valued(column("end", DateTime(timezone=True)), column("day", Text), name="week")
    .render_derived()
)
IN_TERRITORY = bindparam("territory", type_=Text)
Count = tuple[str, str, datetime, int]
"""Kind, label, end of the week, how many."""


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


async def by_week(
    connection: AsyncConnection, territory: str, ends: Sequence[datetime], stale: timedelta
) -> list[Count]:
    """Counts of a territory at the end of each week, as known now; kinds without any are left out."""
    days = [monday(end - timedelta(days=1)).astimezone(PARIS).date().isoformat() for end in ends]
    of_weeks = {"ends": list(ends), "days": days, "territory": territory}
    there = _practising()
    of_people = (_places(there), _enrolled(there), _active(there))
    counts = union_all(_structures(), _offers("offers"), _offers("offers_stale", stale), *of_people)
    rows = await connection.execute(counts, of_weeks)
    return [(row.kind, row.label, row.end, row.amount) for row in rows]


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


def _weekly(kind: str) -> Select[Any]:
    told = (cast(kind, Text).label("kind"), cast("", Text).label("label"), _week.c.end, func.count().label("amount"))
    return select(*told).select_from(_week).group_by(_week.c.end)


def _held(of_kind: str) -> ColumnElement[bool]:
    """The condition on `fact` for what held at the end of a week."""
    just_before = _week.c.end - timedelta(seconds=1)
    begun = or_(fact.c.valid_from.is_(None), fact.c.valid_from <= just_before)
    lasts = or_(fact.c.valid_to.is_(None), fact.c.valid_to > just_before)
    return and_(fact.c.kind == of_kind, fact.c.known_to.is_(None), begun, lasts)


def _is_open() -> ColumnElement[bool]:
    is_closed: ColumnElement[bool] = fact.c.content["closed"].as_boolean()
    return ~is_closed


def _structures() -> Select[Any]:
    standing = _weekly("structures")
    standing = standing.join(fact, and_(_held("structure"), fact.c.territory == IN_TERRITORY))
    return standing.where(_is_open())


def _offers(kind: str, stale: timedelta | None = None) -> Select[Any]:
    given = _weekly(kind).join(fact, _held("offer"))
    given = given.join(structure, structure.c.id == cast(fact.c.parent, Uuid))
    given = given.where(_is_open(), structure.c.territory == IN_TERRITORY)
    if stale is None:
        return given
    confirmed = cast(fact.c.content["confirmed_at"].astext, DateTime(timezone=True))
    return given.where(confirmed < _week.c.end - stale)


def _practising() -> CTE:
    """Who practised there at the end of each week, and in how many places."""
    just_before = _week.c.end - timedelta(seconds=1)
    stood = and_(place.c.since <= just_before, or_(place.c.until.is_(None), place.c.until > just_before))
    there = select(_week.c.end, _week.c.day, place.c.professional_id.label("uid"), func.count().label("places"))
    there = there.select_from(_week).join(place, stood).join(structure, structure.c.id == place.c.structure_id)
    there = there.where(structure.c.territory == IN_TERRITORY)
    return there.group_by(_week.c.end, _week.c.day, place.c.professional_id).cte("there").prefix_with("materialized")


def _places(there: CTE) -> Select[Any]:
    return _of("places", cast("", Text), there, func.sum(there.c.places)).group_by(there.c.end)


def _enrolled(there: CTE) -> Select[Any]:
    profession = professional.c.profession
    enrolled = _of("enrolled", profession, there, func.count()).join(professional, professional.c.id == there.c.uid)
    return enrolled.group_by(there.c.end, profession)


def _active(there: CTE) -> Select[Any]:
    seen = and_(account_week.c.uid == there.c.uid, account_week.c.week == cast(there.c.day, Date))
    return _of("active_users", cast("", Text), there, func.count()).join(account_week, seen).group_by(there.c.end)


def _of(kind: str, label: ColumnElement[Any], there: CTE, amount: ColumnElement[Any]) -> Select[Any]:
    told = (cast(kind, Text).label("kind"), label.label("label"), there.c.end, cast(amount, BigInteger).label("amount"))
    return select(*told).select_from(there)
