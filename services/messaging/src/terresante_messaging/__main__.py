"""Starts messaging: its parts start in this order, and stop in reverse (`parts.py` says how they hang together)."""

from datetime import UTC, datetime
from functools import partial

from terresante_contents.sealing import read_master_keys
from terresante_platform import bus, consumer, database, forgetting, outbox, service
from terresante_platform.rpc import client, server

from terresante_messaging import events
from terresante_messaging.parts import Ground, assembled
from terresante_messaging.settings import Settings


async def main(settings: Settings) -> None:
    """Serves until a stop is requested."""
    who = service.identity(settings)
    masters = read_master_keys(settings.master_key_file.read_text())
    async with (
        database.connected(settings.database_url, settings.database_pool, "messaging", planned_once=True) as kept,
        bus.connected(settings.nats_url, "messaging", who) as events_bus,
        client.connected(settings.consent_address, "consent", who) as consent,
        client.connected(settings.directory_address, "directory", who) as directory,
        outbox.relaying(kept, events_bus),
        forgetting.regularly(kept),
        assembled(Ground(settings, kept, events_bus, consent, directory, masters, partial(datetime.now, UTC))) as parts,
        consumer.consuming("messaging", kept, events_bus, events.reactions(parts.consent)),
        service.verifying(settings, "messaging") as verifier,
        server.serving(settings.listen, who, verifier, parts.services, settings.drain_seconds),
    ):
        with parts.streams.serving():  # they end first: the drain need not wait for them
            await service.stop_requested()


if __name__ == "__main__":
    service.run("messaging", Settings.from_environment(), main)
