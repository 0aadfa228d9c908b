"""The tree of structures and offers at a moment, as known at another."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.ids import parsed
from terresante_platform.rpc.allow import allow

from terresante_directory import wire
from terresante_directory.domain.facts import Moment
from terresante_directory.domain.identifiers import TerritoryCode, unknown_structure
from terresante_directory.domain.nodes import Node
from terresante_directory.domain.territories import Territory, known_territory
from terresante_directory.rpc.callers import administrator
from terresante_directory.store import nodes, territories
from terresante_directory.wire.moments import asked_moment
from terresante_directory.wire.structures import node_to_proto

MOST_NODES = 200
NODES = 100


class NodeCalls:
    """See the module."""

    _database: Database
    _territories: Mapping[TerritoryCode, Territory]
    _now: Callable[[], datetime]

    @allow("administrator")
    async def ListNodes(self, request: pb.ListNodesRequest, _: Any) -> pb.ListNodesResponse:
        moment = asked_moment(request, self._now())
        size = wire.page_size(request.limit, MOST_NODES, NODES)
        after = wire.position(request.cursor)
        async with self._database.reading() as connection:
            await administrator(connection)
            found = await self._found(connection, request, moment)
            ids = [node.id for node in found]
            if after is not None and str(after) not in ids:
                raise wire.cursor_invalid()
            begin = ids.index(str(after)) + 1 if after else 0
            page = found[begin : begin + size]
            children = await nodes.children(connection, [node.id for node in page], moment)
        told = [node_to_proto(replace(node, children=children.get(node.id, 0))) for node in page]
        return pb.ListNodesResponse(nodes=told, next_cursor=page[-1].id if begin + size < len(found) else "")

    async def _found(self, connection: AsyncConnection, request: pb.ListNodesRequest, moment: Moment) -> list[Node]:
        if not request.parent_id:
            code = request.territory_code
            if not await territories.was_ever(connection, code):
                known_territory(code, self._territories)
            return await nodes.roots(connection, code, moment, request.with_closed)
        parent = str(parsed(request.parent_id, "parent_id"))
        if not await nodes.chain(connection, parent, moment):
            raise unknown_structure()
        return await nodes.under(connection, parent, moment, request.with_closed)
