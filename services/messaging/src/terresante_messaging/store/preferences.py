"""What each person chose: tables and queries, and what holds for everybody until they choose."""

import json
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.domain.preferences import Channel, Choice, Pace, Preferences, PreferencesStale, Topic
from terresante_messaging.store.telling_tables import among, portal_choice, preference

FIRST_KEPT = Preferences().version + 1
"""Of who never chose, nothing is kept."""


@cache
def defaults() -> Preferences:
    """What holds for who has not chosen (`data/telling.json`)."""
    read = json.loads(files("terresante_messaging").joinpath("data", "telling.json").read_text("utf-8"))
    return Preferences(
        _choices(read["choices"]),
        read["quiet_from"],
        read["quiet_until"],
        read["urgent_breaks_quiet"],
        read["daily_hour"],
        read["urgent_minutes"],
    )


async def find(connection: AsyncConnection, who: Recipient) -> Preferences:
    """Somebody's."""
    return (await find_many(connection, [who]))[who]


async def find_many(connection: AsyncConnection, people: Collection[Recipient]) -> dict[Recipient, Preferences]:
    """Everybody's, those who never chose included."""
    if not people:
        return {}
    chosen: dict[Recipient, set[UUID]] = {}
    for row in await connection.execute(select(portal_choice).where(among(portal_choice, people))):
        chosen.setdefault(Recipient(Realm(row.realm), row.person_id), set()).add(row.portal_id)
    kept = {one: defaults() for one in people}
    for row in await connection.execute(select(preference).where(among(preference, people))):
        who = Recipient(Realm(row.realm), row.person_id)
        kept[who] = _preferences(row, frozenset(chosen.get(who, ())))
    return kept


async def keep(transaction: AsyncConnection, who: Recipient, new: Preferences) -> None:
    """Replaces what is kept of the version before. Refuses with VERSION_STALE if another came between."""
    values = {
        "choices": {
            topic.value: {"channels": sorted(choice.channels), "pace": choice.pace.value}
            for topic, choice in new.choices.items()
        },
        "quiet_from": new.quiet_from,
        "quiet_until": new.quiet_until,
        "urgent_breaks_quiet": new.urgent_breaks_quiet,
        "daily_hour": new.daily_hour,
        "urgent_minutes": new.urgent_minutes,
        "version": new.version,
    }
    mine = and_(preference.c.realm == who.realm.value, preference.c.person_id == who.id)
    if new.version == FIRST_KEPT:
        first = upsert(preference).values(realm=who.realm.value, person_id=who.id, **values).on_conflict_do_nothing()
        done = await transaction.execute(first)
    else:
        done = await transaction.execute(
            update(preference).where(mine, preference.c.version == new.version - 1).values(**values)
        )
    if not done.rowcount:
        raise PreferencesStale
    await transaction.execute(delete(portal_choice).where(among(portal_choice, [who])))
    if new.portals:
        rows = [{"portal_id": id, "realm": who.realm.value, "person_id": who.id} for id in sorted(new.portals)]
        await transaction.execute(insert(portal_choice), rows)


def _preferences(row: Any, portals: frozenset[UUID]) -> Preferences:
    return Preferences(
        _choices(row.choices),
        row.quiet_from,
        row.quiet_until,
        row.urgent_breaks_quiet,
        row.daily_hour,
        row.urgent_minutes,
        portals,
        row.version,
    )


def _choices(kept: Mapping[str, Any]) -> dict[Topic, Choice]:
    return {
        Topic(topic): Choice(frozenset(map(Channel, choice["channels"])), Pace(choice["pace"]))
        for topic, choice in kept.items()
    }
