"""Professionals' accounts as their territories' administrators see them, with what Keycloak was seen to hold."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, Select, case, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.accounts import Means, State
from terresante_directory.domain.desk import Listed
from terresante_directory.domain.drift import Drift
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.lost_means import Loss
from terresante_directory.store.enrolment_tables import account_difference, account_loss, account_seen, self_enrolment
from terresante_directory.store.tables import account, place, professional, structure

BY_NAME = (professional.c.search, professional.c.id)
DIFFERS = (account_difference.c.uid == professional.c.id) & (account_difference.c.kind != Drift.UNKNOWN_HERE.value)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which accounts. `state`: those in it; None: those there are. `without`: those of nobody, instead.

    `words`: beginnings of words of the name. `professional`: theirs only, whether they have one or not.
    `alone_since`: of people who completed an enrolment by themselves after that.
    """

    territories: Collection[TerritoryCode]
    state: State | None = None
    without: bool = False
    not_since: datetime | None = None
    locked: bool = False
    unsettled: bool = False
    differing: bool = False
    words: Sequence[str] = ()
    professional: UUID | None = None
    alone_since: datetime | None = None


def home(of: Any) -> ScalarSelect[Any]:
    """The territory that answers for an account, as `Professional.home` says. `of`: has the professional's id."""
    lasts = place.c.until.is_(None)
    seniority = case((lasts, func.coalesce(place.c.continues_since, place.c.since)))
    oldest_first = (lasts.desc(), seniority, place.c.until.desc(), case((lasts, place.c.id)), place.c.id.desc())
    return (
        select(structure.c.territory)
        .join(place, place.c.structure_id == structure.c.id)
        .where(place.c.professional_id == of.c.id)
        .order_by(*oldest_first)
        .limit(1)
        .correlate(of)
        .scalar_subquery()
    )


def answered_for(territories: Collection[str]) -> Any:
    """The condition on `professional`: theirs is the account. For few rows: each one's home is looked up."""
    return home(professional).in_(territories)


async def page(connection: AsyncConnection, wanted: Wanted, after: UUID | None, limit: int) -> list[Listed]:
    """Up to `limit` accounts, by name; those after the professional `after`.

    Who practises or practised there is looked at in the order of names, a part at a time, and their home only then:
    PostgreSQL is told how many are wanted, and goes through no more of a region than that.
    """
    ids: list[UUID] = []
    part = limit + limit // 2
    while len(ids) < limit:
        candidates = _candidates(wanted, after).order_by(*BY_NAME).limit(part).subquery("named")
        with_home = select(candidates.c.id, home(candidates).label("home"))
        rows = (await connection.execute(with_home.order_by(candidates.c.search, candidates.c.id))).all()
        ids += [row.id for row in rows if row.home in wanted.territories]
        if len(rows) < part:
            break
        after = rows[-1].id
    found = {row.id: _listed(row) for row in await connection.execute(_all().where(professional.c.id.in_(ids)))}
    return [found[id] for id in ids[:limit] if id in found]


async def strangers(connection: AsyncConnection) -> int:
    """How many users of Keycloak belong to no account."""
    of_nobody = account_difference.c.kind == Drift.UNKNOWN_HERE.value
    return await connection.scalar(select(func.count()).select_from(account_difference).where(of_nobody)) or 0


async def one(connection: AsyncConnection, id: UUID) -> Listed:
    """The account of a professional who exists."""
    return _listed((await connection.execute(_all().where(professional.c.id == id))).one())


def _candidates(wanted: Wanted, after: UUID | None) -> Select[Any]:
    there = (
        select(place.c.professional_id)
        .join(structure, structure.c.id == place.c.structure_id)
        .where(structure.c.territory.in_(wanted.territories))
    )
    rows = (
        select(professional.c.id, professional.c.search)
        .outerjoin(account, account.c.uid == professional.c.id)
        .outerjoin(account_seen, account_seen.c.uid == professional.c.id)
        .where(professional.c.stands, professional.c.id.in_(there), *_conditions(wanted))
    )
    if after is not None:
        last_shown = professional.alias()
        position = select(last_shown.c.search).where(last_shown.c.id == after).scalar_subquery()
        rows = rows.where(tuple_(professional.c.search, professional.c.id) > tuple_(position, after))
    return rows


def _conditions(wanted: Wanted) -> Iterator[Any]:
    if wanted.professional is not None:
        yield professional.c.id == wanted.professional
    else:
        yield account.c.uid.is_(None) if wanted.without else account.c.uid.is_not(None)
    if wanted.state is not None:
        yield account.c.state == wanted.state.value
    if wanted.not_since is not None:
        yield or_(account_seen.c.last_login.is_(None), account_seen.c.last_login < wanted.not_since)
    if wanted.locked:
        yield account_seen.c.locked
    if wanted.unsettled:
        yield ~account.c.settled
    if wanted.differing:
        yield exists().where(DIFFERS)
    if wanted.alone_since is not None:
        came = (self_enrolment.c.uid == professional.c.id) & (self_enrolment.c.done_at > wanted.alone_since)
        yield exists().where(came)
    for word in wanted.words:
        yield professional.c.search.like(f"% {word}%")


def _all() -> Select[Any]:
    return (
        select(
            professional.c.id,
            professional.c.given_name,
            professional.c.family_name,
            professional.c.profession,
            account.c.state,
            account.c.means,
            account.c.settled,
            account.c.id_nat.is_not(None).label("with_card"),
            account_seen.c.last_login,
            account_seen.c.locked,
            account_loss.c.card_lost_at,
            account_loss.c.phone_asked_at,
            select(account_difference.c.kind).where(DIFFERS).limit(1).scalar_subquery().label("difference"),
        )
        .select_from(professional)
        .outerjoin(account, account.c.uid == professional.c.id)
        .outerjoin(account_seen, account_seen.c.uid == professional.c.id)
        .outerjoin(account_loss, account_loss.c.uid == professional.c.id)
    )


def _listed(row: Row[Any]) -> Listed:
    return Listed(
        professional=row.id,
        name=f"{row.given_name} {row.family_name}",
        profession=row.profession,
        state=State(row.state) if row.state else None,
        means=Means(row.means) if row.means else None,
        settled=bool(row.settled),
        last_login=row.last_login,
        locked=bool(row.locked),
        with_card=row.with_card,
        loss=Loss(row.card_lost_at, row.phone_asked_at),
        difference=Drift(row.difference) if row.difference else None,
    )
