"""The feed, one method per RPC: what happens, live or from where somebody left off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from terresante.messaging.v1 import feed_service_pb2 as pb
from terresante.messaging.v1.feed_service_pb2_grpc import FeedServiceServicer
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.log import Cursor
from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.feed.accounts import Accounts
from terresante_messaging.feed.following import Following
from terresante_messaging.feed.missing import Log, OwnLog, PortalLog
from terresante_messaging.feed.readers import Readers
from terresante_messaging.feed.streams import Streams
from terresante_messaging.rpc.deciding import Deciding
from terresante_messaging.rpc.portals import portal
from terresante_messaging.store import feed as store
from terresante_messaging.wire import feed as wire
from terresante_messaging.wire import parts
from terresante_messaging.wire.decisions import own_request, using_direct_messages

if TYPE_CHECKING:
    from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub

MOST, USUAL = 1_000, 200
"""Events of a page."""
_REALMS = {"professional": Realm.PROFESSIONAL, "patient": Realm.PERSON, "system": Realm.SYSTEM}


@dataclass(frozen=True, slots=True)
class Feed:
    """What the feed needs of its process."""

    database: Database
    consent: DecisionServiceAsyncStub
    readers: Readers
    streams: Streams
    accounts: Accounts


class FeedService(FeedServiceServicer):
    """What happens, in one order."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    @allow("professional", "patient", "system")
    async def Follow(self, request: pb.FollowRequest, _: Any) -> AsyncIterator[pb.FollowResponse]:
        """What was missed, then what happens. Each question on the way has its own time, not what is left of the
        call's."""
        caller, me = calls.person(), _caller()
        calls.enter(replace(calls.current(), deadline=None))
        begin = await self._begin(request.cursor, me)
        with self._feed.streams.room(me) as stream:
            following = Following(self._feed.streams, stream, self._log(me), caller.expires_at)
            async for told, cursor in following.steps(begin):
                yield pb.FollowResponse(
                    event=wire.event(told.entry, cursor, told.recipient) if told is not None else None,
                    cursor=wire.cursor_text(cursor),
                )

    @allow("professional", "patient", "system")
    async def ListEvents(self, request: pb.ListEventsRequest, _: Any) -> pb.ListEventsResponse:
        """A page of what happened."""
        me, most = _caller(), parts.limit(request.limit, MOST, USUAL)
        begin = await self._begin(request.cursor, me)
        async with self._feed.database.reading() as connection:
            last = await store.position(connection)
            begin = begin or Cursor(await store.position(connection, store.DROPPED))
        page = await self._log(me).missed(begin, last, most)
        return pb.ListEventsResponse(
            events=[wire.event(one.entry, one.cursor, one.recipient) for one in page.told],
            next_cursor=wire.cursor_text(page.come_to),
            more=page.more,
        )

    async def _begin(self, given: str, me: Recipient) -> Cursor | None:
        """Where the caller goes on from, once it is known that they may. Refuses with CURSOR_INVALID, CURSOR_GONE,
        ACCOUNT_SUSPENDED, and as the decision about a portal."""
        cursor = wire.cursor(given, portal=me.realm is Realm.SYSTEM)
        if me.realm is Realm.SYSTEM:
            await portal(self._feed.consent)
        elif not await self._feed.accounts.is_open(me):
            # consent may never have heard of the caller: asked in their name, whatever their place, it learns
            own = await self._feed.consent.ListMyConversations(own_request(any_place=True, without_patients=True))
            if not own.direct:
                await Deciding(self._feed.consent).require(using_direct_messages())
        if cursor is not None:
            async with self._feed.database.reading() as connection:
                if cursor.position > await store.position(connection):
                    raise wire.CursorInvalid
                if cursor.position < await store.position(connection, store.DROPPED):
                    raise wire.CursorGone
        return cursor

    def _log(self, me: Recipient) -> Log:
        if me.realm is Realm.SYSTEM:
            return PortalLog(self._feed.database, self._feed.readers, me.id)
        return OwnLog(self._feed.database, self._feed.consent, self._feed.readers, me)


def _caller() -> Recipient:
    caller = calls.person()
    return Recipient(_REALMS[caller.kind], caller.id)
