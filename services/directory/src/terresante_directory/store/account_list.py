"""Professionals' accounts as their territories' administrators see them, with what Keycloak was seen to hold."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, Select, case, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.accounts import Means, State
from terresante_directory.domain.desk import Listed
from terresante_directory.store.enrolment_tables import account_seen
from terresante_directory.store.tables import account, place, professional, structure


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which accounts. `state`: those in it; None: those there are. `without`: those of nobody, instead."""

    territories: Collection[str]
    state: State | None = None
    without: bool = False
    not_since: datetime | None = None


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

    Who practises or practised there is looked at in the order of names, and their home only until the page is full.
    """
    candidates = (
        _candidates(wanted, after).order_by(professional.c.search, professional.c.id).offset(0).subquery("named")
    )
    theirs = select(candidates.c.id).where(home(candidates).in_(wanted.territories))
    ids = (await connection.scalars(theirs.order_by(candidates.c.search, candidates.c.id).limit(limit))).all()
    found = {row.id: _listed(row) for row in await connection.execute(_all().where(professional.c.id.in_(ids)))}
    return [found[id] for id in ids if id in found]


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
        .where(professional.c.stands, professional.c.id.in_(there))
        .where(account.c.uid.is_(None) if wanted.without else account.c.uid.is_not(None))
    )
    if wanted.state is not None:
        rows = rows.where(account.c.state == wanted.state.value)
    if wanted.not_since is not None:
        last = account_seen.c.last_login
        rows = rows.outerjoin(account_seen, account_seen.c.uid == professional.c.id)
        rows = rows.where(or_(last.is_(None), last < wanted.not_since))
    if after is not None:
        last_shown = professional.alias()
        position = select(last_shown.c.search).where(last_shown.c.id == after).scalar_subquery()
        rows = rows.where(tuple_(professional.c.search, professional.c.id) > tuple_(position, after))
    return rows


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
            account_seen.c.last_login,
            account_seen.c.locked,
        )
        .select_from(professional)
        .outerjoin(account, account.c.uid == professional.c.id)
        .outerjoin(account_seen, account_seen.c.uid == professional.c.id)
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
    )
