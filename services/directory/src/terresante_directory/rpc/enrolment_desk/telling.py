"""A request as it is told to whoever may see it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform import calls

from terresante_directory.domain.requests import unknown_request
from terresante_directory.store import requests
from terresante_directory.wire.requests import request_to_proto


async def told(connection: AsyncConnection, id: UUID) -> pb.ChangeRequest:
    """A request as it stands, to the caller. Raises `RequestUnknown`."""
    shown = await requests.get(connection, id)
    if shown is None:
        raise unknown_request()
    return request_to_proto(shown, calls.person().id)
