"""The messaging service, one method per RPC: to read a method is to read the use case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.messaging.v1 import messaging_service_pb2 as pb
from terresante.messaging.v1.messaging_service_pb2_grpc import MessagingServiceServicer
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.notifications import (
    EVERYTHING,
    OF_CONTENT,
    OF_MESSAGE,
    Notification,
    Topic,
    Unseen,
    Withheld,
)
from terresante_messaging.domain.people import Recipient, ThreadId
from terresante_messaging.domain.threads import Window
from terresante_messaging.rpc.counting import CountCalls
from terresante_messaging.rpc.deciding import Deciding, caller
from terresante_messaging.rpc.standing import readable
from terresante_messaging.store import notifications as store
from terresante_messaging.wire import notifications as wire
from terresante_messaging.wire import parts
from terresante_messaging.wire.decisions import ConsentSilent

if TYPE_CHECKING:
    from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub

MOST, USUAL = 100, 50
"""Notifications of a page."""
MOST_TOPICS = 200
"""In one call to consent."""


@dataclass(slots=True)
class _Asked:
    """What has to be known, and what is known so far, of what the caller may be told."""

    topics: set[Topic]
    threads: set[ThreadId]
    tellable: dict[Topic, bool] = field(default_factory=dict)
    windows: dict[ThreadId, Window | None] = field(default_factory=dict)

    def need(self, found: Collection[Notification]) -> None:
        """Adds what is to be asked before these may be shown."""
        self.topics |= {Topic(one.patient, one.kind) for one in found if one.kind in OF_CONTENT and one.patient}
        self.threads |= {one.thread for one in found if one.kind in OF_MESSAGE and one.thread}

    def withheld(self) -> Withheld:
        """What may not be told, as far as it is known."""
        return Withheld(
            tuple(topic for topic, allowed in self.tellable.items() if not allowed),
            tuple(
                Unseen(thread, window.since_place, window.visible_from) if window else Unseen(thread, EVERYTHING)
                for thread, window in self.windows.items()
            ),
        )


class MessagingService(CountCalls, MessagingServiceServicer):
    """What each person is told, and how many messages were written."""

    def __init__(
        self,
        database: Database,
        consent: DecisionServiceAsyncStub,
        now: Callable[[], datetime],
        smallest_count: int,
    ) -> None:
        self._database = database
        self._consent = consent
        self._now = now
        self._deciding = Deciding(consent)
        self._smallest = smallest_count
        self._turn = asyncio.Semaphore()

    @allow("professional", "patient")
    async def ListNotifications(self, request: pb.ListNotificationsRequest, _: Any) -> pb.ListNotificationsResponse:
        """The caller's own, newest first, as their standing is at this moment.

        Asked about is what the page and the count need, no more. Where a refusal makes room on the page for what was
        not asked about yet, that is asked too.
        """
        me, size, after = caller(), parts.limit(request.limit, MOST, USUAL), parts.cursor_id(request.cursor)
        asked = await self._of_unread(me)
        while True:
            async with self._database.reading() as connection:
                found = await store.page(connection, me, request.unread_only, after, size + 1, asked.withheld())
            asked.need(found)
            if not await self._ask(asked):
                break
        async with self._database.reading() as connection:
            unread = await store.unread(connection, me, asked.withheld())
        shown = found[:size]
        return pb.ListNotificationsResponse(
            notifications=[wire.notification_to_proto(each) for each in shown],
            next_cursor=shown[-1].id.hex if len(found) > size else "",
            unread=unread,
        )

    @allow("professional", "patient")
    async def MarkRead(self, request: pb.MarkReadRequest, _: Any) -> pb.MarkReadResponse:
        """Marks own notifications as read."""
        me, ids = caller(), wire.notification_ids(request.notification_ids)
        asked = await self._of_unread(me)
        await self._ask(asked)
        async with self._database.transaction() as transaction:
            if ids:
                await store.mark_read(transaction, me, ids, self._now())
            unread = await store.unread(transaction, me, asked.withheld())
        return pb.MarkReadResponse(unread=unread)

    async def _of_unread(self, me: Recipient) -> _Asked:
        """What must be asked before the unread ones can be counted."""
        async with self._database.reading() as connection:
            return _Asked(await store.unread_topics(connection, me), await store.unread_threads(connection, me))

    async def _ask(self, asked: _Asked) -> bool:
        """Asks what is not known yet; whether there was anything. No answer means no: CONSENT_UNAVAILABLE."""
        topics, threads = asked.topics - asked.tellable.keys(), asked.threads - asked.windows.keys()
        if topics:
            asked.tellable |= await self._tellable(topics)
        if threads:
            found = await readable(self._database, self._deciding, threads)
            asked.windows |= {thread: found.get(thread) for thread in threads}
        return bool(topics or threads)

    async def _tellable(self, topics: Collection[Topic]) -> dict[Topic, bool]:
        """Whether the caller may be told of each. No answer means no: refuses with CONSENT_UNAVAILABLE."""
        asked = list(topics)
        answered: dict[Topic, bool] = {}
        for begin in range(0, len(asked), MOST_TOPICS):
            some = asked[begin : begin + MOST_TOPICS]
            reply = await self._consent.ListTellable(
                decisions_pb.ListTellableRequest(topics=[wire.topic_to_proto(topic) for topic in some])
            )
            if len(reply.tellable) != len(some):
                raise ConsentSilent
            answered |= dict(zip(some, reply.tellable, strict=True))
        return answered
