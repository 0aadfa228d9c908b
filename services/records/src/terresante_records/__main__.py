"""Starts records: its parts start in this order, and stop in reverse."""

from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.resources import files

from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceStub
from terresante.records.v1.alert_service_pb2_grpc import add_AlertServiceServicer_to_server
from terresante.records.v1.records_service_pb2_grpc import add_RecordsServiceServicer_to_server
from terresante_contents.sealing import read_master_keys
from terresante_contents.store import Contents
from terresante_contents.watching import watching
from terresante_platform import bus, database, forgetting, outbox, service
from terresante_platform.rpc import client, server

from terresante_records.domain.catalogue import Catalogue, read_catalogue
from terresante_records.rpc import AlertService, RecordsService
from terresante_records.rpc.decisions import Deciding
from terresante_records.rpc.desk import Desk
from terresante_records.settings import Settings
from terresante_records.store.prepared import reading
from terresante_records.sweeping import sweeping
from terresante_records.watching import HEARS


def catalogue(settings: Settings) -> Catalogue:
    """The operator's document types, or ours."""
    ours = files("terresante_records") / "data" / "document_types.json"
    return read_catalogue((settings.document_types_file or ours).read_bytes())


async def main(settings: Settings) -> None:
    """Serves until a stop is requested."""
    who = service.identity(settings)
    now = partial(datetime.now, UTC)
    masters = read_master_keys(settings.master_key_file.read_text())
    contents = Contents(settings.store_url)
    min_age = timedelta(seconds=settings.sweep_min_age_seconds)
    async with (
        database.connected(settings.database_url, settings.database_pool, "records") as kept,
        reading(settings.database_url, settings.database_pool, "records reads") as reads,
        bus.connected(settings.nats_url, "records", who) as events_bus,
        client.connected(settings.consent_address, "consent", who) as consent,
        outbox.relaying(kept, events_bus),
        forgetting.regularly(kept),
        watching(events_bus, HEARS) as watched,
        sweeping(kept, contents, now, settings.sweep_every_seconds, min_age),
        service.verifying(settings, "records") as verifier,
    ):
        desk = Desk(
            kept,
            reads,
            Deciding(DecisionServiceStub(consent)),
            masters,
            contents,
            catalogue(settings),
            now,
            settings.max_content_bytes,
            watched,
        )
        register = [
            partial(add_RecordsServiceServicer_to_server, RecordsService(desk)),
            partial(add_AlertServiceServicer_to_server, AlertService(desk)),
        ]
        async with server.serving(settings.listen, who, verifier, register, settings.drain_seconds):
            await service.stop_requested()


if __name__ == "__main__":
    service.run("records", Settings.from_environment(), main)
