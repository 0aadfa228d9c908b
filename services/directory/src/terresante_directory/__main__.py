"""Starts the directory: its parts start in this order, and stop in reverse."""

from datetime import UTC, datetime
from functools import partial

from terresante.directory.v1.directory_service_pb2_grpc import add_DirectoryServiceServicer_to_server
from terresante_platform import bus, database, forgetting, outbox, service
from terresante_platform.rpc import server

from terresante_directory import accounts, reference, settling
from terresante_directory.rpc import DirectoryService
from terresante_directory.settings import Settings


async def main(settings: Settings) -> None:
    """Serves until a stop is requested."""
    who = service.identity(settings)
    now = partial(datetime.now, UTC)
    territories = reference.territories(settings.territories_file)
    professions = reference.professions(settings.professions_file)
    async with (
        database.connected(settings.database_url, settings.database_pool, "directory") as kept,
        bus.connected(settings.nats_url, "directory", who) as events_bus,
        accounts.connected(*settings.keycloak()) as keycloak,
        outbox.relaying(kept, events_bus),
        forgetting.regularly(kept),
        service.verifying(settings, "directory") as verifier,
    ):
        carrying_out = settling.Settling(kept, keycloak, now)
        directory = DirectoryService(kept, carrying_out, territories, professions, now)
        register = partial(add_DirectoryServiceServicer_to_server, directory)
        async with (
            settling.running(carrying_out),
            server.serving(settings.listen, who, verifier, [register], settings.drain_seconds),
        ):
            await service.stop_requested()


if __name__ == "__main__":
    service.run("directory", Settings.from_environment(), main)
