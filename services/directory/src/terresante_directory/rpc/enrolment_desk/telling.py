"""A request as it is told to whoever may see it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import enrolment_service_pb2 as pb

from terresante_directory.domain.requests import unknown_request
from terresante_directory.store import requests
from terresante_directory.store.requests import Shown
from terresante_directory.wire.requests import request_to_proto


async def told(connection: AsyncConnection, id: UUID) -> pb.ChangeRequest:
    """A request as it stands. Raises `RequestUnknown`."""
    shown = await requests.get(connection, id)
    if shown is None:
        raise unknown_request()
    return as_told(shown)


def as_told(shown: Shown) -> pb.ChangeRequest:
    names = (shown.structure_name, shown.asked_by_name, shown.assignee_name)
    return request_to_proto(shown.request, names, shown.comments)
