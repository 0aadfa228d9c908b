"""Starts messaging: its parts start in this order, and stop in reverse (`parts.py` says how they hang together)."""

from datetime import UTC, datetime
from functools import partial

from terresante_contents.sealing import read_master_keys
from terresante_platform import bus, consumer, database, forgetting, outbox, service
from terresante_platform.rpc import client, server

from terresante_messaging import events
from terresante_messaging.parts import Ground, assembled
from terresante_messaging.settings import Settings

WORKERS = 6
"""Connections of what goes on beside the calls: what happened is told also while calls wait for a connection."""


async def main(settings: Settings) -> None:
    """Serves until a stop is requested."""
    who = service.identity(settings)
    masters = read_master_keys(settings.master_key_file.read_text())
    async with (
        database.connected(settings.database_url, settings.database_pool, "messaging", planned_once=True) as kept,
        database.connected(
            settings.database_url, WORKERS, "messaging workers", planned_once=True, beside=kept
        ) as workers,
        bus.connected(settings.nats_url, "messaging", who) as events_bus,
        client.connected(settings.consent_address, "consent", who) as consent,
        client.connected(settings.directory_address, "directory", who) as directory,
        outbox.relaying(workers, events_bus),
        forgetting.regularly(kept),
        assembled(
            Ground(settings, kept, workers, events_bus, consent, directory, masters, partial(datetime.now, UTC))
        ) as parts,
        consumer.consuming("messaging", kept, events_bus, events.reactions(parts.consent)),
        service.verifying(settings, "messaging") as verifier,
        server.serving(settings.listen, who, verifier, parts.services, settings.drain_seconds),
    ):
        with parts.streams.serving():  # they end first: the drain need not wait for them
            await service.stop_requested()


if __name__ == "__main__":
    service.run("messaging", Settings.from_environment(), main)
