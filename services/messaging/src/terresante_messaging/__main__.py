"""Starts messaging: its parts start in this order, and stop in reverse."""

from datetime import UTC, datetime
from functools import partial

from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceStub
from terresante.messaging.v1.messaging_service_pb2_grpc import add_MessagingServiceServicer_to_server
from terresante_platform import bus, consumer, database, forgetting, outbox, service
from terresante_platform.rpc import client, server

from terresante_messaging import events
from terresante_messaging.rpc.notifications import MessagingService
from terresante_messaging.settings import Settings


async def main(settings: Settings) -> None:
    """Serves until a stop is requested."""
    who = service.identity(settings)
    now = partial(datetime.now, UTC)
    async with (
        database.connected(settings.database_url, settings.database_pool, "messaging") as kept,
        bus.connected(settings.nats_url, "messaging", who) as events_bus,
        client.connected(settings.consent_address, "consent", who) as consent,
        outbox.relaying(kept, events_bus),
        forgetting.regularly(kept),
        consumer.consuming("messaging", kept, events_bus, events.reactions(ConsentServiceStub(consent))),
        service.verifying(settings, "messaging") as verifier,
    ):
        messaging = MessagingService(kept, DecisionServiceStub(consent), now)
        register = partial(add_MessagingServiceServicer_to_server, messaging)
        async with server.serving(settings.listen, who, verifier, [register], settings.drain_seconds):
            await service.stop_requested()


if __name__ == "__main__":
    service.run("messaging", Settings.from_environment(), main)
