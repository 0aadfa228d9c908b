"""The messaging service, one method per RPC: to read a method is to read the use case."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.messaging.v1 import messaging_service_pb2 as pb
from terresante.messaging.v1.messaging_service_pb2_grpc import MessagingServiceServicer
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.refusals import Unavailable
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.notifications import OF_CONTENT, Topic
from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.store import notifications as store
from terresante_messaging.wire import notifications as wire

if TYPE_CHECKING:
    from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub

MOST_TOPICS = 200
"""In one call to consent."""


class ConsentSilent(Unavailable):
    """Consent answered, but not what was asked."""

    reason = "CONSENT_UNAVAILABLE"


class MessagingService(MessagingServiceServicer):
    """What each person is told."""

    def __init__(self, database: Database, consent: DecisionServiceAsyncStub, now: Callable[[], datetime]) -> None:
        self._database = database
        self._consent = consent
        self._now = now

    @allow("professional", "patient")
    async def ListNotifications(self, request: pb.ListNotificationsRequest, _: Any) -> pb.ListNotificationsResponse:
        """The caller's own, newest first, as their standing is at this moment.

        Asked about is what the page and the count need, no more. Where a refusal makes room on the page for what was
        not asked about yet, that is asked too.
        """
        me, size, after = _caller(), wire.limit(request.limit), wire.cursor(request.cursor)
        answered: dict[Topic, bool] = {}
        async with self._database.reading() as connection:
            wanted = await store.unread_topics(connection, me)
        while True:
            refused = [topic for topic, allowed in answered.items() if not allowed]
            async with self._database.reading() as connection:
                found = await store.page(connection, me, request.unread_only, after, size + 1, refused)
            wanted |= {Topic(each.patient, each.kind) for each in found if each.kind in OF_CONTENT}
            open_topics = wanted - answered.keys()
            if not open_topics:
                break
            answered |= await self._tellable(open_topics)
        async with self._database.reading() as connection:
            unread = await store.unread(connection, me, refused)
        shown = found[:size]
        return pb.ListNotificationsResponse(
            notifications=[wire.notification_to_proto(each) for each in shown],
            next_cursor=shown[-1].id.hex if len(found) > size else "",
            unread=unread,
        )

    @allow("professional", "patient")
    async def MarkRead(self, request: pb.MarkReadRequest, _: Any) -> pb.MarkReadResponse:
        """Marks own notifications as read."""
        me, ids = _caller(), wire.notification_ids(request.notification_ids)
        async with self._database.reading() as connection:
            topics = await store.unread_topics(connection, me)
        refused = [topic for topic, allowed in (await self._tellable(topics)).items() if not allowed]
        async with self._database.transaction() as transaction:
            if ids:
                await store.mark_read(transaction, me, ids, self._now())
            unread = await store.unread(transaction, me, refused)
        return pb.MarkReadResponse(unread=unread)

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
                raise ConsentSilent(
                    "Le service des consentements ne répond pas ; rien n’a été montré.",
                    "Réessayez dans quelques instants.",
                )
            answered |= dict(zip(some, reply.tellable, strict=True))
        return answered


def _caller() -> Recipient:
    caller = calls.person()
    return Recipient(Realm.PROFESSIONAL if caller.kind == "professional" else Realm.PERSON, caller.id)
