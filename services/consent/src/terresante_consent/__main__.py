"""Starts the consent service: its parts start in this order, and stop in reverse."""

from datetime import UTC, datetime, timedelta
from functools import partial

from terresante_platform import bus, consumer, counted, database, forgetting, outbox, service
from terresante_platform.rpc import client, server

from terresante_consent import events
from terresante_consent.journal import watching
from terresante_consent.journal.chain import Signer
from terresante_consent.parts import Choices, assembled, policy_of
from terresante_consent.settings import Settings


async def main(settings: Settings) -> None:
    """Serves until a stop is requested."""
    who = service.identity(settings)
    policy = policy_of(settings.entitlements_file)
    signer = Signer.of_file(settings.journal_key_file)
    async with (
        database.connected(settings.database_url, settings.database_pool, "consent") as kept,
        bus.connected(settings.nats_url, "consent", who) as events_bus,
        client.connected(settings.directory_address, "directory", who) as directory,
        client.connected(settings.identity_address, "identity", who) as persons,
        outbox.relaying(kept, events_bus),
        forgetting.regularly(kept),
        counted.counting(kept, watching.COUNTS),
        service.verifying(settings, "consent") as verifier,
        assembled(
            kept,
            settings.database_url,
            directory,
            persons,
            signer,
            policy,
            partial(datetime.now, UTC),
            Choices(
                timedelta(seconds=settings.facts_max_age_seconds), settings.emergency_hours, settings.smallest_count
            ),
        ) as parts,
        consumer.consuming("consent", kept, events_bus, events.reactions(parts.knowing)),
        server.serving(settings.listen, who, verifier, parts.register, settings.drain_seconds),
    ):
        await service.stop_requested()


if __name__ == "__main__":
    service.run("consent", Settings.from_environment(), main)
