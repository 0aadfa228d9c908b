"""Starts the gateway: its parts start in this order, and stop in reverse."""

import time

from terresante_platform import service
from terresante_platform.strangers import Strangers

from terresante_gateway import app, peers, readiness, server
from terresante_gateway.cursors import Signer
from terresante_gateway.exchange import BUDGETS, Services
from terresante_gateway.limits import Budget, Limits
from terresante_gateway.live import OPEN, Streams
from terresante_gateway.settings import Settings


async def main(settings: Settings) -> None:
    """Serves until told to stop."""
    who = service.identity(settings)
    addresses = {name: str(getattr(settings, f"{name}_address")) for name in peers.NAMES}
    streams = Streams(settings.most_streams)
    limits = server.Limits(settings.most_connections, settings.head_seconds, settings.idle_seconds)
    async with (
        peers.connected(addresses, who) as stubs,
        service.verifying(settings, "gateway") as verifier,
        readiness.starting(stubs.channels, verifier) as state,
    ):
        signer = Signer.from_file(settings.cursor_key_file)
        strangers = Strangers(signer.mark, time.monotonic, BUDGETS, settings.trusted_proxies, settings.proxy_header)
        door = app.door(
            Services(stubs, signer, strangers, _limits(settings), streams),
            verifier,
            state,
            public_url=settings.public_url,
            origins=settings.cors_origins,
            most_requests=settings.most_requests,
            body_seconds=settings.body_seconds,
            issuers=settings.issuers,
        )
        with OPEN.told_by(lambda: [(len(streams), {})]):
            async with server.serving(door, settings.listen, who, limits, settings.drain_seconds):
                await service.stop_requested()
                state.stopping = True
                streams.end("STOPPING")


def _limits(settings: Settings) -> Limits:
    return Limits(
        {
            Budget.MESSAGES: settings.messages_a_minute,
            Budget.UPLOADS: settings.uploads_a_minute,
            Budget.SEARCHES: settings.searches_a_minute,
            Budget.STREAMS: settings.streams_a_minute,
        }
    )


if __name__ == "__main__":
    service.run("gateway", Settings.from_environment(), main)
