"""How the service hangs together: what goes on beside the calls, and what answers them. Made once at start, in this
order, and stopped in reverse."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import grpc
from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceStub
from terresante.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from terresante.directory.v1.ror_service_pb2_grpc import RorServiceStub
from terresante.messaging.v1.attachment_service_pb2_grpc import add_AttachmentServiceServicer_to_server
from terresante.messaging.v1.conversation_service_pb2_grpc import add_ConversationServiceServicer_to_server
from terresante.messaging.v1.feed_service_pb2_grpc import add_FeedServiceServicer_to_server
from terresante.messaging.v1.messaging_service_pb2_grpc import add_MessagingServiceServicer_to_server
from terresante.messaging.v1.telling_service_pb2_grpc import add_TellingServiceServicer_to_server
from terresante.messaging.v1.webhook_service_pb2_grpc import add_WebhookServiceServicer_to_server
from terresante_contents.sealing import MasterKeys
from terresante_contents.store import Contents
from terresante_contents.watching import Watching, watching
from terresante_platform.bus import Bus
from terresante_platform.counted import counting
from terresante_platform.database import Database

from terresante_messaging import sweeping, thumbnailing
from terresante_messaging.counting import counting_messages
from terresante_messaging.feed import accounts, readers, sequencing, tailing
from terresante_messaging.feed.accounts import Accounts
from terresante_messaging.feed.readers import Readers
from terresante_messaging.feed.streams import Streams
from terresante_messaging.rpc import webhooks as webhook_calls
from terresante_messaging.rpc.attachments import AttachmentService, Shelf
from terresante_messaging.rpc.conversations import ConversationService
from terresante_messaging.rpc.deciding import Deciding
from terresante_messaging.rpc.desk import Desk
from terresante_messaging.rpc.feed import Feed, FeedService
from terresante_messaging.rpc.notifications import MessagingService
from terresante_messaging.rpc.telling import TellingDesk, TellingService
from terresante_messaging.settings import Settings
from terresante_messaging.telling.running import telling
from terresante_messaging.upkeep import keeping_up, read_retention
from terresante_messaging.webhooks import sending
from terresante_messaging.webhooks.audience import Audience
from terresante_messaging.webhooks.guarding import Guard, Resolver
from terresante_messaging.webhooks.posting import Poster, trusted
from terresante_messaging.webhooks.queueing import Queueing

NAMES_LOOKED_UP = 64
"""Of webhooks' hosts, at the same time."""
Register = Callable[[grpc.aio.Server], None]


@dataclass(frozen=True, slots=True)
class Ground:
    """What the parts stand on."""

    settings: Settings
    database: Database
    workers: Database
    """Another pool on the same database, for what goes on beside the calls."""
    bus: Bus
    consent: grpc.aio.Channel
    directory: grpc.aio.Channel
    masters: MasterKeys
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Beside:
    """What goes on beside the calls, as the calls need it."""

    contents: Contents
    watched: Watching
    streams: Streams
    asked: Readers
    accounts: Accounts
    guard: Guard


@dataclass(frozen=True, slots=True)
class Parts:
    """What a server needs: services to register, and the streams to end first when it stops."""

    services: list[Register]
    streams: Streams
    consent: Any


@asynccontextmanager
async def assembled(ground: Ground) -> AsyncIterator[Parts]:
    """Everything, running until left. Raises ValueError for settings that do not go together."""
    consent = DecisionServiceStub(ground.consent)
    async with AsyncExitStack() as stack:
        beside = await _beside(stack, ground, consent)
        yield Parts(_services(ground, consent, beside), beside.streams, ConsentServiceStub(ground.consent))


async def _beside(stack: AsyncExitStack, ground: Ground, consent: Any) -> _Beside:
    kept, bus, masters, now = ground.workers, ground.bus, ground.masters, ground.now
    contents, streams = Contents(ground.settings.store_url), Streams(ground.settings.streams_per_person)
    guard = Guard(ground.settings.webhook_networks, Resolver(NAMES_LOOKED_UP))
    run = stack.enter_async_context
    asked = await run(readers.asking(kept, consent))
    sequencer = await run(sequencing.sequencing(kept, bus))
    await run(tailing.tailing(kept, bus, asked, streams, sequencer))
    audience = Audience(kept, asked)
    poster = Poster(guard, trusted(ground.settings.webhook_ca_file))
    queueing = Queueing(kept, audience, now)
    await run(sending.sending(sending.Parts(kept, masters, audience, queueing, poster, now, random.random)))
    await run(telling(ground.settings, kept, masters, asked, now))
    await run(counting_messages(kept))
    await run(thumbnailing.thumbnailing(kept, contents, masters, now))
    await run(sweeping.sweeping(kept, contents, now))
    await run(counting(kept, thumbnailing.COUNTS))
    await run(keeping_up(kept, read_retention(ground.settings.retention_file), now))
    return _Beside(
        contents,
        await run(watching(bus)),
        streams,
        asked,
        await run(accounts.checking(asked, streams, bus)),
        guard,
    )


def _services(ground: Ground, consent: Any, beside: _Beside) -> list[Register]:
    kept, masters, now = ground.database, ground.masters, ground.now
    deciding = Deciding(consent)
    desk = Desk(kept, deciding, masters, now)
    shelf = Shelf(desk, beside.contents, beside.watched, ground.settings.max_attachment_bytes)
    told = TellingDesk(
        kept,
        deciding,
        beside.asked,
        masters,
        DirectoryServiceStub(ground.directory),
        RorServiceStub(ground.directory),
        now,
    )
    feed = Feed(kept, consent, beside.asked, beside.streams, beside.accounts)
    portals = webhook_calls.Parts(kept, consent, masters, beside.guard, now)
    notifications = MessagingService(kept, consent, now, ground.settings.smallest_count)
    return [
        partial(add_MessagingServiceServicer_to_server, notifications),
        partial(add_ConversationServiceServicer_to_server, ConversationService(desk)),
        partial(add_AttachmentServiceServicer_to_server, AttachmentService(shelf)),
        partial(add_FeedServiceServicer_to_server, FeedService(feed)),
        partial(add_TellingServiceServicer_to_server, TellingService(told)),
        partial(add_WebhookServiceServicer_to_server, webhook_calls.WebhookService(portals)),
    ]
