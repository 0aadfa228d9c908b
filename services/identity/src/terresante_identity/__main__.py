"""Starts the identity service: its parts start in this order, and stop in reverse."""

from datetime import UTC, datetime
from functools import partial

from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceStub
from terresante.identity.v1.identity_service_pb2_grpc import add_IdentityServiceServicer_to_server
from terresante.identity.v1.linkage_service_pb2_grpc import add_LinkageServiceServicer_to_server
from terresante_platform import bus, counted, database, forgetting, outbox, service
from terresante_platform.rpc import client, server

from terresante_identity import accounts, catching_up, expiry, meanwhile
from terresante_identity.gazetteer import gazetteer
from terresante_identity.matcher import Matcher
from terresante_identity.matching.weights import shipped
from terresante_identity.rpc.access import Access
from terresante_identity.rpc.desk import Desk
from terresante_identity.rpc.linkage import LinkageService
from terresante_identity.rpc.service import IdentityService
from terresante_identity.settings import Settings
from terresante_identity.store import gauges, rarity
from terresante_identity.store.direct import reading


async def main(settings: Settings) -> None:
    """Serves until asked to stop."""
    who = service.identity(settings)
    now = partial(datetime.now, UTC)
    secret = settings.keycloak_client_secret_file.read_text().strip()
    authority = str(settings.issuers_ca_file) if settings.issuers_ca_file else True
    with accounts.connected(
        settings.keycloak_url, settings.keycloak_realm, settings.keycloak_client_id, secret, authority
    ) as realm:
        async with (
            database.connected(settings.database_url, settings.database_pool, "identity") as kept,
            reading(settings.database_url, settings.database_pool, "identity reads") as reads,
            bus.connected(settings.nats_url, "identity", who) as events_bus,
            client.connected(settings.consent_address, "consent", who) as consent,
            outbox.relaying(kept, events_bus),
            forgetting.regularly(kept),
            counted.counting(kept, gauges.COUNTS),
            expiry.expiring(kept, realm, now),
            service.verifying(settings, "identity") as verifier,
        ):
            matcher = Matcher(shipped(), now)
            access = Access(DecisionServiceStub(consent))
            desk = Desk(kept, access, matcher, gazetteer(), settings, now, reads)
            register = (
                partial(add_IdentityServiceServicer_to_server, IdentityService(desk, realm)),
                partial(add_LinkageServiceServicer_to_server, LinkageService(desk)),
            )
            async with (
                catching_up.catching_up(kept, matcher),
                meanwhile.comparing(kept, matcher, now),
                rarity.refreshing(kept, matcher, settings.rarity_refresh_seconds),
                server.serving(settings.listen, who, verifier, register, settings.drain_seconds),
            ):
                await service.stop_requested()


if __name__ == "__main__":
    chosen = Settings.from_environment()
    service.run("identity", chosen, main)
