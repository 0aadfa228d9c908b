"""The five services, as the gateway calls them: one channel each over mutual TLS, and the stubs on it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grpc import aio
from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceStub
from terresante.consent.v1.journal_service_pb2_grpc import JournalServiceStub
from terresante.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from terresante.directory.v1.enrolment_service_pb2_grpc import EnrolmentServiceStub
from terresante.directory.v1.extract_service_pb2_grpc import ExtractServiceStub
from terresante.directory.v1.import_service_pb2_grpc import ImportServiceStub
from terresante.directory.v1.ror_service_pb2_grpc import RorServiceStub
from terresante.identity.v1.identity_service_pb2_grpc import IdentityServiceStub
from terresante.identity.v1.linkage_service_pb2_grpc import LinkageServiceStub
from terresante.messaging.v1.attachment_service_pb2_grpc import AttachmentServiceStub
from terresante.messaging.v1.conversation_service_pb2_grpc import ConversationServiceStub
from terresante.messaging.v1.feed_service_pb2_grpc import FeedServiceStub
from terresante.messaging.v1.messaging_service_pb2_grpc import MessagingServiceStub
from terresante.messaging.v1.telling_service_pb2_grpc import TellingServiceStub
from terresante.messaging.v1.webhook_service_pb2_grpc import WebhookServiceStub
from terresante.records.v1.alert_service_pb2_grpc import AlertServiceStub
from terresante.records.v1.records_service_pb2_grpc import RecordsServiceStub
from terresante_platform.rpc import client
from terresante_platform.tls import Identity

if TYPE_CHECKING:
    from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceAsyncStub
    from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub
    from terresante.consent.v1.journal_service_pb2_grpc import JournalServiceAsyncStub
    from terresante.directory.v1.directory_service_pb2_grpc import DirectoryServiceAsyncStub
    from terresante.directory.v1.enrolment_service_pb2_grpc import EnrolmentServiceAsyncStub
    from terresante.directory.v1.extract_service_pb2_grpc import ExtractServiceAsyncStub
    from terresante.directory.v1.import_service_pb2_grpc import ImportServiceAsyncStub
    from terresante.directory.v1.ror_service_pb2_grpc import RorServiceAsyncStub
    from terresante.identity.v1.identity_service_pb2_grpc import IdentityServiceAsyncStub
    from terresante.identity.v1.linkage_service_pb2_grpc import LinkageServiceAsyncStub
    from terresante.messaging.v1.attachment_service_pb2_grpc import AttachmentServiceAsyncStub
    from terresante.messaging.v1.conversation_service_pb2_grpc import ConversationServiceAsyncStub
    from terresante.messaging.v1.feed_service_pb2_grpc import FeedServiceAsyncStub
    from terresante.messaging.v1.messaging_service_pb2_grpc import MessagingServiceAsyncStub
    from terresante.messaging.v1.telling_service_pb2_grpc import TellingServiceAsyncStub
    from terresante.messaging.v1.webhook_service_pb2_grpc import WebhookServiceAsyncStub
    from terresante.records.v1.alert_service_pb2_grpc import AlertServiceAsyncStub
    from terresante.records.v1.records_service_pb2_grpc import RecordsServiceAsyncStub

NAMES = ("identity", "consent", "records", "messaging", "directory")


@dataclass(frozen=True, slots=True)
class Peers:
    """The stubs. Token, place, deadline and trace travel by themselves (`terresante_platform.rpc.client`)."""

    identity: "IdentityServiceAsyncStub"
    linkage: "LinkageServiceAsyncStub"
    consent: "ConsentServiceAsyncStub"
    decisions: "DecisionServiceAsyncStub"
    journal: "JournalServiceAsyncStub"
    records: "RecordsServiceAsyncStub"
    alerts: "AlertServiceAsyncStub"
    messaging: "MessagingServiceAsyncStub"
    conversations: "ConversationServiceAsyncStub"
    attachments: "AttachmentServiceAsyncStub"
    feed: "FeedServiceAsyncStub"
    telling: "TellingServiceAsyncStub"
    webhooks: "WebhookServiceAsyncStub"
    directory: "DirectoryServiceAsyncStub"
    ror: "RorServiceAsyncStub"
    enrolment: "EnrolmentServiceAsyncStub"
    imports: "ImportServiceAsyncStub"
    extracts: "ExtractServiceAsyncStub"
    channels: Mapping[str, aio.Channel]
    """By service of `NAMES`."""


@asynccontextmanager
async def connected(addresses: dict[str, str], identity: Identity) -> AsyncIterator[Peers]:
    """Channels to every service of `NAMES`, by gRPC target. They connect in the background."""
    async with AsyncExitStack() as stack:
        to = {
            name: await stack.enter_async_context(client.connected(addresses[name], name, identity)) for name in NAMES
        }
        yield Peers(
            identity=IdentityServiceStub(to["identity"]),
            linkage=LinkageServiceStub(to["identity"]),
            consent=ConsentServiceStub(to["consent"]),
            decisions=DecisionServiceStub(to["consent"]),
            journal=JournalServiceStub(to["consent"]),
            records=RecordsServiceStub(to["records"]),
            alerts=AlertServiceStub(to["records"]),
            messaging=MessagingServiceStub(to["messaging"]),
            conversations=ConversationServiceStub(to["messaging"]),
            attachments=AttachmentServiceStub(to["messaging"]),
            feed=FeedServiceStub(to["messaging"]),
            telling=TellingServiceStub(to["messaging"]),
            webhooks=WebhookServiceStub(to["messaging"]),
            directory=DirectoryServiceStub(to["directory"]),
            ror=RorServiceStub(to["directory"]),
            enrolment=EnrolmentServiceStub(to["directory"]),
            imports=ImportServiceStub(to["directory"]),
            extracts=ExtractServiceStub(to["directory"]),
            channels=to,
        )
