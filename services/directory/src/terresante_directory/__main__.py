"""Starts the directory: its parts start in this order, and stop in reverse."""

import gc
from datetime import UTC, datetime
from functools import partial

from terresante.directory.v1.directory_service_pb2_grpc import add_DirectoryServiceServicer_to_server
from terresante.directory.v1.enrolment_service_pb2_grpc import add_EnrolmentServiceServicer_to_server
from terresante.directory.v1.extract_service_pb2_grpc import add_ExtractServiceServicer_to_server
from terresante.directory.v1.import_service_pb2_grpc import add_ImportServiceServicer_to_server
from terresante.directory.v1.ror_service_pb2_grpc import add_RorServiceServicer_to_server
from terresante_platform import background, bus, database, forgetting, outbox, service
from terresante_platform.rpc import server

from terresante_directory import accounts, circles, enrolment_rules, gazetteer, messages, reference, settling, towards
from terresante_directory.imports.importing import Importing
from terresante_directory.joining import Joining
from terresante_directory.rpc import DirectoryService
from terresante_directory.rpc.enrolment_desk import EnrolmentService, Parts, Reference
from terresante_directory.rpc.enrolment_desk.within import changing
from terresante_directory.rpc.extracting import ExtractService
from terresante_directory.rpc.imports import ImportService
from terresante_directory.rpc.ror import RorService
from terresante_directory.settings import Settings
from terresante_directory.store import known_people
from terresante_directory.sweeping import Sweeping
from terresante_directory.telling import telling
from terresante_directory.turning import Given, Turning
from terresante_directory.workbench import serving as workbench
from terresante_directory.workbench.inside import Servicers


async def main(settings: Settings) -> None:
    """Serves until a stop is requested."""
    who = service.identity(settings)
    now = partial(datetime.now, UTC)
    territories = reference.territories(settings.territories_file)
    professions = reference.professions(settings.professions_file)
    communes = gazetteer.load()
    disclosure = reference.disclosure(settings.disclosure_file)
    digital_services = reference.digital_services(settings.digital_services_file)
    centres = {one.code: (one.latitude, one.longitude) for one in communes.communes.values()}
    given = Given(tuple(territories.values()), gazetteer.load_territories(), centres)
    async with (
        database.connected(settings.database_url, settings.database_pool, "directory") as kept,
        bus.connected(settings.nats_url, "directory", who) as events_bus,
        accounts.connected(*settings.keycloak()) as keycloak,
        outbox.relaying(kept, events_bus),
        forgetting.regularly(kept),
        service.verifying(settings, "directory") as verifier,
        towards.consent(settings.consent_address, who) as consent,
        towards.messaging(settings.messaging_address, who) as messaging,
    ):
        carrying_out = settling.Settling(kept, keycloak, now, telling(consent))
        counting = circles.counting(consent)

        def serving(over: database.Database) -> tuple[DirectoryService, RorService]:
            return (
                DirectoryService(over, carrying_out, territories, professions, now),
                RorService(over, territories, professions, communes, disclosure, now, digital_services, counting),
            )

        directory, in_time = serving(kept)
        parts = Parts(carrying_out, directory, known_people, changing(serving), counting, messages.counting(messaging))
        said = Reference(territories, professions, enrolment_rules.load(settings.enrolment_file), disclosure)
        enrolment = EnrolmentService(kept, parts, said, now)
        importing = Importing(kept, territories, now)
        imports = ImportService(kept, importing, territories, now)
        extracts = ExtractService(kept, professions, communes, disclosure, now)
        pages = Servicers(directory, in_time, imports, enrolment)
        register = [
            partial(add_DirectoryServiceServicer_to_server, directory),
            partial(add_RorServiceServicer_to_server, in_time),
            partial(add_ImportServiceServicer_to_server, imports),
            partial(add_EnrolmentServiceServicer_to_server, enrolment),
            partial(add_ExtractServiceServicer_to_server, extracts),
        ]
        async with (
            background.running(carrying_out.run()),
            background.running(Sweeping(kept, keycloak, now).run()),
            background.running(Joining(kept, known_people, now).run()),
            background.running(Turning(kept, given, now).run()),
            background.running(importing.run()),
            server.serving(settings.listen, who, verifier, register, settings.drain_seconds),
            workbench.served(settings, kept, verifier, pages, professions, communes, now),
        ):
            _keep_what_is_loaded()
            await service.stop_requested()


def _keep_what_is_loaded() -> None:
    """It stays until the end: full rounds of the collector need not look through it while somebody waits for a page."""
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    service.run("directory", Settings.from_environment(), main)
