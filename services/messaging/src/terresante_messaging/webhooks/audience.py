"""To whom of those who chose a portal something is told now: asked of consent each time, kept nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import Database

from terresante_messaging.domain.log import Entry, EntryKind, NewEntry
from terresante_messaging.domain.notifications import Kind
from terresante_messaging.domain.people import NotificationId, Recipient
from terresante_messaging.domain.preferences import Channel, Preferences, Topic
from terresante_messaging.domain.webhooks import PortalId, topic
from terresante_messaging.store import escalations, feed, notifications, preferences
from terresante_messaging.store.escalations import is_there


class Readers(Protocol):
    """What is asked of consent. Raises Unavailable when it does not answer."""

    async def told(self, entries: Sequence[Entry]) -> list[frozenset[Recipient]]:
        """Who may be told of each entry now."""

    async def open_accounts(self, ids: Iterable[UUID]) -> frozenset[UUID]:
        """Those of these professionals and systems whose account is open."""


class Audience:
    """Says whom webhooks may tell."""

    def __init__(self, database: Database, readers: Readers) -> None:
        self._database = database
        self._readers = readers

    async def of(
        self, entries: Sequence[Entry], portals: Collection[PortalId]
    ) -> list[dict[PortalId, frozenset[Recipient]]]:
        """For each entry: by portal, who may be told of it, chose the portal, and wants it that way. Raises
        Unavailable."""
        open_now = await self._readers.open_accounts(portals)
        portals = [portal for portal in portals if portal in open_now]
        if not portals or not entries:
            return [{} for _ in entries]
        told = await self._readers.told(entries)
        async with self._database.reading() as connection:
            chosen = await feed.choices(connection, portals, frozenset[Recipient]().union(*told))
            wants = await preferences.find_many(connection, frozenset[Recipient]().union(*chosen.values()))
            kinds = await _kinds(connection, entries)
        return [
            {portal: _wanting(topic(entry.what, kinds), chosen[portal] & some, wants) for portal in portals}
            for entry, some in zip(entries, told, strict=True)
        ]

    async def holds(self, entry: Entry, portal: PortalId, who: Recipient) -> bool:
        """Whether that one is to be told of it by that portal; of a message that was taken back, only that it was.
        Consent is asked last, so that nothing but the sending comes after its answer. Raises Unavailable."""
        async with self._database.reading() as connection:
            chosen = await feed.choices(connection, [portal], [who])
            wants = await preferences.find_many(connection, [who])
            kinds = await _kinds(connection, [entry])
            if await _is_taken_back(connection, entry.what):
                return False
        if not _wanting(topic(entry.what, kinds), chosen[portal], wants):
            return False
        (told,), open_now = await asyncio.gather(self._readers.told([entry]), self._readers.open_accounts([portal]))
        return who in told and portal in open_now


async def _is_taken_back(connection: AsyncConnection, what: NewEntry) -> bool:
    """Whether what it tells of is no more there to be read."""
    if what.message is None or what.kind is EntryKind.MESSAGE_DELETED:
        return False
    return not is_there((await escalations.facts(connection, [what.message])).get(what.message))


async def _kinds(connection: AsyncConnection, entries: Iterable[Entry]) -> dict[NotificationId, Kind]:
    return await notifications.kinds(connection, {one.what.notification for one in entries if one.what.notification})


def _wanting(
    about: Topic | None, people: frozenset[Recipient], wants: Mapping[Recipient, Preferences]
) -> frozenset[Recipient]:
    if about is None:
        return people
    return frozenset(one for one in people if wants[one].wants(about, Channel.WEBHOOK))
