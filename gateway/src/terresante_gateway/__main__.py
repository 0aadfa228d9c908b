"""Starts the gateway: its parts start in this order, and stop in reverse."""

from terresante_platform import service

from terresante_gateway import app, peers, readiness, server
from terresante_gateway.cursors import Signer
from terresante_gateway.settings import Settings


async def main(settings: Settings) -> None:
    """Serves until told to stop."""
    who = service.identity(settings)
    addresses = {name: str(getattr(settings, f"{name}_address")) for name in peers.NAMES}
    limits = server.Limits(settings.most_connections, settings.head_seconds, settings.idle_seconds)
    async with (
        peers.connected(addresses, who) as services,
        service.verifying(settings, "gateway") as verifier,
        readiness.starting(services.channels, verifier) as state,
    ):
        door = app.door(
            services,
            verifier,
            Signer.from_file(settings.cursor_key_file),
            state,
            public_url=settings.public_url,
            origins=settings.cors_origins,
            most_requests=settings.most_requests,
            body_seconds=settings.body_seconds,
            issuers=settings.issuers,
        )
        async with server.serving(door, settings.listen, who, limits, settings.drain_seconds):
            await service.stop_requested()
            state.stopping = True


if __name__ == "__main__":
    service.run("gateway", Settings.from_environment(), main)
