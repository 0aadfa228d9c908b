"""The import service beside the others, over real gRPC and PostgreSQL, with a background that tests let work."""

from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from terresante.directory.v1.directory_service_pb2_grpc import add_DirectoryServiceServicer_to_server
from terresante.directory.v1.import_service_pb2_grpc import ImportServiceStub, add_ImportServiceServicer_to_server
from terresante.directory.v1.ror_service_pb2_grpc import add_RorServiceServicer_to_server
from terresante_directory import gazetteer, reference
from terresante_directory.imports.importing import Importing
from terresante_directory.rpc import DirectoryService
from terresante_directory.rpc.imports import ImportService
from terresante_directory.rpc.ror import RorService
from terresante_directory.settling import Settling
from terresante_platform.database import Database

from .handing_over import HandingOver


@pytest.fixture
def importing(database: Database, clock: Any) -> Importing:
    return Importing(database, reference.territories(), clock.now)


@pytest_asyncio.fixture
async def address(database: Database, serve: Any, settling: Settling, clock: Any, importing: Importing) -> str:
    territories, professions = reference.territories(), reference.professions()
    directory = DirectoryService(database, settling, territories, professions, clock.now)
    in_time = RorService(database, territories, professions, gazetteer.load(), reference.disclosure(), clock.now)
    service = ImportService(database, importing, territories, clock.now)
    return await serve(  # type: ignore[no-any-return]
        "directory",
        partial(add_DirectoryServiceServicer_to_server, directory),
        partial(add_RorServiceServicer_to_server, in_time),
        partial(add_ImportServiceServicer_to_server, service),
    )


@pytest_asyncio.fixture
async def files(tree: Any, centres: None, address: str, dial: Any, importing: Importing) -> HandingOver:
    """At the desk of the administrator of 94 Ouest."""
    await tree.desk.administrator("94-ouest")
    return HandingOver(ImportServiceStub(await dial(address, "directory")), tree, importing)
