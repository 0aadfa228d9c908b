"""Takes a file piece by piece into the database, whole or not at all."""

import asyncio
from collections.abc import AsyncIterator

from terresante.directory.v1 import import_service_pb2 as pb
from terresante_platform.database import Database

from terresante_directory.domain.imports.arriving import STALLED_SECONDS, Pace, cut, too_slow
from terresante_directory.domain.imports.formats import Arriving, missing_description
from terresante_directory.domain.imports.states import ImportId
from terresante_directory.store import imports


async def receive(
    database: Database, requests: AsyncIterator[pb.UploadFileRequest], id: ImportId, arriving: Arriving, closed: bool
) -> None:
    """Keeps the pieces. `closed`: an empty one follows the last.

    Raises `FileCut`, `FileTooSlow`, `FileTooLarge`, `FileDescriptionMissing`.
    """
    clock = asyncio.get_running_loop().time
    pace, number, ended = Pace.beginning(clock()), 0, False
    while (request := await _next(requests)) is not None:
        if request.WhichOneof("part") != "piece":
            raise missing_description()
        ended = not request.piece
        pace.came(len(request.piece), clock())
        if request.piece:
            arriving.feed(request.piece)
            async with database.transaction() as transaction:
                await imports.add_piece(transaction, id, number, request.piece)
            number += 1
    if closed and not ended:
        raise cut()


async def _next(requests: AsyncIterator[pb.UploadFileRequest]) -> pb.UploadFileRequest | None:
    try:
        async with asyncio.timeout(STALLED_SECONDS):
            return await anext(requests, None)
    except TimeoutError:
        raise too_slow() from None
